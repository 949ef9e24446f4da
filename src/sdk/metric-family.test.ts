import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MetricFamily, mergeMetrics, sameShape, toldMetrics } from "./metric-family.ts";
import type { MetricDefinition, MetricSnapshot } from "./metric-family.ts";

const defined = (given: Partial<MetricDefinition> = {}): MetricDefinition => ({ name: "a_total", type: "counter", help: "A.", labels: ["x"], buckets: [], seriesMax: 1000, expireMs: undefined, ...given });
const valuesOf = ({ series }: MetricSnapshot): [string, number][] => series.map(({ labels, value }) => [JSON.stringify(labels), value]);

test("counters add up, gauges hold the newest value, histograms count what is up to each bound", () => {
  const counter = new MetricFamily(defined());
  for (const [label, value] of [["a", 1], ["b", 0.5], ["a", 2]] as const) counter.add([label], value, 1);
  assert.deepEqual(valuesOf(counter.snapshot(1)), [['{"x":"a"}', 3], ['{"x":"b"}', 0.5]]);
  const gauge = new MetricFamily(defined({ name: "g", type: "gauge", labels: [] }));
  for (const [value, at] of [[5, 1], [-2, 7]] as const) gauge.add([], value, at);
  assert.deepEqual(gauge.snapshot(9).series, [{ labels: {}, value: -2, atMs: 7 }]);
  const histogram = new MetricFamily(defined({ name: "h", type: "histogram", labels: [], buckets: [1, 2.5] }));
  for (const value of [0.5, 1, 2, 2.5, 9]) histogram.add([], value, 1);
  assert.deepEqual(histogram.snapshot(1).series, [{ labels: {}, value: 5, histogram: { sum: 15, buckets: [[1, 2], [2.5, 4]] } }]);
});

test("a summary tells quantiles of its window, and the sum and count of all; of several threads as if it were one", () => {
  const summary = (windowMs: number | undefined, quantiles = [0.5, 1]): MetricFamily => new MetricFamily(defined({ name: "s", type: "summary", labels: [], summary: { quantiles, windowMs } }));
  const [one, other, forever, bare] = [summary(1000), summary(1000), summary(undefined), summary(1000, [])];
  for (const [family, value, at] of [[one, 100, 0], [one, 4, 500], [one, 4, 900], [other, 8, 900], [forever, 100, 0], [forever, 4, 900], [bare, 3, 0]] as const) family.add([], value, at);
  const told = (nowMs: number, ...families: MetricFamily[]) => toldMetrics(mergeMetrics(families.map((family) => [family.snapshot(nowMs)])))[0]?.series;
  assert.deepEqual(told(1300, one)?.map(({ value, summary: { sum, quantiles } = {} }) => [value, sum, quantiles]), [[3, 108, [[0.5, 4], [1, 4]]]]);
  const [both] = told(1300, one, other) ?? [];
  assert.deepEqual([both?.value, both?.summary?.sum, both?.summary?.quantiles.map(([, value]) => Math.round(value ?? -1))], [4, 116, [4, 8]]);
  assert.deepEqual(told(9000, one, other), [{ labels: {}, value: 4, summary: { sum: 116, quantiles: [[0.5, null], [1, null]] } }]);
  assert.deepEqual(told(9000, forever)?.[0]?.summary?.quantiles[1], [1, 100]);
  assert.deepEqual(told(0, bare), [{ labels: {}, value: 1, summary: { sum: 3, quantiles: [] } }]);
  const shape = (windowMs: number | undefined, quantiles = [0.5]) => defined({ type: "summary", summary: { quantiles, windowMs } });
  assert.deepEqual([sameShape(shape(1), shape(1)), sameShape(shape(1), shape(2)), sameShape(shape(1), shape(undefined)), sameShape(shape(1), shape(1, [0.9]))], [true, false, false, false]);
});

test("what is over the most series is one series, and a series that is there goes on", () => {
  const family = new MetricFamily(defined({ seriesMax: 2 }));
  assert.deepEqual([family.add(["a"], 1, 1), family.add(["b"], 1, 1), family.add(["c"], 1, 1), family.add(["d"], 5, 1), family.add(["a"], 1, 1)], [true, true, false, false, true]);
  assert.deepEqual(valuesOf(family.snapshot(1)), [['{"x":"a"}', 2], ['{"x":"b"}', 1], ['{"overflow":"true"}', 6]]);
});

test("an idle series goes when it has expired, and makes room", () => {
  const family = new MetricFamily(defined({ seriesMax: 1, expireMs: 100 }));
  family.add(["a"], 1, 0);
  assert.equal(family.add(["b"], 1, 99), false);
  assert.equal(family.add(["b"], 1, 100), true);
  assert.deepEqual(valuesOf(family.snapshot(150)), [['{"x":"b"}', 1], ['{"overflow":"true"}', 1]]);
  assert.deepEqual(valuesOf(family.snapshot(1000)), []);
});

const part = fc.string({ unit: fc.constantFrom("a", "1", ":", "\0"), maxLength: 3 });

test("whatever the label values are, different ones are different series, here and merged", () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part), { maxLength: 30 }), (sets) => {
      const family = new MetricFamily(defined({ labels: ["x", "y"] }));
      for (const set of sets) family.add(set, 1, 1);
      const snapshot = family.snapshot(1);
      const wanted = new Map<string, number>();
      for (const [x, y] of sets) wanted.set(JSON.stringify({ x, y }), (wanted.get(JSON.stringify({ x, y })) ?? 0) + 1);
      assert.deepEqual(new Map(valuesOf(snapshot)), wanted);
      const [merged] = mergeMetrics([[snapshot], [snapshot]]);
      assert.deepEqual(merged === undefined ? [] : valuesOf(merged), valuesOf(snapshot).map(([labels, value]) => [labels, value * 2]));
    }),
  ));

test("of several threads: counters and histograms are added up, the newest gauge holds, another type is left out", () => {
  const histogram = (sum: number, ...counts: number[]): MetricSnapshot => ({ name: "h", type: "histogram", help: "", series: [{ labels: {}, value: 9, histogram: { sum, buckets: counts.map((count, index) => [index, count]) } }] });
  const gauge = (value: number, atMs: number): MetricSnapshot => ({ name: "g", type: "gauge", help: "", series: [{ labels: { a: "1", b: "2" }, value, atMs }] });
  assert.deepEqual(mergeMetrics([[histogram(1, 1, 2), gauge(5, 20)], [histogram(2, 3, 4), gauge(6, 10), { name: "h", type: "gauge", help: "", series: [{ labels: {}, value: 1 }] }]]), [
    { name: "h", type: "histogram", help: "", series: [{ labels: {}, value: 18, histogram: { sum: 3, buckets: [[0, 4], [1, 6]] } }] },
    gauge(5, 20),
  ]);
  assert.equal(mergeMetrics([[histogram(1, 1)], [histogram(2, 1, 2)]])[0]?.series[0]?.value, 9, "other buckets cannot be added");
});
