// A clock that stands still until it is told to move: for tests of ours, and for those in a config.
import type { Clock } from "./clock.ts";

interface Sleeper {
  at: number;
  readonly wake: () => void;
}

export class StillClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const sleeper: Sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      });
    });
  }

  /** How many wait for a time. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  /** It is set, and no time has passed: who sleeps sleeps on for as long as before. */
  set(toMs: number): void {
    for (const sleeper of this.#sleepers) sleeper.at += toMs - this.#now;
    this.#now = toMs;
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers.filter((sleeper) => sleeper.at <= this.#now);
    this.#sleepers = this.#sleepers.filter((sleeper) => this.#now < sleeper.at);
    for (const { wake } of due) wake();
  }
}
