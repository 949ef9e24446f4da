// What counters grew by since the sample before. It remembers only what the last sample held.

const WRAP = 2 ** 32;

export class Rates {
  #before = new Map<string, number>();
  #now = new Map<string, number>();
  #beforeMs: number | undefined;
  #elapsedMs: number | undefined;

  /** A new sample begins. */
  begin(nowMs: number): void {
    this.#before = this.#now;
    this.#now = new Map();
    this.#elapsedMs = this.#beforeMs === undefined || nowMs <= this.#beforeMs ? undefined : nowMs - this.#beforeMs;
    this.#beforeMs = nowMs;
  }

  /** Milliseconds since the sample before. undefined: there was none, or the clock was set back. */
  get elapsedMs(): number | undefined {
    return this.#elapsedMs;
  }

  /** undefined: not known before, or begun anew (a device was replaced, a driver loaded again). */
  growth(key: string, value: number | undefined): number | undefined {
    if (value === undefined || !Number.isFinite(value)) return undefined;
    this.#now.set(key, value);
    const before = this.#before.get(key);
    if (before === undefined) return undefined;
    if (before <= value) return value - before;
    // A counter of 32 bits that was near its end and is near its beginning has gone round.
    return before < WRAP && WRAP * 0.75 <= before && value < WRAP * 0.25 ? value + WRAP - before : undefined;
  }

  perSecond(key: string, value: number | undefined): number | undefined {
    const growth = this.growth(key, value);
    return growth === undefined || this.#elapsedMs === undefined ? undefined : (growth * 1000) / this.#elapsedMs;
  }
}
