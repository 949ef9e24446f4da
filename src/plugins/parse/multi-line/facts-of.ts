// A batch's facts in the position store, and as it gave them back; undefined when they are none of ours.
import type { JsonValue } from "#base/json.ts";
import type { Facts } from "#dataplane/batch.ts";

export function factsOf(value: JsonValue | undefined): Facts | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { tag, seconds, nanoseconds, source } = value as { readonly [key: string]: JsonValue };
  if (typeof tag !== "string" || typeof seconds !== "number" || typeof nanoseconds !== "number") return undefined;
  return { tag, seconds, nanoseconds, ...(typeof source === "string" ? { source } : {}) };
}

/** Without the id: what is held of several batches is none of them. */
export function factsAsJson({ tag, seconds, nanoseconds, source }: Facts): JsonValue {
  return { tag, seconds, nanoseconds, ...(source === undefined ? {} : { source }) };
}
