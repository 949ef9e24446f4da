import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { QuantileSketch, RecentValues } from "./quantile-sketch.ts";

const fractions = [0, 0.01, 0.5, 0.9, 0.99, 1];
const sketchOf = (values: readonly number[]): QuantileSketch => {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
};
/** The value at the rank that a quantile asks for. */
const exact = (values: readonly number[], fraction: number): number => [...values].sort((a, b) => a - b)[Math.floor(fraction * (values.length - 1))] ?? Number.NaN;

test("whatever the values are, in whatever order and in how many sketches, a quantile is within 1 % of the value at its rank", () =>
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant(0), fc.nat(100), fc.double({ min: 0.001, max: 1e5, noNaN: true })), { minLength: 1, maxLength: 200 }), fc.nat(200), (values, split) => {
      const merged = sketchOf(values.slice(0, split));
      const rest = sketchOf(values.slice(split)).state();
      if (rest !== undefined) merged.merge(JSON.parse(JSON.stringify(rest)) as typeof rest);
      for (const sketch of [sketchOf(values), merged]) {
        for (const fraction of fractions) {
          const wanted = exact(values, fraction);
          const found = sketch.quantile(fraction) ?? Number.NaN;
          assert.ok(Math.abs(found - wanted) <= 0.0101 * wanted, `${fraction}: ${found} for ${wanted}`);
        }
        assert.deepEqual([sketch.quantile(0), sketch.quantile(1)], [Math.min(...values), Math.max(...values)], "ends are exact");
      }
    }),
  ));

test("values of any size take bounded memory, and the great ones stay right", () =>
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 100 }), (given) => {
      const values = [...given, 5e-324, 1e-300, 1e300, Number.MAX_VALUE];
      const sketch = sketchOf(values);
      assert.ok((sketch.state()?.counts.length ?? 0) <= 1024);
      const [, great, greatest] = sketch.quantiles([0, (values.length - 2) / (values.length - 1), 1]).map(([, value]) => value ?? Number.NaN);
      const wanted = exact(values, (values.length - 2) / (values.length - 1));
      assert.ok(Math.abs((great ?? Number.NaN) - wanted) <= 0.0101 * wanted, `${great} for ${wanted}`);
      assert.equal(greatest, Number.MAX_VALUE);
    }),
    { examples: [[[1.7637650858193227e308, 0]]] },
  ));

test("of no value there is no quantile, and of one it is that value", () => {
  assert.deepEqual(sketchOf([]).quantiles([0, 0.5]), [[0, null], [0.5, null]]);
  assert.equal(sketchOf([]).state(), undefined);
  assert.deepEqual(sketchOf([0.123]).quantiles([0, 0.5, 1]).map(([, value]) => value), [0.123, 0.123, 0.123]);
  assert.equal(sketchOf([0, 0, 0, 7]).quantile(0.5), 0);
});

test("values leave a window by fifths, and one without end keeps them", () => {
  const recent = new RecentValues(1000);
  const whole = new RecentValues(undefined);
  for (const values of [recent, whole]) for (const [value, nowMs] of [[1, 100], [2, 250], [3, 999]] as const) values.add(value, nowMs);
  const all = (values: RecentValues, nowMs: number): unknown[] => values.all(nowMs).quantiles([0, 1]).map(([, value]) => value);
  assert.deepEqual([999, 1000, 1200, 1799, 1800].map((nowMs) => all(recent, nowMs)), [[1, 3], [2, 3], [3, 3], [3, 3], [null, null]]);
  assert.deepEqual(all(whole, 1e12), [1, 3]);
});

test("a clock that is put back keeps what there was for one window more, not for a day", () => {
  const recent = new RecentValues(1000);
  recent.add(1, 86_400_000);
  recent.add(2, 500);
  const [least, most] = recent.all(1399).quantiles([0, 1]);
  assert.deepEqual([least, most], [[0, 1], [1, 2]]);
  assert.equal(recent.all(1500).state(), undefined);
});
