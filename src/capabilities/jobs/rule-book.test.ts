import assert from "node:assert/strict";
import { test } from "node:test";
import { RuleBook } from "./rule-book.ts";

test("rule book: how long jobs ran, and waited for their first run, of the last 1,000", () => {
  const book = new RuleBook();
  for (let ms = -500; ms < 0; ms += 1) book.begun("a:b", 1e9); // They are forgotten for those that come after.
  for (let ms = 0; ms < 1000; ms += 1) book.begun("a:b", ms);
  for (let ms = 0; ms < 1500; ms += 1) book.ended("a:b", "succeeded", ms + 0.25);
  book.begun("a:b", undefined);
  const { waitMs, runMs, running } = book.look("a:b");
  assert.deepEqual(waitMs, { p50: 500, p95: 950, p99: 990 });
  assert.deepEqual(runMs, { p50: 1000.25, p95: 1450.25, p99: 1490.25 });
  assert.equal(running, 1);
  assert.deepEqual(book.look("c:d"), { running: 0, succeeded: 0, failed: 0 });
});
