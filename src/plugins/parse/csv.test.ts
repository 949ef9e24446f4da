import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import fc from "fast-check";
import { testContext } from "#sdk/testing.ts";
import { csv } from "./csv.ts";
import { parsed, refused } from "./parts/testing.ts";

const columns = ["a", "b", "c"];
const cases: readonly (readonly [object, string, Record<string, unknown>])[] = [
  [{}, "1,2,3", { a: "1", b: "2", c: "3" }],
  [{}, ",,", { a: "", b: "", c: "" }],
  [{}, '"x, y","say ""hi""",""', { a: "x, y", b: 'say "hi"', c: "" }],
  [{}, 'a"b,c,"$&"" $1"', { a: 'a"b', b: "c", c: '$&" $1' }],
  [{}, '"""","a""","""b"', { a: '"', b: 'a"', c: '"b' }],
  [{}, "1", { a: "1" }],
  [{}, "1,2,3,4,5", { a: "1", b: "2", c: "3", column_4: "4", column_5: "5" }],
  [{}, '홍길동,"주문, 완료",3', { a: "홍길동", b: "주문, 완료", c: "3" }],
  [{}, '"no end,2,3', { message: '"no end,2,3' }],
  [{}, '"x"y,2', { message: '"x"y,2' }],
  [{}, "", { message: "" }],
  [{ delimiter: ";", quote: "'" }, "'x;y';2;it's", { a: "x;y", b: "2", c: "it's" }],
  [{ delimiter: "||" }, '1||"a||b"||3|', { a: "1", b: "a||b", c: "3|" }],
  [{ quote: "" }, '"x,y",3', { a: '"x', b: 'y"', c: "3" }],
  [{ types: { a: "integer", b: "float" } }, "7,0.5,x", { a: 7, b: 0.5, c: "x" }],
];
for (const [options, line, record] of cases) {
  test(`${JSON.stringify(options)} ${line}`, async () => {
    assert.deepEqual((await parsed(csv, { columns, ...options }, `${line}\r\n`)).records, [record]);
  });
}

test("the first line of each source names its columns, whatever batches it is cut into", async () => {
  const { records, counts } = await parsed(csv, { header: true }, [
    { source: "one", text: "\ufeffname,age\n" },
    { source: "two", text: 'id,"na me",,id\n1,x,y,z\n' },
    { source: "one", text: "kim,20\nlee,30\n" },
    { source: "two", text: "2,v\n" },
    { source: "one", text: "\ufeffname,age\npark,40,extra\n" },
  ]);
  assert.deepEqual(records, [{ id: "1", "na me": "x", column_3: "y", column_4: "z" }, { name: "kim", age: "20" }, { name: "lee", age: "30" }, { id: "2", "na me": "v" }, { name: "park", age: "40", column_3: "extra" }]);
  assert.equal(counts.get("lines_unmatched_total"), undefined);
});

test("after a restart in the middle of a file its columns are known", async () => {
  await using context = await testContext();
  const { dataDir } = context;
  await parsed(csv, { header: true }, [{ source: "f", text: "name,age\nkim,20\n" }], { dataDir });
  const { records } = await parsed(csv, { header: true }, [{ source: "f", text: "lee,30\n" }, { source: "g", text: "x\n1\n" }], { dataDir });
  assert.deepEqual(records, [{ name: "lee", age: "30" }, { x: "1" }]);
});

test("kept header lines that are damaged are said, and made anew", async () => {
  await using context = await testContext();
  const file = join(context.dataDir, "header-lines-1.json");
  for (const text of ['[["f"', '{"f":"a"}', '[["f",1]]']) {
    await writeFile(file, text);
    const before = context.said.length;
    assert.deepEqual((await parsed(csv, { header: true }, [{ source: "f", text: "n\n1\n" }], { dataDir: context.dataDir, log: context.log })).records, [{ n: "1" }]);
    assert.equal(context.said.length, before + 1);
    assert.deepEqual(JSON.parse(await readFile(file, "utf8")), [["f", "n"]]);
  }
});

test("no more than a thousand header lines are kept, the last that were used", async () => {
  await using context = await testContext();
  await writeFile(join(context.dataDir, "header-lines-1.json"), JSON.stringify(Array.from({ length: 1000 }, (_, index) => [`f${index}`, "n"])));
  const given = [{ source: "f0", text: "1\n" }, { source: "new", text: "m\n2\n" }];
  assert.deepEqual((await parsed(csv, { header: true }, given, { dataDir: context.dataDir })).records, [{ n: "1" }, { m: "2" }]);
  const kept = JSON.parse(await readFile(join(context.dataDir, "header-lines-1.json"), "utf8")) as string[][];
  assert.equal(kept.length, 1000);
  assert.ok(kept.some(([source]) => source === "f0") && !kept.some(([source]) => source === "f1"));
});

test("header lines that cannot be kept are said once", async () => {
  await using context = await testContext();
  const dataDir = join(context.dataDir, "is", "not", "there");
  const { records } = await parsed(csv, { header: true }, [{ source: "f", text: "n\n1\n" }, { source: "g", text: "m\n2\n" }], { dataDir, log: context.log });
  assert.deepEqual(records, [{ n: "1" }, { m: "2" }]);
  assert.deepEqual(context.said.map(({ level }) => level), ["warn"]);
});

test("of records, a header makes none", async () => {
  assert.deepEqual((await parsed(csv, { header: true, key: "log" }, [{ log: "a,b\n", n: 1 }, { log: "1,2\n", n: 2 }])).records, [{ n: 2, a: "1", b: "2" }]);
});

test("records much longer than their lines get the room they take, batch after batch", async () => {
  const names = Array.from({ length: 10 }, (_, index) => `${"long".repeat(20)}${index}`);
  const text = Array.from({ length: 5000 }, (_, index) => `${index},,,,,,,,,z\n`).join("");
  const { records } = await parsed(csv, { columns: names }, [1, 2, 3].map(() => ({ source: "f", text })));
  assert.equal(records.length, 15_000);
  for (const [index, record] of records.entries()) assert.deepEqual(Object.values(record), [`${index % 5000}`, "", "", "", "", "", "", "", "", "z"]);
});

test("a line of a million cells takes no time that grows with its square", async () => {
  const { records } = await parsed(csv, { columns: ["a"], types: {} }, `${"x".repeat(1_000_000)}${'"'.repeat(999_999)},"${'""'.repeat(500_000)}"\n`);
  assert.equal(String(records[0]?.["column_2"]).length, 500_000);
});

test("whatever the cells, quoted ones come out as they went in", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.string({ unit: fc.constantFrom('"', ",", "a", "한", " ", "\\", "\t") }), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 10 }), async (rows) => {
      const text = rows.map((cells) => `${cells.map((cell) => (/^"|,/.test(cell) || cell === "" ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`).join("");
      const { records } = await parsed(csv, { columns }, text);
      assert.deepEqual(records.map(({ a, b, c }) => [a, b, c]), rows);
    }),
    { numRuns: 300 },
  ));

test("wrong options are refused where they stand", () => {
  refused(csv, {}, "columns", /either/);
  refused(csv, { columns, header: true }, "columns", /either/);
  refused(csv, { columns: ["a", "b", "a"] }, "columns", /`a` names two columns/);
  refused(csv, { columns, delimiter: '"' }, "quote", /part of the delimiter/);
  refused(csv, { columns, time_zone: "Mars/Olympus" }, "time_zone", /Mars/);
});
