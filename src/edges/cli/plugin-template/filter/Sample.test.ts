import assert from "node:assert/strict";
import { test } from "node:test";
import { filter } from "./Sample.ts";

test("filter.Sample: keeps odd numbers, and what has none", () => {
  assert.deepEqual([{ n: 1 }, { n: 2 }, { 이름: "김" }].map(filter), [{ n: 1, is_odd: true }, false, true]);
});
