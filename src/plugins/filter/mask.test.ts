import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import { mask } from "./mask.ts";
import { exactBytes, exactText } from "./mask/exact-text.ts";
import { fieldsBatch, filtered, pool, problemOf, signal, taken } from "./parts/testing.ts";

/** Text, and what becomes of it; the same when nothing is masked. */
const texts: readonly (readonly [string, string, object?])[] = [
  // 900101-1234568: the check digit is right; …7: wrong.
  ["주민번호900101-1234568입니다", "주민번호***입니다"],
  ["(900101-1234567)", "(***)"],
  ["9001011234568,", "***,"],
  ["id=9001011234567", "id=9001011234567"],
  ["2110053123456 born since 2020", "*** born since 2020"],
  ["990230-1234567 has no date", "990230-1234567 has no date"],
  ["991301-1234567", "991301-1234567"],
  ["000229-3123456 leap", "*** leap"],
  ["1000229-3123456", "1000229-3123456"],
  ["000229-31234567", "000229-31234567"],
  ["000229-5123456", "000229-5123456", { kinds: ["resident_number"] }],
  ["000229-7123456 외국인", "*** 외국인", { kinds: ["foreigner_number"] }],
  ["000229-3123456", "000229-3123456", { kinds: ["foreigner_number"] }],
  ["8501015123450 bare", "*** bare", { kinds: ["foreigner_number"] }],
  ["8501015123458 bare", "8501015123458 bare", { kinds: ["foreigner_number"] }],
  ["at 1710123456789 ms", "at 1710123456789 ms"],
  ["카드 4111-1111-1111-1111로 결제", "카드 ***로 결제"],
  ["4111111111111111", "***"],
  ["4111111111111112", "4111111111111112"],
  ["3782 822463 10005 amex", "*** amex"],
  ["4111-1111 1111-1111", "4111-1111 1111-1111"],
  ["0.4111111111111111", "0.4111111111111111"],
  ["24111111111111111", "24111111111111111"],
  ["1790000000000000000", "1790000000000000000"],
  ["전화010-1234-5678로", "전화***로"],
  ["01012345678", "***"],
  ["02-123-4567, 031 123 4567, 070-1234-5678", "***, ***, ***"],
  ["+82 10-1234-5678 +821012345678 +14155552671", "*** *** ***"],
  ["+0900 2026-02-11 10.0.0.1", "+0900 2026-02-11 10.0.0.1"],
  ["메일은kim.cs+a@example.co.kr입니다", "메일은***입니다"],
  ["<a@b> @x.com a@.com", "<a@b> @x.com a@.com"],
  ["from 192.168.1.77, 10.0.0.1:80", "from 192.168.1.***, 10.0.0.***:80", { kinds: ["ipv4"] }],
  ["1.2.3.4.5 300.1.1.1 1.2.3.256", "1.2.3.4.5 300.1.1.1 1.2.3.256", { kinds: ["ipv4"] }],
  ["password=hunter2&x=1", "password=***&x=1"],
  ['{"api_key": "a b\\"c", "n": 1}', '{"api_key": "***", "n": 1}'],
  ["X-Api-Key: abc, db_password='p w'", "X-Api-Key: ***, db_password='***'"],
  ["Authorization: Bearer abc.def-1", "Authorization: Bearer ***"],
  ["비밀번호: 1234 확인", "비밀번호: *** 확인"],
  ['{\\"token\\":\\"abc\\"}', '{\\"token\\":\\"***\\"}'],
  ["postgres://app:s3cret@db:5432/x", "postgres://app:***@db:5432/x"],
  ["https://host:8080/a@b", "https://host:8080/a@b"],
  ["max_tokens: 100, passwords are bad, basic authentication failed", "max_tokens: 100, passwords are bad, basic authentication failed"],
  ["key AKIAIOSFODNN7EXAMPLE used", "key *** used"],
  ["jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-1", "jwt ***"],
  ["order ORD-12 홍길동", "order *** 홍*동", { patterns: [{ pattern: "ORD-\\d+" }, { pattern: "(홍).(동)", replace: "$1*$2" }] }],
  ["a1 b2", "a<1>$ b2", { kinds: [], patterns: [{ pattern: "/A(?<n>\\d)/i", replace: "a<$<n>>$$" }] }],
  ["900101-1234568 01012345678", "******-******* ***********", { show: "length" }],
  ["900101-1234568 a@b.kr", "******-***4568 ******", { show: "last_four" }],
  ["4111 1111 1111 1111", "**** **** **** 1111", { show: "last_four" }],
  ["pw 01012345678 한글", "pw <비밀> 한글", { with: "<비밀>" }],
];
for (const [text, expected, options = {}] of texts) {
  test(`${text} ${JSON.stringify(options)}`, async () => {
    let used = 0;
    for (let time = 0; time < 2; time += 1) {
      used = pool.usedBytes;
      assert.deepEqual(await filtered(mask, options, linesBatch(pool, `x\n${text}\r\ny\n`)), [{ message: "x" }, { message: expected }, { message: "y" }]);
      assert.deepEqual(await filtered(mask, options, recordsBatch(pool, [{ a: 1 }, { a: { b: [text, 7] }, t: text }])), [{ a: 1 }, { a: { b: [expected, 7] }, t: expected }]);
      assert.deepEqual(await filtered(mask, options, await fieldsBatch(`1 ${text}\nodd${text}\n`, "^(?<n>\\d) (?<t>.*)$", { n: "integer" })), [{ n: 1, t: expected }, { message: `odd${expected}` }]);
    }
    // The first time the pool keeps how such records are written.
    assert.equal(pool.usedBytes, used);
  });
}

test("values of records: secrets by name, numbers, only the fields that are named", async () => {
  const record = { user: { password: 1234, pwd: "", name: "kim" }, card: 4111111111111111, list: [{ token: "x" }], id: 9001011234567, n: 12, big: 2n ** 60n };
  const expected = { user: { password: "***", pwd: "", name: "kim" }, card: "***", list: [{ token: "***" }], id: 9001011234567, n: 12, big: 2n ** 60n };
  const batch = recordsBatch(pool, [record]);
  await using context = await testContext({ pool });
  const filter = await mask.open(mask.options.parse({}), context);
  const result = await filter.apply(batch, signal);
  assert.deepEqual(result?.record(0), expected);
  result?.release();
  assert.deepEqual(Object.fromEntries(context.counts), { masked_secret_total: 2, masked_card_total: 1 });
  const some = await filtered(mask, { fields: ["us*", "x"] }, recordsBatch(pool, [{ ...record, big: 0 }]));
  assert.deepEqual(some, [{ ...record, big: 0, user: expected.user }]);
  assert.deepEqual(await filtered(mask, { fields: ["x"] }, linesBatch(pool, "a@b.kr\n")), [{ message: "a@b.kr" }]);
});

test("fields of other kinds: numbers become text, JSON changes only where it is masked", async () => {
  const line = '4111111111111111 12 {"a": [ 1.0, "a@b.kr" ],"token":{"x":5,"s":"\\u00e9"},"n":12345678901234567890, "p":01012345678}\n';
  const batch = await fieldsBatch(line, "^(?<card>\\d+) (?<n>\\d+) (?<j>.*)$", { card: "integer", n: "integer", j: "json" });
  await using context = await testContext({ pool });
  const filter = await mask.open(mask.options.parse({ kinds: ["card", "email"] }), context);
  const result = await filter.apply(batch, signal);
  assert.ok(result !== undefined);
  const table = result.json({ key: "", offsetMinutes: 0, digits: 0 });
  assert.ok(table.bytes.toString().startsWith('{"card":"***","n":12,"j":'));
  table.release();
  result.release();
  const nested = await fieldsBatch('{"a": [ 1.0, "a@b.kr" ],"password":[{"x":5},"s"],"n":12345678901234567890}\n', "^(?<j>.*)$", { j: "json" });
  const masked = await filter.apply(nested, signal);
  const json = masked?.json({ key: "", offsetMinutes: 0, digits: 0 });
  assert.equal(json?.bytes.toString(), '{"j":{"a": [ 1.0, "***" ],"password":[{"x":5},"s"],"n":12345678901234567890}}\n');
  json?.release();
  masked?.release();
  assert.deepEqual(await filtered(mask, { kinds: ["secret"] }, await fieldsBatch('{"password":[{"x":5},"s"],"y":"z"}\n', "^(?<j>.*)$", { j: "json" })), [{ j: { password: [{ x: 5 }, "***"], y: "z" } }]);
});

test("rows that were dropped before stay so", async () => {
  const batch = (await fieldsBatch("1 a@b.kr\n2 a@b.kr\n3 x\n", "^(?<n>\\d) (?<t>.*)$")).filter((row) => row !== 1);
  assert.ok(batch !== undefined);
  await using context = await testContext({ pool });
  const filter = await mask.open(mask.options.parse({}), context);
  const result = await filter.apply(batch, signal);
  assert.equal(result?.count, 2);
  assert.deepEqual(taken(result), [{ n: "1", t: "***" }, { n: "3", t: "x" }]);
});

test("a keyed hash keeps equal values equal, however they are spelled", async () => {
  const hash = { key: "long enough" };
  const [one, two, three] = (await filtered(mask, { hash }, linesBatch(pool, "010-1234-5678\n01012345678\n01012345679\n"))).map(({ message }) => message);
  assert.match(String(one), /^h_[0-9a-f]{16}$/);
  assert.equal(one, two);
  assert.notEqual(one, three);
  const [other] = await filtered(mask, { hash: { key: "another key" } }, linesBatch(pool, "010-1234-5678\n"));
  assert.notEqual(other?.["message"], one);
});

test("bytes that are no UTF-8 stay as they are, beside what is masked", async () => {
  const cp949 = Buffer.from([0xc7, 0xd1, 0xb1, 0xdb]); // 한글 in CP949.
  await using context = await testContext({ pool });
  const filter = await mask.open(mask.options.parse({}), context);
  const result = await filter.apply(linesBatch(pool, Buffer.concat([cp949, Buffer.from(" 010-1234-5678\u0000"), cp949, Buffer.from("\nplain\n"), cp949, Buffer.from("\n")])), signal);
  assert.ok(result?.form === "lines");
  const text = result.text();
  assert.deepEqual(text.bytes, Buffer.concat([cp949, Buffer.from(" ***\u0000"), cp949, Buffer.from("\nplain\n"), cp949, Buffer.from("\n")]));
  text.release();
  result.release();
});

test("whatever the bytes, they are the same as text and back", () =>
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.array(fc.oneof(fc.string({ unit: "grapheme" }).map((text) => Buffer.from(text)), fc.uint8Array({ maxLength: 3 })), { maxLength: 5 }).map((parts) => Buffer.concat(parts))), (bytes) => {
      const chunk = pool.take(bytes.length);
      chunk.bytes.set(bytes);
      const back = exactBytes(exactText(pool.memory, chunk.pointer, bytes.length));
      chunk.release();
      assert.deepEqual(Buffer.from(back), Buffer.from(bytes));
    }),
    { numRuns: 2000 },
  ));

test("what is not a match does not change by a byte, whatever is around it", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10 && byte !== 13 && !/[\w.%+@:=/-]/.test(String.fromCharCode(byte))))), fc.constantFrom("", "010-1234-5678", "a@b.kr", "900101-1234568")), { minLength: 1, maxLength: 5 }), async (parts) => {
      const before = pool.usedBytes;
      const given = Buffer.concat(parts.flatMap(([around, secret]) => [Buffer.from("|"), around, Buffer.from(`|${secret}`)]));
      const expected = Buffer.concat(parts.flatMap(([around, secret]) => [Buffer.from("|"), around, Buffer.from(secret === "" ? "|" : "|***")]));
      await using context = await testContext({ pool });
      const filter = await mask.open(mask.options.parse({}), context);
      const result = await filter.apply(linesBatch(pool, Buffer.concat([given, Buffer.from("\n")])), signal);
      const text = result?.text();
      assert.deepEqual(text?.bytes, Buffer.concat([expected, Buffer.from("\n")]));
      text?.release();
      result?.release();
      assert.equal(pool.usedBytes, before);
    }),
    { numRuns: 500 },
  ));

test("whatever records hold, what is masked in entries is what is masked in the values, and nothing else changes", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.dictionary(fc.constantFrom("a", "한", "long key ".repeat(30)), fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>("x".repeat(70_000) + " a@b.kr", ["a@b.kr", { k: "a@b.kr ".repeat(50) }], Array.from({ length: 20 }, () => "a@b.kr"), Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, ["a@b.kr"]])))), { maxKeys: 3 }), { minLength: 1, maxLength: 5 }), async (made) => {
      const records = made.map((record) => JSON.parse(JSON.stringify(record)) as Record<string, unknown>);
      const after = await filtered(mask, { kinds: ["email"] }, recordsBatch(pool, records));
      assert.deepEqual(after, JSON.parse(JSON.stringify(records).replaceAll("a@b.kr", "***")));
    }),
    { numRuns: 100 },
  ));

test("lines made to take long do not", async () => {
  const size = 200_000;
  for (const text of ["a".repeat(size), "a@".repeat(size / 2), "1".repeat(size), "1-".repeat(size / 2), "password".repeat(size / 8), 'token="'.repeat(size / 7), "a.".repeat(size / 2), "://".repeat(size / 3), "eyJaaaaaaaa.".repeat(size / 12), "Bearer ".repeat(size / 7), "\\\"".repeat(size / 2)]) {
    const start = process.cpuUsage().user;
    await filtered(mask, { kinds: ["resident_number", "foreigner_number", "card", "phone", "email", "ipv4", "secret"] }, linesBatch(pool, text));
    assert.ok(process.cpuUsage(undefined).user - start < 5_000_000, text.slice(0, 20)); // Quadratic would be minutes.
  }
});

test("slips are told in both languages", () => {
  assert.equal(problemOf(mask, { kinds: [] }).path, "kinds");
  assert.match(problemOf(mask, { hash: { key: "12345678" }, show: "length" }).ko, /함께 쓰지/);
  assert.equal(problemOf(mask, { with: "a\nb" }).path, "with");
  assert.equal(problemOf(mask, { patterns: [{ pattern: "(" }] }).path, "patterns.0.pattern");
  assert.equal(problemOf(mask, { with: "x", show: "length" }).path, "with");
});
