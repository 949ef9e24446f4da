import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nameFitting } from "./event-page.ts";

const named = (name: string) => ({ id: 1, atMs: 0, name, data: {} });

test("events: a pattern of a hundred stars is answered at once", () => {
  assert.equal(nameFitting(`${"*e".repeat(49)}*!`)(named("e".repeat(90))), false);
  assert.equal(nameFitting("*".repeat(100))(named("pipeline.failed")), true);
});

test("events: a star stands for anything, also for nothing", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
  fc.assert(
    fc.property(text, fc.array(text, { minLength: 1, maxLength: 4 }), (name, parts) => {
      const plain = new RegExp(`^${parts.map(RegExp.escape).join(".*")}$`, "s");
      assert.equal(nameFitting(parts.join("*"))(named(name)), plain.test(name));
    }),
    { numRuns: 2000 },
  );
});
