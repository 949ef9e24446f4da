import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { linesBatch, recordsBatch, recordsOf, testPool, TEST_FACTS } from "#sdk/testing.ts";
import type { Batch, Slice } from "./batch.ts";
import { batchOfRecords } from "./records.ts";
import { ValueReader } from "./msgpack.ts";

const UTC = { key: "time", offsetMinutes: 0, digits: 3 } as const;
const NO_TIME = { key: "", offsetMinutes: 0, digits: 0 } as const;

function taken(slice: Slice): Buffer {
  const copy = Buffer.from(slice.bytes);
  slice.release();
  return copy;
}
function jsonOf(batch: Batch): unknown[] {
  return taken(batch.json(NO_TIME)).toString().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as unknown);
}
function entriesOf(batch: Batch): unknown[] {
  const bytes = taken(batch.entries());
  const reader = new ValueReader(bytes);
  const entries: unknown[] = [];
  while (reader.at < bytes.length) entries.push(reader.value());
  return entries;
}

const plainLine = fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => text.replaceAll(/[\n\r]/g, " "));
// -0 is written as 0 by JSON.stringify, which is what the comparison is made with.
const scalar = fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)), fc.boolean(), fc.constant(null));
const record = fc.dictionary(fc.string({ maxLength: 8 }).filter((key) => key !== "__proto__"), fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(fc.constantFrom("a", "b"), scalar)), { maxKeys: 20 });

test("batch: lines become the same text in JSON, in entries and in records", () => {
  const pool = testPool();
  fc.assert(
    fc.property(fc.array(plainLine, { minLength: 1, maxLength: 30 }), (lines) => {
      const batch = linesBatch(pool, lines.map((line) => `${line}\n`).join(""));
      const wanted = lines.map((message) => ({ message }));
      assert.equal(batch.count, lines.length);
      assert.deepEqual(jsonOf(batch), wanted);
      assert.deepEqual(entriesOf(batch), wanted.map((one) => [TEST_FACTS.seconds, one]));
      assert.deepEqual(recordsOf(batch), wanted);
      batch.release();
    }),
  );
});

test("batch: records come back as they went in, as JSON and as entries", () => {
  const pool = testPool();
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 10 }), (records) => {
      const before = pool.usedBytes;
      const batch = recordsBatch(pool, records);
      const wanted = JSON.parse(JSON.stringify(records)) as unknown;
      assert.deepEqual(JSON.parse(JSON.stringify(recordsOf(batch))), wanted);
      assert.deepEqual(JSON.parse(JSON.stringify(jsonOf(batch))), wanted);
      assert.deepEqual(JSON.parse(JSON.stringify(entriesOf(batch).map((entry) => (entry as unknown[])[1]))), wanted);
      batch.release();
      assert.equal(pool.usedBytes, before, "nothing is left behind");
    }),
  );
});

test("batch: a filter keeps the rows it names, in order, and gives back everything when none is left", () => {
  const pool = testPool();
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }), fc.boolean(), (keeps, isText) => {
      const numbers = keeps.map((_, index) => index);
      const before = pool.usedBytes;
      const batch = isText ? linesBatch(pool, numbers.map((number) => `${number}\n`).join("")) : recordsBatch(pool, numbers.map((message) => ({ message: String(message) })));
      const rest = batch.filter((row) => keeps[row] === true);
      const wanted = numbers.filter((number) => keeps[number]).map((message) => ({ message: String(message) }));
      assert.equal(rest?.count ?? 0, wanted.length);
      if (rest !== undefined) {
        assert.deepEqual(recordsOf(rest), wanted);
        rest.release();
      } else assert.deepEqual(wanted, []);
      assert.equal(pool.usedBytes, before);
    }),
  );
});

test("batch: event times are written in the zone and with the digits asked for", () => {
  const pool = testPool();
  const batch = batchOfRecords(pool, [{ n: 1 }], TEST_FACTS, () => Date.parse("2026-11-21T15:00:00.123Z"));
  assert.equal(taken(batch.json(UTC)).toString(), '{"time":"2026-11-21T15:00:00.123Z","n":1}\n');
  assert.equal(taken(batch.json({ key: "t", offsetMinutes: 540, digits: 0 })).toString(), '{"t":"2026-11-22T00:00:00+09:00","n":1}\n');
  assert.equal(batch.timeMs(0), Date.parse("2026-11-21T15:00:00.123Z"));
  batch.release();
});

test("batch: one field is read without the rest, whatever its type", () => {
  const pool = testPool();
  const batch = recordsBatch(pool, [{ 이름: "김서연", age: 41 }, { age: "모름" }, { age: { deep: [1, 2n ** 60n] } }]);
  assert.deepEqual([0, 1, 2].map((row) => batch.column("age").get(row)), [41, "모름", { deep: [1, 2n ** 60n] }]);
  assert.deepEqual([0, 1, 2].map((row) => batch.column("이름").get(row)), ["김서연", undefined, undefined]);
  batch.release();
});

test("memory: a share that is full makes its reader wait, and only that one", async () => {
  const { memory } = testPool(1 << 20);
  const small = memory.pool(64 << 10);
  const other = memory.pool(512 << 10);
  const signal = new AbortController().signal;
  const chunk = small.take(60_000);
  let hasRoom = false;
  const waiting = small.room(60_000, signal).then(() => void (hasRoom = true));
  await other.room(60_000, signal);
  assert.equal(hasRoom, false);
  chunk.release();
  await waiting;
});

test("memory: chunks never overlap and all of it can be had again", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 30 }), (sizes) => {
      const pool = testPool(4 << 20);
      const chunks = [];
      for (const bytes of sizes) {
        try {
          chunks.push(pool.take(bytes));
        } catch {
          break; // Full: what was taken so far must still be apart.
        }
      }
      const spans = chunks.map((chunk) => [chunk.pointer, chunk.pointer + chunk.capacity + 64] as const).toSorted(([left], [right]) => left - right);
      spans.forEach(([start], index) => assert(index === 0 || (spans[index - 1]?.[1] ?? 0) <= start));
      for (const chunk of chunks) chunk.release();
      pool.take((4 << 20) - 64).release();
    }),
  );
});
