// Lines of more names than a parser keeps (broken exporters, whoever wants an agent to stand still): each has the answer of a short line.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { csv } from "./csv.ts";
import { json } from "./json.ts";
import { keyValue } from "./key-value.ts";
import { logfmt } from "./logfmt.ts";
import { ltsv } from "./ltsv.ts";
import { parsed } from "./parts/testing.ts";
import { tsv } from "./tsv.ts";

/** Around and beyond what is kept (found.ts). */
const counts = fc.constantFrom(3, 9_990, 10_010, 30_000);
const some = { numRuns: 6 };
const value = fc.constantFrom("0", "7", "값", "a.b", "긴-값-".repeat(20));
/** Long names, Korean ones, and names that repeat after `period` fields: the last value stands. */
const shape = fc.record({ count: counts, prefix: fc.constantFrom("k", "이름", "k".repeat(70)), period: fc.constantFrom(Number.POSITIVE_INFINITY, 9_995, 20_000), values: fc.array(value, { minLength: 1, maxLength: 7 }) });

interface Pairs {
  readonly count: number;
  readonly prefix: string;
  readonly period: number;
  readonly values: readonly string[];
}

function pairsOf({ count, prefix, period, values }: Pairs): [string, string][] {
  return Array.from({ length: count }, (_, index) => [`${prefix}${Number.isFinite(period) ? index % period : index}`, values[index % values.length] ?? ""]);
}

const CELLS = [[csv, ","], [tsv, "\t"]] as const;
for (const [plugin, delimiter] of CELLS) {
  test(`wide lines: parse.${plugin.name} gives each cell the name of its place, in lines and in records`, async () => {
    await fc.assert(fc.asyncProperty(counts, fc.array(value, { minLength: 1, maxLength: 7 }), async (count, values) => {
      const cells = Array.from({ length: count }, (_, index) => values[index % values.length] ?? "");
      const record = Object.fromEntries(cells.map((cell, index) => [index === 0 ? "a" : `column_${index + 1}`, cell]));
      const line = cells.join(delimiter);
      const options = { columns: ["a"], time_key: "" };
      assert.deepEqual((await parsed(plugin, options, `${line}\nx\n${line}\n`)).records, [record, { a: "x" }, record]);
      assert.deepEqual((await parsed(plugin, { ...options, key: "log" }, [{ log: line, b: 1 }, { log: "x" }])).records, [{ b: 1, ...record }, { a: "x" }]);
    }), some);
  });

  test(`wide lines: parse.${plugin.name} keeps a header of more names than a parser keeps`, async () => {
    const names = Array.from({ length: 15_000 }, (_, index) => `n${index}`);
    const row = names.map((_, index) => `${index}`);
    const record = Object.fromEntries(names.map((name, index) => [name, `${index}`]));
    const text = [names, row, row].map((cells) => `${cells.join(delimiter)}\n`).join("");
    assert.deepEqual((await parsed(plugin, { header: true }, [{ text, source: "a" }, { text: `${row.join(delimiter)}\n`, source: "a" }])).records, [record, record, record]);
  });
}

const PAIRS = [[logfmt, "=", " "], [logfmt, "=", "\t"], [keyValue, "=", " "], [ltsv, ":", "\t"]] as const;
for (const [plugin, between, delimiter] of PAIRS) {
  test(`wide lines: parse.${plugin.name} has every name before ${JSON.stringify(delimiter)} once, with its last value, in lines and in records`, async () => {
    await fc.assert(fc.asyncProperty(shape, async (given) => {
      const pairs = pairsOf(given);
      const line = pairs.map((pair) => pair.join(between)).join(delimiter);
      const record = Object.fromEntries(pairs);
      const short = Object.fromEntries(pairs.slice(-1));
      const last = line.slice(line.lastIndexOf(delimiter) + 1);
      const options = { time_key: "" };
      assert.deepEqual((await parsed(plugin, options, `${line}\n${last}\n${line}\n`)).records, [record, short, record]);
      assert.deepEqual((await parsed(plugin, { ...options, key: "log" }, [{ log: line, b: 1 }, { log: last }])).records, [{ b: 1, ...record }, short]);
    }), some);
  });
}

test("wide lines: parse.Json gives what the text holds, in lines the kernel takes, in lines it leaves, and in records", async () => {
  await fc.assert(fc.asyncProperty(shape, fc.constantFrom("", '"odd":1e3,', '"big":9007199254740993,'), async (given, head) => {
    const pairs = pairsOf({ ...given, period: Number.POSITIVE_INFINITY });
    const line = `{${head}${pairs.map(([name, item]) => `${JSON.stringify(name)}:${JSON.stringify(item)}`).join(",")}}`;
    const record = { ...(head.includes("odd") ? { odd: 1000 } : head.includes("big") ? { big: 9_007_199_254_740_993n } : {}), ...Object.fromEntries(pairs) };
    assert.deepEqual((await parsed(json, {}, `${line}\n{"x":1}\n`)).records, [record, { x: 1 }]);
    assert.deepEqual((await parsed(json, { key: "log" }, [{ log: line, b: 1 }, { log: '{"x":1}' }])).records, [{ b: 1, ...record }, { x: 1 }]);
  }), some);
});
