import assert from "node:assert/strict";
import { test } from "node:test";
import { TEST_FACTS, recordsOf, testPool } from "#sdk/testing.ts";
import { batchOfRecords } from "./records.ts";

test("records: one of a hundred thousand fields is taken apart once, however often its chunk has to grow", () => {
  const pool = testPool();
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`이름${index}`, `값 ${index}`]));
  let takenApart = 0;
  const watched = new Proxy(wide, {
    ownKeys(record) {
      takenApart += 1;
      return Reflect.ownKeys(record);
    },
  });
  const batch = batchOfRecords(pool, [{ first: 1 }, watched, { last: 2 }], TEST_FACTS);
  assert.equal(takenApart, 1);
  assert.deepEqual(recordsOf(batch), [{ first: 1 }, wide, { last: 2 }]);
  batch.release();
  assert.equal(pool.usedBytes, 0);
});

test("records: a field called __proto__ is a field, and nothing else changes by it", () => {
  const pool = testPool();
  const record: unknown = JSON.parse('{"__proto__":{"polluted":1},"constructor":2,"toString":3}');
  const batch = batchOfRecords(pool, [record as Record<string, unknown>], TEST_FACTS);
  const [got] = recordsOf(batch);
  assert.deepEqual(Object.entries(got ?? {}), Object.entries(record as object));
  assert.equal(Object.getPrototypeOf(got), Object.prototype);
  assert.equal(got?.["polluted"], undefined);
  batch.release();
});

test("records: what cannot be written gives its memory back", () => {
  const pool = testPool();
  const broken = {
    long: "x".repeat(100_000),
    get fault(): never {
      throw new Error("a getter of a plugin");
    },
  };
  assert.throws(() => batchOfRecords(pool, [{ long: "y".repeat(100_000) }, broken], TEST_FACTS), /a getter of a plugin/);
  assert.equal(pool.usedBytes, 0);
});
