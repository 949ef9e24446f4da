// A record that was shown without its secrets, cut and shortened, comes back changed: what nobody changed is as it was in the original.
import { isDeepStrictEqual } from "node:util";
import type { JsonValue } from "#base/json.ts";
import { HIDDEN } from "#kernel/redact.ts";
import { secretsPutBack } from "#kernel/redact-record.ts";

/** What `redactedRecord` puts in place of what it does not show. */
const PLACEHOLDER = /\[hidden\]|… \(\d+ characters\)$|^\[…\]$|^\[\d+ bytes\]$/;

export function restored(edited: JsonValue, shown: JsonValue, original: unknown): unknown {
  if (isDeepStrictEqual(edited, shown)) return original;
  if (isMap(edited) && isMap(shown) && isMap(original)) {
    const kept = Object.entries(original).flatMap(([name, value]): [string, unknown][] => {
      if (!Object.hasOwn(shown, name)) return [[name, value]]; // There were too many to be shown.
      return Object.hasOwn(edited, name) ? [[name, restored(edited[name] ?? null, shown[name] ?? null, value)]] : [];
    });
    return Object.fromEntries([...kept, ...Object.entries(edited).filter(([name]) => !Object.hasOwn(original, name))]);
  }
  if (Array.isArray(edited) && Array.isArray(shown) && Array.isArray(original)) {
    return [...edited.map((item, index) => (index < shown.length ? restored(item, shown[index] as JsonValue, original[index]) : item)), ...original.slice(shown.length)];
  }
  if (typeof edited === "string" && typeof shown === "string" && typeof original === "string" && edited.includes(HIDDEN)) return secretsPutBack(edited, original) ?? edited;
  return edited;
}

/** A text that stands for something not shown, where the original has none like it: it was moved or changed, and what it stood for is not known. */
export function strayPlaceholder(value: unknown, original: unknown): string | undefined {
  const own = new Set(textsOf(original));
  return textsOf(value).find((text) => PLACEHOLDER.test(text) && !own.has(text));
}

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isMap(value) && !ArrayBuffer.isView(value) ? Object.values(value).flatMap(textsOf) : [];
}

function isMap(value: unknown): value is Record<string, JsonValue> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
