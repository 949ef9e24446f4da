// What is over is forgotten after its time, and when there is too much of it, the oldest first; a few at a time, while the queue has nothing to do.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "#base/clock.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { JobsTable } from "./jobs-table.ts";
import { OVER } from "./tables.ts";
import type { StateNumber } from "./tables.ts";

export interface RetentionParts {
  readonly database: DatabaseSync;
  readonly table: JobsTable;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  readonly keepMs: number;
  readonly keepMax: number;
  readonly sweepMs?: number | undefined;
}

const SWEEP_MS = 30_000;
const AT_A_TIME = 200;
const BETWEEN_MS = 50;
/** Jobs that still wait stand between them. */
const LOOKED_AT_MAX = 5000;

export class Retention {
  readonly #parts: RetentionParts;
  readonly #oldest: StatementSync;
  #timer: NodeJS.Timeout;
  readonly #sweepMs: number;
  #from = 0;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
    this.#sweepMs = parts.sweepMs ?? SWEEP_MS;
    this.#oldest = parts.database.prepare("SELECT seq, rule, state, ended_ms FROM dure_jobs WHERE seq > ? ORDER BY seq LIMIT ?");
    this.#timer = setTimeout(() => this.#sweep(), this.#sweepMs).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #sweep(): void {
    const { commit, table, clock, keepMs, keepMax } = this.#parts;
    if (!commit.isIdle) return this.#later(BETWEEN_MS);
    const beforeMs = clock.now() - keepMs;
    let tooMany = -keepMax;
    for (const { state, count } of table.counts()) if (OVER <= state) tooMany += count;
    const rows = this.#oldest.all(this.#from, LOOKED_AT_MAX) as unknown as { seq: number; rule: number; state: StateNumber; ended_ms: number | null }[];
    const gone: typeof rows = [];
    for (const row of rows) {
      if (gone.length === AT_A_TIME) break;
      if (row.state < OVER || (beforeMs <= (row.ended_ms ?? 0) && tooMany <= 0)) continue;
      gone.push(row);
      tooMany -= 1;
    }
    const last = gone.length < AT_A_TIME ? rows.at(-1) : gone.at(-1);
    this.#from = rows.length < LOOKED_AT_MAX && gone.length < AT_A_TIME ? 0 : (last?.seq ?? 0);
    const isDone = this.#from === 0;
    if (gone.length === 0) return this.#later(isDone ? this.#sweepMs : BETWEEN_MS);
    commit.add({
      run: () => {
        for (const { seq, rule, state } of gone) table.forget(seq, rule, state);
      },
      done: () => this.#later(isDone ? this.#sweepMs : BETWEEN_MS),
      failed: () => this.#later(this.#sweepMs),
    });
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#sweep(), ms).unref();
  }
}
