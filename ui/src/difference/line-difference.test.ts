import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lineDifference, linesOf, unifiedLines, withContext } from "./line-difference.ts";

const marks = { same: " ", out: "-", in: "+" } as const;
const shown = (before: string, after: string): string[] => lineDifference(linesOf(before), linesOf(after)).map(({ change, text }) => marks[change] + text);

test("difference: a changed line is one out and one in, between those that stay", () => assert.deepEqual(shown("a\nb\nc\n", "a\nB\nc\n"), [" a", "-b", "+B", " c"]));
test("difference: two texts with Windows line ends and without differ in nothing", () => assert.deepEqual(shown("a\r\nb\r\n", "a\nb"), [" a", " b"]));
test("difference: an empty text has no line", () => assert.deepEqual(shown("", "a\n"), ["+a"]));
test("difference: far lines are left out, and it shows where", () => {
  const before = Array.from({ length: 30 }, (_, at) => `line ${at}`);
  const after = before.with(15, "other");
  const lines = withContext(lineDifference(before, after), 2);
  assert.deepEqual(lines.map((line) => line?.text ?? "…"), ["…", "line 13", "line 14", "line 15", "other", "line 16", "line 17", "…"]);
});
test("difference: texts with nothing in common are one replaced by the other", () => {
  const before = Array.from({ length: 3000 }, (_, at) => `a${at}`);
  const after = Array.from({ length: 3000 }, (_, at) => `b${at}`);
  assert.deepEqual(new Set(lineDifference(before, after).slice(0, 3000).map(({ change }) => change)), new Set(["out"]));
});

test("difference: what diff -u wrote is read with its line numbers", () =>
  assert.deepEqual(unifiedLines("@@ -3 +3 @@\n a\n-b\n+c\n…"), [undefined, { change: "same", text: "a", before: 3, after: 3 }, { change: "out", text: "b", before: 4 }, { change: "in", text: "c", after: 4 }, undefined]));

const someLines = fc.array(fc.constantFrom("a", "b", "c", "d", ""), { maxLength: 40 });

test("difference: whatever the texts, both can be read from it, and no shorter list of changes would do", () => {
  fc.assert(
    fc.property(someLines, someLines, (before, after) => {
      const lines = lineDifference(before, after);
      assert.deepEqual(lines.filter(({ change }) => change !== "in").map(({ text }) => text), before);
      assert.deepEqual(lines.filter(({ change }) => change !== "out").map(({ text }) => text), after);
      const kept = lines.filter(({ change }) => change === "same").length;
      assert.equal(kept, longestCommon(before, after));
    }),
  );
});

function longestCommon(before: readonly string[], after: readonly string[]): number {
  let row = Array<number>(after.length + 1).fill(0);
  for (const one of before) {
    const next = [0];
    after.forEach((other, at) => next.push(one === other ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0)));
    row = next;
  }
  return row.at(-1) ?? 0;
}
