import assert from "node:assert/strict";
import { hostname } from "node:os";
import test from "node:test";
import fc from "fast-check";
import { linesBatch, recordsBatch } from "#sdk/testing.ts";
import { readPlaceholders } from "./parts/placeholders.ts";
import { fieldsBatch, filtered, pool, problemOf } from "./parts/testing.ts";
import { reform } from "./reform.ts";

const FACTS = { tag: "a.b.c", seconds: 1_506_650_186, nanoseconds: 314_000_000 };
const cases: readonly (readonly [string, object, Record<string, unknown>])[] = [
  ["later writes see earlier ones", { write: [["f1", "${record[f1]}_mod"], ["f2", "${record[f1]}_2"]] }, { f1: "1_mod", f2: "1_mod_2" }],
  ["the same key again", { write: [["f1", "${record[f1]}a"], ["f1", "${record[f1]}b"]] }, { f1: "1ab", f2: "한글" }],
  ["write, then delete", { write: { x: "1" }, delete: ["x", "gone"] }, { f1: "1", f2: "한글" }],
  ["what is deleted can be read", { write: { x: "<${record[f1]}>" }, delete: ["f1"] }, { x: "<1>", f2: "한글" }],
  ["tag", { write: { x: "${tag}" }, delete: ["f1", "f2"] }, { x: "a.b.c" }],
  ["tag parts, first and last", { write: { x: "${tag_parts[0]}${tag_parts[-1]}${tag_parts[1]}" }, delete: ["f1", "f2"] }, { x: "acb" }],
  ["tag prefix", { write: { x: "${tag_prefix[0]} ${tag_prefix[1]} ${tag_prefix[2]} ${tag_prefix[-2]}" }, delete: ["f1", "f2"] }, { x: "a a.b a.b.c a.b" }],
  ["tag suffix", { write: { x: "${tag_suffix[0]} ${tag_suffix[1]} ${tag_suffix[-1]}" }, delete: ["f1", "f2"] }, { x: "c b.c a.b.c" }],
  ["beyond the tag's parts", { write: { x: "[${tag_parts[7]}${tag_suffix[-9]}${record[none]}]" }, delete: ["f1", "f2"] }, { x: "[]" }],
  ["time", { write: { x: "${time}" }, delete: ["f1", "f2"] }, { x: "2017-09-29T01:56:26.314Z" }],
  ["hostname", { write: { x: "${hostname}" }, delete: ["f1", "f2"] }, { x: hostname() }],
  ["braces and dollars stay", { write: { x: "{x} $1 $ {${record[f1]}} $${tag} }" }, delete: ["f1", "f2"] }, { x: "{x} $1 $ {1} ${tag} }" }],
  ["Korean", { write: { "이름": "값: ${record[f2]}" }, delete: ["f1", "f2"] }, { "이름": "값: 한글" }],
  ["numbers and yes as text", { write: { x: 5, y: true }, delete: ["f1", "f2"] }, { x: "5", y: "true" }],
];
for (const [name, options, expected] of cases) {
  test(`${name}: fields and entries`, async () => {
    const before = pool.usedBytes;
    assert.deepEqual(await filtered(reform, options, recordsBatch(pool, [{ f1: "1", f2: "한글" }], FACTS)), [expected]);
    assert.equal(pool.usedBytes, before);
    assert.deepEqual(await filtered(reform, options, await fieldsBatch("1 한글\n", "^(?<f1>\\d) (?<f2>.*)$", {}, FACTS)), [expected]);
  });
}

test("fields, lines, and keys with braces", async () => {
  assert.deepEqual(await filtered(reform, { write: { m: "${record[n]}/${record[message]}" } }, await fieldsBatch("1\nodd\n", "^(?<n>\\d)$")), [{ n: "1", m: "1/" }, { message: "odd", m: "/odd" }]);
  assert.deepEqual(await filtered(reform, { write: { message: "[${record[message]}]" } }, linesBatch(pool, "한글\n\n")), [{ message: "[한글]" }, { message: "[]" }]);
  assert.deepEqual(await filtered(reform, { write: { x: "${record[a}b]}" } }, recordsBatch(pool, [{ "a}b": [1, { k: "v" }] }])), [{ "a}b": [1, { k: "v" }], x: '[1,{"k":"v"}]' }]);
});

test("the address and its parts", async () => {
  const [record] = await filtered(reform, { write: { all: "${hostaddr}", last: "${hostaddr_parts[-1]}", first: "${hostaddr_parts[0]}", four: "${hostaddr_parts[-4]}" } }, recordsBatch(pool, [{}]));
  const parts = String(record?.["all"]).split(/[.:]/);
  assert.ok(4 <= parts.length);
  assert.deepEqual([record?.["first"], record?.["last"], record?.["four"]], [parts[0], parts.at(-1), parts.at(-4)]);
});

const slips: readonly (readonly [string, RegExp, string])[] = [
  ["ab ${tagg}", /\$\{tagg\} is not known; known are \$\{time\}.*column 4/, "write.x"],
  ["${tag_parts}", /needs a whole number.*\$\{tag_parts\[0\]\}/, "write.x"],
  ["${tag_parts[x]}", /needs a whole number/, "write.x"],
  ["${record[]}", /is not known/, "write.x"],
  ["a ${time", /has no end.*column 3/, "write.x"],
  ["${record[a}", /has no end/, "write.x"],
];
for (const [text, expected, path] of slips) {
  test(`a slip in ${text} is told with its column`, () => {
    const problem = problemOf(reform, { write: { x: text } });
    assert.equal(problem.path, path);
    assert.match(problem.en, expected);
    assert.match(problem.ko, /번째 글자/);
  });
}

test("nothing to do is a slip", () => assert.match(problemOf(reform, {}).ko, /무엇을/));

test("a text without placeholders is itself", () =>
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", "a", "[", "]", "글") }).filter((text) => !text.includes("${")), (text) => {
    assert.deepEqual(readPlaceholders(text), text === "" ? [] : [{ kind: "text", text }]);
  })));
