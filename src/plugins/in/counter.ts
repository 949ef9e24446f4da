// Counts from 1 up: `{ f1: 1 }`, `{ f1: 2 }`, … to see a pipeline move before there is real data. How far it came is its
// position, so a restart in the middle goes on there; after the last number the input ends, and the next start begins at 1 again.
import type { JsonValue } from "#base/json.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import { duration } from "#sdk/options.ts";
import { defineInput, z } from "#sdk/plugin.ts";

const options = z.strictObject({
  number: z.int().min(1).default(3).meta({ description: "The last number; the input ends after it.", ko: "마지막 수. 여기까지 세면 입력이 끝납니다." }),
  field: z.int().min(1).max(100).default(1).meta({ description: "Fields of a record, f1 to fN; each holds the number.", ko: "레코드의 필드 수. f1부터 fN까지 모두 같은 수를 담습니다." }),
  delay: duration().prefault("0s").meta({ description: "Pause between two records.", ko: "레코드와 레코드 사이에 쉬는 시간." }),
  tag: z.string().min(1).default("counter").meta({ description: "Tag of the records.", ko: "레코드의 태그." }),
});

const POSITION = "counter";
const BATCH_VALUES_MAX = 10_000;
/** A name of up to four characters and a number of up to nine bytes, with their heads. */
const VALUE_BYTES_MAX = 16;
const ENTRY_BYTES = 32;

export const counter = defineInput({
  name: "Counter",
  summary: { en: "Counts from 1 to a number, to try a pipeline.", ko: "1부터 정한 수까지 셉니다. 파이프라인을 시험할 때 씁니다." },
  options,
  shorthand: "number",
  example: "- in.Counter:\n    number: 10\n    delay: 1s",
  async open({ number, field, delay: delayMs, tag }, { pool, clock, committed }) {
    const names = Array.from({ length: field }, (_, index) => `f${index + 1}`);
    let counted = countedBefore(committed(POSITION), number);
    let waitMs = 0;
    return {
      async read(signal) {
        if (counted === number) return undefined;
        const sinceMs = clock.now();
        if (0 < waitMs) await clock.pause(waitMs, signal);
        if (signal.aborted) {
          waitMs = Math.max(0, waitMs - Math.max(0, clock.now() - sinceMs)); // The next read waits for the rest.
          return undefined;
        }
        const rows = 0 < delayMs ? 1 : Math.min(number - counted, Math.ceil(BATCH_VALUES_MAX / field));
        await pool.room(rows * (ENTRY_BYTES + field * VALUE_BYTES_MAX), signal);
        if (signal.aborted) return undefined;
        const now = clock.now();
        waitMs = delayMs;
        const first = counted + 1;
        const records = Array.from({ length: rows }, (_, row) => Object.fromEntries(names.map((name) => [name, first + row])));
        counted += rows;
        return {
          batch: batchOfRecords(pool, records, { tag, seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000, source: "counter" }),
          positions: { [POSITION]: counted },
        };
      },
      async close() {},
    };
  },
});

/** A pass that ended, or one that was to count less far, is followed by a new one. */
function countedBefore(committed: JsonValue | undefined, number: number): number {
  return typeof committed === "number" && 0 <= committed && committed < number ? committed : 0;
}
