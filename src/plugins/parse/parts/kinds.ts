// What a field's text becomes.
import { KIND } from "#dataplane/layout.ts";

export const KIND_NAMES = ["string", "integer", "float", "boolean", "json"] as const;
export type KindName = (typeof KIND_NAMES)[number];

/** The value of a text, as the emit kernels write it. */
export function valueOf(text: string, kind: KindName): unknown {
  if (kind === "integer" || kind === "float") {
    const number = plainNumber(text, kind === "float");
    if (number !== -1) return number;
  }
  switch (kind) {
    case "integer":
      if (text === "" || text === "-") return null;
      return /^-?(0|[1-9]\d{0,17})$/.test(text) ? (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)) : text;
    case "float":
      if (text === "" || text === "-") return null;
      return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "json":
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    default:
      return text;
  }
}

/**
 * The number a text of up to fifteen digits is, with or without a point among them and as it is usually written; -1 when the text is
 * anything else. Both the digits and the power of ten are exact as doubles, so their quotient is the double nearest to the text.
 */
function plainNumber(text: string, mayHavePoint: boolean): number {
  const { length } = text;
  if (length === 0 || 16 < length) return -1;
  let digits = 0;
  let point = -1;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (48 <= code && code <= 57) digits = digits * 10 + code - 48;
    else if (code === 46 && mayHavePoint && point === -1 && 0 < index && index + 1 < length) point = index;
    else return -1;
  }
  const wholeDigits = point === -1 ? length : point;
  if ((1 < wholeDigits && text.charCodeAt(0) === 48) || (point === -1 && 15 < length)) return -1;
  return point === -1 ? digits : digits / (POWERS[length - point - 1] ?? Number.NaN);
}

const POWERS = Array.from({ length: 17 }, (_, power) => 10 ** power);

export function kindOf(name: KindName | undefined): (typeof KIND)[KindName] {
  return KIND[name ?? "string"];
}
