import assert from "node:assert/strict";
import test from "node:test";
import { keyValue } from "./key-value.ts";
import { parsed, refused } from "./parts/testing.ts";

const cases: readonly (readonly [object, string, Record<string, unknown>])[] = [
  [{}, 'devname=fw-1 logid="0000000013" msg="a b=c" note="x \\"y\\"" srcport=443', { devname: "fw-1", logid: "0000000013", msg: "a b=c", note: 'x "y"', srcport: "443" }],
  [{}, "IN=eth0 OUT= PROTO=TCP SYN URGP=0", { IN: "eth0", OUT: "", PROTO: "TCP", SYN: true, URGP: "0" }],
  [{ pair_separator: ";", key_separator: ":" }, ' 사용자 : 홍길동 ; 메모: "주문; 완료" ;;at:10:20 ; ', { 사용자: "홍길동", 메모: "주문; 완료", at: "10:20" }],
  [{ pair_separator: ";", key_separator: ":", trim: false }, " a : 1 ;b:2", { " a ": " 1 ", b: "2" }],
  [{ pair_separator: "||", key_separator: "=>" }, "a=>1||b=>2=>3||c", { a: "1", b: "2=>3", c: true }],
  [{ quote: "" }, 'a="b c"', { a: '"b', 'c"': true }],
  [{ quote: "'" }, `a='b c' d="e`, { a: "b c", d: '"e' }],
  [{ pair_separator: "&" }, "q=a b&n=", { q: "a b", n: "" }],
  [{}, "no pair here", { message: "no pair here" }],
  [{}, 'a="no end', { message: 'a="no end' }],
  [{}, 'a="b"c', { message: 'a="b"c' }],
  [{}, "=b", { message: "=b" }],
  [{}, "", { message: "" }],
];
for (const [options, line, record] of cases) {
  test(`${JSON.stringify(options)} ${line}`, async () => {
    assert.deepEqual((await parsed(keyValue, options, `${line}\r\n`)).records, [record]);
  });
}

test("a line of a million flags takes no time that grows with its square", async () => {
  assert.deepEqual((await parsed(keyValue, {}, `${"w ".repeat(1_000_000)}a=1\n`)).records, [{ w: true, a: "1" }]);
});

test("separators that cannot be told apart are refused", () => {
  refused(keyValue, { pair_separator: "=" }, "key_separator", /the same/);
  refused(keyValue, { pair_separator: '"' }, "quote", /part of a separator/);
});
