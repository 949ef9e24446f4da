import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "./Sample.ts";

test("parse.Sample: takes a line apart", () => {
  assert.deepEqual(parse("2026-01-02T03:04:05Z|결제|12"), { time: new Date("2026-01-02T03:04:05Z"), service: "결제", ms: 12 });
});

test("parse.Sample: leaves alone what it does not know", () => {
  for (const line of ["", "a|b", "\0"]) assert.equal(parse(line), undefined);
});
