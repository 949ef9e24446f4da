import assert from "node:assert/strict";
import test from "node:test";
import type { Clock } from "#base/clock.ts";
import { linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import { fieldsBatch, pool, problemOf, signal, taken } from "./parts/testing.ts";
import { throttle } from "./throttle.ts";

/** A clock that is set by hand. */
function handClock(): Clock & { at: number } {
  return { at: 1_790_000_000_000, now() { return this.at; }, pause: async () => undefined };
}

const records = (count: number, host = "a"): Record<string, unknown>[] => Array.from({ length: count }, (_, n) => ({ host, n }));

test("so many pass as the rate and the burst say, as time goes on", async () => {
  const clock = handClock();
  await using context = await testContext({ pool, clock });
  const filter = await throttle.open(throttle.options.parse({ rate: "10/s", burst: 3 }), context);
  const pass = async (count: number): Promise<number> => taken(await filter.apply(recordsBatch(pool, records(count)), signal)).length;
  assert.equal(await pass(5), 3);
  assert.equal(await pass(5), 0);
  clock.at += 100;
  assert.equal(await pass(5), 1);
  clock.at += 60_000;
  assert.equal(await pass(5), 3);
  clock.at -= 60_000; // Set back: nothing is filled, and then as before.
  assert.equal(await pass(1), 0);
  clock.at += 200;
  assert.equal(await pass(5), 2);
  assert.equal(context.counts.get("throttled_total"), 2 + 5 + 4 + 2 + 1 + 3);
});

test("rates of a minute and below one a second", async () => {
  const clock = handClock();
  await using context = await testContext({ pool, clock });
  const filter = await throttle.open(throttle.options.parse({ rate: "2/m" }), context);
  const pass = async (): Promise<number> => taken(await filter.apply(linesBatch(pool, "a\nb\nc\n"), signal)).length;
  assert.equal(await pass(), 2);
  clock.at += 29_000;
  assert.equal(await pass(), 0);
  clock.at += 1000;
  assert.equal(await pass(), 1);
  const slow = await throttle.open(throttle.options.parse({ rate: 0.5 }), context);
  assert.equal(taken(await slow.apply(linesBatch(pool, "a\nb\n"), signal)).length, 1);
});

test("each key has its own rate; keys are forgotten beyond the bound, the one not seen for longest first", async () => {
  const clock = handClock();
  await using context = await testContext({ pool, clock });
  const filter = await throttle.open(throttle.options.parse({ rate: 1, key: "host", max_keys: 2 }), context);
  const pass = async (...hosts: string[]): Promise<unknown[]> => taken(await filter.apply(recordsBatch(pool, hosts.map((host) => ({ host }))), signal)).map(({ host }) => host);
  assert.deepEqual(await pass("a", "b", "a", "b"), ["a", "b"]);
  assert.deepEqual(await pass("a", "c", "a", "b"), ["c", "b"]); // c took the place of b, b that of c.
  const fields = await fieldsBatch("가 1\n가 2\n나 3\n", "^(?<host>\\S+) (?<n>\\d)$");
  assert.deepEqual(taken(await filter.apply(fields, signal)), [{ host: "가", n: "1" }, { host: "나", n: "3" }]);
});

test("keys of several fields are not mixed up, and long ones are told apart", async () => {
  await using context = await testContext({ pool, clock: handClock() });
  const filter = await throttle.open(throttle.options.parse({ rate: 1, key: ["a", "b"] }), context);
  const given = [{ a: "x", b: "yz" }, { a: "xy", b: "z" }, { a: "x".repeat(100), b: "1" }, { a: "x".repeat(100), b: "2" }, { a: "x" }, { b: "x" }, {}];
  assert.deepEqual(taken(await filter.apply(recordsBatch(pool, [...given, ...given]), signal)), given);
});

for (const [record, shown] of [
  [{ a: "shop.Order", b: "java.io.IOException" }, "shop.Order, java.io.IOException"],
  [{ a: "2:가:", b: "-" }, "2:가:, -"],
  [{ b: "" }, "-, "],
] as const) {
  test(`the log says which values of several fields dropped most: ${shown}`, async () => {
    await using context = await testContext({ pool, clock: handClock() });
    const filter = await throttle.open(throttle.options.parse({ rate: 1, key: ["a", "b"] }), context);
    taken(await filter.apply(recordsBatch(pool, [record, record]), signal));
    await filter.close?.();
    assert.deepEqual(context.said.map(({ fields }) => fields?.["mostOf"]), [shown]);
  });
}

test("the log says every interval what was dropped, and at the end the rest", async () => {
  const clock = handClock();
  await using context = await testContext({ pool, clock });
  const filter = await throttle.open(throttle.options.parse({ rate: 1, key: "host", report: "10s" }), context);
  const run = async (count: number, host: string): Promise<unknown> => taken(await filter.apply(recordsBatch(pool, records(count, host)), signal));
  await run(5, "a");
  await run(9, "b");
  assert.equal(context.said.length, 0);
  clock.at += 10_000;
  await run(1, "a");
  assert.deepEqual(context.said.slice(), [{ level: "warn", message: "records over the rate were dropped", fields: { dropped: 12, overMs: 10_000, mostOf: "b", dropsOfIt: 8 } }]);
  await run(3, "a");
  clock.at += 5000;
  await filter.close?.();
  assert.deepEqual(context.said.map(({ fields }) => fields)[1], { dropped: 3, overMs: 5000, mostOf: "a", dropsOfIt: 3 });
  await filter.close?.();
  assert.equal(context.said.length, 2, "nothing dropped, nothing said");
});

test("slips are told in both languages", () => {
  for (const rate of ["fast", "0/s", "10/w", -1, 0, ""]) assert.match(problemOf(throttle, { rate }).ko, /1000\/s/);
  assert.equal(problemOf(throttle, { rate: 1, burst: 0 }).path, "burst");
});
