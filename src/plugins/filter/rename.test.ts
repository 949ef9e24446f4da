// Rename, Drop and Keep: three short spellings over one way to make new records out of old ones.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { linesBatch, recordsBatch } from "#sdk/testing.ts";
import { drop } from "./drop.ts";
import { keep } from "./keep.ts";
import { fieldsBatch, filtered, pool, problemOf } from "./parts/testing.ts";
import { rename } from "./rename.ts";

const RECORD = { host: "web", debug_a: "1", debug_b: "한글" };
const table = [
  ["drops by name", drop, { fields: ["host", "gone"] }, { debug_a: "1", debug_b: "한글" }],
  ["drops by pattern", drop, { fields: "debug_*" }, { host: "web" }],
  ["drops by an ending", drop, { fields: ["*_b"] }, { host: "web", debug_a: "1" }],
  ["drops all", drop, { fields: "*" }, {}],
  ["drops what is not there", drop, { fields: ["x_*", "x"] }, RECORD],
  ["keeps by name", keep, { fields: "host" }, { host: "web" }],
  ["keeps by pattern", keep, { fields: ["debug_*"] }, { debug_a: "1", debug_b: "한글" }],
  ["keeps nothing", keep, { fields: ["x"] }, {}],
  ["keeps nothing that is shorter than the pattern", keep, { fields: "debug_*g_a" }, {}],
  ["renames", rename, { fields: { host: "server", gone: "x" } }, { server: "web", debug_a: "1", debug_b: "한글" }],
  ["renames by pattern", rename, { fields: { "debug_*": "d.*.x" } }, { host: "web", "d.a.x": "1", "d.b.x": "한글" }],
  ["takes a prefix away", rename, { fields: { "debug_*": "*" } }, { host: "web", a: "1", b: "한글" }],
  ["puts a prefix before all", rename, { fields: { "*": "in.*" } }, { "in.host": "web", "in.debug_a": "1", "in.debug_b": "한글" }],
  ["the first rule that fits holds", rename, { fields: { debug_a: "one", "debug_*": "*" } }, { host: "web", one: "1", b: "한글" }],
  ["takes the place of what has the name", rename, { fields: { host: "debug_a" } }, { debug_a: "web", debug_b: "한글" }],
  ["takes the place of what has the name before it", rename, { fields: { debug_b: "host" } }, { host: "한글", debug_a: "1" }],
  ["swaps", rename, { fields: { host: "debug_a", debug_a: "host" } }, { debug_a: "web", host: "1", debug_b: "한글" }],
  ["of two that get one name the first stays", rename, { fields: { debug_a: "x", debug_b: "x" } }, { host: "web", x: "1" }],
  ["$& in a name is text", rename, { fields: { "debug_*": "$&*" } }, { host: "web", "$&a": "1", "$&b": "한글" }],
] as const;
for (const [name, plugin, options, expected] of table) {
  test(`${name}: fields and entries`, async () => {
    const before = pool.usedBytes;
    assert.deepEqual(await filtered(plugin, options, recordsBatch(pool, [RECORD])), [expected]);
    assert.equal(pool.usedBytes, before);
    assert.deepEqual(await filtered(plugin, options, await fieldsBatch("web 1 한글\n", "^(?<host>\\S+) (?<debug_a>\\S+) (?<debug_b>.*)$")), [expected]);
  });
}

test("a record that has only the new name keeps its value, in entries and in fields", async () => {
  const options = { fields: { a: "b" } };
  assert.deepEqual(await filtered(rename, options, recordsBatch(pool, [{ a: 1, b: 2 }, { b: 3 }, { a: 4 }, {}])), [{ b: 1 }, { b: 3 }, { b: 4 }, {}]);
  assert.deepEqual(await filtered(rename, options, await fieldsBatch("a1 b2\nb3\na4\n", "^(?:a(?<a>\\d))? ?(?:b(?<b>\\d))?$")), [{ b: "1" }, { b: "3" }, { b: "4" }]);
});

test("lines have one field, message, and lines no pattern fitted, too", async () => {
  assert.deepEqual(await filtered(rename, { fields: { message: "log" } }, linesBatch(pool, "한글\nb\n")), [{ log: "한글" }, { log: "b" }]);
  assert.deepEqual(await filtered(drop, { fields: "message" }, linesBatch(pool, "a\n")), [{}]);
  assert.deepEqual(await filtered(keep, { fields: "message" }, linesBatch(pool, "a\n")), [{ message: "a" }]);
  assert.deepEqual(await filtered(rename, { fields: { "m*": "M*" } }, await fieldsBatch("1\nodd\n", "^(?<n>\\d+)$")), [{ n: "1" }, { Message: "odd" }]);
});

test("whatever records hold, names change as the rules say and nothing else does", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.dictionary(fc.constantFrom("a", "b", "x_a", "x_b", "x_", "한"), fc.jsonValue(), { maxKeys: 6 }), { minLength: 1, maxLength: 10 }), async (made) => {
      const records = made.map((record) => JSON.parse(JSON.stringify(record)) as Record<string, unknown>);
      const before = pool.usedBytes;
      const after = await filtered(rename, { fields: { "x_*": "*" } }, recordsBatch(pool, records));
      const expected = records.map((record) => {
        const named = Object.entries(record).map(([name, value]) => [name.replace(/^x_(?=.)/, ""), value] as const);
        const renamed = new Map(Object.entries(record).filter(([name]) => /^x_./.test(name)).map(([name, value]) => [name.slice(2), value]));
        return Object.fromEntries(named.map(([name, value]) => [name, renamed.has(name) ? renamed.get(name) : value]));
      });
      assert.deepEqual(after, expected);
      assert.equal(pool.usedBytes, before);
    }),
    { numRuns: 200 },
  ));

test("slips are told at their place in both languages", () => {
  assert.match(problemOf(rename, { fields: {} }).en, /write what to rename/);
  assert.deepEqual(problemOf(rename, { fields: { "a_*": "b" } }).path, "fields.a_*");
  assert.match(problemOf(rename, { fields: { "*_*": "*" } }).ko, /한 번만/);
  assert.equal(drop.options.safeParse({ fields: "*a*" }).success, false);
  assert.equal(keep.options.safeParse({ fields: [] }).success, false);
});
