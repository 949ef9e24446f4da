import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RowHeights } from "./row-heights.ts";

const heights = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 60 });
const step = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), heights }),
  fc.record({ kind: fc.constant("prepend" as const), heights }),
  fc.record({ kind: fc.constant("keep" as const), from: fc.nat(40), count: fc.nat(80) }),
  fc.record({ kind: fc.constant("set" as const), row: fc.nat(200), height: fc.integer({ min: 0, max: 500 }) }),
);

test("row heights: whatever is added, taken away and measured, places are those of a plain sum", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(20_000), (steps, place) => {
      const rows = new RowHeights(16);
      let plain: number[] = [];
      for (const one of steps) {
        if (one.kind === "append") {
          rows.append(one.heights);
          plain = [...plain, ...one.heights];
        } else if (one.kind === "prepend") {
          rows.prepend(one.heights);
          plain = [...one.heights, ...plain];
        } else if (one.kind === "keep") {
          rows.keep(one.from, one.count);
          plain = plain.slice(one.from, one.from + one.count);
        } else if (one.row < plain.length) {
          rows.set(one.row, one.height);
          plain[one.row] = one.height;
        }
      }
      assert.equal(rows.count, plain.length);
      let sum = 0;
      plain.forEach((height, row) => {
        assert.equal(rows.offset(row), sum);
        sum += height;
      });
      assert.equal(rows.total, sum);
      if (0 < plain.length && place < sum) {
        const row = rows.rowAt(place);
        assert.ok(rows.offset(row) <= place && place < rows.offset(row) + rows.height(row));
      }
    }),
  );
});
