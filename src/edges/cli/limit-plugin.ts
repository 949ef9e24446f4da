// The step that `dure try --limit N` puts before the output: lets N records through, says so, and takes the rest out.
// It runs in the thread of the command, so the two meet in this module.
import { defineFilter, z } from "#sdk/plugin.ts";

export const LIMIT_PLUGIN = "filter.TryLimit";

let reached: () => void = () => {};

export function onLimitReached(callback: () => void): void {
  reached = callback;
}

export default defineFilter({
  name: "TryLimit",
  summary: { en: "Lets the first records through.", ko: "처음 몇 개의 레코드만 통과시킵니다." },
  options: z.strictObject({ records: z.int().min(1).meta({ description: "How many.", ko: "몇 개." }) }),
  async open({ records }) {
    let left = records;
    return {
      apply(batch) {
        if (batch.count < left) {
          left -= batch.count;
          return batch;
        }
        const kept = batch.filter((row) => {
          if (!batch.isKept(row) || left === 0) return false;
          left -= 1;
          return true;
        });
        reached();
        return kept;
      },
    };
  },
});
