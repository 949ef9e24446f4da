import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mergedTexts } from "./three-way.ts";

const base = "a\nb\nc\nd\ne\n";

test("three-way: changes of other lines come together", () => assert.deepEqual(mergedTexts(base, "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\nf\n"), { text: "A\nb\nc\nd\nE\nf\n", clashes: [] }));
test("three-way: changes of lines side by side come together, too", () => assert.deepEqual(mergedTexts(base, "a\nB\nc\nd\ne\n", "a\nb\nC\nd\ne\n"), { text: "a\nB\nC\nd\ne\n", clashes: [] }));
test("three-way: the same change made twice is no clash", () => assert.deepEqual(mergedTexts(base, "a\nx\nc\nd\ne\n", "a\nx\nc\nd\ne\n"), { text: "a\nx\nc\nd\ne\n", clashes: [] }));
test("three-way: a line both changed stays as mine, and says so", () =>
  assert.deepEqual(mergedTexts(base, "a\nb\nmine\nd\ne\n", "a\nb\ntheirs\nd\ne\n"), { text: "a\nb\nmine\nd\ne\n", clashes: [{ line: 3, mine: ["mine"], theirs: ["theirs"] }] }));
test("three-way: a line I removed and they changed is a clash", () =>
  assert.deepEqual(mergedTexts(base, "a\nb\nd\ne\n", "a\nb\nC\nd\ne\n"), { text: "a\nb\nd\ne\n", clashes: [{ line: 3, mine: [], theirs: ["C"] }] }));

const someText = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 30 }).map((lines) => `${lines.join("\n")}\n`);

test("three-way: whatever the texts, what only one side changed is that side's text", () => {
  fc.assert(
    fc.property(someText, someText, (one, other) => {
      assert.deepEqual(mergedTexts(one, other, one), { text: other, clashes: [] });
      assert.deepEqual(mergedTexts(one, one, other), { text: other, clashes: [] });
      assert.deepEqual(mergedTexts(one, other, other), { text: other, clashes: [] });
    }),
  );
});
test("three-way: whatever three texts, without a clash it does not matter whose is mine", () => {
  fc.assert(
    fc.property(someText, someText, someText, (start, one, other) => {
      const merged = mergedTexts(start, one, other);
      const turned = mergedTexts(start, other, one);
      assert.equal(merged.clashes.length, turned.clashes.length);
      if (merged.clashes.length === 0) assert.equal(merged.text, turned.text);
    }),
  );
});
