// Lets the event loop have its turn in a loop whose awaits may all be answered at once: without it, timers, signals and messages of other
// threads would wait for as long as the loop goes on.
import type { Clock } from "./clock.ts";

/** A signal or a question waits no longer than about so long; a breath itself takes some microseconds. */
const EVERY_MS = 10;

export class Breather {
  readonly #clock: Clock;
  #lastMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.now();
  }

  /** To be awaited where it is not undefined: it is time for others. */
  get breath(): Promise<void> | undefined {
    const nowMs = this.#clock.now();
    if (nowMs - this.#lastMs < EVERY_MS && this.#lastMs <= nowMs) return undefined;
    this.#lastMs = nowMs;
    return new Promise((resolve) => setImmediate(resolve));
  }
}
