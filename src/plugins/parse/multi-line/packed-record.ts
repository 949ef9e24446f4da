// A record in the position store: MessagePack as text, since a record may hold what JSON cannot (large numbers, bytes).
import type { JsonValue } from "#base/json.ts";
import { ValueReader, ValueWriter } from "#dataplane/msgpack.ts";

export function packed(record: Record<string, unknown>): string {
  const writer = ValueWriter.growing(1024);
  writer.value(record);
  return writer.buffer.toString("base64", 0, writer.end);
}

/** undefined for what is no record of ours. */
export function unpacked(text: JsonValue | undefined): Record<string, unknown> | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const value = new ValueReader(Buffer.from(text, "base64")).value();
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
