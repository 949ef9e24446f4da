// Metrics made of records: one name with its series, one series for each set of label values. The data plane adds to them; whoever
// looks (a scrape, `dure metrics`) takes a snapshot. Nothing is done for a metric that nobody adds to.

import { QuantileSketch, RecentValues } from "./quantile-sketch.ts";
import type { SketchState } from "./quantile-sketch.ts";

export type MetricType = "counter" | "gauge" | "histogram" | "summary";

/** What must agree wherever a name is used: then series of several steps can be told as one. */
export interface MetricShape {
  readonly name: string;
  readonly type: MetricType;
  /** Names of the labels, sorted. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, ascending, without infinity. */
  readonly buckets: readonly number[];
  /** Of a summary: which quantiles, of how long a time; of all time without one. A summary without this has but a sum and a count. */
  readonly summary?: { readonly quantiles: readonly number[]; readonly windowMs: number | undefined };
}

export interface MetricDefinition extends MetricShape {
  readonly help: string;
  /** The most series; what is over is added to one series with the label `overflow`. */
  readonly seriesMax: number;
  /** A series that nothing was added to for so long goes; without it none does. */
  readonly expireMs: number | undefined;
}

/** Plain JSON: it travels between threads and over the control socket. */
export interface MetricSnapshot {
  readonly name: string;
  readonly type: MetricType | "info";
  readonly help: string;
  readonly series: readonly SeriesSnapshot[];
}

export interface SeriesSnapshot {
  readonly labels: Readonly<Record<string, string>>;
  /** Of a histogram or a summary, how many values there were. */
  readonly value: number;
  /** Of a gauge: when it was set, in milliseconds since 1970. */
  readonly atMs?: number;
  readonly histogram?: { readonly sum: number; readonly buckets: readonly (readonly [bound: number, count: number])[] };
  readonly summary?: SummarySnapshot;
}

/** Sum and count are of all values, quantiles of those in the window; null where there is none. */
export interface SummarySnapshot {
  readonly sum: number;
  readonly quantiles: readonly (readonly [fraction: number, value: number | null])[];
  /** By which it can be added to others. */
  readonly recent?: SketchState;
}

/** A label with a longer value is cut; a log line in a label is a mistake that must not fill the memory. */
export const LABEL_LENGTH_MAX = 1024;
const OVERFLOW: Readonly<Record<string, string>> = { overflow: "true" };

export function sameShape(one: MetricShape, other: MetricShape): boolean {
  return shapeKey(one) === shapeKey(other);
}

export function shapeKey({ name, type, labels, buckets, summary }: MetricShape): string {
  return JSON.stringify([name, type, labels, buckets, summary?.quantiles, summary?.windowMs]);
}

interface Series {
  readonly values: readonly string[] | undefined;
  value: number;
  sum: number;
  /** How many values fell into each bucket alone, infinity last. */
  readonly counts: Float64Array;
  /** Of a summary with quantiles. */
  readonly recent: RecentValues | undefined;
  atMs: number;
}

export class MetricFamily {
  #definition: MetricDefinition;
  readonly #series = new Map<string, Series>();
  #overflow: Series | undefined;

  constructor(definition: MetricDefinition) {
    this.#definition = definition;
  }

  /** What may change while series go on: the help, the bounds. */
  redefine(definition: MetricDefinition): void {
    this.#definition = definition;
  }

  /** Adds a value to the series with these label values, in the order of the labels. false: there are too many, and it went to the series for the rest. */
  add(values: readonly string[], value: number, nowMs: number): boolean {
    const series = this.#seriesOf(values, nowMs) ?? (this.#overflow ??= this.#newSeries(undefined));
    series.atMs = nowMs;
    const { type } = this.#definition;
    if (type === "gauge") series.value = value;
    else if (type === "counter") series.value += value;
    else {
      series.value += 1;
      series.sum += value;
      series.recent?.add(value, nowMs);
      if (type === "summary") return series.values !== undefined;
      const bucket = this.#bucketOf(value);
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    }
    return series.values !== undefined;
  }

  snapshot(nowMs: number): MetricSnapshot {
    this.#expire(nowMs);
    const { name, type, help } = this.#definition;
    const all = [...this.#series.values(), ...(this.#overflow === undefined ? [] : [this.#overflow])];
    return { name, type, help, series: all.map((series) => this.#told(series, nowMs)) };
  }

  #seriesOf(values: readonly string[], nowMs: number): Series | undefined {
    const key = keyOf(values);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#definition.seriesMax <= this.#series.size) this.#expire(nowMs);
    if (this.#definition.seriesMax <= this.#series.size) return undefined;
    const series = this.#newSeries([...values]);
    this.#series.set(key, series);
    return series;
  }

  #newSeries(values: readonly string[] | undefined): Series {
    const { type, buckets, summary } = this.#definition;
    const recent = type === "summary" && summary !== undefined && 0 < summary.quantiles.length ? new RecentValues(summary.windowMs) : undefined;
    return { values, value: 0, sum: 0, counts: new Float64Array(type === "histogram" ? buckets.length + 1 : 0), recent, atMs: 0 };
  }

  #bucketOf(value: number): number {
    const { buckets } = this.#definition;
    let bucket = 0;
    while (bucket < buckets.length && (buckets[bucket] ?? 0) < value) bucket += 1;
    return bucket;
  }

  #expire(nowMs: number): void {
    const { expireMs } = this.#definition;
    if (expireMs === undefined) return;
    for (const [key, { atMs }] of this.#series) if (expireMs <= nowMs - atMs) this.#series.delete(key);
    if (this.#overflow !== undefined && expireMs <= nowMs - this.#overflow.atMs) this.#overflow = undefined;
  }

  #told({ values, value, sum, counts, recent, atMs }: Series, nowMs: number): SeriesSnapshot {
    const { type, labels, buckets, summary } = this.#definition;
    const told = values === undefined ? OVERFLOW : Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ""]));
    if (type === "counter") return { labels: told, value };
    if (type === "gauge") return { labels: told, value, atMs };
    if (type === "summary") {
      return { labels: told, value, summary: summaryTold(sum, recent?.all(nowMs) ?? new QuantileSketch(), summary?.quantiles ?? []) };
    }
    let count = 0;
    return { labels: told, value, histogram: { sum, buckets: buckets.map((bound, index) => [bound, (count += counts[index] ?? 0)] as const) } };
  }
}

/** Lengths first: no two lists of texts have the same key, whatever is in them. */
function keyOf(values: readonly string[]): string {
  if (values.length === 1) return values[0] ?? "";
  let key = "";
  for (const value of values) key += `${value.length}:${value}`;
  return key;
}

/** One list of metrics out of several: counters, histograms and summaries of the same labels are added up, of gauges the newest holds. */
export function mergeMetrics(lists: readonly (readonly MetricSnapshot[])[]): MetricSnapshot[] {
  const merged = new Map<string, { first: MetricSnapshot; series: Map<string, SeriesSnapshot> }>();
  for (const metric of lists.flat()) {
    let found = merged.get(metric.name);
    if (found === undefined) merged.set(metric.name, (found = { first: metric, series: new Map() }));
    // While a reload gives a name another meaning, one thread may still have the old one: that of the first holds.
    if (found.first.type !== metric.type) continue;
    for (const series of metric.series) {
      const key = keyOf(Object.entries(series.labels).sort(([one], [other]) => (one < other ? -1 : 1)).flat());
      const before = found.series.get(key);
      const sum = before === undefined ? series : sumOf(before, series);
      if (sum !== undefined) found.series.set(key, sum);
    }
  }
  return [...merged.values()].map(({ first, series }) => ({ ...first, series: [...series.values()] }));
}

function sumOf(one: SeriesSnapshot, other: SeriesSnapshot): SeriesSnapshot | undefined {
  if (one.atMs !== undefined && other.atMs !== undefined) return one.atMs <= other.atMs ? other : one;
  const value = one.value + other.value;
  if (one.summary !== undefined && other.summary !== undefined) return { labels: one.labels, value, summary: sumOfSummaries(one.summary, other.summary) };
  if (one.histogram === undefined || other.histogram === undefined) return { labels: one.labels, value };
  const theirs = other.histogram.buckets;
  const isSame = one.histogram.buckets.length === theirs.length && one.histogram.buckets.every(([bound], index) => bound === theirs[index]?.[0]);
  if (!isSame) return undefined;
  const buckets = one.histogram.buckets.map(([bound, count], index) => [bound, count + (theirs[index]?.[1] ?? 0)] as const);
  return { labels: one.labels, value, histogram: { sum: one.histogram.sum + other.histogram.sum, buckets } };
}

function sumOfSummaries(one: SummarySnapshot, other: SummarySnapshot): SummarySnapshot {
  const sketch = new QuantileSketch();
  for (const { recent } of [one, other]) if (recent !== undefined) sketch.merge(recent);
  return summaryTold(one.sum + other.sum, sketch, one.quantiles.map(([fraction]) => fraction));
}

function summaryTold(sum: number, sketch: QuantileSketch, fractions: readonly number[]): SummarySnapshot {
  const recent = sketch.state();
  return { sum, quantiles: sketch.quantiles(fractions), ...(recent === undefined ? {} : { recent }) };
}

/** For who only looks: without what several lists are added up by. */
export function toldMetrics(metrics: readonly MetricSnapshot[]): MetricSnapshot[] {
  const told = ({ summary, ...series }: SeriesSnapshot): SeriesSnapshot => (summary === undefined ? series : { ...series, summary: { sum: summary.sum, quantiles: summary.quantiles } });
  return metrics.map((metric) => (metric.type === "summary" ? { ...metric, series: metric.series.map(told) } : metric));
}
