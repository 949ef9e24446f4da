import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { dummy } from "./dummy.ts";

const never = new AbortController().signal;

async function read(context: TestContext, options: z.input<(typeof dummy)["options"]>, most = Number.POSITIVE_INFINITY) {
  const input = await dummy.open(dummy.options.parse(options), context);
  const records: Record<string, unknown>[] = [];
  for (let batches = 0; batches < most; batches += 1) {
    const delivery = await input.read(never);
    if (delivery === undefined) break;
    records.push(...recordsOf(delivery.batch));
    delivery.batch.release();
  }
  await input.close();
  return records;
}

for (const [what, record, expected] of [
  ["a map", { a: 1, 이름: "김서연", deep: { list: [1, null, true] } }, { a: 1, 이름: "김서연", deep: { list: [1, null, true] } }],
  ["JSON text", '{"a": 1}', { a: 1 }],
  ["other text", "안녕하세요\0둘", { message: "안녕하세요\0둘" }],
  ["text that begins like JSON", "{a}", { message: "{a}" }],
  ["a JSON list", "[1]", { message: "[1]" }],
] as const) {
  test(`dummy: repeats ${what}, three times by default`, async () => {
    await using context = await testContext();
    assert.deepEqual(await read(context, { record: record as z.input<(typeof dummy)["options"]>["record"] }), [expected, expected, expected]);
    assert.equal(context.pool.usedBytes, 0);
  });
}

test("dummy: count, without end, and records larger than a batch", async () => {
  await using context = await testContext();
  assert.equal((await read(context, { count: 2500 })).length, 2500);
  assert.equal((await read(context, { count: 0 }, 7)).length, 7000);
  const large = "가".repeat(1 << 20);
  assert.deepEqual(await read(context, { record: { large }, count: 2 }), [{ large }, { large }]);
  assert.equal(context.pool.usedBytes, 0);
});

test("dummy: a rate is kept, and a stop ends the waiting", async () => {
  let nowMs = 0;
  await using context = await testContext({ clock: { now: () => nowMs, pause: async (ms) => void (nowMs += ms) } });
  assert.equal((await read(context, { count: 100, rate: 10 })).length, 100);
  assert.ok(9_800 <= nowMs && nowMs <= 10_000, `100 at 10 a second took ${nowMs} ms`);

  await using real = await testContext();
  const stop = new AbortController();
  const input = await dummy.open(dummy.options.parse({ rate: 0.001 }), real);
  (await input.read(stop.signal))?.batch.release();
  const waiting = input.read(stop.signal);
  stop.abort();
  assert.equal(await waiting, undefined);
});
