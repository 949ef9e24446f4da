import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import type { z } from "zod";
import { systemClock } from "#base/clock.ts";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { fakeData } from "./fake-data.ts";

const never = new AbortController().signal;

/** The records of one pass; commits as a pipeline does. */
async function pass(context: TestContext, options: z.input<(typeof fakeData)["options"]>, most = Number.POSITIVE_INFINITY) {
  const input = await fakeData.open(fakeData.options.parse(options), context);
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

test("fake data: five Korean people, the same for the same seed", async () => {
  await using one = await testContext();
  await using other = await testContext();
  const people = await pass(one, { locale: "ko", seed: 7 });
  assert.equal(people.length, 5);
  for (const { name, age, email, phone, city } of people) {
    assert.match(String(name), /^[가-힣]{2,5}$/);
    assert.ok(14 <= Number(age) && Number(age) <= 79);
    assert.match(String(email), /^[a-z.]+\d+@[a-z.]+$/);
    assert.match(String(phone), /^010-\d{4}-\d{4}$/);
    assert.match(String(city), /^[가-힣]+$/);
  }
  assert.deepEqual(await pass(other, { locale: "ko", seed: 7 }), people);
  await using third = await testContext();
  assert.notDeepEqual(await pass(third, { locale: "ko", seed: 8 }), people);
  assert.match(String((await pass(third, { locale: "en", seed: 7 }))[0]?.["name"]), /^[A-Za-z'. -]+$/);
  assert.equal(one.pool.usedBytes, 0);
});

test("fake data: a second pass goes on where the first ended", async () => {
  await using whole = await testContext();
  await using parts = await testContext();
  for (const type of ["people", "weblog"] as const) {
    whole.store.clear();
    parts.store.clear();
    const all = await pass(whole, { type, seed: 1, count: 12 });
    const three = [
      ...(await pass(parts, { type, seed: 1, count: 4 })),
      ...(await pass(parts, { type, seed: 1, count: 4 })),
      ...(await pass(parts, { type, seed: 1, count: 4 })),
    ];
    assert.deepEqual(three, all);
  }
});

test("fake data: without a seed a restart goes on with its own", async () => {
  await using context = await testContext();
  const input = await fakeData.open(fakeData.options.parse({ type: "weblog", count: 3 }), context);
  const delivery = await input.read(never);
  assert.ok(delivery?.positions !== undefined);
  const { seed } = delivery.positions["fake"] as { seed: number };
  delivery.batch.release();
  context.store.set("fake", { seed, made: 3 });
  const again = await (await fakeData.open(fakeData.options.parse({ type: "weblog", count: 3 }), context)).read(never);
  assert.deepEqual(again?.positions?.["fake"], { seed, made: 6 });
  again?.batch.release();
});

test("fake data: web lines are nginx's combined format, and however they are batched the same", async () => {
  await using context = await testContext();
  const lines = (await pass(context, { type: "weblog", locale: "ko", seed: 3, count: 9000 })).map(({ message }) => String(message));
  assert.equal(lines.length, 9000);
  for (const line of lines)
    assert.match(line, /^\d+\.\d+\.\d+\.\d+ - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0900\] "[A-Z]+ \/[\x21-\x7e]* HTTP\/1\.1" \d{3} \d+ "[^"]+" "[^"]+"$/);
  assert.equal(new Set(lines).size > 8000, true);
  let nowMs = 0;
  await using slow = await testContext({ clock: { now: () => nowMs, pause: async (ms) => void (nowMs += Math.max(1, ms)) } });
  const slowly = (await pass(slow, { type: "weblog", locale: "ko", seed: 3, count: 100, rate: 10 })).map(({ message }) => String(message));
  assert.deepEqual(slowly, lines.slice(0, 100));
  assert.ok(9_800 <= nowMs && nowMs <= 10_000, `100 at 10 a second took ${nowMs} ms`);
});

test("fake data: count 0 goes on without end, a stop ends it", async () => {
  await using context = await testContext({ clock: systemClock });
  assert.equal((await pass(context, { type: "weblog", count: 0, seed: 1 }, 5)).length, 20_000);
  const stop = new AbortController();
  const input = await fakeData.open(fakeData.options.parse({ type: "weblog", count: 0, rate: 0.001 }), context);
  (await input.read(stop.signal))?.batch.release();
  const waiting = input.read(stop.signal);
  stop.abort();
  assert.equal(await waiting, undefined);
});

test("fake data: web lines do not load faker", () => {
  const code = `import { testContext } from "#sdk/testing.ts"; import { fakeData } from "#plugins/in/fake-data.ts"; import { registerHooks } from "node:module";
    const seen = []; registerHooks({ resolve: (specifier, context, next) => { seen.push(specifier); return next(specifier, context); } });
    const context = await testContext();
    await fakeData.open(fakeData.options.parse({ type: "weblog" }), context);
    const before = seen.some((name) => name.includes("faker"));
    await fakeData.open(fakeData.options.parse({ type: "people" }), context);
    await context[Symbol.asyncDispose]();
    console.log(before, seen.some((name) => name.includes("faker")));`;
  assert.equal(
    execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8", cwd: new URL("../../..", import.meta.url) }).trim(),
    "false true",
  );
});
