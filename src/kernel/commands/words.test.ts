import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { valuesOf } from "./words.ts";

const params = z.strictObject({
  name: z.string(),
  count: z.int().optional(),
  share: z.number().optional(),
  isWhole: z.boolean().optional(),
  level: z.enum(["info", "warn"]).optional(),
  attempts: z.union([z.int().min(1), z.literal("forever")]).optional(),
  place: z.union([z.int(), z.string()]).optional(),
  names: z.array(z.string()).optional(),
  ids: z.array(z.int()).max(3).optional(),
  endsMs: z.int().nullable().optional(),
  record: z.record(z.string(), z.json()).optional(),
  value: z.json().optional(),
});

const CASES: readonly (readonly [Record<string, string | string[]>, Record<string, unknown>])[] = [
  [{ name: "7" }, { name: "7" }],
  [{ count: "7", share: "-.5e1" }, { count: 7, share: -5 }],
  [{ count: "seven" }, { count: "seven" }],
  [{ count: "" }, { count: "" }],
  [{ count: "0x10" }, { count: "0x10" }],
  [{ isWhole: "true" }, { isWhole: true }],
  [{ isWhole: "yes" }, { isWhole: "yes" }],
  [{ level: "warn" }, { level: "warn" }],
  [{ attempts: "3" }, { attempts: 3 }],
  [{ attempts: "forever" }, { attempts: "forever" }],
  [{ place: "3" }, { place: "3" }],
  [{ names: "one" }, { names: ["one"] }],
  [{ names: ["a,b", "2"] }, { names: ["a,b", "2"] }],
  [{ ids: ["1", "2"] }, { ids: [1, 2] }],
  [{ ids: "[1,2]" }, { ids: [1, 2] }],
  [{ endsMs: "null" }, { endsMs: null }],
  [{ endsMs: "12" }, { endsMs: 12 }],
  [{ record: '{"a":1}' }, { record: { a: 1 } }],
  [{ count: ["1", "2"] }, { count: ["1", "2"] }],
  [{ unknown: "1", toString: "2" }, { unknown: "1", toString: "2" }],
];
for (const [words, values] of CASES) {
  test(`words: ${JSON.stringify(words)}`, () => assert.deepEqual(valuesOf(params, words), values));
}

test("words: whatever is written, what was meant as text stays as it is, and nothing throws", () =>
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...Object.keys(params.shape)), (text, name) => {
      const values = valuesOf(params, { [name]: text, name: text });
      assert.equal(values["name"], text);
      assert.deepEqual(Object.keys(values).sort(), [...new Set([name, "name"])].sort());
    }),
  ));

test("words: numbers and booleans come back as they were written down", () =>
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }), (count, isWhole, ids) => {
      assert.deepEqual(params.partial().parse(valuesOf(params, { count: String(count), isWhole: String(isWhole), ids: ids.map(String) })), { count, isWhole, ids });
    }),
  ));
