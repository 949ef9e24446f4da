import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LogLine } from "./log-line.ts";
import { joined, rowsAround, rowsOf } from "./log-window.ts";

const line = (id: number): LogLine => ({ id, atMs: id, level: "info", message: `line ${id}`, fields: {} });
const ids = (rows: readonly { readonly line: LogLine }[]): number[] => rows.map((row) => row.line.id);

test("log window: older lines come before, newer ones after, none twice", () => {
  const rows = rowsOf([line(5), line(6)]);
  assert.deepEqual(ids(joined(joined(rows, rowsOf([line(6), line(7)]), "newer"), rowsOf([line(3), line(5)]), "older")), [3, 5, 6, 7]);
});
test("log window: at the bound the far end goes", () => {
  const rows = rowsOf([1, 2, 3].map(line));
  assert.deepEqual(ids(joined(rows, rowsOf([line(4)]), "newer", 3)), [2, 3, 4]);
  assert.deepEqual(ids(joined(rows, rowsOf([line(0)]), "older", 3)), [0, 1, 2]);
});
test("log window: found lines stand among those around them, and gaps are marked", () => {
  const rows = rowsAround([line(10), line(12), line(50)], [[9, 10, 11].map(line), [11, 12, 13].map(line), [49, 50, 51].map(line)]);
  assert.deepEqual(ids(rows), [9, 10, 11, 12, 13, 49, 50, 51]);
  assert.deepEqual(ids(rows.filter(({ isAround }) => !isAround)), [10, 12, 50]);
  assert.deepEqual(ids(rows.filter(({ isAfterGap }) => isAfterGap)), [49]);
});
test("log window: whatever comes in whatever order, it is in order, each once, and bounded", () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(30), fc.constantFrom("older" as const, "newer" as const))), (parts) => {
      let rows = rowsOf([]);
      for (const [from, count, keep] of parts) rows = joined(rows, rowsOf(Array.from({ length: count }, (_, at) => line(from + at))), keep, 50);
      assert.deepEqual(ids(rows), [...new Set(ids(rows))].sort((one, other) => one - other));
      assert.ok(rows.length <= 50);
    }),
  ));
