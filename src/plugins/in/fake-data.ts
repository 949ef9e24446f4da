// Makes up people or web server lines, to try a pipeline before there is real data. With a seed the data is always the
// same, times included. It ends after `count` records; a pipeline with a `sleep` step then starts it again, and it goes on
// where it was: how many were made is its position, so a restart repeats nothing that was written.
import type { Facts } from "#dataplane/batch.ts";
import { Batch } from "#dataplane/batch.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import { defineInput, z } from "#sdk/plugin.ts";
import { people } from "./fake-data/people.ts";
import { WEB_LOG_LINE_BYTES_MAX, webLog } from "./fake-data/web-log.ts";

const options = z.strictObject({
  type: z.enum(["people", "weblog"]).default("people").meta({
    description: "people: records of persons. weblog: text lines in nginx's combined format.",
    ko: "people: 사람 레코드. weblog: nginx combined 형식의 텍스트 줄.",
  }),
  locale: z.enum(["ko", "en"]).default("en").meta({ description: "Language of the data.", ko: "데이터의 언어." }),
  seed: z.int().min(0).max(0xffff_ffff).optional().meta({
    description: "The same seed gives the same data, times included; without it each pipeline has its own.",
    ko: "같은 시드는 시각까지 같은 데이터를 만듭니다. 없으면 파이프라인마다 다릅니다.",
  }),
  count: z.int().min(0).default(5).meta({ description: "Records of one pass; 0 goes on without end.", ko: "한 번에 만들 레코드 수. 0이면 끝없이 만듭니다." }),
  rate: z
    .number()
    .positive()
    .optional()
    .meta({ description: "Records a second; without it as fast as they are taken.", ko: "초당 레코드 수. 없으면 받는 만큼 빠르게 만듭니다." }),
  tag: z.string().min(1).default("fake").meta({ description: "Tag of the records.", ko: "레코드의 태그." }),
});

const POSITION = "fake";
/** A record costs tens of microseconds with people, well below one with lines. */
const BATCH_ROWS_MAX = { people: 500, weblog: 4000 } as const;
/** With a rate, batches come at least this often. */
const TICK_MS = 100;
/** Seeded times begin here and go on by this much a record: they must not depend on when it runs. */
const SEEDED_START_SECONDS = Date.UTC(2026, 0, 1) / 1000;
const SEEDED_STEP_MS = 37;

/** Makes records `first`, `first + 1`, …; `secondsAt` gives each its own time, which must not depend on how they are batched. */
type Maker = (first: number, rows: number, facts: Facts, secondsAt: (index: number) => number) => Batch;

export const fakeData = defineInput({
  name: "FakeData",
  summary: { en: "Makes up people or web server log lines.", ko: "가짜 사람 데이터나 웹 서버 로그를 만듭니다." },
  options,
  shorthand: "type",
  example: "- in.FakeData:\n    type: people\n    locale: ko",
  async open({ type, locale, seed: givenSeed, count, rate, tag }, { pool, clock, committed }) {
    const start = positionOf(committed(POSITION));
    const seed = givenSeed ?? start?.seed ?? Math.floor(Math.random() * 2 ** 32);
    let made = start !== undefined && start.seed === seed ? start.made : 0;
    // A pass that a stop cut off is finished, not begun again.
    const end = count === 0 ? Number.POSITIVE_INFINITY : (Math.floor(made / count) + 1) * count;
    const make = type === "people" ? await peopleMaker(pool, locale, seed) : lineMaker(pool, locale, seed);
    const startedMs = clock.now();
    const madeBefore = made;
    const secondsAt = (index: number): number => (givenSeed === undefined ? clock.now() / 1000 : SEEDED_START_SECONDS + (index * SEEDED_STEP_MS) / 1000);

    return {
      async read(signal) {
        let rows = Math.min(BATCH_ROWS_MAX[type], end - made);
        if (rows === 0) return undefined;
        if (rate !== undefined) rows = Math.min(rows, await due(rate, signal));
        await pool.room(rows * WEB_LOG_LINE_BYTES_MAX, signal);
        if (signal.aborted) return undefined;
        const seconds = secondsAt(made);
        const facts = { tag, seconds: Math.floor(seconds), nanoseconds: Math.floor((seconds % 1) * 1000) * 1_000_000, source: `fake ${type}` };
        const batch = make(made, rows, facts, givenSeed === undefined ? () => seconds : secondsAt);
        made += rows;
        return { batch, positions: { [POSITION]: { seed, made } } };
      },
      async close() {},
    };

    /** Waits until a record is due; resolves with how many are. */
    async function due(perSecond: number, signal: AbortSignal): Promise<number> {
      for (;;) {
        const dueNow = Math.floor(((clock.now() - startedMs) / 1000) * perSecond) + 1 - (made - madeBefore);
        if (0 < dueNow || signal.aborted) return Math.max(1, dueNow);
        const nextMs = startedMs + ((made - madeBefore) / perSecond) * 1000 - clock.now();
        await clock.pause(Math.max(nextMs, perSecond <= 1000 / TICK_MS ? 0 : TICK_MS), signal);
      }
    }
  },
});

async function peopleMaker(pool: ChunkPool, locale: "ko" | "en", seed: number): Promise<Maker> {
  const person = await people(locale);
  return (first, rows, facts, secondsAt) => {
    const records = Array.from({ length: rows }, (_, row) => ({ ...person(seed, first + row) }));
    return batchOfRecords(pool, records, facts, (row) => secondsAt(first + row) * 1000);
  };
}

function lineMaker(pool: ChunkPool, locale: "ko" | "en", seed: number): Maker {
  const line = webLog(locale);
  return (first, rows, facts, secondsAt) => {
    const chunk = pool.take(rows * WEB_LOG_LINE_BYTES_MAX);
    let text = "";
    for (let row = 0; row < rows; row += 1) text += line(seed, first + row, Math.floor(secondsAt(first + row)));
    return Batch.lines(chunk, 0, chunk.bytes.write(text, "latin1"), facts);
  };
}

/** Checked by hand: a data-plane thread has no schemas. */
function positionOf(value: unknown): { seed: number; made: number } | undefined {
  if (typeof value !== "object" || value === null || !("seed" in value) || !("made" in value)) return undefined;
  const { seed, made } = value;
  return typeof seed === "number" && typeof made === "number" ? { seed, made } : undefined;
}
