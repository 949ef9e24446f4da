// Takes everything and keeps nothing: to measure what comes before it, or to end a pipeline whose work is a side effect.
import { defineOutput, z } from "#sdk/plugin.ts";

export const nullOutput = defineOutput({
  name: "Null",
  summary: { en: "Takes every record and forgets it; counts what came.", ko: "모든 레코드를 받아 버립니다. 받은 수는 셉니다." },
  options: z.strictObject({}),
  example: "- out.Null",
  async open(_options, { count }) {
    return {
      concurrency: 4,
      async write(batch) {
        count("records_discarded_total", batch.count);
        count("bytes_discarded_total", batch.length);
      },
      async close() {},
    };
  },
});
