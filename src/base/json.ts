/** What can be written to a file, sent to another thread and read back unchanged. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Throws SyntaxError. Integers beyond 2^53 keep their digits as far as 64 bits go. */
export function parseJson(text: string): unknown {
  // Looking at each number's digits makes parsing slower by half, of objects with many keys ten times; few texts have long ones.
  return JSON.parse(text, /\d{16}/.test(text) ? exactNumber : undefined);
}

/** For whoever only passes it on: each number is written again as it stood. Throws SyntaxError. */
export function parseVerbatimJson(text: string): unknown {
  return JSON.parse(text, verbatimNumber);
}

/** A map that was kept as JSON; an empty one where another hand has left what is none. */
export function jsonMap(text: string): { readonly [key: string]: JsonValue } {
  try {
    const value = JSON.parse(text) as JsonValue;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as { readonly [key: string]: JsonValue }) : {};
  } catch {
    return {};
  }
}

/** For JSON.parse: integers beyond 2^53 keep their digits as far as 64 bits go. */
function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
  const source = context?.source ?? "";
  return /^-?\d{1,20}$/.test(source) && -(1n << 63n) <= BigInt(source) && BigInt(source) < 1n << 64n ? BigInt(source) : value;
}

function verbatimNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && context?.source !== undefined ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(context.source) : value;
}

/** For JSON.stringify: an integer beyond 2^53 keeps its digits, without quotes. */
export function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value)) : value;
}

/** Between tokens a line may end; in a text of JSON it cannot. Numbers stay as they were written. */
export function inOneLine(json: string): string {
  return json.includes("\n") || json.includes("\r") ? json.replaceAll(/[\r\n]/g, " ") : json;
}
