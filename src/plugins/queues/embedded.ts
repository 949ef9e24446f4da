// The embedded queue: one SQLite file that one agent owns, nothing to install. All that is published, leased and settled within one turn is one commit, on the disk
// when it is answered. A job is a row for all of its life, so the queue is its own history.
import type { DatabaseSync } from "node:sqlite";
import { systemClock } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import { orderedId } from "#base/ordered-id.ts";
import type { JobMark, JobPage, JobQuery, JobRecord, JobState, JobStore } from "#sdk/job-store.ts";
import type { Consumer, Consuming, NewJob, Outcome, Published, QueueDepth, QueueState, QueuedJob } from "#sdk/queue.ts";
import { sqliteFailure } from "../stores/sqlite-failures.ts";
import { BrokersJobs } from "./embedded/brokers-jobs.ts";
import { DueJobs } from "./embedded/due.ts";
import { Ends } from "./embedded/ends.ts";
import type { TellEnd } from "./embedded/ends.ts";
import { closed, full, isMedium, told, unusable } from "./embedded/failures.ts";
import { GroupCommit } from "./embedded/group-commit.ts";
import { JobsTable } from "./embedded/jobs-table.ts";
import { Leasing } from "./embedded/leasing.ts";
import { Listing } from "./embedded/listing.ts";
import { Retention } from "./embedded/retention.ts";
import { OVER, STATE, STATE_NAMES, openTables } from "./embedded/tables.ts";
import { TextIndex } from "./embedded/text-index.ts";
import { Waiting } from "./embedded/waiting.ts";

export interface EmbeddedOptions {
  readonly file: string;
  /** Jobs that wait or are delayed; more are refused. */
  readonly queuedMax?: number;
  /** What nobody extends for so long is taken back. */
  readonly leaseMs?: number;
  /** What is over is kept so long, and so many at most. */
  readonly keepMs?: number;
  readonly keepMax?: number;
  /** A search that looked at so many ends, and says where to go on. */
  readonly lookedAtMax?: number;
  /** How often it is looked for what is over for long enough. */
  readonly sweepMs?: number;
  readonly clock?: Clock;
}

const LEASE_MS = 60_000;
/** Larger ones are read again when their turn comes: memory does not grow with what waits. */
const KEPT_CHARACTERS_MAX = 1000;

export async function openEmbeddedQueue(options: EmbeddedOptions): Promise<JobStore> {
  const { DatabaseSync: Database } = await import("node:sqlite");
  try {
    return new EmbeddedQueue(openTables(Database, options.file, (why) => unusable(options.file, why)), options);
  } catch (error) {
    throw sqliteFailure(error, options.file);
  }
}

class EmbeddedQueue implements JobStore {
  readonly backend = "embedded";
  readonly place: string;
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #queuedMax: number;
  readonly #leasing: Leasing;
  readonly #commit: GroupCommit;
  readonly #table: JobsTable;
  readonly #waiting: Waiting;
  readonly #listing: Listing;
  readonly #texts: TextIndex;
  readonly #retention: Retention;
  #state: QueueState = { is: "open" };
  #tellState: (state: QueueState) => void = () => {};
  readonly #ends = new Ends();
  /** Of jobs that come over a broker. */
  readonly #brokers: BrokersJobs;
  readonly #due: DueJobs;
  #isClosed = false;

  constructor(database: DatabaseSync, { file, queuedMax = 1_000_000, leaseMs = LEASE_MS, keepMs = 7 * 86_400_000, keepMax = 1_000_000, lookedAtMax, sweepMs, clock = systemClock }: EmbeddedOptions) {
    this.place = file;
    this.#database = database;
    this.#clock = clock;
    this.#queuedMax = queuedMax;
    this.#table = new JobsTable(database, { newRule: () => this.#leasing.learn(), changed: (seq) => this.#texts.changed(seq) });
    this.#waiting = new Waiting((rule, limit) => this.#table.first(rule, limit, this.#leasing.claims));
    this.#texts = new TextIndex(database);
    this.#listing = new Listing({ database, table: this.#table, texts: this.#texts, lookedAtMax });
    this.#commit = new GroupCommit({
      database,
      beforeCommit: () => this.#finishTransaction(),
      onUndone: () => {
        this.#due.undone();
        this.#readAgain();
      },
      isMedium: (error) => isMedium(error, file),
      onTrouble: (error) => this.#setState(error === undefined ? { is: "open" } : { is: "blocked", why: told(error, file).message, sinceMs: clock.now() }),
    });
    this.#retention = new Retention({ database, table: this.#table, commit: this.#commit, clock, keepMs, keepMax, sweepMs });
    this.#brokers = new BrokersJobs({ file, table: this.#table, commit: this.#commit, clock, isWaitedFor: (id) => this.#ends.isWaitedFor(id), ended: (id, outcome) => this.#ends.tell(id, outcome) });
    this.#due = new DueJobs({ table: this.#table, clock, due: (head) => this.#waiting.add(head), wake: () => this.#commit.wake() });
    this.#leasing = new Leasing({ database, file, table: this.#table, commit: this.#commit, waiting: this.#waiting, due: this.#due, ends: this.#ends, clock, leaseMs, insert: (jobs) => this.#insertAll(jobs) });
    this.#inOneTransaction(() => {
      this.#brokers.recover();
      this.#leasing.recover();
      this.#table.takeBack(clock.now());
    });
    this.#brokers.recovered();
    this.#readAgain();
    this.#due.lookAgain();
    this.#texts.keepUp({ isIdle: () => this.#commit.isIdle, workedMs: () => this.#commit.workedMs });
  }

  get state(): QueueState {
    return this.#state;
  }

  onState(tell: (state: QueueState) => void): void {
    this.#tellState = tell;
  }

  publish(jobs: readonly NewJob[]): Promise<readonly Published[]> {
    if (this.#isClosed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<readonly Published[]>();
    this.#commit.add({ run: () => this.#insertBounded(jobs), done: resolve, failed: (error) => reject(told(error, this.place)) });
    return promise;
  }

  consume(consumer: Consumer): Consuming {
    return this.#leasing.consume(consumer);
  }

  async depth(): Promise<QueueDepth> {
    return this.#table.depth(() => true);
  }

  cancel(ids: readonly string[], by: string): Promise<readonly string[]> {
    return this.#change(() => {
      const gone: string[] = [];
      for (const id of ids) {
        const was = this.#table.cancel(id, by, this.#clock.now(), (seq) => this.#leasing.claims.has(seq));
        if (was === undefined) continue;
        if (was.state === STATE.queued) this.#waiting.remove(was);
        gone.push(id);
      }
      return gone;
    }, (gone) => gone.forEach((id) => this.#ends.tell(id)));
  }

  replay(ids: readonly string[], by: string, edited?: { readonly data: string }): Promise<readonly { readonly id: string; readonly as: string }[]> {
    return this.#change(() => {
      const made: { id: string; as: string }[] = [];
      for (const id of ids) {
        const as = orderedId(this.#clock.now());
        const inserted = this.#table.replay(id, as, by, edited?.data, this.#clock.now());
        if (inserted === undefined) continue;
        this.#waiting.add(inserted);
        made.push({ id, as });
      }
      return made;
    });
  }

  forget(ids: readonly string[]): Promise<readonly { readonly id: string; readonly key?: string }[]> {
    return this.#change(() =>
      ids.flatMap((id) => {
        const found = this.#table.seqOf(id);
        if (found === undefined || found.state < OVER) return [];
        const key = this.#table.forget(found.seq, found.rule, found.state);
        return [key === undefined ? { id } : { id, key }];
      }),
    );
  }

  mark(id: string, mark: JobMark): void {
    if (this.#isClosed || this.#brokers.mark(id, mark)) return;
    this.#commit.add({
      run: () => {
        const found = this.#table.seqOf(id);
        if (found !== undefined) this.#table.mark(found.seq, mark);
      },
      done: () => {},
    });
  }

  list(query: JobQuery): Promise<JobPage> {
    this.#brokers.write();
    if (!this.#isClosed) this.#leasing.showAll();
    return this.#listing.list(query);
  }

  async show(id: string): Promise<JobRecord | undefined> {
    const job = this.#listing.show(id);
    if (job?.state !== "queued" || this.#isClosed) return job;
    this.#leasing.showAll();
    return this.#listing.show(id);
  }

  async counts(): Promise<readonly { readonly state: JobState; readonly rule: string; readonly count: number }[]> {
    return [...this.#table.counts()].map(({ rule, state, count }) => ({ state: STATE_NAMES[state], rule: this.#table.ruleName(rule), count }));
  }

  async depthOf(isMeant: (rule: string) => boolean): Promise<QueueDepth> {
    return this.#table.depth(isMeant);
  }

  recordSent(jobs: readonly (NewJob & { readonly id: string })[]): void {
    if (!this.#isClosed) this.#brokers.sent(jobs);
  }

  recordBegun(job: QueuedJob, worker: string): void {
    if (!this.#isClosed) this.#brokers.begun(job, worker);
  }

  recordEnd(job: QueuedJob, outcome: Outcome): void {
    if (!this.#isClosed) this.#brokers.end(job, outcome);
  }

  recordAnswer(id: string, outcome: Extract<Outcome, { readonly type: "succeeded" | "failed" | "cancelled" }>): void {
    if (this.#isClosed) return;
    this.#brokers.write(); // It may have been sent a moment ago.
    this.#commit.add({ run: () => this.#table.answered(id, outcome, this.#clock.now()), done: () => this.#ends.tell(id, outcome) });
  }

  lossesOf(id: string): number {
    return this.#brokers.lossesOf(id);
  }

  async whenEnded(id: string, ms: number): Promise<JobRecord | undefined> {
    const now = this.#listing.show(id);
    if (now === undefined && !this.#brokers.has(id)) return undefined;
    if (now !== undefined && OVER <= STATE[now.state]) return now;
    const hasEnded = await this.#ends.within(id, ms);
    return hasEnded && !this.#isClosed ? this.#listing.show(id) : undefined;
  }

  onceEnded(ids: readonly string[], tell: TellEnd): () => void {
    return this.#ends.once(ids, tell);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#leasing.close();
    this.#brokers.write();
    this.#due.close();
    this.#texts.close();
    this.#retention.close();
    this.#commit.close();
    this.#brokers.close();
    this.#isClosed = true;
    this.#ends.close();
    this.#database.close();
  }

  #change<T>(run: () => T, done: (value: T) => void = () => {}): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#commit.add({
      run,
      done: (value) => {
        done(value);
        resolve(value);
      },
      failed: (error) => reject(told(error, this.place)),
    });
    return promise;
  }

  #insertBounded(jobs: readonly NewJob[]): readonly Published[] {
    if (this.#queuedMax < this.#table.count(STATE.delayed) + this.#waiting.count + jobs.length) throw full(this.#queuedMax);
    return this.#insertAll(jobs);
  }

  #insertAll(jobs: readonly NewJob[]): readonly Published[] {
    const nowMs = this.#clock.now();
    return jobs.map((job) => {
      const id = job.id ?? orderedId(nowMs);
      const isDelayed = job.runAtMs !== undefined && nowMs < job.runAtMs;
      const inserted = this.#table.insert({ ...job, id }, isDelayed ? STATE.delayed : STATE.queued, nowMs);
      if (inserted === undefined) return { id: this.#table.idOf(id, job.key), isNew: false };
      if (!isDelayed) this.#waiting.add(job.data.length <= KEPT_CHARACTERS_MAX ? { ...inserted, job: { ...job, id, priority: inserted.priority, createdMs: nowMs, attempt: 1, losses: 0 } } : inserted);
      else this.#due.add(job.runAtMs);
      return { id, isNew: true };
    });
  }

  #finishTransaction(): () => void {
    const nowMs = this.#clock.now();
    this.#due.followClock();
    this.#due.promote(nowMs);
    const handOver = this.#leasing.leaseNext(nowMs);
    const keepTally = this.#table.writeTally();
    return () => {
      keepTally();
      handOver();
      this.#due.committed();
    };
  }

  #inOneTransaction(run: () => unknown): void {
    this.#database.exec("BEGIN IMMEDIATE");
    run();
    const keep = this.#table.writeTally();
    this.#database.exec("COMMIT");
    keep();
  }

  #readAgain(): void {
    this.#table.reload();
    this.#leasing.readAgain();
    this.#waiting.forget([...this.#table.counts()].filter(({ state }) => state === STATE.queued).map(({ rule, count }) => [rule, count] as const));
  }

  #setState(state: QueueState): void {
    this.#state = state;
    this.#tellState(state);
  }
}
