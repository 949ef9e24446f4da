// What a tap keeps while it is held, and what it says of a record before and after a step.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { expressionPath, fieldDifferences, withCondition } from "./field-differences.ts";
import { TapRing } from "./tap-ring.ts";

const sample = (count: number, skipped = 0) => ({ step: "2:parse.Json", tag: "t", skipped, records: Array.from({ length: count }, () => ({ timeMs: 0 })) });

test("tap: what is shown does not move while it is held, and all of it comes after", () => {
  const ring = new TapRing(100);
  ring.add(sample(3));
  ring.hold();
  ring.add(sample(5, 2));
  assert.deepEqual([ring.shown.length, ring.news, ring.skipped], [3, 5, 2]);
  ring.goOn();
  assert.deepEqual([ring.shown.map(({ number }) => number), ring.news], [[1, 2, 3, 4, 5, 6, 7, 8], 0]);
});

test("tap: whatever comes and however it is held, the last records are kept in their order and no more than there is room for", () =>
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(40), fc.constantFrom("hold", "goOn"))), (moves) => {
      const ring = new TapRing(50);
      let came = 0;
      for (const move of moves) {
        if (move === "hold") ring.hold();
        else if (move === "goOn") ring.goOn();
        else {
          ring.add(sample(Number(move)));
          came += Number(move);
        }
      }
      ring.goOn();
      const last = ring.shown.at(-1)?.number ?? 0;
      assert.equal(last, came);
      assert.deepEqual(ring.shown.map(({ number }) => number), Array.from({ length: Math.min(50, came) }, (_, index) => came - Math.min(50, came) + 1 + index));
    }),
  ));

test("tap: a step's work is told field by field, and a field is asked for as a config does", () => {
  const found = fieldDifferences({ a: 1, b: { c: 2, d: "x" } }, { a: 1, b: { c: 3 }, "e f": [1] });
  assert.deepEqual(found.map(({ path, kind }) => `${kind} ${expressionPath(path)}`), ["same r.a", "changed r.b.c", "removed r.b.d", 'added r["e f"]']);
  assert.deepEqual(fieldDifferences("a line", { a: 1 }).map(({ kind }) => kind), ["changed"]);
  assert.equal(withCondition("r.a > 1", ["b", "c"], "x\"y"), 'r.a > 1 && r.b.c === "x\\"y"');
  assert.equal(withCondition("", ["n"], null), "r.n === null");
});
