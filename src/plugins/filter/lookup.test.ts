import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import fc from "fast-check";
import iconv from "iconv-lite";
import type { Clock } from "#base/clock.ts";
import { linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { lookup } from "./lookup.ts";
import { AddressMap } from "./lookup/address-map.ts";
import { readSeparated } from "./lookup/separated-values.ts";
import { fieldsBatch, filtered, pool, problemOf, signal, taken } from "./parts/testing.ts";

/** A clock that is set by hand. */
function handClock(): Clock & { at: number } {
  return { at: 1_790_000_000_000, now() { return this.at; }, pause: async () => undefined };
}

async function withTable(name: string, content: string | Buffer, given: { clock?: Clock } = {}): Promise<TestContext & { path: string }> {
  const context = await testContext({ pool, ...given });
  const path = join(context.configDir, name);
  await writeFile(path, content);
  return Object.assign(context, { path });
}

const CSV = 'host,team,note\nweb,운영,"a, ""b""\nc"\ndb,data,\nweb2,web,x\n';
const cases: readonly (readonly [string, object, Record<string, unknown>[]])[] = [
  ["adds all columns", {}, [{ host: "web", n: 1, team: "운영", note: 'a, "b"\nc' }, { host: "none", n: 2 }, { host: "db", n: 3, team: "data", note: "" }]],
  ["adds some, with a prefix", { add: ["team"], prefix: "host_" }, [{ host: "web", n: 1, host_team: "운영" }, { host: "none", n: 2 }, { host: "db", n: 3, host_team: "data" }]],
  ["drops what is not found", { add: ["team"], missing: "drop" }, [{ host: "web", n: 1, team: "운영" }, { host: "db", n: 3, team: "data" }]],
  ["adds defaults to what is not found", { add: ["team"], missing: "default", defaults: { team: "?", known: false } }, [{ host: "web", n: 1, team: "운영" }, { host: "none", n: 2, team: "?", known: false }, { host: "db", n: 3, team: "data" }]],
  ["writes over what is there, where it is found", { column: "host", add: ["team"], prefix: "", key: "host" }, [{ host: "web", n: 1, team: "운영" }, { host: "none", n: 2 }, { host: "db", n: 3, team: "data" }]],
];
for (const [name, options, expected] of cases) {
  test(`${name}: entries and fields`, async () => {
    await using context = await withTable("hosts.csv", CSV);
    const given = { table: "hosts.csv", key: "host", ...options };
    const before = pool.usedBytes;
    assert.deepEqual(await filtered(lookup, given, recordsBatch(pool, [{ host: "web", n: 1 }, { host: "none", n: 2 }, { host: "db", n: 3 }]), context), expected);
    assert.equal(pool.usedBytes, before);
    assert.deepEqual(await filtered(lookup, given, await fieldsBatch("web 1\nnone 2\ndb 3\n", "^(?<host>\\S+) (?<n>\\d)$", { n: "integer" }), context), expected);
    assert.equal(context.counts.get("lookup_missing_total"), 2);
  });
}

test("what a record has stays where the table says nothing", async () => {
  await using context = await withTable("t.json", JSON.stringify({ a: { x: 1, y: { z: [2] } }, b: { y: null }, c: "plain" }));
  const records = [{ k: "a", x: "old" }, { k: "b", x: "old" }, { k: "none", x: "old" }, { k: 5 }, {}];
  assert.deepEqual(await filtered(lookup, { table: "t.json", key: "k" }, recordsBatch(pool, records), context), [{ k: "a", x: 1, y: { z: [2] } }, { k: "b", x: "old", y: null }, ...records.slice(2)]);
  assert.deepEqual(await filtered(lookup, { table: "t.json", key: "message", add: ["value"] }, linesBatch(pool, "c\nd\n"), context), [{ message: "c", value: "plain" }, { message: "d" }]);
});

test("a JSON list, numbers as keys, and the last of equal keys", async () => {
  await using context = await withTable("t.json", JSON.stringify([{ code: 500, text: "one" }, { code: 500, text: "two", more: true }]));
  assert.deepEqual(await filtered(lookup, { table: "t.json", key: "status", column: "code" }, recordsBatch(pool, [{ status: 500 }]), context), [{ status: 500, text: "two", more: true }]);
});

test("tables in CP949 and with a byte order mark", async () => {
  await using context = await withTable("t.tsv", iconv.encode("코드\t이름\r\nA\t서울\r\n", "cp949"));
  assert.deepEqual(await filtered(lookup, { table: "t.tsv", key: "c", encoding: "cp949" }, recordsBatch(pool, [{ c: "A" }]), context), [{ c: "A", "이름": "서울" }]);
  await writeFile(join(context.configDir, "b.csv"), "\uFEFFk,v\n1,가");
  assert.deepEqual(await filtered(lookup, { table: "b.csv", key: "c", column: "k" }, recordsBatch(pool, [{ c: "1" }]), context), [{ c: "1", v: "가" }]);
});

test("an address has what the smallest network says that holds it", async () => {
  await using context = await withTable("nets.csv", "net,zone\n10.0.0.0/8,inner\n10.1.0.0/16,office\n10.1.2.3,printer\n2001:db8::/32,six\n::ffff:192.168.0.0/112,mapped\n0.0.0.0/0,outer\n");
  const zones = async (...ips: string[]): Promise<unknown[]> => (await filtered(lookup, { table: "nets.csv", key: "ip", match: "cidr" }, recordsBatch(pool, ips.map((ip) => ({ ip }))), context)).map(({ zone }) => zone);
  assert.deepEqual(await zones("192.168.7.7", "10.9.9.9", "10.1.9.9", "10.1.2.3", "::ffff:10.1.2.3", "::ffff:a01:203", "8.8.8.8", "2001:db8:1::5", "2001:db9::", "no address", ""), ["mapped", "inner", "office", "printer", "printer", "printer", "outer", "six", undefined, undefined, undefined]);
});

test("networks that are none are no networks", () => {
  const map = new AddressMap<number>();
  for (const text of ["10.0.0.0/33", "10.0.0/8", "x", "", "10.0.0.0/8/8", "10.0.0.0/-1", "::1/129", "::ffff:1.2.3.4/95", "fe80::1%eth0"]) assert.equal(map.set(text, 1), false, text);
  assert.equal(map.set("::/0", 1), true);
  assert.equal(map.get("::1"), 1);
});

test("a changed file is read when it looks the same twice; a bad one never takes the good one's place", async () => {
  const clock = handClock();
  await using context = await withTable("t.csv", "k,v\na,one\n", { clock });
  const filter = await lookup.open(lookup.options.parse({ table: "t.csv", key: "k", reload: "5s" }), context);
  const value = async (): Promise<unknown> => taken(await filter.apply(recordsBatch(pool, [{ k: "a" }]), signal))[0]?.["v"];
  const look = async (): Promise<unknown> => {
    clock.at += 5000;
    return value();
  };
  assert.equal(await value(), "one");
  await writeFile(context.path, "k,v\na,second\n");
  assert.equal(await value(), "one", "not before the file is looked at");
  assert.equal(await look(), "one", "it may still be written to");
  assert.equal(await look(), "second");
  for (const bad of ['k,v\na,"never ends\n', "k,v\na\n", ""]) {
    await writeFile(context.path, bad);
    await look();
    assert.equal(await look(), "second", bad);
    assert.equal(await look(), "second", bad);
  }
  await rm(context.path);
  await look();
  assert.equal(await look(), "second");
  assert.equal(context.counts.get("lookup_reload_failures_total"), 4);
  assert.equal(context.said.filter(({ level }) => level === "warn").length, 4, "each is said once");
  await writeFile(context.path, "k,v\na,back\n");
  await look();
  assert.equal(await look(), "back");
  await filter.close?.();
});

const bad: readonly (readonly [string, object, RegExp])[] = [
  ["", {}, /no columns/],
  ["k,v\n", { column: "x" }, /no column "x"; it has "k", "v"/],
  ["k,v\n", { add: ["w"] }, /no column "w"/],
  ["k,v\n1\n", {}, /row 1 has 1 values, the header 2/],
  ['k,v\n1,"2" 3\n', {}, /line 2: something follows/],
  ["net\n10.0.0.0/99\n", { match: "cidr" }, /"10\.0\.0\.0\/99" is neither/],
  ["[1]", { format: "json" }, /item 1 of the list/],
  ["{", { format: "json" }, /JSON/],
  ["k,v\n1,2\n", { size_max: 4 }, /more than size_max/],
];
for (const [content, options, expected] of bad) {
  test(`a table that cannot be used, ${JSON.stringify(content)}, is told before the start, in both languages`, async () => {
    await using context = await withTable("t.csv", content);
    const parsed = lookup.options.parse({ table: "t.csv", key: "k", ...options });
    const problems = await lookup.checkEnvironment?.(parsed, { configDir: context.configDir, signal });
    assert.match(problems?.[0]?.en ?? "", expected);
    assert.match(problems?.[0]?.ko ?? "", /쓸 수 없습니다/);
    await assert.rejects(lookup.open(parsed, context), expected);
  });
}

test("a file that is not there is told, too", async () => {
  await using context = await testContext({ pool });
  await assert.rejects(lookup.open(lookup.options.parse({ table: "none.csv", key: "k" }), context), /none\.csv cannot be used.*ENOENT/);
  assert.deepEqual(await lookup.checkEnvironment?.(lookup.options.parse({ table: "none.csv", key: "k" }), { configDir: context.configDir, signal }).then((found) => found.length), 1);
  assert.match(problemOf(lookup, { table: "t", key: "k", missing: "default" }).ko, /함께/);
  assert.equal(problemOf(lookup, { table: "t", key: "k", defaults: { a: 1 } }).path, "defaults");
});

test("whatever values are written as CSV or TSV are read again", () =>
  fc.assert(
    fc.property(fc.constantFrom<"," | "\t">(",", "\t"), fc.array(fc.array(fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", "\t", "한", " ") }), { minLength: 2, maxLength: 4 }), { maxLength: 6 }), fc.constantFrom("\n", "\r\n"), (separator, rows, end) => {
      const quote = (value: string): string => (/[",\t\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
      const text = rows.map((row) => row.map(quote).join(separator) + end).join("");
      assert.deepEqual(readSeparated(text, separator), rows);
      assert.deepEqual(readSeparated(text.slice(0, -end.length), separator), rows);
    }),
  ));
