import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parsed, refused } from "./parts/testing.ts";
import { tsv } from "./tsv.ts";

const columns = ["a", "b", "c"];
const lines: readonly (readonly [string, Record<string, unknown>])[] = [
  ["1\t2\t3", { a: "1", b: "2", c: "3" }],
  ['"x\t\t', { a: '"x', b: "", c: "" }],
  [String.raw`a\tb${"\t"}C:\\new\x${"\t"}\N\r\n`, { a: "a\tb", b: "C:\\new\\x", c: "\\N\r\n" }],
  ["1", { a: "1" }],
  ["1\t2\t3\t넷", { a: "1", b: "2", c: "3", column_4: "넷" }],
  ["", { message: "" }],
];

test("lines of cells", async () => {
  const { records } = await parsed(tsv, { columns }, lines.map(([line]) => `${line}\n`).join(""));
  assert.deepEqual(records, lines.map(([, record]) => record));
});

test("a header names the cells of its source", async () => {
  const { records } = await parsed(tsv, { header: true }, [{ source: "f", text: "x\ty\\tz\n1\t2\n" }, { source: "g", text: "n\n" }, { source: "f", text: "3\t4\n" }]);
  assert.deepEqual(records, [{ x: "1", "y\tz": "2" }, { x: "3", "y\tz": "4" }]);
});

test("whatever the cells, escaped they come out as they went in", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.string({ unit: fc.constantFrom("\\", "t", "n", "\t", "\n", "\r", "한") }), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 10 }), async (rows) => {
      const escaped = (cell: string): string => cell.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
      const { records } = await parsed(tsv, { columns }, rows.map((cells) => `${cells.map(escaped).join("\t")}\n`).join(""));
      assert.deepEqual(records.map(({ a, b, c }) => [a, b, c]), rows);
    }),
    { numRuns: 200 },
  ));

test("wrong options are refused where they stand", () => {
  refused(tsv, {}, "columns", /either/);
});
