import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rowsOf } from "./log-window.ts";
import { matchFinder } from "./matches.ts";

const line = (id: number) => ({ id, atMs: id, level: "info" as const, message: id % 3 === 0 ? "발생했습니다" : "-", fields: {} });

test("matches: whichever lines are held one after the other, those that match are found as if all were looked at anew", () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(40))), (windows) => {
      const find = matchFinder("발생했");
      for (const [from, count] of windows) {
        const rows = rowsOf(Array.from({ length: count }, (_, at) => line(from + at)));
        assert.deepEqual(find(rows), rows.flatMap(({ line: { id } }) => (id % 3 === 0 ? [id] : [])));
      }
    }),
  ));
