// What lists and figures promise, whatever they are given.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytes, count } from "./figures.ts";
import { csvOf, jsonOf } from "./list/export.ts";

const columns = [
  { id: "name", label: "Name", value: (row: { name: string; n: number }) => row.name },
  { id: "n", label: "N", value: (row: { name: string; n: number }) => row.n },
];

test("export: a spreadsheet reads what was there, and runs nothing of it", () => {
  const rows = [
    { name: '=HYPERLINK("http://evil")', n: -1 },
    { name: 'a "b", c\nd', n: 2.5 },
    { name: "한글", n: 3 },
  ];
  assert.equal(csvOf(rows, columns), '\uFEFFname,n\r\n"\'=HYPERLINK(""http://evil"")",-1\r\n"a ""b"", c\nd",2.5\r\n한글,3\r\n');
  assert.deepEqual(JSON.parse(jsonOf(rows, columns)), rows);
});

test("figures: short, and never longer than their column", () => {
  assert.deepEqual([0, 0.4, 9.99, 1204, 99_999, 123_456, 1_250_000, 98_700_000, 3.2e9].map(count), ["0", "0.4", "10", "1,204", "99,999", "123k", "1.3M", "98.7M", "3.2G"]);
  assert.deepEqual([0, 1023, 1024, 1536, 67_108_864].map(bytes), ["0 B", "1023 B", "1 KiB", "1.5 KiB", "64 MiB"]);
  fc.assert(fc.property(fc.double({ min: 0, max: 9e11, noNaN: true }), (value) => count(value).length <= 7));
});
