import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Clock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { Delivery, OpenBuffer } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { aggregateFilter } from "./aggregate.ts";
import { Sketch } from "./aggregate/sketch.ts";

type Fields = Record<string, unknown>;

const neverSettles = async (): Promise<void> => {
  throw new Error("positions go on with what is given on");
};
const never = new AbortController().signal;
const T0 = 1_790_000_000_000;

/** Stands still unless it is set; whoever waits for it waits for a ring. */
function standing(): Clock & { nowMs: number } {
  const clock = { nowMs: T0 + 3_600_000, now: () => clock.nowMs, pause: (_ms: number, signal?: AbortSignal) => new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true })) };
  return clock;
}

const open = (options: Fields, context: TestContext): Promise<OpenBuffer> => aggregateFilter.open(aggregateFilter.options.parse({ every: "10s", lateness: "0s", ...options }), context);

/** Records with their time, in seconds from T0 on. */
function batchAt(context: TestContext, records: readonly (Fields & { at: number })[], tag = "test"): Batch {
  return batchOfRecords(context.pool, records.map(({ at: _, ...record }) => record), { ...TEST_FACTS, tag }, (index) => T0 + (records[index]?.at ?? 0) * 1000);
}

function taken(delivery: Delivery, store: Map<string, JsonValue>): Fields[] {
  const records = recordsOf(delivery.batch).map(({ window_start: start, window_end: _, ...rest }) => ({ from: (Date.parse(String(start)) - T0) / 1000, ...rest }));
  for (const [key, value] of Object.entries(delivery.positions ?? {})) {
    if (value === null) store.delete(key);
    else store.set(key, JSON.parse(JSON.stringify(value)) as JsonValue);
  }
  delivery.batch.release();
  return records;
}

async function ready(step: OpenBuffer, context: TestContext, signal: AbortSignal): Promise<Fields[]> {
  const records: Fields[] = [];
  for (let delivery = await step.read(signal); delivery !== undefined; delivery = await step.read(signal)) records.push(...taken(delivery, context.store));
  return records;
}

test("one record a group and window, closed by the records' own times; the rest at the end", async () => {
  await using context = await testContext({ clock: standing() });
  const step = await open({ by: ["경로"], aggregates: { count: true, n: "count", bytes: { sum: "b" }, low: { min: "b" }, high: { max: "b" }, mean: { avg: "b" }, one: { first: "u" }, two: { last: "u" }, users: { distinct: "u" }, half: { p50: "b" } } }, context);
  const rows = [{ at: 1, 경로: "/a", b: 1, u: "x" }, { at: 2, 경로: "/a", b: "3", u: "y" }, { at: 9.999, 경로: "/a", b: 8n, u: "x" }, { at: 3, 경로: "/b", b: "-", u: 5 }];
  await step.append({ batch: batchAt(context, rows), positions: { file: 1 } }, neverSettles);
  await step.append({ batch: batchAt(context, [{ at: 10, 경로: "/a", b: 7, u: "z" }]), positions: { file: 2 } }, neverSettles);
  const delivery = await step.read(never);
  assert(delivery !== undefined);
  assert.equal(delivery.batch.timeMs(0), T0 + 10_000);
  assert.equal(delivery.isPartial ?? false, false);
  const first = taken(delivery, context.store);
  const { half, ...a } = first[0] ?? {};
  assert(Math.abs(Number(half) - 3) <= 0.03);
  assert.deepEqual(a, { from: 0, 경로: "/a", count: 3, n: 3, bytes: 12, low: 1, high: 8, mean: 4, one: "x", two: "x", users: 2 });
  assert.deepEqual(first[1], { from: 0, 경로: "/b", count: 1, n: 1, bytes: 0, one: 5, two: 5, users: 1 });
  assert.equal(context.store.get("file"), 2, "what the open window holds is in the store, so the source may go on");
  step.end();
  assert.deepEqual((await ready(step, context, never)).map(({ from, bytes }) => [from, bytes]), [[10, 7]]);
  assert.deepEqual([...context.store.keys()], ["file"]);
  assert.equal(context.counts.get("values_not_numeric_total"), 2, "once for the sum and once for the quantile");
  assert.equal(context.pool.usedBytes, 0);
});

test("a stream that has gone quiet is closed by the clock; a late record makes a further one; a time ahead closes nothing", async () => {
  const clock = standing();
  clock.nowMs = T0 + 5000;
  await using context = await testContext({ clock });
  const step = await open({ lateness: "2s", aggregates: { count: true } }, context);
  await step.append({ batch: batchAt(context, [{ at: 1 }, { at: 86_400 }, { at: 2 }]) }, neverSettles);
  clock.nowMs = T0 + 11_999;
  assert.deepEqual(await ready(step, context, AbortSignal.abort()), []);
  clock.nowMs = T0 + 12_000;
  const read = async (): Promise<Fields[]> => taken((await step.read(never)) as Delivery, context.store);
  assert.deepEqual(await read(), [{ from: 0, count: 2 }]);
  await step.append({ batch: batchAt(context, [{ at: 3 }, { at: 11 }]) }, neverSettles);
  clock.nowMs = T0 + 14_000;
  assert.deepEqual(await read(), [{ from: 0, count: 1 }]);
  assert.equal(context.counts.get("records_late_total"), 1);
  await step.append({ batch: batchAt(context, [{ at: 14 }]) }, neverSettles);
  clock.nowMs = T0 + 22_000;
  assert.deepEqual(await read(), [{ from: 10, count: 2 }]);
  step.end();
  assert.deepEqual(await ready(step, context, never), [{ from: 86_400, count: 1 }]);
});

test("tags stay apart; lines are records; by arrival the clock is the time", async () => {
  const clock = standing();
  await using context = await testContext({ clock });
  const step = await open({ time: "arrival", by: ["message"], aggregates: { count: true } }, context);
  await step.append({ batch: linesBatch(context.pool, "a\nb\na\n", { ...TEST_FACTS, tag: "one" }), positions: { p: 1 } }, neverSettles);
  await step.append({ batch: linesBatch(context.pool, "a\n", { ...TEST_FACTS, tag: "two" }), positions: { p: 2 } }, neverSettles);
  step.end();
  const seen: unknown[] = [];
  for (let delivery = await step.read(never); delivery !== undefined; delivery = await step.read(never)) {
    seen.push([delivery.batch.tag, delivery.isPartial ?? false, delivery.positions?.["p"], ...taken(delivery, context.store)]);
  }
  assert.deepEqual(seen, [["one", true, undefined, { from: 3600, message: "a", count: 2 }, { from: 3600, message: "b", count: 1 }], ["two", false, 2, { from: 3600, message: "a", count: 1 }]]);
  assert.equal(context.pool.usedBytes, 0);
});

test("groups and distinct values are bounded, and that is said once", async () => {
  await using context = await testContext({ clock: standing() });
  const step = await open({ by: ["g"], max_groups: 2, max_distinct: 3, aggregates: { count: true, d: { distinct: "d" } } }, context);
  await step.append({ batch: batchAt(context, Array.from({ length: 20 }, (_, n) => ({ at: 1, g: n % 5, d: n }))) }, neverSettles);
  step.end();
  assert.deepEqual(await ready(step, context, never), [{ from: 0, g: 0, count: 4, d: 3 }, { from: 0, g: 1, count: 4, d: 3 }, { from: 0, g: "other", count: 12, d: 3 }]);
  assert.equal(context.counts.get("records_in_other_total"), 12);
  assert.deepEqual(context.said.map(({ level }) => level), ["warn", "warn"]);
});

test("killed at any moment: each record counts once", async () => {
  const pool = testPool();
  const record = fc.record({ at: fc.integer({ min: 0, max: 60 }), g: fc.constantFrom("a", "b", null), v: fc.integer({ min: -1000, max: 1000 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }), fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }), async (records, widths, kills) => {
      const store = new Map<string, JsonValue>();
      const out: Fields[] = [];
      let round = 0;
      for (let turns = 0; ; turns += 1) {
        await using context = await testContext({ pool, store, clock: standing() });
        const step = await open({ by: ["g"], aggregates: { count: true, sum: { sum: "v" }, p90: { p90: "v" }, least: { min: "v" }, d: { distinct: "v" }, one: { first: "v" } } }, context);
        let at = Number(store.get("at") ?? 0);
        let isKilled = false;
        while (at < records.length && !isKilled) {
          const next = Math.min(records.length, at + (widths[round % widths.length] ?? 1));
          const batch = batchAt(context, records.slice(at, next));
          at = next;
          await step.append({ batch, positions: { at } }, neverSettles);
          isKilled = turns < 15 && kills[round % kills.length] === true;
          round += 1;
          if (isKilled && round % 2 === 0) break;
          // Windows that the records' times closed.
          while (await isReady(step, out, store));
        }
        if (isKilled) {
          await step.close();
          continue;
        }
        step.end();
        for (let delivery = await step.read(never); delivery !== undefined; delivery = await step.read(never)) out.push(...taken(delivery, store));
        break;
      }
      const sum = (rows: readonly Fields[], key: string): number => rows.reduce((total, row) => total + Number(row[key]), 0);
      for (const g of ["a", "b", null]) {
        const expected = records.filter((one) => one.g === g);
        const got = out.filter((one) => one["g"] === g);
        assert.equal(sum(got, "count"), expected.length);
        assert.equal(sum(got, "sum"), sum(expected, "v"));
        if (0 < expected.length) assert.equal(Math.min(...got.map(({ least }) => Number(least))), Math.min(...expected.map(({ v }) => v)));
      }
      assert.equal(pool.usedBytes, 0);
      assert.deepEqual([...store.keys()], ["at"]);
    }),
    { numRuns: 60 },
  );
});

/** Takes what is ready; a read whose signal has aborted closes no window, so this one gives it up only when nothing was. */
async function isReady(step: OpenBuffer, out: Fields[], store: Map<string, JsonValue>): Promise<boolean> {
  const patience = new AbortController();
  const reading = step.read(patience.signal);
  await new Promise((resolve) => setImmediate(resolve));
  patience.abort();
  const delivery = await reading;
  if (delivery !== undefined) out.push(...taken(delivery, store));
  return delivery !== undefined;
}

test("quantiles are at most 1 % away from the value of their rank, whatever the values, also when they were saved in between", () => {
  const values = fc.array(fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.integer({ min: 0, max: 100 }), fc.constant(0)), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.constantFrom(0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999), fc.nat(200), (all, share, cut) => {
      // Differences beyond 17 powers of ten share a bin next to zero.
      const given = all.map((value) => (Math.abs(value) < 1e-6 ? 0 : value));
      const before = new Sketch();
      for (const value of given.slice(0, cut)) before.add(value);
      const sketch = new Sketch();
      sketch.restore(JSON.parse(JSON.stringify(before.toJson())) as Parameters<Sketch["restore"]>[0]);
      for (const value of given.slice(cut)) sketch.add(value);
      const exact = given.sort((one, other) => one - other)[Math.floor(share * (given.length - 1))] ?? 0;
      assert(Math.abs((sketch.quantile(share) ?? Number.NaN) - exact) <= Math.abs(exact) * 0.010_000_1, `${sketch.quantile(share)} for ${exact}`);
    }),
  );
});

test("options that do not fit together are refused", () => {
  for (const [given, path] of [
    [{ aggregates: {} }, "aggregates"],
    [{ aggregates: { n: true } }, "aggregates.n"],
    [{ aggregates: { n: { sum: "a", min: "a" } } }, "aggregates.n"],
    [{ aggregates: { n: {} } }, "aggregates.n"],
    [{ aggregates: { n: { median: "a" } } }, "aggregates.n"],
    [{ aggregates: { a: "count" }, by: ["a"] }, "aggregates.a"],
    [{ aggregates: { window_end: "count" } }, "aggregates.window_end"],
    [{ aggregates: { count: true }, by: ["a", "a"] }, "by.1"],
    [{ aggregates: { count: true }, every: "0s" }, "every"],
  ] as const) {
    const { error } = aggregateFilter.options.safeParse({ every: "10s", ...given });
    assert.deepEqual([...new Set(error?.issues.map((issue) => issue.path.join(".")))], [path], JSON.stringify(given));
  }
});

test("what windows of other options held cannot be used, and that is said", async () => {
  await using context = await testContext({ store: new Map<string, JsonValue>([["aggregate:1", { windows: 5 }]]), clock: standing() });
  const step = await open({ aggregates: { count: true } }, context);
  await step.append({ batch: batchAt(context, [{ at: 1 }]) }, neverSettles);
  step.end();
  assert.deepEqual(await ready(step, context, never), [{ from: 0, count: 1 }]);
  assert.equal(context.said.length, 1);
});
