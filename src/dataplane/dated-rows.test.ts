import assert from "node:assert/strict";
import { test } from "node:test";
import { TEST_FACTS, linesBatch, recordsOf, testPool } from "#sdk/testing.ts";
import { Batch } from "./batch.ts";
import { batchOfRows, datedRows } from "./dated-rows.ts";
import { ValueWriter } from "./msgpack.ts";

function bytesOf({ pool, pointer, length }: Batch): Buffer {
  return Buffer.from(pool.memory.bytes.subarray(pointer, pointer + length));
}

test("entries: rows that are kept have the bytes they had, a float that is whole and bytes that are no UTF-8 among them", () => {
  const pool = testPool();
  const writer = new ValueWriter(Buffer.alloc(256));
  writer.head(1_790_000_001, 123_456_789);
  writer.map(2);
  writer.string("ratio");
  writer.raw(Buffer.from([0xcb, 0x40, 0, 0, 0, 0, 0, 0, 0]), 0, 9); // 2.0 as a double
  writer.string("bin");
  writer.raw(Buffer.from([0xc4, 2, 0xb0, 0xa1]), 0, 4);
  const first = Buffer.from(writer.buffer.subarray(0, writer.end));
  writer.entry(7, 8, { n: 1 });
  const chunk = pool.take(writer.end);
  writer.buffer.copy(chunk.bytes, 0, 0, writer.end);
  const batch = Batch.entries(chunk, 0, writer.end, 2, TEST_FACTS);

  const rows = datedRows(batch);
  assert.deepEqual(rows.map(({ seconds, nanoseconds }) => [seconds, nanoseconds]), [[1_790_000_001, 123_456_789], [7, 8]]);
  const again = batchOfRows(batch, rows);
  assert.deepEqual(bytesOf(again), bytesOf(batch));
  const added = batchOfRows(batch, [...rows.slice(0, 1), { seconds: 9, nanoseconds: 999_999_999, record: { text: "가".repeat(5000) } }]);
  assert.deepEqual(bytesOf(added).subarray(0, first.length), first);
  assert.deepEqual(datedRows(added).slice(1).map(({ seconds, nanoseconds, record }) => [seconds, nanoseconds, record]), [[9, 999_999_999, { text: "가".repeat(5000) }]]);
  for (const one of [batch, again, added]) one.release();
  assert.equal(pool.usedBytes, 0);
});

const { seconds, nanoseconds } = TEST_FACTS;
const forms: readonly [string, { readonly seconds: number; readonly nanoseconds: number; readonly record: Record<string, unknown> }, "lines" | "entries"][] = [
  ["a line", { seconds, nanoseconds, record: { message: "셋\0" } }, "lines"],
  ["two lines in one", { seconds, nanoseconds, record: { message: "a\nb" } }, "entries"],
  ["another field", { seconds, nanoseconds, record: { message: "a", n: 1 } }, "entries"],
  ["another time", { seconds: 1, nanoseconds: 0, record: { message: "a" } }, "entries"],
];
for (const [name, row, form] of forms) {
  test(`lines with ${name} become ${form}`, () => {
    const pool = testPool();
    const batch = linesBatch(pool, Buffer.from([0xb0, 0xa1, 10, 10, 0x78, 10])); // CP949, an empty line, x
    const after = batchOfRows(batch, [...datedRows(batch), row]);
    assert.equal(after.form, form);
    assert.deepEqual([after.rows, recordsOf(after).at(-1)], [4, row.record]);
    if (form === "lines") assert.deepEqual(bytesOf(after).subarray(0, batch.length), bytesOf(batch));
    batch.release();
    after.release();
    assert.equal(pool.usedBytes, 0);
  });
}
