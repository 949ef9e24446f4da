// The record of jobs that come over a broker: what became of each, written together some of a second later, for the broker has them meanwhile. What it knows no more is in a journal first.
import type { Clock } from "#base/clock.ts";
import type { NewJob, Outcome, QueuedJob } from "#sdk/queue.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { JobsTable } from "./jobs-table.ts";
import { RecordJournal } from "./record-journal.ts";
import { OVER, STATE } from "./tables.ts";
import type { StateNumber } from "./tables.ts";

export interface BrokersJobsParts {
  /** Of the queue: the journal lies beside it. */
  readonly file: string;
  readonly table: JobsTable;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  /** Somebody waits for its end, and is not to wait for the others. */
  readonly isWaitedFor: (id: string) => boolean;
  readonly ended: (id: string, outcome: Outcome | undefined) => void;
}

interface News {
  readonly job: QueuedJob;
  readonly state: StateNumber;
  readonly begun: { readonly worker: string; readonly startedMs: number } | undefined;
  readonly outcome: Outcome | undefined;
}

const RECORD_EVERY_MS = 200;

export class BrokersJobs {
  readonly #parts: BrokersJobsParts;
  readonly #journal: RecordJournal;
  readonly #news = new Map<string, News>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: BrokersJobsParts) {
    this.#parts = parts;
    this.#journal = new RecordJournal(parts.file);
  }

  /** What a killed agent left, within the first transaction. After it: `recovered`. */
  recover(): void {
    for (const { job, state, begun, outcome } of this.#journal.read() as readonly News[]) {
      try {
        this.#parts.table.foreign(job, state, this.#parts.clock.now(), begun, outcome);
      } catch {
        // What the table does not take it would not take the next time either.
      }
    }
  }

  recovered(): void {
    this.#journal.clear();
  }

  has(id: string): boolean {
    return this.#news.has(id);
  }

  lossesOf(id: string): number {
    return this.#news.get(id)?.job.losses ?? this.#parts.table.lossesOf(id);
  }

  sent(jobs: readonly (NewJob & { readonly id: string })[]): void {
    const createdMs = this.#parts.clock.now();
    for (const job of jobs) this.#record({ priority: 4, ...job, createdMs, attempt: 1, losses: 0 }, STATE.sent);
  }

  begun(job: QueuedJob, worker: string): void {
    this.#record(job, STATE.running, { worker, startedMs: this.#parts.clock.now() });
  }

  /** An outcome that is no end leaves it to the broker. */
  end(job: QueuedJob, outcome: Outcome): void {
    const { type } = outcome;
    this.#record(job, type === "succeeded" ? STATE.succeeded : type === "failed" ? STATE.failed : type === "cancelled" ? STATE.cancelled : STATE.sent, this.#news.get(job.id)?.begun, outcome);
  }

  /** All that is known, with the next commit. */
  write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#news.size === 0) return;
    this.#writeRecords([...this.#news.values()]);
    this.#news.clear();
  }

  /** After the last commit. */
  close(): void {
    this.#journal.close();
  }

  #record(job: QueuedJob, state: StateNumber, begun?: News["begun"], outcome?: Outcome): void {
    const news: News = { job, state, begun, outcome };
    this.#news.set(job.id, news);
    // What is over the broker knows no more. What was lost before may end the agent itself, and only this tells so.
    if (OVER <= state || 0 < job.losses) this.#journal.add(news);
    if (OVER <= state && this.#parts.isWaitedFor(job.id)) this.write();
    else this.#timer ??= setTimeout(() => this.write(), RECORD_EVERY_MS);
  }

  #writeRecords(records: readonly News[], recorded = this.#journal.handOver()): void {
    const { table, commit, clock, ended } = this.#parts;
    commit.add({
      run: () => {
        for (const { job, state, begun, outcome } of records) table.foreign(job, state, clock.now(), begun, outcome);
      },
      done: () => {
        recorded();
        for (const { job, state, outcome } of records) if (OVER <= state) ended(job.id, outcome);
      },
      refused: () => {
        // One of them is at fault; who waits for it is told what came of it all the same.
        recorded();
        if (1 < records.length) for (const record of records) this.#writeRecords([record]);
        else for (const { job, outcome } of records) if (outcome !== undefined) ended(job.id, outcome);
      },
    });
  }
}
