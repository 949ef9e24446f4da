import assert from "node:assert/strict";
import { hash } from "node:crypto";
import test from "node:test";
import fc from "fast-check";
import type { Clock } from "#base/clock.ts";
import type { Batch } from "#dataplane/batch.ts";
import { linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import { dedupe } from "./dedupe.ts";
import { fieldsBatch, pool, signal, taken } from "./parts/testing.ts";
import type { Records } from "./parts/testing.ts";

/** A clock that is set by hand. */
function handClock(): Clock & { at: number } {
  return { at: 1_790_000_000_000, now() { return this.at; }, pause: async () => undefined };
}

async function opened(options: object): Promise<{ clock: { at: number }; counts: Map<string, number>; run(batch: Batch): Promise<Records> }> {
  const clock = handClock();
  await using context = await testContext({ pool, clock });
  const filter = await dedupe.open(dedupe.options.parse(options), context);
  return { clock, counts: context.counts, run: async (batch) => taken(await filter.apply(batch, signal)) };
}

test("of equal lines the first passes, and another when the window has ended", async () => {
  const { clock, counts, run } = await opened({ window: "10s" });
  assert.deepEqual(await run(linesBatch(pool, "한글\nb\n한글\n\nb\n\n")), [{ message: "한글" }, { message: "b" }, { message: "" }]);
  clock.at += 9999;
  assert.deepEqual(await run(linesBatch(pool, "한글\nc\n")), [{ message: "c" }]);
  clock.at += 1;
  assert.deepEqual(await run(linesBatch(pool, "한글\n한글\nc\n")), [{ message: "한글" }]);
  assert.equal(counts.get("duplicates_dropped_total"), 6);
  clock.at -= 3_600_000; // Set back: a record twice rather than none for an hour.
  assert.deepEqual(await run(linesBatch(pool, "c\nc\n")), [{ message: "c" }]);
});

test("what is absent, empty, or the digest of another is equal to none of those", async () => {
  const long = "x".repeat(100);
  const records = [{}, { k: "" }, { k: "\u0000" }, { k: long }, { k: hash("sha1", long, "base64") }, { k: "-" }];
  assert.deepEqual(await (await opened({ key: "k" })).run(recordsBatch(pool, [...records, ...records])), records);
  assert.deepEqual(await (await opened({ key: ["k", "l"] })).run(recordsBatch(pool, [...records, ...records])), records);
});

test("records are equal by a key, or as a whole", async () => {
  const given = [{ a: 1, b: "x" }, { a: 1, b: "y" }, { a: 1, b: "x" }, { b: "x" }, { b: "x" }];
  assert.deepEqual(await (await opened({ key: "a" })).run(recordsBatch(pool, given)), [given[0], given[3]]);
  assert.deepEqual(await (await opened({ key: ["a", "b"] })).run(recordsBatch(pool, given)), [given[0], given[1], given[3]]);
  assert.deepEqual(await (await opened({})).run(recordsBatch(pool, given)), [given[0], given[1], given[3]]);
  assert.deepEqual(await (await opened({})).run(await fieldsBatch("1 x\n1 y\n1 x\nodd\nodd\n", "^(?<a>\\d) (?<b>\\S)$")), [{ a: "1", b: "x" }, { a: "1", b: "y" }, { message: "odd" }]);
});

test("the next that passes says how many were left out, over what it said before", async () => {
  for (const form of ["lines", "fields", "entries"]) {
    const { clock, run } = await opened({ window: "1s", key: form === "lines" ? "message" : "k", count_field: "repeated" });
    const batch = async (...keys: string[]): Promise<Batch> => form === "lines" ? linesBatch(pool, `${keys.join("\n")}\n`) : form === "fields" ? fieldsBatch(`${keys.join("\n")}\n`, "^(?<k>.*)$") : recordsBatch(pool, keys.map((k) => ({ k, repeated: "old" })));
    const name = form === "lines" ? "message" : "k";
    const old = form === "entries" ? { repeated: "old" } : {};
    assert.deepEqual(await run(await batch("a", "a", "b", "a", "c")), ["a", "b", "c"].map((each) => ({ [name]: each, ...old })));
    clock.at += 1000;
    assert.deepEqual(await run(await batch("b", "b", "d", "a", "a")), [{ [name]: "b", ...old }, { [name]: "d", ...old }, { [name]: "a", repeated: 2 }]);
  }
});

test("no more keys than the bound are remembered, the one not seen for longest is forgotten", async () => {
  const { run } = await opened({ max_keys: 2 });
  assert.deepEqual(await run(linesBatch(pool, "a\nb\na\nc\na\nb\n")), [{ message: "a" }, { message: "b" }, { message: "c" }, { message: "b" }]);
});

test("in one window each text passes once, the first time, whatever the texts and the cuts", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.constantFrom("a", "b", "한", "", "x".repeat(100), `${"x".repeat(99)}y`), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }), async (batches) => {
      const { run } = await opened({});
      const before = pool.usedBytes;
      const got: unknown[] = [];
      for (const lines of batches) for (const { message } of await run(linesBatch(pool, `${lines.join("\n")}\n`))) got.push(message);
      assert.deepEqual(got, [...new Set(batches.flat())]);
      assert.equal(pool.usedBytes, before);
    }),
  ));
