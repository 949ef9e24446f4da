// Everything that is asked within one turn is one transaction, and is answered when it is on the disk: the sync that a commit costs is shared by all who wait for it.
// While one is being written more gathers, so the busier it is, the more share.
import type { DatabaseSync } from "node:sqlite";
import { toError } from "#base/errors.ts";

export interface Work<T = unknown> {
  /** Within the transaction. What it changes in memory has to bear being undone (`onUndone`). */
  run(): T;
  /** It is durable. */
  done(value: T): void;
  /** It is not, and nothing of it was kept. Missing: it is tried again until it can be written. */
  failed?(error: Error): void;
  /** Of a work without `failed`: it can never be written, whatever becomes of the medium. */
  refused?(error: Error): void;
}

export interface GroupCommitParts {
  readonly database: DatabaseSync;
  /** At the end of each transaction; what it gives is called after the commit. */
  beforeCommit(): () => void;
  /** What memory holds of the tables is to be read again. */
  onUndone(): void;
  /** Whether the medium is at fault: then all wait for it. Otherwise the one that is at fault is found. */
  isMedium(error: Error): boolean;
  onTrouble(error: Error | undefined): void;
}

/** Until a medium that refused is asked again. */
const AGAIN_MS = 500;
/** The rest goes into the next one: nobody waits for ever. */
const WORKS_MAX = 4000;

export class GroupCommit {
  readonly #parts: GroupCommitParts;
  #pending: Work[] = [];
  #timer: NodeJS.Immediate | undefined;
  #again: NodeJS.Timeout | undefined;
  #workedMs = 0;
  #isInTrouble = false;
  #isClosed = false;

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
  }

  /** When something was written last, on the clock of `performance`. */
  get workedMs(): number {
    return this.#workedMs;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isIdle(): boolean {
    return this.#pending.length === 0 && this.#timer === undefined;
  }

  add<T>(work: Work<T>): void {
    this.#pending.push(work as Work);
    this.wake();
  }

  /** Something may be written that nobody asked for: a job that is due. */
  wake(): void {
    if (this.#isClosed || this.#again !== undefined) return;
    this.#timer ??= setImmediate(() => {
      this.#timer = undefined;
      this.#commit();
    });
  }

  /** Writes what is pending, now. What cannot be written is given up. */
  close(): void {
    clearImmediate(this.#timer);
    clearTimeout(this.#again);
    this.#again = undefined;
    while (0 < this.#pending.length && !this.#isInTrouble) this.#commit();
    this.#isClosed = true;
    clearTimeout(this.#again);
    for (const { failed } of this.#pending.splice(0)) failed?.(new Error("the queue was closed"));
  }

  #commit(): void {
    const works = this.#pending.splice(0, WORKS_MAX);
    const error = this.#transaction(works);
    if (error === undefined) {
      if (0 < this.#pending.length) this.wake();
      return;
    }
    if (this.#parts.isMedium(error) || works.length <= 1) return this.#failed(works, error);
    for (const [index, work] of works.entries()) {
      const own = this.#transaction([work]);
      if (own === undefined) continue;
      if (this.#parts.isMedium(own)) return this.#failed(works.slice(index), own); // The others wait behind it, in their order.
      this.#failed([work], own);
    }
    if (0 < this.#pending.length) this.wake();
  }

  #transaction(works: readonly Work[]): Error | undefined {
    const { database } = this.#parts;
    let values: unknown[];
    let after: () => void;
    try {
      database.exec("BEGIN IMMEDIATE");
      values = works.map((work) => work.run());
      after = this.#parts.beforeCommit();
      database.exec("COMMIT");
    } catch (thrown) {
      if (database.isTransaction) database.exec("ROLLBACK");
      this.#parts.onUndone();
      return toError(thrown);
    }
    this.#workedMs = performance.now();
    if (this.#isInTrouble) {
      this.#isInTrouble = false;
      this.#parts.onTrouble(undefined);
    }
    for (const [index, work] of works.entries()) work.done(values[index]);
    after();
    return undefined;
  }

  #failed(works: readonly Work[], error: Error): void {
    // What can never be written would be tried for ever.
    if (!this.#parts.isMedium(error)) {
      for (const { failed, refused } of works) (failed ?? refused)?.(error);
      return;
    }
    if (!this.#isInTrouble) this.#parts.onTrouble(error);
    this.#isInTrouble = true;
    this.#pending.unshift(...works.filter(({ failed }) => failed === undefined));
    for (const { failed } of works) failed?.(error);
    if (this.#isClosed) return;
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      this.wake();
    }, AGAIN_MS);
  }
}
