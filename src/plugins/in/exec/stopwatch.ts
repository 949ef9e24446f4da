// Counts time only while it runs, and rings when a bound is reached.

export class Stopwatch {
  #leftMs: number;
  #startedMs = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #ring: () => void;

  constructor(boundMs: number | undefined, ring: () => void) {
    this.#leftMs = boundMs ?? Number.POSITIVE_INFINITY;
    this.#ring = ring;
  }

  start(): void {
    if (this.#timer !== undefined || this.#leftMs === Number.POSITIVE_INFINITY) return;
    this.#startedMs = performance.now();
    // A timer holds no more than 31 bits.
    this.#timer = setTimeout(this.#ring, Math.min(this.#leftMs, 2 ** 31 - 1));
  }

  /** Goes on from here to a new bound: to be called when it rings. */
  extend(boundMs: number): void {
    this.#timer = undefined;
    this.#leftMs = boundMs;
    this.start();
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#startedMs));
  }
}
