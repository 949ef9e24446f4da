// Metrics made of records: one name with its series, one series for each set of label values. The data plane adds to them; whoever
// looks (a scrape, `dure metrics`) takes a snapshot. Nothing is done for a metric that nobody adds to.

export type MetricType = "counter" | "gauge" | "histogram";

/** What must agree wherever a name is used: then series of several steps can be told as one. */
export interface MetricShape {
  readonly name: string;
  readonly type: MetricType;
  /** Names of the labels, sorted. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, ascending, without infinity. */
  readonly buckets: readonly number[];
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
  /** Of a histogram, how many values there were. */
  readonly value: number;
  /** Of a gauge: when it was set, in milliseconds since 1970. */
  readonly atMs?: number;
  readonly histogram?: { readonly sum: number; readonly buckets: readonly (readonly [bound: number, count: number])[] };
}

/** A label with a longer value is cut; a log line in a label is a mistake that must not fill the memory. */
export const LABEL_LENGTH_MAX = 1024;
const OVERFLOW: Readonly<Record<string, string>> = { overflow: "true" };

export function sameShape(one: MetricShape, other: MetricShape): boolean {
  return shapeKey(one) === shapeKey(other);
}

export function shapeKey({ name, type, labels, buckets }: MetricShape): string {
  return JSON.stringify([name, type, labels, buckets]);
}

interface Series {
  readonly values: readonly string[] | undefined;
  value: number;
  sum: number;
  /** How many values fell into each bucket alone, infinity last. */
  readonly counts: Float64Array;
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
      const bucket = this.#bucketOf(value);
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    }
    return series.values !== undefined;
  }

  snapshot(nowMs: number): MetricSnapshot {
    this.#expire(nowMs);
    const { name, type, help } = this.#definition;
    const all = [...this.#series.values(), ...(this.#overflow === undefined ? [] : [this.#overflow])];
    return { name, type, help, series: all.map((series) => this.#told(series)) };
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
    const { type, buckets } = this.#definition;
    return { values, value: 0, sum: 0, counts: new Float64Array(type === "histogram" ? buckets.length + 1 : 0), atMs: 0 };
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

  #told({ values, value, sum, counts, atMs }: Series): SeriesSnapshot {
    const { type, labels, buckets } = this.#definition;
    const told = values === undefined ? OVERFLOW : Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ""]));
    if (type === "counter") return { labels: told, value };
    if (type === "gauge") return { labels: told, value, atMs };
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

/** One list of metrics out of several: counters and histograms of the same labels are added up, of gauges the newest holds. */
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
  if (one.histogram === undefined || other.histogram === undefined) return { labels: one.labels, value };
  const theirs = other.histogram.buckets;
  const isSame = one.histogram.buckets.length === theirs.length && one.histogram.buckets.every(([bound], index) => bound === theirs[index]?.[0]);
  if (!isSame) return undefined;
  const buckets = one.histogram.buckets.map(([bound, count], index) => [bound, count + (theirs[index]?.[1] ?? 0)] as const);
  return { labels: one.labels, value, histogram: { sum: one.histogram.sum + other.histogram.sum, buckets } };
}
