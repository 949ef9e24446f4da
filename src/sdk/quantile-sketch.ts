// How values from 0 up are spread, in bounded memory: counts in buckets whose bounds grow by a factor, as DDSketch has them
// (https://arxiv.org/abs/1908.10693). A quantile is within 1 % of the value that stands at its rank, sketches of several threads add up
// without a loss, and the order of the values does not matter.

const ACCURACY = 0.01;
const LN_FACTOR = Math.log((1 + ACCURACY) / (1 - ACCURACY));
/** From the bound of a bucket to what stands for its values; added before the exponential, for the highest bound is no number any more. */
const LN_MIDDLE = Math.log(1 - ACCURACY);
/** 8 kB: almost nine decades. Where values are spread wider, the smallest ones share a bucket. */
const BUCKETS_MAX = 1024;
/** A window is kept in so many parts, of which the oldest goes at once. */
const PARTS = 5;

/** Plain JSON: it travels between threads. */
export interface SketchState {
  readonly zeros: number;
  readonly least: number;
  readonly most: number;
  /** The power of the factor that the first bucket goes up to. */
  readonly first: number;
  readonly counts: readonly number[];
}

export class QuantileSketch {
  #total = 0;
  #zeros = 0;
  #least = Infinity;
  #most = 0;
  #first = 0;
  #counts = new Float64Array();

  add(value: number): void {
    this.#total += 1;
    this.#least = Math.min(this.#least, value);
    this.#most = Math.max(this.#most, value);
    if (value === 0) this.#zeros += 1;
    else {
      const power = Math.ceil(Math.log(value) / LN_FACTOR);
      this.#reach(power);
      const index = Math.max(0, power - this.#first);
      this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    }
  }

  merge(state: SketchState): void {
    this.#merge(state);
  }

  addTo(other: QuantileSketch): void {
    other.#merge({ zeros: this.#zeros, least: this.#least, most: this.#most, first: this.#first, counts: this.#counts });
  }

  #merge({ zeros, least, most, first, counts }: Omit<SketchState, "counts"> & { readonly counts: ArrayLike<number> }): void {
    this.#zeros += zeros;
    this.#total += zeros;
    this.#least = Math.min(this.#least, least);
    this.#most = Math.max(this.#most, most);
    if (counts.length === 0) return;
    // Both ends first: the room is made once, not for each count.
    this.#reach(first + counts.length - 1);
    this.#reach(first);
    for (let index = 0; index < counts.length; index += 1) {
      const count = counts[index] ?? 0;
      this.#total += count;
      const at = Math.max(0, first + index - this.#first);
      this.#counts[at] = (this.#counts[at] ?? 0) + count;
    }
  }

  /** null: there is no value. */
  quantile(fraction: number): number | null {
    if (this.#total === 0) return null;
    const rank = fraction * (this.#total - 1);
    if (rank <= 0) return this.#least;
    if (this.#total - 1 <= rank) return this.#most;
    let seen = this.#zeros;
    if (rank < seen) return 0;
    for (let index = 0; index < this.#counts.length; index += 1) {
      seen += this.#counts[index] ?? 0;
      if (rank < seen) return Math.min(this.#most, Math.max(this.#least, Math.exp((this.#first + index) * LN_FACTOR + LN_MIDDLE)));
    }
    return this.#most;
  }

  quantiles(fractions: readonly number[]): (readonly [fraction: number, value: number | null])[] {
    return fractions.map((fraction) => [fraction, this.quantile(fraction)] as const);
  }

  state(): SketchState | undefined {
    if (this.#total === 0) return undefined;
    return { zeros: this.#zeros, least: this.#least, most: this.#most, first: this.#first, counts: Array.from(this.#counts) };
  }

  /** Makes room for a power, at the cost of the smallest ones. */
  #reach(power: number): void {
    const before = this.#counts;
    const last = this.#first + before.length - 1;
    const high = before.length === 0 ? power : Math.max(power, last);
    const low = Math.max(high - BUCKETS_MAX + 1, before.length === 0 ? power : Math.min(power, this.#first));
    if (0 < before.length && low === this.#first && high === last) return;
    this.#counts = new Float64Array(high - low + 1);
    for (let index = 0; index < before.length; index += 1) {
      const moved = Math.max(0, this.#first + index - low);
      this.#counts[moved] = (this.#counts[moved] ?? 0) + (before[index] ?? 0);
    }
    this.#first = low;
  }
}

/** The values of the last while, or of all time. */
export class RecentValues {
  readonly #windowMs: number | undefined;
  /** The newest last. */
  #parts: { number: number; readonly sketch: QuantileSketch }[] = [];

  constructor(windowMs: number | undefined) {
    this.#windowMs = windowMs;
  }

  add(value: number, nowMs: number): void {
    const number = this.#turn(nowMs);
    let part = this.#parts.at(-1);
    if (part?.number !== number) this.#parts.push((part = { number, sketch: new QuantileSketch() }));
    part.sketch.add(value);
  }

  all(nowMs: number): QuantileSketch {
    this.#turn(nowMs);
    const all = new QuantileSketch();
    for (const { sketch } of this.#parts) sketch.addTo(all);
    return all;
  }

  /** Lets go what is too old, and gives the number of the present part. */
  #turn(nowMs: number): number {
    if (this.#windowMs === undefined) return 0;
    const number = Math.floor(nowMs / (this.#windowMs / PARTS));
    const newest = this.#parts.at(-1)?.number ?? number;
    // A clock that was put back must not keep old values in the window for as long.
    if (number < newest) for (const part of this.#parts) part.number -= newest - number;
    if (this.#parts[0] !== undefined && this.#parts[0].number <= number - PARTS) this.#parts = this.#parts.filter((part) => number - PARTS < part.number);
    return number;
  }
}
