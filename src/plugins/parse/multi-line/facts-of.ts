// A batch's facts as the position store gave them back; undefined when they are none of ours.
import type { JsonValue } from "#base/json.ts";
import type { Facts } from "#dataplane/batch.ts";

export function factsOf(value: JsonValue | undefined): Facts | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { tag, seconds, nanoseconds, source } = value as { readonly [key: string]: JsonValue };
  if (typeof tag !== "string" || typeof seconds !== "number" || typeof nanoseconds !== "number") return undefined;
  return { tag, seconds, nanoseconds, ...(typeof source === "string" ? { source } : {}) };
}
