// What must not reach a log: values of fields whose name says secret, and credentials inside addresses. Also makes any value
// fit for JSON: errors become plain objects, cycles and depths beyond use are cut.
import { AppError, systemCode } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";

const SECRET_NAME = /(?:password|passwd|passphrase|secret|sharedkey|privatekey|apikey|token|authorization|cookie)$/;
const CREDENTIALS_IN_URL = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi;
const HIDDEN = "[hidden]";
const DEPTH_MAX = 5;
const TEXT_LENGTH_MAX = 8192;
const ITEMS_MAX = 100;

export function redacted(value: unknown, depth = 0): JsonValue {
  switch (typeof value) {
    case "string":
      return redactedText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : redactedObject(value, depth);
    default:
      return value === undefined ? null : `[${typeof value}]`;
  }
}

function redactedText(text: string): string {
  const cut = text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}… (${text.length} characters)` : text;
  return cut.includes("://") ? cut.replace(CREDENTIALS_IN_URL, `$1${HIDDEN}@`) : cut;
}

function redactedObject(value: object, depth: number): JsonValue {
  if (depth >= DEPTH_MAX) return "[…]";
  if (value instanceof Error) return redactedError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => redacted(item, depth + 1));
  const fields: Record<string, JsonValue> = {};
  for (const [name, field] of Object.entries(value).slice(0, ITEMS_MAX)) {
    if (field === undefined) continue;
    fields[name] = isSecret(name) && field !== null && typeof field !== "boolean" ? HIDDEN : redacted(field, depth + 1);
  }
  return fields;
}

function redactedError(error: Error, depth: number): JsonValue {
  const code = systemCode(error);
  const hint = error instanceof AppError ? error.hint : undefined;
  return {
    message: redactedText(error.message),
    ...(code === undefined ? {} : { code }),
    ...(hint === undefined ? {} : { hint: redactedText(hint) }),
    ...(error.cause === undefined ? {} : { cause: redacted(error.cause, depth + 1) }),
    // A stack helps only where we did not expect the failure.
    ...(error instanceof AppError || code !== undefined || error.stack === undefined ? {} : { stack: redactedText(error.stack) }),
  };
}

function isSecret(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replace(/[-_.]/g, ""));
}
