// Jobs that wait for their time, by a clock that somebody may set: who asked for a moment gets that moment, and what is to be tried again waits for as long as was said.
import { steadyNow } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import type { JobsTable } from "./jobs-table.ts";
import type { Head } from "./waiting.ts";

export interface DueJobsParts {
  readonly table: JobsTable;
  readonly clock: Clock;
  /** Within the transaction: it waits for nothing but its turn. */
  readonly due: (head: Head) => void;
  /** A transaction is to be made, for something may be due. */
  readonly wake: () => void;
}

/** They are looked at this often at least. */
const LOOK_EVERY_MS = 10_000;
const AT_A_TIME = 1000;
/** Time servers correct less than that in small steps. */
const JUMP_MS = 1000;

export class DueJobs {
  readonly #parts: DueJobsParts;
  #timer: NodeJS.Timeout | undefined;
  /** When the next one is due; undefined: there is none. */
  #nextMs: number | undefined;
  /** That is no longer so, and is read again after the commit. */
  #isChanged = false;
  /** The wall clock against the steady one. */
  #wallMs: number;
  /** What was followed of it in this transaction. */
  #followedMs = 0;
  #isClosed = false;

  constructor(parts: DueJobsParts) {
    const { clock } = parts;
    this.#parts = parts;
    this.#wallMs = clock.now() - steadyNow(clock);
    this.lookAgain();
  }

  get hasClockJumped(): boolean {
    return this.#jumpMs() !== 0;
  }

  /** Within a transaction: one more has come. */
  add(runAtMs: number): void {
    if (this.#nextMs === undefined || runAtMs < this.#nextMs) this.#isChanged = true;
  }

  /** Within a transaction, before anything is said to be due after a while. */
  followClock(): void {
    const byMs = this.#jumpMs();
    if (byMs === 0) return;
    this.#followedMs += byMs;
    this.#parts.table.moveRetries(byMs);
    this.#isChanged = true;
  }

  /** Within a transaction: those whose time has come wait for their turn from now on. */
  promote(nowMs: number): void {
    if (!this.#isChanged && (this.#nextMs === undefined || nowMs < this.#nextMs)) return;
    for (const head of this.#parts.table.due(nowMs, AT_A_TIME)) this.#parts.due(head);
    this.#isChanged = true;
  }

  committed(): void {
    this.#wallMs += this.#followedMs;
    this.#followedMs = 0;
    if (this.#isChanged) this.lookAgain();
  }

  /** The transaction was put back: what is to be tried again is where it was. */
  undone(): void {
    this.#followedMs = 0;
  }

  lookAgain(): void {
    const { table, clock, wake } = this.#parts;
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#isChanged = false;
    const nextMs = table.nextDueMs();
    this.#nextMs = nextMs;
    if (nextMs === undefined) return;
    this.#timer = setTimeout(() => {
      if (clock.now() < nextMs && !this.hasClockJumped) this.lookAgain();
      else wake();
    }, Math.min(Math.max(nextMs - clock.now(), 0), LOOK_EVERY_MS));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #jumpMs(): number {
    const { clock } = this.#parts;
    const byMs = Math.round(clock.now() - steadyNow(clock) - this.#wallMs - this.#followedMs);
    return Math.abs(byMs) < JUMP_MS ? 0 : byMs;
  }
}
