// What must not reach a log: values of fields whose name says secret, and credentials inside addresses. Also makes any value
// fit for JSON: errors become plain objects, cycles and depths beyond use are cut.
import { AppError, systemCode } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";

const SECRET_NAME = /(?:password|passwd|passphrase|secret|sharedkey|privatekey|secretkey|accesskey|signingkey|encryptionkey|apikey|token|authorization|cookie|credentials?)$/;
const CREDENTIALS_IN_URL = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi;
export const HIDDEN = "[hidden]";
const DEPTH_MAX = 5;
const TEXT_LENGTH_MAX = 8192;
const ITEMS_MAX = 100;

/** What is not shown; both are asked about texts and names that may be anything. */
export interface Hiding {
  isSecret(name: string): boolean;
  /** Of a text, which is not too long, what is left. */
  text(text: string): string;
}

export const usually: Hiding = { isSecret, text: (text) => (text.includes("://") ? text.replace(CREDENTIALS_IN_URL, `$1${HIDDEN}@`) : text) };

export function redacted(value: unknown, depth = 0, hiding: Hiding = usually): JsonValue {
  switch (typeof value) {
    case "string":
      return redactedText(value, hiding);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : redactedObject(value, depth, hiding);
    default:
      return value === undefined ? null : `[${typeof value}]`;
  }
}

const SECRET_LINE = /^(\s*(?:- )?["']?([\w.-]+)["']?\s*:\s*)(?!["']?\$\{)(\S.*)$/;

/** A config as text, without what its keys say is secret; it need not be well formed. Block texts behind such a key are taken out whole. */
export function redactedConfig(text: string): string {
  let hiddenIndent = Number.POSITIVE_INFINITY;
  return text
    .split("\n")
    .flatMap((line) => {
      const indent = line.search(/\S/);
      if (hiddenIndent < indent) return [];
      if (indent !== -1) hiddenIndent = Number.POSITIVE_INFINITY;
      const [, head = "", key = "", value = ""] = SECRET_LINE.exec(line) ?? [];
      if (key === "" || !isSecret(key)) return redactedFlow(redactedText(line));
      if (/^[|>&]/.test(value)) hiddenIndent = indent;
      return `${head}"${HIDDEN}"`;
    })
    .join("\n");
}

/** `{ user: a, password: b }` on one line. */
function redactedFlow(line: string): string {
  return line.replaceAll(/(["']?([\w.-]+)["']?\s*:\s*)("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s,}\]]+)/g, (whole, head: string, key: string, value: string) => (isSecret(key) && !/^["']?\$\{/.test(value) ? `${head}"${HIDDEN}"` : whole));
}

function redactedText(text: string, hiding: Hiding = usually): string {
  return hiding.text(text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}… (${text.length} characters)` : text);
}

function redactedObject(value: object, depth: number, hiding: Hiding): JsonValue {
  if (depth >= DEPTH_MAX) return "[…]";
  if (value instanceof Error) return redactedError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => redacted(item, depth + 1, hiding));
  const fields: Record<string, JsonValue> = {};
  for (const [name, field] of Object.entries(value).slice(0, ITEMS_MAX)) {
    if (field === undefined) continue;
    fields[name] = hiding.isSecret(name) && field !== null && typeof field !== "boolean" ? HIDDEN : redacted(field, depth + 1, hiding);
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

/** Whether a field of this name holds what nobody is to see: `password`, `shared_key`, `X-Api-Key`. */
export function isSecret(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replace(/[-_.]/g, ""));
}
