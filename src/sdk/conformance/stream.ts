// What the conformance tests of parsers and filters share: batches of each form, and what a plugin makes of them.
import assert from "node:assert/strict";
import { StillClock } from "#base/still-clock.ts";
import { Batch } from "#dataplane/batch.ts";
import type { Facts } from "#dataplane/batch.ts";
import { KIND, NO_TIME, ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import type { Kind } from "#dataplane/layout.ts";
import { ChunkPool, MemoryFullError } from "#dataplane/memory.ts";
import type { GatheringPlugin, TransformPlugin } from "../plugin.ts";
import { TEST_FACTS, recordsOf, testContext, testPool } from "../testing.ts";
import { withMemory } from "../with-memory.ts";

/** A parser or filter, with its own options or with those of a registry. */
export type StepPlugin = TransformPlugin | GatheringPlugin;
export type Fields = Record<string, unknown>;

/** How long whatever is waited for may take. */
export const WITHIN_MS = 60_000;

export interface Passed {
  readonly records: Fields[];
  readonly counts: ReadonlyMap<string, number>;
}

const pool = testPool(128 << 20);

/**
 * Opens the plugin, passes the batches through it and closes it. It is done twice: a pool keeps what batches are written by, so the second
 * pass has to leave exactly the memory in use that it found.
 */
export async function passed(plugin: StepPlugin, options: unknown, batchesOf: (pool: ChunkPool) => readonly Batch[], dir?: string): Promise<Passed> {
  await pass(plugin, options, batchesOf, dir);
  const before = pool.usedBytes;
  const result = await pass(plugin, options, batchesOf, dir);
  assert.equal(pool.usedBytes, before, "all memory comes back");
  return result;
}

/**
 * Passes the batches again and again, each time with no memory at another moment, once: what comes out is to be the same, as if nothing had
 * been. Of a gathering step, its own tests have to show that.
 */
export async function passedWithoutMemory(plugin: TransformPlugin, options: unknown, batchesOf: (pool: ChunkPool) => readonly Batch[], dir?: string): Promise<void> {
  const whole = await passed(plugin, options, batchesOf, dir);
  const before = pool.usedBytes;
  for (let nth = 1; ; nth += 1) {
    const lack = new Lack(nth);
    const { records, counts } = await pass(plugin, options, batchesOf, dir, lack);
    assert.deepEqual(records, whole.records, `the same records, without memory at request ${nth}`);
    assert.deepEqual(counts, whole.counts, `the same counts, without memory at request ${nth}`);
    assert.equal(pool.usedBytes, before, `all memory comes back, without any at request ${nth}`);
    if (!lack.hasCome) return;
  }
}

/** Lets the pool have no memory once, at the request of this number among those made while `during` runs. */
class Lack {
  readonly #nth: number;
  #requests = 0;

  constructor(nth: number) {
    this.#nth = nth;
  }

  /** At some time, if so much is asked for. */
  get isComing(): boolean {
    return Number.isFinite(this.#nth);
  }

  get hasCome(): boolean {
    return this.#nth <= this.#requests;
  }

  async during<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    pool.take = (bytes) => {
      this.#requests += 1;
      if (this.#requests === this.#nth) throw new MemoryFullError("no memory now", bytes);
      return ChunkPool.prototype.take.call(pool, bytes);
    };
    try {
      return await work();
    } finally {
      Reflect.deleteProperty(pool, "take");
    }
  }
}

async function pass(plugin: StepPlugin, options: unknown, batchesOf: (pool: ChunkPool) => readonly Batch[], dir?: string, lack = new Lack(Number.POSITIVE_INFINITY)): Promise<Passed> {
  const nowMs = (TEST_FACTS.seconds + 3600) * 1000;
  const clock = lack.isComing ? { now: () => nowMs, pause: async () => undefined } : new StillClock(nowMs);
  await using context = await testContext({ pool, clock, ...(dir === undefined ? {} : { configDir: dir }) });
  const signal = AbortSignal.timeout(WITHIN_MS);
  const records: Fields[] = [];
  if ("isGathering" in plugin) {
    const step = await plugin.open(plugin.options.parse(options), context);
    const reading = (async () => {
      for (let delivery = await step.read(signal); delivery !== undefined; delivery = await step.read(signal)) records.push(...taken(delivery.batch));
    })();
    for (const batch of batchesOf(pool)) await step.append({ batch }, async () => assert.fail("a step in memory settles nothing itself"));
    step.end();
    await reading;
    await step.close();
    await step.close();
  } else {
    const transform = await plugin.open(plugin.options.parse(options), context);
    for (const batch of batchesOf(pool)) {
      const isEmpty = batch.count === 0;
      const result = await lack.during(() => withMemory(() => transform.apply(batch, signal), { batch, clock, signal }));
      assert.ok(isEmpty || result === undefined || 0 < result.count, "a batch with nothing left in it is none");
      if (result !== undefined) records.push(...taken(result));
    }
    await transform.close?.();
    await transform.close?.();
  }
  assert.equal(signal.aborted, false, `it ends within ${WITHIN_MS} ms`);
  return { records, counts: context.counts };
}

/** The records of a batch, which can be written in every way an output may want; it is released. */
function taken(batch: Batch): Fields[] {
  const records = recordsOf(batch);
  assert.equal(records.length, batch.count, "as many records as it says");
  const json = batch.json({ key: "", offsetMinutes: 0, digits: 0 });
  const lines = json.bytes.toString("utf8").split("\n").slice(0, -1);
  assert.deepEqual(lines.map((line): unknown => JSON.parse(line)), JSON.parse(JSON.stringify(records, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value))), "as JSON it says the same");
  json.release();
  batch.entries().release();
  batch.release();
  return records;
}

/** Records as a parser leaves them: text, and a table of where each field lies. Fields may be missing, and of any JSON type. */
export function fieldsBatch(from: ChunkPool, records: readonly Fields[], facts: Facts = TEST_FACTS): Batch {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const columns = names.map((name) => ({ name, kind: kindOf(records.flatMap((record) => (name in record ? [record[name]] : []))) }));
  const rows = records.map((record) => columns.map(({ name, kind }) => (name in record ? Buffer.from(kind === KIND.string ? String(record[name]) : JSON.stringify(record[name])) : undefined)));
  const text = from.take(rows.reduce((bytes, row) => row.reduce((sum, span) => sum + (span?.length ?? 0) + 1, bytes + 1), 0));
  const width = rowWords(columns.length);
  const table = from.take(Math.max(1, rows.length) * width * 4);
  const { bytes, words } = from.memory;
  let end = text.pointer;
  for (const [index, row] of rows.entries()) {
    const at = (table.pointer >>> 2) + index * width;
    const start = end;
    row.forEach((span, column) => {
      words[at + ROW.columns + 2 * column] = span === undefined ? 0 : end;
      words[at + ROW.columns + 2 * column + 1] = span?.length ?? 0;
      if (span === undefined) return;
      bytes.set(span, end);
      end += span.length;
      if (column + 1 < row.length) bytes[end++] = 9;
    });
    words.set([start, end - start, STATUS.parsed, 0, NO_TIME], at);
    bytes[end++] = 10;
  }
  return Batch.fields(Batch.lines(text, 0, end - text.pointer, facts, rows.length), table, { rows: rows.length, columns, dropped: 0, isDisjoint: true });
}

function kindOf(values: readonly unknown[]): Kind {
  if (values.every((value) => typeof value === "string")) return KIND.string;
  if (values.every((value) => Number.isSafeInteger(value))) return KIND.integer;
  if (values.every((value) => typeof value === "boolean")) return KIND.boolean;
  return KIND.json;
}
