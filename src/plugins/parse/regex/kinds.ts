// What a field's text becomes.
import { KIND } from "#dataplane/layout.ts";

export const KIND_NAMES = ["string", "integer", "float", "boolean", "json"] as const;
export type KindName = (typeof KIND_NAMES)[number];

/** The value of a text, as the emit kernels write it. */
export function valueOf(text: string, kind: KindName): unknown {
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

export function kindOf(name: KindName | undefined): (typeof KIND)[KindName] {
  return KIND[name ?? "string"];
}
