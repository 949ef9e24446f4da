// Counts: a record each time, then its end. Put your own source in `read`.
import { duration } from "dure/options";
import { defineInput, z } from "dure/plugin";
import { batchOfRecords } from "dure/records";

const BATCH_BYTES_MAX = 1024;

export default defineInput({
  name: "Sample",
  summary: { en: "Counts from 1 up.", ko: "1부터 셉니다." },
  options: z.strictObject({
    count: z.int().min(1).default(3).meta({ flag: "-n", description: "How far to count.", ko: "어디까지 셀지." }),
    every: duration().prefault("0s").meta({ description: "How long to wait before each record.", ko: "레코드마다 기다리는 시간." }),
    tag: z.string().min(1).default("sample").meta({ description: "Tag of the records.", ko: "레코드의 태그." }),
  }),
  example: "- in.Sample: { count: 10, every: 1s }",
  async open({ count, every: everyMs, tag }, { pool, clock, committed }) {
    const before = committed("next"); // What was committed before the last stop or crash.
    let next = typeof before === "number" && before <= count ? before : 1;
    return {
      /** Waits for the next batch; undefined is the end, or what the signal asked for. */
      async read(signal) {
        if (count < next) return undefined;
        await clock.pause(everyMs, signal);
        await pool.room(BATCH_BYTES_MAX, signal); // While the outputs are slow, this waits.
        if (signal.aborted) return undefined;
        const facts = { tag, seconds: Math.floor(clock.now() / 1000), nanoseconds: 0 };
        const batch = batchOfRecords(pool, [{ n: next }], facts);
        next += 1;
        return { batch, positions: { next } }; // Committed when the far side has the batch.
      },
      async close() {},
    };
  },
});
