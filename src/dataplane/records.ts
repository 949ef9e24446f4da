// Batches out of JavaScript objects: for inputs that have records and for plugins written in JavaScript.
import { Batch } from "./batch.ts";
import type { Facts } from "./batch.ts";
import type { ChunkPool } from "./memory.ts";
import { ValueWriter } from "./msgpack.ts";

/** An entries batch of the records. `timeMs(index)` gives a record's own event time in milliseconds; without it the batch's holds. */
export function batchOfRecords(pool: ChunkPool, records: readonly Record<string, unknown>[], facts: Facts, timeMs?: (index: number) => number | undefined): Batch {
  let chunk = pool.take(256 + records.length * 128);
  // A record is not begun again in a larger chunk: one of a hundred thousand fields would be taken apart a dozen times over.
  const grow = (written: Buffer, bytes: number): Buffer => {
    const grown = pool.take(Math.max(bytes, chunk.capacity * 2));
    written.copy(grown.bytes);
    chunk.release();
    chunk = grown;
    return grown.bytes;
  };
  try {
    const writer = new ValueWriter(chunk.bytes, 0, grow);
    records.forEach((record, index) => {
      const ms = timeMs?.(index);
      const seconds = ms === undefined ? facts.seconds : Math.floor(ms / 1000);
      const nanoseconds = ms === undefined ? facts.nanoseconds : Math.round((ms - seconds * 1000) * 1e6);
      writer.entry(seconds, nanoseconds, record);
    });
    return Batch.entries(chunk, 0, writer.end, records.length, facts);
  } catch (error) {
    chunk.release();
    throw error;
  }
}
