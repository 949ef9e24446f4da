// Quantiles of a stream in little memory: a DDSketch (Masson, Rim, Lee: "DDSketch", VLDB 2019). A value counts into a bin whose bounds
// are 2 % apart, so a quantile is at most 1 % away from the value that has its rank, whatever the distribution. Beyond BINS_MAX bins of
// one sign (which takes values over 17 powers of ten) those next to zero become one, and only quantiles down there lose that promise.
import type { JsonValue } from "#base/json.ts";

const ERROR = 0.01;
const GAMMA = (1 + ERROR) / (1 - ERROR);
const LOG_GAMMA = Math.log(GAMMA);
const BINS_MAX = 2048;

type Bins = Map<number, number>;

export class Sketch {
  /** Counts by bin of the absolute value. */
  readonly #positive: Bins = new Map();
  readonly #negative: Bins = new Map();
  #zeros = 0;
  #count = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.#count += 1;
    this.#least = Math.min(this.#least, value);
    this.#most = Math.max(this.#most, value);
    if (value === 0) this.#zeros += 1;
    else put(0 < value ? this.#positive : this.#negative, Math.ceil(Math.log(Math.abs(value)) / LOG_GAMMA), 1);
  }

  /** undefined when there is no value. */
  quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    let left = share * (this.#count - 1);
    const within = (value: number): number => Math.min(this.#most, Math.max(this.#least, value));
    for (const bin of sorted(this.#negative).reverse()) if ((left -= this.#negative.get(bin) ?? 0) < 0) return within(-middle(bin));
    if ((left -= this.#zeros) < 0) return within(0);
    for (const bin of sorted(this.#positive)) if ((left -= this.#positive.get(bin) ?? 0) < 0) return within(middle(bin));
    return this.#most;
  }

  toJson(): JsonValue {
    return { positive: [...this.#positive], negative: [...this.#negative], zeros: this.#zeros, least: this.#count === 0 ? 0 : this.#least, most: this.#count === 0 ? 0 : this.#most };
  }

  /** What `toJson` gave. */
  restore({ positive, negative, zeros, least, most }: { readonly positive: readonly [number, number][]; readonly negative: readonly [number, number][]; readonly zeros: number; readonly least: number; readonly most: number }): void {
    for (const [bins, saved] of [[this.#positive, positive], [this.#negative, negative]] as const) {
      for (const [bin, count] of saved) {
        put(bins, bin, count);
        this.#count += count;
      }
    }
    this.#zeros = zeros;
    this.#count += zeros;
    if (this.#count === 0) return;
    this.#least = least;
    this.#most = most;
  }
}

function put(bins: Bins, bin: number, count: number): void {
  bins.set(bin, (bins.get(bin) ?? 0) + count);
  if (bins.size <= BINS_MAX) return;
  const [first = 0, second = 0] = sorted(bins);
  bins.set(second, (bins.get(second) ?? 0) + (bins.get(first) ?? 0));
  bins.delete(first);
}

function sorted(bins: Bins): number[] {
  return [...bins.keys()].sort((one, other) => one - other);
}

/** The value that is within the error of all values of a bin. */
function middle(bin: number): number {
  return (2 * GAMMA ** bin) / (GAMMA + 1);
}
