// Wakes whoever waits for a change; who was woken looks again at what it waits for.
import type { Clock } from "./clock.ts";

export class Bell {
  readonly #sleepers = new Set<() => void>();

  ring(): void {
    for (const wake of this.#sleepers) wake();
    this.#sleepers.clear();
  }

  /** Resolves at the next ring, when the signal aborts, or after `pause.ms` if that is given. */
  rung(signal?: AbortSignal, pause?: { readonly clock: Clock; readonly ms: number }): Promise<void> {
    return new Promise((resolve) => {
      const timer = new AbortController();
      const wake = (): void => {
        signal?.removeEventListener("abort", wake);
        this.#sleepers.delete(wake);
        timer.abort();
        resolve();
      };
      if (signal?.aborted === true) return wake();
      signal?.addEventListener("abort", wake);
      this.#sleepers.add(wake);
      if (pause !== undefined) void pause.clock.pause(pause.ms, timer.signal).then(wake);
    });
  }
}
