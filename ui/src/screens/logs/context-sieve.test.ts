import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { contextSieve } from "./context-sieve.ts";
import type { LogLine } from "./log-line.ts";

const line = (id: number, message: string): LogLine => ({ id, atMs: id, level: "info", message, fields: {} });

test("context: lines before and after a found one pass, and a gap is marked", () => {
  const sieve = contextSieve("x", 1);
  const rows = ["a", "x", "b", "c", "d", "e", "x"].flatMap((message, id) => sieve(line(id, message)));
  assert.deepEqual(rows.map((row) => `${row.isAfterGap ? "…" : ""}${row.line.message}${row.isAround ? "" : "!"}`), ["a", "x!", "b", "…e", "x!"]);
});

test("context: whatever comes, a line passes when one that was found is near enough before or after it, once and in order", () =>
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (found, context) => {
      const sieve = contextSieve("x", context);
      const passed = found.flatMap((isFound, id) => sieve(line(id, isFound ? "x" : "-"))).map((row) => row.line.id);
      const wanted = found.flatMap((_, id) => (found.slice(Math.max(0, id - context), id + context + 1).includes(true) ? [id] : []));
      // What stands before a line that has not come yet cannot have passed.
      const last = found.lastIndexOf(true);
      assert.deepEqual(passed, wanted.filter((id) => id <= last + context));
    }),
  ));
