import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "#base/errors.ts";
import type { MetricDefinition } from "#sdk/metric-family.ts";
import { MetricBoard } from "./metric-board.ts";

const defined = (given: Partial<MetricDefinition> = {}): MetricDefinition => ({ name: "a_total", type: "counter", help: "A.", labels: ["x"], buckets: [], seriesMax: 10, expireMs: undefined, ...given });
const told = (board: MetricBoard): unknown[] => board.snapshot(1).map(({ name, help, series }) => [name, help, series.map(({ value }) => value)]);

test("what is defined again goes on, also with another help; what is not goes when all steps are open, not before", () => {
  const board = new MetricBoard();
  board.begin();
  board.family(defined()).add(["1"], 3, 1);
  board.family(defined()).add(["1"], 4, 1);
  board.family(defined({ name: "b_total" })).add(["1"], 1, 1);
  board.settle();
  assert.deepEqual(told(board), [["a_total", "A.", [7]], ["b_total", "A.", [1]]]);
  board.begin();
  board.family(defined({ help: "Other.", seriesMax: 1 })).add(["1"], 1, 1);
  assert.equal(told(board).length, 2, "a pipeline that does not open keeps its metrics");
  board.settle();
  assert.deepEqual(told(board), [["a_total", "Other.", [8]]]);
  board.begin();
  board.family(defined({ labels: ["y"] })).add(["1"], 1, 1);
  board.settle();
  assert.deepEqual(told(board), [["a_total", "A.", [1]]]);
});

for (const given of [{ name: "a-b" }, { name: "" }, { name: "가" }, { labels: ["x", "1"] }]) {
  test(`refuses a plugin's ${JSON.stringify(given)}`, () => assert.throws(() => new MetricBoard().family(defined(given)), UsageError));
}
