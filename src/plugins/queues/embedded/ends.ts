// Who waits for the end of which job, and is told of it.
import type { Outcome } from "#sdk/queue.ts";

/** Undefined: what came of it is in its row, or the queue was closed. */
export type TellEnd = (id: string, outcome: Outcome | undefined) => void;

export class Ends {
  /** Mostly one a job. */
  readonly #waiters = new Map<string, readonly TellEnd[]>();

  isWaitedFor(id: string): boolean {
    return this.#waiters.has(id);
  }

  /** Calls it when each of them ends. Gives how to forget those that have not. */
  once(ids: readonly string[], tell: TellEnd): () => void {
    for (const id of ids) this.#waiters.set(id, [...(this.#waiters.get(id) ?? []), tell]);
    return () => {
      for (const id of ids) {
        const others = this.#waiters.get(id)?.filter((each) => each !== tell) ?? [];
        if (0 < others.length) this.#waiters.set(id, others);
        else this.#waiters.delete(id);
      }
    };
  }

  /** False: it has not ended within `ms`. */
  async within(id: string, ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const forget = this.once([id], () => resolve(true));
    const timer = setTimeout(() => resolve(false), ms);
    const hasEnded = await promise;
    clearTimeout(timer);
    forget();
    return hasEnded;
  }

  tell(id: string, outcome?: Outcome): void {
    const waiters = this.#waiters.get(id);
    if (waiters === undefined) return;
    this.#waiters.delete(id); // It ends once.
    for (const tell of waiters) tell(id, outcome);
  }

  /** Nobody waits for ever. */
  close(): void {
    for (const id of [...this.#waiters.keys()]) this.tell(id);
  }
}
