// What a request brought, in the bytes that its batch will have: records as JavaScript objects take twenty times their JSON, and how much
// room they need would not be known.
import { RoomError, ValueWriter } from "#dataplane/msgpack.ts";
import type { Content, TimedRecord } from "./content.ts";

export interface Packed {
  readonly form: "lines" | "entries";
  readonly bytes: Buffer;
  /** Of entries. */
  readonly rows: number;
}

const FIRST_BYTES = 1024;

/** Records without a time of their own have that of now. */
export function packed(content: Content, nowMs: number): Packed {
  if (content.kind === "lines") return { form: "lines", bytes: content.text, rows: 0 };
  let writer = new ValueWriter(Buffer.allocUnsafe(FIRST_BYTES));
  let rows = 0;
  for (const record of content.records) {
    while (!isWritten(writer, record, nowMs)) {
      const grown = Buffer.allocUnsafe(writer.buffer.length * 2);
      writer.buffer.copy(grown, 0, 0, writer.end);
      writer = new ValueWriter(grown, writer.end);
    }
    rows += 1;
  }
  return { form: "entries", bytes: writer.buffer.subarray(0, writer.end), rows };
}

function isWritten(writer: ValueWriter, { record, timeMs }: TimedRecord, nowMs: number): boolean {
  const ms = timeMs ?? nowMs;
  const seconds = Math.floor(ms / 1000);
  try {
    writer.entry(seconds, Math.round((ms - seconds * 1000) * 1e6), record);
    return true;
  } catch (error) {
    if (!(error instanceof RoomError)) throw error;
    return false;
  }
}
