import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { logfmt } from "./logfmt.ts";
import { parsed } from "./parts/testing.ts";

const kept = (line: string): readonly [string, Record<string, unknown>] => [line, { message: line }];
const lines: readonly (readonly [string, Record<string, unknown>])[] = [
  ['level=info msg="it is up" status=200 cached', { level: "info", msg: "it is up", status: "200", cached: true }],
  ['  a=1 \t b="x\ty"  c\t', { a: "1", b: "x\ty", c: true }],
  [String.raw`msg="he said \"a=b\" \\" path="C:\\x\n\u0041\q" e=""`, { msg: String.raw`he said "a=b" ${"\\"}`, path: `C:\\x\nA\\q`, e: "" }],
  ["a= b=c=d first", { a: "", b: "c=d", first: true }],
  ["first a=1", { first: true, a: "1" }],
  ['사용자=홍길동 msg="주문 완료"', { 사용자: "홍길동", msg: "주문 완료" }],
  ['a=b"c', { a: 'b"c' }],
  kept("just a sentence"),
  kept(""),
  kept('a="no end'),
  kept('a="no end\\"'),
  kept('a="x"y'),
  kept("=x"),
  kept('"a"=b'),
];

test("lines of pairs", async () => {
  const { records } = await parsed(logfmt, {}, lines.map(([line]) => `${line}\n`).join(""));
  assert.deepEqual(records, lines.map(([, record]) => record));
});

test("a line of a million words takes no time that grows with its square", async () => {
  const { records } = await parsed(logfmt, {}, `${"w ".repeat(500_000)}a="${"\\".repeat(500_000)}" b=1\n`);
  assert.deepEqual(records, [{ w: true, a: "\\".repeat(250_000), b: "1" }]);
});

test("whatever the values, quoted ones come out as they went in", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.dictionary(fc.stringMatching(/^[a-z_가-힣]{1,8}$/), fc.string({ unit: "grapheme" }), { minKeys: 1, maxKeys: 5 }), { minLength: 1, maxLength: 10 }), async (made) => {
      const text = made.map((record) => `${Object.entries(record).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(" ")}\n`).join("");
      const { records } = await parsed(logfmt, { time_key: "" }, text);
      assert.deepEqual(records.map((record) => Object.entries(record)), made.map((record) => Object.entries(record)));
    }),
    { numRuns: 200 },
  ));
