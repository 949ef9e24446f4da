// The record of jobs that come over a broker: what became of each, written together a moment later, for the broker has them meanwhile. What it knows no more is in a journal first.
import type { Clock } from "#base/clock.ts";
import type { JobMark } from "#sdk/job-store.ts";
import { USUAL_PRIORITY } from "#sdk/queue.ts";
import type { NewJob, Outcome, QueuedJob } from "#sdk/queue.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { JobsTable } from "./jobs-table.ts";
import type { JobNews } from "./record-journal.ts";
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

const RECORD_EVERY_MS = 200;

export class BrokersJobs {
  readonly #parts: BrokersJobsParts;
  readonly #journal: RecordJournal;
  readonly #news = new Map<string, JobNews>();
  /** Of those that are news: their rows may not be there yet. Not in the journal: who is killed loses the last words of what runs. */
  #marks = new Map<string, JobMark[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: BrokersJobsParts) {
    this.#parts = parts;
    this.#journal = new RecordJournal(parts.file);
  }

  /** What a killed agent left, within the first transaction. After it: `recovered`. */
  recover(): void {
    for (const { job, state, begun, outcome, atMs } of this.#journal.read()) {
      try {
        this.#parts.table.foreign(job, state, atMs, begun, outcome);
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
    for (const job of jobs) this.#record({ priority: USUAL_PRIORITY, ...job, createdMs, attempt: 1, losses: 0 }, STATE.sent);
  }

  begun(job: QueuedJob, worker: string): void {
    this.#record(job, STATE.running, { worker, startedMs: this.#parts.clock.now() });
  }

  /** An outcome that is no end leaves it to the broker. */
  end(job: QueuedJob, outcome: Outcome): void {
    const { type } = outcome;
    if (type === "retry" || type === "lost") this.#again(job, outcome);
    this.#record(job, type === "succeeded" ? STATE.succeeded : type === "failed" ? STATE.failed : type === "cancelled" ? STATE.cancelled : STATE.sent, this.#news.get(job.id)?.begun, outcome);
  }

  /** False: it is no news, and what is known of it is in its row. */
  mark(id: string, mark: JobMark): boolean {
    if (!this.#news.has(id)) return false;
    const marks = this.#marks.get(id);
    if (marks === undefined) this.#marks.set(id, [mark]);
    else marks.push(mark);
    return true;
  }

  /** All that is known, with the next commit. */
  write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#news.size === 0) return;
    this.#writeRecords([...this.#news.values()], this.#marks);
    this.#news.clear();
    if (0 < this.#marks.size) this.#marks = new Map();
  }

  /** After the last commit. */
  close(): void {
    this.#journal.close();
  }

  #record(job: QueuedJob, state: StateNumber, begun?: JobNews["begun"], outcome?: Outcome): void {
    const news: JobNews = { job, state, begun, outcome, atMs: this.#parts.clock.now() };
    this.#news.set(job.id, news);
    // What is over the broker knows no more. What was lost before may end the agent itself, and only this tells so.
    if (OVER <= state || 0 < job.losses) this.#journal.add(news);
    if (OVER <= state && this.#parts.isWaitedFor(job.id)) this.write();
    else this.#timer ??= setTimeout(() => this.write(), RECORD_EVERY_MS);
  }

  /** Its row tells of the last attempt only: those before it are marks, as in the queue itself. */
  #again(job: QueuedJob, { type, error, afterMs = 0 }: Extract<Outcome, { readonly type: "retry" | "lost" }>): void {
    const atMs = this.#parts.clock.now();
    const begun = this.#news.get(job.id)?.begun ?? this.#parts.table.begunOf(job.id);
    const marks: JobMark[] = begun === undefined ? [] : [{ atMs: begun.startedMs, kind: "started", attempt: job.attempt, text: begun.worker }];
    marks.push({ atMs, kind: type === "lost" ? "lost" : "failed", attempt: job.attempt, text: error.message });
    if (0 < afterMs) marks.push({ atMs, kind: "retry", attempt: job.attempt + 1, text: `${afterMs} ms` });
    this.#marks.set(job.id, [...(this.#marks.get(job.id) ?? []), ...marks]);
  }

  #writeRecords(records: readonly JobNews[], marks: ReadonlyMap<string, readonly JobMark[]>, recorded = this.#journal.handOver()): void {
    const { table, commit, ended } = this.#parts;
    commit.add({
      run: () => {
        for (const { job, state, begun, outcome, atMs } of records) {
          table.foreign(job, state, atMs, begun, outcome);
          const said = marks.get(job.id);
          const row = said === undefined ? undefined : table.seqOf(job.id);
          if (row !== undefined) for (const mark of said ?? []) table.mark(row.seq, mark);
        }
      },
      done: () => {
        recorded();
        for (const { job, state, outcome } of records) if (OVER <= state) ended(job.id, outcome);
      },
      refused: () => {
        // One of them is at fault; who waits for it is told what came of it all the same.
        recorded();
        if (1 < records.length) for (const record of records) this.#writeRecords([record], marks);
        else for (const { job, outcome } of records) if (outcome !== undefined) ended(job.id, outcome);
      },
    });
  }
}
