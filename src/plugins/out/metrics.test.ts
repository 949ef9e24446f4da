import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StillClock } from "#base/still-clock.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import { linesBatch, recordsBatch, testContext, testPool } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { json } from "../parse/json.ts";
import { regex } from "../parse/regex.ts";
import { metrics } from "./metrics.ts";

const pool = testPool();
const { signal } = new AbortController(); // Nobody aborts: what hangs is ended by the time limit of the run.

/** What came of the batches: a context to look at, whose metrics are complete. */
async function counted(options: Record<string, unknown>, batches: readonly Batch[], given: Parameters<typeof testContext>[0] = {}): Promise<TestContext> {
  const context = await testContext({ pool, ...given });
  const output = await metrics.open(metrics.options.parse(options), context);
  for (const batch of batches) {
    await output.write(batch, signal);
    batch.release();
  }
  await output.close();
  return context;
}

const records = (...given: Record<string, unknown>[]): Batch => recordsBatch(pool, given);
const told = (metric: MetricSnapshot | undefined): unknown[] => (metric?.series ?? []).map(({ labels, value }) => [...Object.values(labels), value]);

test("counts records by field, by text with fields in it, and by expression", async () => {
  await using context = await counted(
    {
      metrics: [
        { type: "counter", name: "requests_total", labels: { path: "path", to: "${host}:${port}!", class: 'Math.floor(r.status / 100) + "xx"', tag: "tag" } },
        { type: "counter", name: "failed_total", when: "r.status >= 500" },
      ],
    },
    [records({ path: "/가", host: "h", port: 80, status: 200 }, { path: "/가", host: "h", port: 80, status: 204 }), records({ path: null, host: true, status: 503 })],
  );
  const [requests, failed] = context.metrics();
  assert.deepEqual(requests?.series.map(({ labels, value }) => [labels, value]), [
    [{ class: "2xx", path: "/가", tag: "test", to: "h:80!" }, 2],
    [{ class: "5xx", path: "", tag: "test", to: "true:!" }, 1],
  ]);
  assert.deepEqual(told(failed), [[1]]);
});

for (const [written, number] of [[3, 3], ["3", 3], [" 2.5\t", 2.5], ["1e3", 1000], [true, 1], [9007199254740993n, 9007199254740992], [0, 0]] as const) {
  test(`a value ${typeof written} ${JSON.stringify(String(written))} counts as ${number}`, async () => {
    await using context = await counted({ metrics: [{ type: "counter", name: "a_total", value: "n" }] }, [records({ n: written }, { n: written })]);
    assert.deepEqual(told(context.metrics()[0]), [[number * 2]]);
    assert.equal(context.counts.size, 0);
  });
}

test("what is missing or no number is counted, and no error", async () => {
  await using context = await counted({ metrics: [{ type: "counter", name: "a_total", value: "n", labels: { n: "n" } }] }, [records({}, { n: null }, { n: "" }, { n: " \t" }, { n: "many" }, { n: -1 }, { n: [1] }, { n: 4 })]);
  assert.deepEqual(told(context.metrics()[0]), [["4", 4]]);
  assert.deepEqual([...context.counts], [["metric_values_missing_total", 4], ["metric_values_invalid_total", 3]]);
  assert.deepEqual(context.said.map(({ level, fields }) => [level, fields]), [["warn", { metric: "a_total" }]]);
  await using gauge = await counted({ metrics: [{ type: "gauge", name: "g", value: "n" }] }, [records({ n: "-1" }, { n: "Infinity" }, { n: {} })]);
  assert.deepEqual(told(gauge.metrics()[0]), [[-1]]);
});

test("a failing expression leaves the record out of that metric alone, and is said once", async () => {
  await using context = await counted(
    { metrics: [{ type: "counter", name: "a_total", labels: { x: "r.x.toUpperCase()" } }, { type: "counter", name: "b_total" }, { type: "counter", name: "c_total", when: "r.x.trim()" }] },
    [records({ x: 1 }, { x: "b" }, { x: 2 })],
  );
  assert.deepEqual(context.metrics().map(told), [[["B", 1]], [[3]], [[1]]]);
  assert.deepEqual([context.counts.get("metric_expression_errors_total"), context.said.length], [4, 2]);
});

test("histograms and gauges from lines, fields and records alike; a dropped row and an unmatched line do not count", async () => {
  const options = { metrics: [{ type: "histogram", name: "took_seconds", value: "r.took / 1000", buckets: [0.1, 1], labels: { path: "path" } }, { type: "gauge", name: "last_took", value: "took" }, { type: "counter", name: "lines_total", when: "r.message !== undefined" }] };
  await using context = await testContext({ pool });
  const before = pool.usedBytes;
  const parser = await regex.open(regex.options.parse({ pattern: "^(?<path>\\S+) (?<took>\\d+)$", types: { took: "integer" } }), context);
  const fields = await parser.apply(linesBatch(pool, "/a 50\n/a 500\n이상한 줄\n/b 5000\n/a 99\n"), signal);
  const left = fields?.filter((row) => row !== 4);
  assert.ok(left !== undefined);
  await using fromFields = await counted(options, [left, linesBatch(pool, "plain\n")]);
  await parser.close?.();
  const [histogram, gauge, lines] = fromFields.metrics();
  assert.deepEqual(histogram?.series, [
    { labels: { path: "/a" }, value: 2, histogram: { sum: 0.55, buckets: [[0.1, 1], [1, 2]] } },
    { labels: { path: "/b" }, value: 1, histogram: { sum: 5, buckets: [[0.1, 0], [1, 0]] } },
  ]);
  assert.deepEqual([told(gauge), told(lines)], [[[5000]], [[2]]]);
  assert.equal(pool.usedBytes, before, "all memory comes back");
});

test("summaries tell quantiles of their window; what is below 0 is counted, and no error", async () => {
  const clock = new StillClock(0);
  await using context = await testContext({ pool, clock });
  const options = { metrics: [{ type: "summary", name: "took_seconds", value: "r.took / 1000", labels: { path: "path" } }, { type: "summary", name: "size_bytes", value: "size", quantiles: [0, 1], window: "forever" }] };
  const output = await metrics.open(metrics.options.parse(options), context);
  const write = async (...given: Record<string, unknown>[]): Promise<void> => {
    const batch = records(...given);
    await output.write(batch, signal);
    batch.release();
  };
  await write(...Array.from({ length: 101 }, (_, index) => ({ took: index * 10, path: "/가", size: String(index) })), { took: -1, path: "/가", size: "많음" });
  const summaryOf = (index: number) => context.metrics()[index]?.series.map(({ labels, value, summary }) => [labels, value, summary?.sum, summary?.quantiles.map(([fraction, at]) => [fraction, at === null ? null : Number(at.toPrecision(2))])]);
  assert.deepEqual(summaryOf(0), [[{ path: "/가" }, 101, 50.5, [[0.5, 0.5], [0.9, 0.9], [0.99, 0.99]]]]);
  assert.deepEqual([context.counts.get("metric_values_invalid_total"), context.said.length], [2, 2]);
  clock.advance(600_000);
  assert.deepEqual(summaryOf(0), [[{ path: "/가" }, 101, 50.5, [[0.5, null], [0.9, null], [0.99, null]]]]);
  assert.deepEqual(summaryOf(1), [[{}, 101, 5050, [[0, 0], [1, 100]]]]);
  await output.close();
});

test("series are bounded, and idle ones go by the clock", async () => {
  const clock = new StillClock(0);
  await using context = await testContext({ pool, clock });
  const output = await metrics.open(metrics.options.parse({ metrics: [{ type: "counter", name: "a_total", labels: { x: "x" } }], max_series: 2, expire: "10s" }), context);
  const write = async (...xs: string[]): Promise<void> => {
    const batch = records(...xs.map((x) => ({ x })));
    await output.write(batch, signal);
    batch.release();
  };
  await write("a", "b", "c", "d", "a");
  assert.deepEqual(told(context.metrics()[0]), [["a", 2], ["b", 1], ["true", 2]]);
  assert.deepEqual([context.counts.get("metric_records_over_series_max_total"), context.said.map(({ fields }) => fields["maxSeries"])], [2, [2]]);
  clock.advance(9_999);
  await write("a", "e");
  assert.equal(context.said.length, 1, "said once");
  clock.advance(1);
  await write("f");
  assert.deepEqual(told(context.metrics()[0]), [["a", 3], ["f", 1], ["true", 3]]);
  await output.close();
});

test("a label's value is cut, and always text that can be told", async () => {
  await using context = await counted({ metrics: [{ type: "counter", name: "a_total", labels: { x: "x", y: 'r.x.slice(0, 1)' } }] }, [records({ x: "😀".repeat(2000) }), records({ x: "\uD83D!" })]);
  const values = context.metrics()[0]?.series.map(({ labels }) => Object.values(labels)) ?? [];
  assert.deepEqual(values.map(([x = ""]) => x.length), [1024, 2]);
  assert.ok(values.flat().every((text) => text.isWellFormed()));
});

test("whatever records hold, a counter tells what was there", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.record({ k: fc.jsonValue({ maxDepth: 1 }), n: fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.nat(1000), fc.nat(1000).map(String)) }, { requiredKeys: [] }), { maxLength: 20 }), async (given) => {
      const before = pool.usedBytes;
      const lines = linesBatch(pool, given.map((record) => JSON.stringify(record)).join("\n") || "{}");
      await using parseContext = await testContext({ pool });
      const parser = await json.open(json.options.parse({}), parseContext);
      const parsed = await parser.apply(lines, signal);
      assert.ok(parsed !== undefined);
      await using context = await counted({ metrics: [{ type: "counter", name: "n_total", labels: { k: "k" } }, { type: "counter", name: "sum_total", value: "n" }] }, [parsed]);
      await parser.close?.();
      const [all, sum] = context.metrics();
      assert.equal(told(all).reduce<number>((total, row) => total + Number((row as unknown[]).at(-1)), 0), Math.max(1, given.length));
      const wanted = given.reduce((total, { n }) => {
        const number = typeof n === "string" ? (n.trim() === "" ? Number.NaN : Number(n)) : typeof n === "number" || typeof n === "boolean" ? Number(n) : Number.NaN;
        return Number.isFinite(number) && 0 <= number ? total + number : total;
      }, 0);
      const got = Number((told(sum)[0] as unknown[] | undefined)?.at(-1) ?? 0);
      assert.ok(got === wanted || Math.abs(got - wanted) <= Math.abs(wanted) * 1e-9, `${got} is ${wanted}`); // Two great numbers are infinite together.
      assert.equal(pool.usedBytes, before);
    }),
    { examples: [[[{ n: 1.696464263104512e293 }, { n: Number.MAX_VALUE }]]] },
  ));

for (const [what, options, path] of [
  ["no metrics", { metrics: [] }, "metrics"],
  ["a counter without _total", { metrics: [{ type: "counter", name: "a" }] }, "metrics.0.name"],
  ["a gauge with _total", { metrics: [{ type: "gauge", name: "a_total", value: "x" }] }, "metrics.0.name"],
  ["the name of a sample", { metrics: [{ type: "gauge", name: "a_bucket", value: "x" }] }, "metrics.0.name"],
  ["a name of the agent's own", { metrics: [{ type: "counter", name: "dure_a_total" }] }, "metrics.0.name"],
  ["a Korean name", { metrics: [{ type: "counter", name: "요청_total" }] }, "metrics.0.name"],
  ["a gauge without value", { metrics: [{ type: "gauge", name: "a" }] }, "metrics.0.value"],
  ["a counter going down", { metrics: [{ type: "counter", name: "a_total", value: -1 }] }, "metrics.0.value"],
  ["a value that is no expression", { metrics: [{ type: "gauge", name: "a", value: "r.x +" }] }, "metrics.0.value"],
  ["buckets of a gauge", { metrics: [{ type: "gauge", name: "a", value: "x", buckets: [1] }] }, "metrics.0.buckets"],
  ["buckets that do not ascend", { metrics: [{ type: "histogram", name: "a", value: "x", buckets: [1, 1] }] }, "metrics.0.buckets"],
  ["quantiles of a histogram", { metrics: [{ type: "histogram", name: "a", value: "x", quantiles: [0.5] }] }, "metrics.0.quantiles"],
  ["a window of a counter", { metrics: [{ type: "counter", name: "a_total", window: "1m" }] }, "metrics.0.window"],
  ["a window of nothing", { metrics: [{ type: "summary", name: "a", value: "x", window: "10ms" }] }, "metrics.0.window"],
  ["quantiles that do not ascend", { metrics: [{ type: "summary", name: "a", value: "x", quantiles: [0.9, 0.5] }] }, "metrics.0.quantiles"],
  ["a quantile that is a percentage", { metrics: [{ type: "summary", name: "a", value: "x", quantiles: [0.5, 99] }] }, "metrics.0.quantiles.1"],
  ["buckets of a summary", { metrics: [{ type: "summary", name: "a", value: "x", buckets: [1] }] }, "metrics.0.buckets"],
  ["a summary without value", { metrics: [{ type: "summary", name: "a" }] }, "metrics.0.value"],
  ["a summary below 0", { metrics: [{ type: "summary", name: "a", value: -1 }] }, "metrics.0.value"],
  ["the label quantile of a summary", { metrics: [{ type: "summary", name: "a", value: "x", labels: { quantile: "x" } }] }, "metrics.0.labels.quantile"],
  ["a bad label name", { metrics: [{ type: "counter", name: "a_total", labels: { "a-b": "x" } }] }, "metrics.0.labels.a-b"],
  ["the label le of a histogram", { metrics: [{ type: "histogram", name: "a", value: "x", labels: { le: "x" } }] }, "metrics.0.labels.le"],
  ["the label overflow", { metrics: [{ type: "counter", name: "a_total", labels: { overflow: "x" } }] }, "metrics.0.labels.overflow"],
  ["a label of an unknown name", { metrics: [{ type: "counter", name: "a_total", labels: { a: "http.status" } }] }, "metrics.0.labels.a"],
  ["an expiry of nothing", { metrics: [{ type: "counter", name: "a_total" }], expire: "10ms" }, "expire"],
] as const) {
  test(`refuses ${what}, at its place and in both languages`, () => {
    const { error } = metrics.options.safeParse(options);
    assert.deepEqual(error?.issues.map((issue) => issue.path.join(".")), [path]);
    for (const issue of error?.issues ?? []) if (issue.code === "custom") assert.match(String(issue.params?.["ko"]), /[가-힣]/);
  });
}
