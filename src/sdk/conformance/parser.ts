// What every parser promises, as tests of one.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { linesBatch, recordsBatch } from "../testing.ts";
import { passed, passedWithoutMemory } from "./stream.ts";
import type { Fields, StepPlugin } from "./stream.ts";

export interface ParserUnderTest {
  readonly plugin: StepPlugin;
  /** As a user would write them. */
  readonly options?: Fields;
  /** Lines, and what each becomes. */
  readonly good: readonly { readonly line: string; readonly record: Fields }[];
  /** A line that is none of its format; without one every line is. */
  readonly fault?: string;
  /** The field it parses when records come in. */
  readonly key?: string;
  /** Options that keep a line it cannot parse, as `{ message: line }`, and that drop it. */
  readonly unmatched?: { readonly keep: Fields; readonly drop: Fields };
}

const ROWS = 10_000;
const HUGE_BYTES = 1 << 20;
const ODD_LINES: readonly [what: string, line: Buffer][] = [
  ["NUL bytes", Buffer.from("a\0b\0\0=c\0")],
  ["invalid UTF-8", Buffer.from([0xff, 0xfe, 0x61, 0xc3, 0x28, 0xe2, 0x82, 0xed, 0xa0, 0x80, 0xf0, 0x9f])],
  ["Korean in CP949", Buffer.from([0xb0, 0xa1, 0xb3, 0xaa, 0xb4, 0xd9])],
  ["Korean", Buffer.from("가나다 한글=값 \u{1f600}")],
  ["a carriage return alone", Buffer.from("\r")],
  ["quotes that do not end", Buffer.from('"a\\"\\\\ \'b [c {d <e')],
];

/**
 * Registers tests of a parser with node:test: good lines become their records, alone, among ten thousand, and wherever batches are cut;
 * a record's field is parsed in its place; what cannot be parsed is kept or dropped, and counted; no bytes make it throw, add a record
 * or spoil the line behind them; all memory comes back.
 *
 * ```ts
 * parserConformance({
 *   plugin: pairs,
 *   options: { separator: ";" },
 *   good: [{ line: "a=1;b=2", record: { a: "1", b: "2" } }],
 *   fault: "no pair",
 * });
 * ```
 */
export function parserConformance({ plugin, options = {}, good, fault, key = "message", unmatched = { keep: { unmatched: "keep" }, drop: { unmatched: "drop" } } }: ParserUnderTest): void {
  const name = `parse.${plugin.name} conforms:`;
  const lines = good.map(({ line }) => line);
  const records = good.map(({ record }) => record);

  test(`${name} good lines become their records, wherever batches are cut`, async () => {
    const whole = await passed(plugin, options, (pool) => [linesBatch(pool, lines.join("\n"))]);
    assert.deepEqual(whole.records, records);
    const single = await passed(plugin, options, (pool) => lines.map((line) => linesBatch(pool, line)));
    assert.deepEqual(single.records, records);
    assert.equal(whole.counts.get("lines_unmatched_total") ?? 0, 0);
  });

  test(`${name} ten thousand lines stay in order`, async () => {
    const many = Array.from({ length: ROWS }, (_, index) => index % good.length);
    const { records: out } = await passed(plugin, options, (pool) => [linesBatch(pool, many.map((index) => lines[index]).join("\n"))]);
    assert.equal(out.length, ROWS);
    for (const [row, index] of many.entries()) assert.deepEqual(out[row], records[index]);
  });

  test(`${name} whenever there is no memory, it does the same once there is some`, async () => {
    if ("isGathering" in plugin) return;
    const faulty = [...lines, fault ?? "", `${lines[0] ?? ""}${"가x".repeat(20_000)}`, ...lines];
    await passedWithoutMemory(plugin, options, (pool) => [linesBatch(pool, faulty.join("\n")), linesBatch(pool, lines.join("\n"))]);
    await passedWithoutMemory(plugin, options, (pool) => [recordsBatch(pool, faulty.map((line) => ({ [key]: line })))]);
  });

  test(`${name} an empty batch is nothing`, async () => {
    const { records: out } = await passed(plugin, options, (pool) => [linesBatch(pool, ""), recordsBatch(pool, []), linesBatch(pool, lines.join("\n"))]);
    assert.deepEqual(out, records);
  });

  test(`${name} of records it parses \`${key}\`, and leaves the rest`, async () => {
    const before = { 순번: 7, nested: { list: [1, null, "값"] } };
    const { records: out } = await passed(plugin, options, (pool) => [recordsBatch(pool, lines.map((line) => ({ ...before, [key]: line })))]);
    assert.deepEqual(out, records.map((record) => ({ ...before, ...record })));
    const others = [{ other: "값" }, { [key]: 1 }, { [key]: null }, { [key]: { a: 1 } }, {}];
    const kept = await passed(plugin, { ...options, ...("isGathering" in plugin ? {} : unmatched.keep) }, (pool) => [recordsBatch(pool, others)]);
    assert.deepEqual(kept.records, others, "a record without such a text stays as it is");
  });

  if (fault !== undefined) {
    for (const [what, left, more] of [["kept", [{ message: fault }], unmatched.keep], ["dropped", [], unmatched.drop]] as const) {
      test(`${name} a line it cannot parse is ${what}, and counted`, async () => {
        const given = [...lines, fault, ...lines];
        const { records: out, counts } = await passed(plugin, { ...options, ...more }, (pool) => [linesBatch(pool, given.join("\n"))]);
        assert.deepEqual(out, [...records, ...left, ...records]);
        assert.equal(counts.get("lines_unmatched_total"), 1);
        const alone = await passed(plugin, { ...options, ...more }, (pool) => [linesBatch(pool, fault), recordsBatch(pool, [{ [key]: fault, n: 1 }])]);
        assert.deepEqual(alone.records, left.length === 0 ? [] : [...left, { [key]: fault, n: 1 }]);
        assert.equal(alone.counts.get("lines_unmatched_total"), 2);
      });
    }
  }

  for (const [what, line] of [...ODD_LINES, ["a huge line", Buffer.from(`${fault ?? lines[0] ?? ""}${"가x".repeat(HUGE_BYTES / 4)}`)] as const]) {
    test(`${name} ${what} harms no other line`, async () => {
      const { records: out } = await passed(plugin, options, (pool) => [linesBatch(pool, Buffer.concat([Buffer.from(`${lines.join("\n")}\n`), line, Buffer.from(`\n${lines.join("\n")}\n`)]))]);
      if (!("isGathering" in plugin)) assert.deepEqual(out.slice(-records.length), records);
      assert.deepEqual(out.slice(0, records.length - 1), records.slice(0, -1));
      if (!("isGathering" in plugin)) assert.ok(out.length === 2 * records.length || out.length === 2 * records.length + 1);
      await passed(plugin, options, (pool) => [recordsBatch(pool, [{ [key]: line.toString("utf8") }])]);
    });
  }

  test(`${name} whatever bytes come: it never throws, and makes no more records than lines`, async () => {
    const line = fc.oneof(fc.constantFrom(...lines, fault ?? ""), fc.string({ unit: "grapheme", maxLength: 80 }), fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1")));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (texts, isLatin1) => {
        const bytes = Buffer.from(`${texts.join("\n")}\n`, isLatin1 ? "latin1" : "utf8");
        const { records: out } = await passed(plugin, options, (pool) => [linesBatch(pool, bytes)]);
        assert.ok(out.length <= bytes.toString("latin1").split("\n").length - 1);
      }),
      { numRuns: 40 },
    );
  });
}
