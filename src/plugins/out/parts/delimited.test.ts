import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { csv } from "#plugins/parse/csv.ts";
import { TEST_FACTS, linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import { delimitedRows } from "./delimited.ts";

const STYLE = { key: "time", offsetMinutes: 540, digits: 3 } as const;

test("rows: cells in the order of the columns, the event time, what is missing, nested values, integers beyond 2^53", async () => {
  await using context = await testContext();
  const records = [
    { name: "김, 서연", age: 41, tags: ["a", 'b"c'], big: 9007199254740993n },
    { name: 'said "no"', ok: true, text: "one\ntwo\tthree\\" },
    { name: " edge ", time: "its own" },
  ];
  const batch = recordsBatch(context.pool, records, { ...TEST_FACTS, seconds: 1_790_000_000, nanoseconds: 5_000_000 });
  const rows = (format: "csv" | "tsv", columns: string[]): string => {
    const slice = delimitedRows(batch, format, columns, STYLE);
    const text = slice.bytes.toString();
    slice.release();
    return text;
  };
  assert.equal(
    rows("csv", ["time", "name", "age", "tags", "big", "text"]),
    `2026-09-21T23:13:20.005+09:00,"김, 서연",41,"[""a"",""b\\""c""]",9007199254740993,\n2026-09-21T23:13:20.005+09:00,"said ""no""",,,,"one\ntwo\tthree\\"\nits own," edge ",,,,\n`,
  );
  assert.equal(rows("tsv", ["name", "ok", "text"]), `김, 서연\t\t\nsaid "no"\ttrue\tone\\ntwo\\tthree\\\\\n edge \t\t\n`);
  assert.equal(rows("csv", ["no"]), '""\n""\n""\n', "a row of nothing is still a row");
  batch.release();
  const lines = linesBatch(context.pool, "가,나\n다", TEST_FACTS);
  const slice = delimitedRows(lines, "csv", ["message"], STYLE);
  assert.equal(slice.bytes.toString(), '"가,나"\n다\n');
  slice.release();
  lines.release();
  assert.equal(context.pool.usedBytes, 0);
});

test("whatever cells of one line hold, parse.Csv reads them back", async () => {
  await using context = await testContext();
  const columns = ["a", "b", "c"];
  const parser = await csv.open(csv.options.parse({ columns }), context);
  const cell = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n]/g, ""));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 20 }), async (table) => {
      const batch = recordsBatch(context.pool, table.map(([a, b, c]) => ({ a, b, c })), TEST_FACTS);
      const slice = delimitedRows(batch, "csv", columns, STYLE);
      const parsed = await parser.apply(linesBatch(context.pool, slice.bytes.toString().slice(0, -1), TEST_FACTS), AbortSignal.timeout(60_000));
      slice.release();
      batch.release();
      assert(parsed !== undefined);
      assert.deepEqual(Array.from({ length: parsed.rows }, (_, row) => columns.map((name) => parsed.record(row)[name])), table);
      parsed.release();
    }),
  );
  await parser.close?.();
  assert.equal(context.pool.usedBytes, 0);
});
