// Repeats one record, to try a pipeline before there is real data. It keeps no position: a restart begins anew.
import { batchOfRecords } from "#dataplane/records.ts";
import { defineInput, z } from "#sdk/plugin.ts";

const options = z.strictObject({
  record: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .default({ message: "dummy" })
    .transform(recordFrom)
    .meta({
      description: "The record: a map, or a text. A text that is a JSON object is that record, any other is the field `message`.",
      ko: "반복할 레코드: 맵 또는 텍스트. JSON 객체인 텍스트는 그 레코드가 되고, 다른 텍스트는 `message` 필드가 됩니다.",
    }),
  count: z.int().min(0).default(3).meta({ description: "How many times; 0 goes on without end.", ko: "반복 횟수. 0이면 끝없이 반복합니다." }),
  rate: z.number().positive().optional().meta({ description: "Records a second; without it as fast as they are taken.", ko: "초당 레코드 수. 없으면 받는 만큼 빠르게 만듭니다." }),
  tag: z.string().min(1).default("dummy").meta({ description: "Tag of the records.", ko: "레코드의 태그." }),
});

const BATCH_ROWS_MAX = 1000;
const BATCH_BYTES_MAX = 1 << 20;
const ENTRY_BYTES = 32;
/** With a rate, batches come at least this often. */
const TICK_MS = 100;

export const dummy = defineInput({
  name: "Dummy",
  summary: { en: "Repeats one record, to try a pipeline.", ko: "같은 레코드를 반복합니다. 파이프라인을 시험할 때 씁니다." },
  options,
  shorthand: "record",
  example: "- in.Dummy:\n    record: { level: error, message: 안녕하세요 }\n    count: 10",
  async open({ record, count, rate, tag }, { pool, clock }) {
    const end = count === 0 ? Number.POSITIVE_INFINITY : count;
    const recordBytes = ENTRY_BYTES + Buffer.byteLength(JSON.stringify(record));
    const rowsMax = Math.max(1, Math.min(BATCH_ROWS_MAX, Math.floor(BATCH_BYTES_MAX / recordBytes)));
    const startedMs = clock.now();
    let made = 0;
    return {
      async read(signal) {
        let rows = Math.min(rowsMax, end - made);
        if (rows === 0) return undefined;
        if (rate !== undefined) rows = Math.min(rows, await due(rate, signal));
        await pool.room(rows * recordBytes, signal);
        if (signal.aborted) return undefined;
        made += rows;
        const now = clock.now();
        const facts = { tag, seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000, source: "dummy" };
        return { batch: batchOfRecords(pool, Array.from({ length: rows }, () => record), facts) };
      },
      async close() {},
    };

    /** Waits until a record is due; resolves with how many are. */
    async function due(perSecond: number, signal: AbortSignal): Promise<number> {
      for (;;) {
        const dueNow = Math.floor(((clock.now() - startedMs) / 1000) * perSecond) + 1 - made;
        if (0 < dueNow || signal.aborted) return Math.max(1, dueNow);
        const waitMs = startedMs + (made / perSecond) * 1000 - clock.now();
        await clock.pause(Math.max(waitMs, perSecond <= 1000 / TICK_MS ? 1 : TICK_MS), signal);
      }
    }
  },
});

function recordFrom(given: string | Record<string, unknown>): Record<string, unknown> {
  if (typeof given !== "string") return given;
  try {
    const value: unknown = JSON.parse(given);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Not JSON: a text like any other.
  }
  return { message: given };
}
