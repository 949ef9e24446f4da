import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { linesBatch, recordsBatch } from "#sdk/testing.ts";
import { fieldsBatch, filtered, pool, problemOf } from "./parts/testing.ts";
import { sample } from "./sample.ts";

const many = Array.from({ length: 10_000 }, (_, index) => ({ trace: `trace-${index % 2000}`, n: index }));

test("a random sample has about the size asked for, and with a seed it is the same one", async () => {
  const one = await filtered(sample, { rate: 0.1, seed: 7 }, recordsBatch(pool, many));
  assert.ok(900 <= one.length && one.length <= 1100, `${one.length}`);
  assert.deepEqual(await filtered(sample, { one_in: 10, seed: 7 }, recordsBatch(pool, many)), one);
  assert.notDeepEqual(await filtered(sample, { rate: 0.1, seed: 8 }, recordsBatch(pool, many)), one);
  const free = await filtered(sample, { rate: 0.5 }, recordsBatch(pool, many));
  assert.ok(4500 <= free.length && free.length <= 5500, `${free.length}`);
  assert.equal((await filtered(sample, { rate: 1 }, recordsBatch(pool, many))).length, many.length);
});

test("with a key all records of a trace stay or go, on every machine alike", async () => {
  const options = { one_in: 4, key: "trace" };
  const kept = await filtered(sample, options, recordsBatch(pool, many));
  const traces = new Set(kept.map(({ trace }) => trace));
  assert.ok(400 <= traces.size && traces.size <= 600, `${traces.size}`);
  assert.equal(kept.length, traces.size * 5);
  assert.deepEqual(await filtered(sample, options, recordsBatch(pool, many)), kept);
  const lines = await fieldsBatch(many.map(({ trace, n }) => `${trace} ${n}\n`).join(""), "^(?<trace>\\S+) (?<n>\\d+)$");
  assert.deepEqual(new Set((await filtered(sample, options, lines)).map(({ trace }) => trace)), traces);
});

test("a record that has one of the fields is drawn by it", async () => {
  const options = { rate: 0.5, key: ["a", "trace"] };
  assert.deepEqual(await filtered(sample, options, recordsBatch(pool, many)), await filtered(sample, options, recordsBatch(pool, many)));
});

test("records without the key are drawn at random, not all or none of them", async () => {
  const left = await filtered(sample, { rate: 0.5, key: ["a", "b"], seed: 1 }, recordsBatch(pool, many));
  assert.ok(4500 <= left.length && left.length <= 5500, `${left.length}`);
});

test("the rate is written to a field, over what was there", async () => {
  assert.deepEqual(await filtered(sample, { rate: 1, rate_field: "sample_rate" }, recordsBatch(pool, [{ a: 1, sample_rate: 5 }])), [{ a: 1, sample_rate: 1 }]);
  assert.deepEqual(await filtered(sample, { one_in: 1, rate_field: "r" }, linesBatch(pool, "한글\n")), [{ message: "한글", r: 1 }]);
});

test("of any records a sample is some of them, in order, and all memory comes back", async () => {
  await filtered(sample, { rate: 1 }, linesBatch(pool, "a\n")); // The pool keeps how such records are written.
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: fc.constantFrom("a", "한", " ") }), { minLength: 1, maxLength: 30 }), fc.double({ min: 0.01, max: 1, noNaN: true }), async (lines, rate) => {
      const before = pool.usedBytes;
      const left = await filtered(sample, { rate, key: "message" }, linesBatch(pool, `${lines.join("\n")}\n`));
      const kept = new Set(left.map(({ message }) => message));
      assert.deepEqual(left.map(({ message }) => message), lines.filter((line) => kept.has(line)));
      assert.equal(pool.usedBytes, before);
    }),
  );
});

test("rate and one_in together, or neither, are a slip", () => {
  assert.match(problemOf(sample, { rate: 0.1, one_in: 10 }).en, /either `rate` or `one_in`/);
  assert.match(problemOf(sample, {}).ko, /하나만/);
  assert.equal(problemOf(sample, { rate: 0 }).path, "rate");
});
