// Batches out of JavaScript objects: for inputs that have records and for plugins written in JavaScript.
import { Batch } from "./batch.ts";
import type { Facts } from "./batch.ts";
import type { ChunkPool } from "./memory.ts";
import { ValueWriter } from "./msgpack.ts";

/** An entries batch of the records. `timeMs(index)` gives a record's own event time in milliseconds; without it the batch's holds. */
export function batchOfRecords(pool: ChunkPool, records: readonly Record<string, unknown>[], facts: Facts, timeMs?: (index: number) => number | undefined): Batch {
  let chunk = pool.take(256 + records.length * 128);
  try {
    let writer = new ValueWriter(chunk.bytes);
    records.forEach((record, index) => {
      const ms = timeMs?.(index);
      const seconds = ms === undefined ? facts.seconds : Math.floor(ms / 1000);
      const nanoseconds = ms === undefined ? facts.nanoseconds : Math.round((ms - seconds * 1000) * 1e6);
      while (!writer.tryEntry(seconds, nanoseconds, record)) {
        const grown = pool.take(chunk.capacity * 2);
        chunk.bytes.copy(grown.bytes, 0, 0, writer.end);
        chunk.release();
        chunk = grown;
        writer = new ValueWriter(chunk.bytes, writer.end);
      }
    });
    return Batch.entries(chunk, 0, writer.end, records.length, facts);
  } catch (error) {
    chunk.release();
    throw error;
  }
}
