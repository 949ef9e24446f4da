import assert from "node:assert/strict";
import { test } from "node:test";
import { Repeats } from "./repeats.ts";

test("a line that comes again counts for the kill after which it was missing, however many kills later it comes", () => {
  const repeats = new Repeats();
  repeats.runEnded([[1, 2, 3], []]);
  repeats.runEnded([[1, 2, 3, 4], [9]]);
  assert.deepEqual([repeats.total, repeats.mostByOneKill], [0, 0]);
  repeats.runEnded([[1, 2, 3, 4, 2, 3], [9, 4]]);
  assert.deepEqual([repeats.total, repeats.mostByOneKill], [3, 2], "2 and 3 of the first, 4 of the second");
  repeats.runEnded([[1, 2, 3, 4, 2, 3, 2], [9, 4]]);
  assert.deepEqual([repeats.total, repeats.mostByOneKill], [4, 2], "2 once more, of the third");
});
