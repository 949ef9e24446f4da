// Who waits for the end of which job, and is told of it.
import type { Outcome } from "#sdk/queue.ts";

/** Undefined: what came of it is in its row, or the queue was closed. */
type Tell = (outcome: Outcome | undefined) => void;

export class Ends {
  readonly #waiters = new Map<string, Set<Tell>>();

  isWaitedFor(id: string): boolean {
    return this.#waiters.has(id);
  }

  /** Calls it when the job ends. Gives how to forget that. */
  once(id: string, tell: Tell): () => void {
    const waiters = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, waiters);
    waiters.add(tell);
    return () => {
      waiters.delete(tell);
      if (waiters.size === 0 && this.#waiters.get(id) === waiters) this.#waiters.delete(id);
    };
  }

  /** False: it has not ended within `ms`. */
  async within(id: string, ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const forget = this.once(id, () => resolve(true));
    const timer = setTimeout(() => resolve(false), ms);
    const hasEnded = await promise;
    clearTimeout(timer);
    forget();
    return hasEnded;
  }

  tell(id: string, outcome?: Outcome): void {
    for (const tell of this.#waiters.get(id) ?? []) tell(outcome);
  }

  /** Nobody waits for ever. */
  close(): void {
    for (const id of this.#waiters.keys()) this.tell(id);
  }
}
