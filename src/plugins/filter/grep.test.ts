import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import { readPattern } from "#sdk/pattern.ts";
import { grep } from "./grep.ts";
import { requiredText } from "#sdk/required-text.ts";
import { fieldsBatch, filtered, pool, problemOf } from "./parts/testing.ts";

/** Swak's own cases: three records of two fields, and how many are left. */
const RECORDS = [{ f1: "a", f2: "A" }, { f1: "b", f2: "B" }, { f1: "c", f2: "C" }, { f1: "d", f2: "D" }];
const cases: readonly (readonly [string, object, number])[] = [
  ["include a", { include: [["f1", "a"]] }, 1],
  ["include a|c", { include: [["f1", "a|c"]] }, 2],
  ["the same key twice: the later holds", { include: [["f1", "a|c"], ["f1", "b"]] }, 1],
  ["two keys", { include: [["f1", "a|c"], ["f2", "C"]] }, 1],
  ["exclude c", { exclude: [["f1", "c"]] }, 3],
  ["exclude c and C of one record", { exclude: [["f1", "c"], ["f2", "C"]] }, 3],
  ["exclude c, B", { exclude: [["f1", "c"], ["f2", "B"]] }, 2],
  ["include a|c, exclude c", { include: [["f1", "a|c"]], exclude: [["f1", "c"]] }, 1],
  ["as maps", { include: { f1: "a|c" }, exclude: { f2: "C" } }, 1],
  ["a key that is not there drops", { include: { f3: "." } }, 0],
  ["and does not exclude", { exclude: { f3: "." } }, 4],
  ["a pattern is searched for, anchors hold", { include: { f1: "^$" } }, 0],
  ["flags", { include: { f2: "/^[bc]$/i" } }, 2],
];
for (const [name, options, expected] of cases) {
  test(`${name}: fields and entries`, async () => {
    const before = pool.usedBytes;
    assert.equal((await filtered(grep, options, recordsBatch(pool, RECORDS))).length, expected);
    assert.equal(pool.usedBytes, before);
    assert.equal((await filtered(grep, options, await fieldsBatch("a A\nb B\nc C\nd D\n", "^(?<f1>\\S) (?<f2>\\S)$"))).length, expected);
  });
}

test("lines are messages; a bare pattern is for them", async () => {
  const text = "first ERROR\r\nsecond\n\n한글 ERROR 오류\nERR\nOR\n";
  assert.deepEqual(await filtered(grep, { include: "ERROR" }, linesBatch(pool, text)), [{ message: "first ERROR" }, { message: "한글 ERROR 오류" }]);
  assert.deepEqual(await filtered(grep, { include: "글 .* 오류$" }, linesBatch(pool, text)), [{ message: "한글 ERROR 오류" }]);
  assert.deepEqual(await filtered(grep, { include: "^$" }, linesBatch(pool, text)), [{ message: "" }]);
  assert.deepEqual(await filtered(grep, { exclude: "R" }, linesBatch(pool, text)), [{ message: "second" }, { message: "" }]);
  assert.deepEqual(await filtered(grep, { include: { level: "." } }, linesBatch(pool, text)), []);
  assert.deepEqual(await filtered(grep, { include: "odd" }, await fieldsBatch("1\nodd one\n2\n", "^(?<n>\\d)$")), [{ message: "odd one" }]);
});

test("values that are no text are matched as they are written", async () => {
  const records = [{ v: 500 }, { v: true }, { v: null }, { v: ["한글", 1] }, { v: { a: 2 ** 60 } }, { v: 1.5 }, {}];
  assert.deepEqual(await filtered(grep, { include: { v: "^500$|^true$|^\\[\"한글\",1\\]$" } }, recordsBatch(pool, records)), [records[0], records[1], records[3]]);
  assert.deepEqual(await filtered(grep, { include: { n: "^5" } }, await fieldsBatch("503\n404\n", "^(?<n>\\d+)$", { n: "integer" })), [{ n: 503 }]);
});

const required: readonly (readonly [string, string | undefined, boolean])[] = [
  ["ERROR", "ERROR", true],
  ["한글", "한글", true],
  ["^/api/\\w+/items", "/items", false],
  ["(?:GET|POST) /", " /", false],
  ["a|b", undefined, false],
  ["x*abc+d", "ab", false],
  ["(ab)?cd", "cd", false],
  ["(ab)+c", "ab", false],
  ["ab(?=cd)ef", "abef", false],
  ["/Error 500: /i", " 500: ", false],
  ["/오류 K/i", "오류 ", false],
  ["/ſ/i", undefined, false],
  ["\\ud83d", undefined, false],
  ["\\ud83d\\ude00", "😀", true],
  ["(?i:abc)d", "d", false],
  ["a\\uFFFDb", "a", false],
  ["\\d+", undefined, false],
  ["[a]b", "b", false],
];
for (const [source, text, isAll] of required) {
  test(`what every match of ${source} has`, () => {
    const found = requiredText(readPattern(source));
    assert.equal(found?.text, text);
    if (found !== undefined) assert.equal(found.isAll, isAll);
  });
}

test("whatever the pattern and the text, the answer is that of the regular expression on the decoded text", () => {
  const pieces = fc.constantFrom("a", "B", "한", "글", " ", "ab", "\\d", ".", "x?", "(?:ab)+", "[ab]", "^", "$", "\\b", "é", "(a|한)", "b{2}", "😀", "\u0000", "(?!b)");
  const source = fc.tuple(fc.array(pieces, { minLength: 1, maxLength: 4 }), fc.constantFrom("", "i", "u")).map(([parts, flags]) => `/${parts.join("")}/${flags}`);
  const word = fc.constantFrom("a", "b", "B", "한", "글", " ", "é", "1", "😀", "\u0000", "ab", "bb");
  const bytes = fc.array(fc.oneof({ weight: 8, arbitrary: word.map((text) => Buffer.from(text)) }, { weight: 1, arbitrary: fc.constantFrom(0xed, 0x95, 0xff, 0xf0, 0x9f).map((byte) => Buffer.of(byte)) }), { maxLength: 8 }).map((parts) => Buffer.concat(parts));
  return fc.assert(
    fc.asyncProperty(source, fc.array(bytes, { minLength: 1, maxLength: 8 }), async (pattern, lines) => {
      const { source: text, flags } = readPattern(pattern);
      const regex = new RegExp(text, flags);
      const expected = lines.map((line) => line.toString()).filter((line) => regex.test(line)).map((message) => ({ message }));
      const batch = linesBatch(pool, Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")])));
      assert.deepEqual(await filtered(grep, { include: pattern }, batch), expected);
      assert.deepEqual(await filtered(grep, { include: { m: pattern } }, recordsBatch(pool, lines.map((line) => ({ n: 1, m: line.toString() })))), expected.map(({ message }) => ({ n: 1, m: message })));
    }),
    { numRuns: 500 },
  );
});

test("a pattern that does not hold, and one that may take forever, are said at the start", async () => {
  await using context = await testContext({ pool });
  await grep.open(grep.options.parse({ include: [["a", "1"], ["a", "(x+)+$"]] }), context);
  assert.deepEqual(context.said.map(({ fields }) => fields["pattern"]), ["1", "(x+)+$"]);
});

test("slips are told at their place in both languages", () => {
  assert.match(problemOf(grep, {}).en, /`include` or `exclude`/);
  assert.equal(problemOf(grep, { include: { a: "(" } }).path, "include.a");
  assert.match(problemOf(grep, { include: { a: "(" } }).ko, /정규식/);
  assert.equal(problemOf(grep, { exclude: [["a", "x"], ["b", "["]] }).path, "exclude.1.1");
});
