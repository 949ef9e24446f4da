import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { counter } from "./counter.ts";

const never = new AbortController().signal;

/** The records of one pass, or of its first batches; commits as a pipeline does. */
async function pass(context: TestContext, options: z.input<(typeof counter)["options"]>, most = Number.POSITIVE_INFINITY) {
  const input = await counter.open(counter.options.parse(options), context);
  const records: Record<string, unknown>[] = [];
  for (let batches = 0; batches < most; batches += 1) {
    const delivery = await input.read(never);
    if (delivery === undefined) break;
    records.push(...recordsOf(delivery.batch));
    for (const [key, value] of Object.entries(delivery.positions ?? {})) context.store.set(key, value);
    delivery.batch.release();
  }
  await input.close();
  return records;
}

for (const [what, options, expected] of [
  ["three by default", {}, [{ f1: 1 }, { f1: 2 }, { f1: 3 }]],
  ["to a number", { number: 1 }, [{ f1: 1 }]],
  ["in several fields", { number: 2, field: 3 }, [{ f1: 1, f2: 1, f3: 1 }, { f1: 2, f2: 2, f3: 2 }]],
] as const) {
  test(`counter: ${what}`, async () => {
    await using context = await testContext();
    assert.deepEqual(await pass(context, options), expected);
    assert.deepEqual(await pass(context, options), expected, "a pass that ended is followed by a new one");
    assert.equal(context.pool.usedBytes, 0);
  });
}

test("counter: with a delay the numbers come one at a time, that far apart", async () => {
  let nowMs = 1_790_000_000_000;
  const at: number[] = [];
  await using context = await testContext({ clock: { now: () => nowMs, pause: async (ms) => void (nowMs += ms) } });
  const input = await counter.open(counter.options.parse({ delay: "1s" }), context);
  for (;;) {
    const delivery = await input.read(never);
    if (delivery === undefined) break;
    assert.equal(delivery.batch.count, 1);
    at.push(delivery.batch.timeMs(0) - 1_790_000_000_000);
    delivery.batch.release();
  }
  assert.deepEqual(at, [0, 1000, 2000]);
});

test("counter: a restart in the middle goes on there, and a stop ends the delay", async () => {
  await using context = await testContext();
  assert.deepEqual(await pass(context, { number: 25_000 }, 1), Array.from({ length: 10_000 }, (_, index) => ({ f1: index + 1 })));
  const rest = await pass(context, { number: 25_000 });
  assert.equal(rest.length, 15_000);
  assert.deepEqual(rest[0], { f1: 10_001 });

  const stop = new AbortController();
  const input = await counter.open(counter.options.parse({ delay: "1h" }), context);
  (await input.read(stop.signal))?.batch.release();
  const waiting = input.read(stop.signal);
  stop.abort();
  assert.equal(await waiting, undefined);
  assert.equal(context.pool.usedBytes, 0);
});

test("counter: a full memory makes it wait", async () => {
  await using context = await testContext();
  const pool = context.pool.memory.pool(8192);
  const input = await counter.open(counter.options.parse({ number: 1 }), { ...context, pool });
  const held = pool.take(8000);
  let isRead = false;
  const reading = input.read(never).finally(() => (isRead = true));
  await new Promise(setImmediate);
  assert.equal(isRead, false);
  held.release();
  (await reading)?.batch.release();
  assert.equal(pool.usedBytes, 0);
});

for (const odd of [{ number: 0 }, { number: 1.5 }, { field: 0 }, { delay: "soon" }, { count: 3 }]) {
  test(`counter: refuses ${JSON.stringify(odd)}`, () => assert.equal(counter.options.safeParse(odd).success, false));
}
