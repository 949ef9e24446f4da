// Batches out of JavaScript objects: for inputs that have records and for plugins written in JavaScript.
import { Batch } from "./batch.ts";
import type { Facts } from "./batch.ts";
import type { ChunkPool } from "./memory.ts";
import { RoomError, ValueWriter } from "./msgpack.ts";

/** An entries batch of the records. `timeMs(index)` gives a record's own event time in milliseconds; without it the batch's holds. */
export function batchOfRecords(pool: ChunkPool, records: readonly Record<string, unknown>[], facts: Facts, timeMs?: (index: number) => number | undefined): Batch {
  let room = 256 + records.length * 128;
  for (;;) {
    const chunk = pool.take(room);
    try {
      const writer = new ValueWriter(chunk.bytes);
      records.forEach((record, index) => {
        const own = timeMs?.(index);
        if (own === undefined) writer.entry(facts.seconds, facts.nanoseconds, record);
        else writer.entry(Math.floor(own / 1000), Math.round((own - Math.floor(own / 1000) * 1000) * 1e6), record);
      });
      return Batch.entries(chunk, 0, writer.end, records.length, facts);
    } catch (error) {
      chunk.release();
      if (!(error instanceof RoomError)) throw error;
      room *= 4;
    }
  }
}
