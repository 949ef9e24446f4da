// Time as a dependency: what waits takes a clock, so that tests need not wait.
import { setTimeout as delay } from "node:timers/promises";

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  async pause(ms, signal) {
    if (signal?.aborted) return;
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch {
      // The signal ended the pause: whoever waits looks at its signal next.
    }
  },
};

/** For how long something took: people and time servers set the system's clock, and what is measured by it would end at once or hours late. */
export function steadyNow(clock: Clock): number {
  return clock === systemClock ? performance.now() : clock.now();
}
