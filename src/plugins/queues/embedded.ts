// The embedded queue: one SQLite file that one agent owns, nothing to install. All that is published, leased and settled within one turn is one commit, on the disk
// when it is answered. A job is a row for all of its life, so the queue is its own history.
import type { DatabaseSync } from "node:sqlite";
import { steadyNow, systemClock } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import { orderedId } from "#base/ordered-id.ts";
import type { JobMark, JobPage, JobQuery, JobRecord, JobState, JobStore } from "#sdk/job-store.ts";
import type { Consumer, Consuming, NewJob, Outcome, Published, QueueDepth, QueueState, QueuedJob } from "#sdk/queue.ts";
import { sqliteFailure } from "../stores/sqlite-failures.ts";
import { BrokersJobs } from "./embedded/brokers-jobs.ts";
import { Claims } from "./embedded/claims.ts";
import { DueJobs } from "./embedded/due.ts";
import { Ends } from "./embedded/ends.ts";
import { closed, full, isMedium, told, unusable } from "./embedded/failures.ts";
import { GroupCommit } from "./embedded/group-commit.ts";
import { JobsTable } from "./embedded/jobs-table.ts";
import { Lease } from "./embedded/lease.ts";
import type { LeaseDesk } from "./embedded/lease.ts";
import { LeasesInUse } from "./embedded/leases-in-use.ts";
import { Listing } from "./embedded/listing.ts";
import { Retention } from "./embedded/retention.ts";
import { OVER, STATE, STATE_NAMES, openTables } from "./embedded/tables.ts";
import { ShownClaims } from "./embedded/shown-claims.ts";
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
/** Of a job whose outcome the file does not take. */
const NOT_RECORDED = "NOT_RECORDED";

export async function openEmbeddedQueue(options: EmbeddedOptions): Promise<JobStore> {
  const { DatabaseSync: Database } = await import("node:sqlite");
  try {
    return new EmbeddedQueue(openTables(Database, options.file, (why) => unusable(options.file, why)), options);
  } catch (error) {
    throw sqliteFailure(error, options.file);
  }
}

class EmbeddedQueue implements JobStore, LeaseDesk {
  readonly backend = "embedded";
  readonly place: string;
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #queuedMax: number;
  readonly #leaseMs: number;
  readonly #commit: GroupCommit;
  readonly #table: JobsTable;
  readonly #waiting: Waiting;
  readonly #listing: Listing;
  readonly #texts: TextIndex;
  readonly #retention: Retention;
  readonly #leased = new Map<number, Lease>();
  readonly #claims: Claims<Lease>;
  readonly #shown: ShownClaims;
  /** They ended, and the file takes not even that they failed. */
  readonly #unrecorded: Lease[] = [];
  /** In the transaction that is being made. */
  #claimed: Lease[] = [];
  #consumer: Consumer | undefined;
  readonly #inUse = new LeasesInUse((name) => this.#table.knownRule(name), (rule) => this.#table.ruleName(rule));
  #state: QueueState = { is: "open" };
  #tellState: (state: QueueState) => void = () => {};
  readonly #ends = new Ends();
  /** Of jobs that come over a broker. */
  readonly #brokers: BrokersJobs;
  readonly #due: DueJobs;
  #leaseTimer: NodeJS.Timeout | undefined;
  #lookedAtMs = 0;
  #isClosed = false;

  constructor(database: DatabaseSync, { file, queuedMax = 1_000_000, leaseMs = LEASE_MS, keepMs = 7 * 86_400_000, keepMax = 1_000_000, lookedAtMax, sweepMs, clock = systemClock }: EmbeddedOptions) {
    this.place = file;
    this.#database = database;
    this.#clock = clock;
    this.#queuedMax = queuedMax;
    this.#leaseMs = leaseMs;
    this.#table = new JobsTable(database, { newRule: () => this.#inUse.learn(), changed: (seq) => this.#texts.changed(seq) });
    this.#claims = new Claims(database);
    this.#waiting = new Waiting((rule, limit) => this.#table.first(rule, limit, this.#claims));
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
    this.#shown = new ShownClaims({ database, claims: this.#claims, commit: this.#commit, clock, leases: () => [...this.#leased.values(), ...this.#unrecorded] });
    this.#retention = new Retention({ database, table: this.#table, commit: this.#commit, clock, keepMs, keepMax, sweepMs });
    this.#brokers = new BrokersJobs({ file, table: this.#table, commit: this.#commit, clock, isWaitedFor: (id) => this.#ends.isWaitedFor(id), ended: (id, outcome) => this.#ends.tell(id, outcome) });
    this.#inOneTransaction(() => {
      this.#brokers.recover();
      this.#claims.recover();
      this.#table.takeBack(clock.now());
    });
    this.#brokers.recovered();
    this.#readAgain();
    this.#due = new DueJobs({ table: this.#table, clock, due: (head) => this.#waiting.add(head), wake: () => this.#commit.wake() });
    this.#texts.keepUp({ isIdle: () => this.#commit.isIdle, workedMs: () => this.#commit.workedMs });
    this.#lookedAtMs = steadyNow(clock);
    this.#leaseTimer = setInterval(() => this.#expire(), leaseMs / 4).unref();
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
    this.#consumer = consumer;
    this.#inUse.slots = consumer.slots;
    this.#inUse.houseSlots = consumer.houseSlots ?? 0;
    this.#commit.wake();
    return {
      setSlots: (slots, houseSlots = 0) => {
        const isMore = this.#inUse.slots < slots || this.#inUse.houseSlots < houseSlots;
        this.#inUse.slots = slots;
        this.#inUse.houseSlots = houseSlots;
        if (isMore) this.#commit.wake();
      },
      setLimits: (limits) => {
        this.#inUse.limit(limits);
        this.#commit.wake();
      },
      setHeldBack: (rules) => {
        this.#inUse.holdBack(rules);
        this.#commit.wake();
      },
      stop: async () => {
        if (this.#consumer === consumer) this.#consumer = undefined;
      },
    };
  }

  /** Of a delivery of ours. */
  settle(lease: Lease, outcome: Outcome, follows: readonly NewJob[] = []): Promise<boolean> {
    if (this.#isClosed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const { seq, rule, job } = lease;
    this.#commit.add({
      run: () => {
        const nowMs = this.#clock.now();
        if (outcome.type !== "retry" && outcome.type !== "lost" && outcome.type !== "released") {
          const isOurs = this.#table.settle(lease, rule, outcome, nowMs);
          if (!isOurs) return false;
          this.#claims.delete(seq);
          this.#inUse.free(rule);
          this.#insertAll(follows);
          return true;
        }
        this.#due.followClock();
        const state = this.#table.putBack(lease, rule, job, outcome, nowMs);
        if (state === undefined) return false;
        this.#claims.delete(seq);
        this.#inUse.free(rule);
        if (state === STATE.queued) this.#waiting.add({ seq, rule, priority: job.priority });
        return true;
      },
      done: (isOurs) => {
        const wasLeased = this.#leased.get(seq) === lease && this.#leased.delete(seq);
        resolve(isOurs);
        if (!isOurs && wasLeased) {
          this.#claims.delete(seq);
          this.#inUse.free(rule);
          this.#commit.wake();
        }
        if (isOurs && outcome.type !== "retry" && outcome.type !== "lost" && outcome.type !== "released") this.#ends.tell(job.id, outcome);
        else this.#due.lookAgain();
      },
      refused: (error) => {
        if (outcome.type !== "failed" || outcome.error.kind !== NOT_RECORDED) return void this.settle(lease, { type: "failed", error: { kind: NOT_RECORDED, message: `what came of it cannot be recorded: ${error.message}` } }).then(resolve, reject);
        // Not even that it failed: the next start finds it as it was.
        if (this.#leased.get(seq) === lease) this.#leased.delete(seq);
        this.#unrecorded.push(lease);
        this.#inUse.free(rule);
        reject(told(error, this.place));
      },
    });
    return promise;
  }

  extend(lease: Lease, ms: number): void {
    lease.untilMs = steadyNow(this.#clock) + ms;
  }

  async depth(): Promise<QueueDepth> {
    return this.#table.depth(() => true);
  }

  cancel(ids: readonly string[], by: string): Promise<readonly string[]> {
    return this.#change(() => {
      const gone: string[] = [];
      for (const id of ids) {
        const was = this.#table.cancel(id, by, this.#clock.now(), (seq) => this.#claims.has(seq));
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

  forget(ids: readonly string[]): Promise<number> {
    return this.#change(() => {
      let count = 0;
      for (const id of ids) {
        const found = this.#table.seqOf(id);
        if (found === undefined || found.state < OVER) continue;
        this.#table.forget(found.seq, found.rule, found.state);
        count += 1;
      }
      return count;
    });
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
    if (!this.#isClosed) this.#shown.showAll();
    return this.#listing.list(query);
  }

  async show(id: string): Promise<JobRecord | undefined> {
    const job = this.#listing.show(id);
    if (job?.state !== "queued" || this.#isClosed) return job;
    this.#shown.showAll();
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

  onceEnded(id: string, tell: (outcome: Outcome | undefined) => void): () => void {
    return this.#ends.once(id, tell);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#consumer = undefined;
    this.#brokers.write();
    this.#due.close();
    clearInterval(this.#leaseTimer);
    this.#shown.close();
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

  /** Leases what there is room for, as the last of each transaction. */
  #finishTransaction(): () => void {
    const nowMs = this.#clock.now();
    this.#due.followClock();
    this.#due.promote(nowMs);
    const consumer = this.#consumer;
    if (consumer !== undefined) {
      while (this.#inUse.hasRoom) {
        const head = this.#waiting.next((rule) => !this.#inUse.isWanted(rule));
        if (head === undefined) break;
        const { lease, job } = this.#table.claim(head);
        this.#inUse.take(head.rule);
        const claim = new Lease(this, head, { lease, worker: consumer.name, startedMs: nowMs }, job);
        this.#claims.add(claim);
        this.#claimed.push(claim);
      }
    }
    this.#claims.write();
    const claimed = this.#claimed;
    this.#claimed = [];
    const keepTally = this.#table.writeTally();
    return () => {
      keepTally();
      const untilMs = steadyNow(this.#clock) + this.#leaseMs;
      for (const lease of claimed) {
        lease.untilMs = untilMs;
        this.#leased.set(lease.seq, lease);
      }
      if (consumer !== undefined) for (const lease of claimed) consumer.take(lease);
      this.#due.committed();
      this.#shown.committed();
    };
  }

  /** Takes back what nobody extends. When this came late itself, whoever should have extended may have been as late. */
  #expire(): void {
    if (this.#due.hasClockJumped) this.#commit.wake();
    const nowMs = steadyNow(this.#clock);
    const isLate = this.#leaseMs / 2 < nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    if (isLate) return;
    for (const lease of this.#leased.values()) {
      if (nowMs < lease.untilMs) continue;
      lease.untilMs = Number.POSITIVE_INFINITY; // Once is enough, however long the disk is full.
      void this.settle(lease, { type: "lost", afterMs: 0, error: { kind: "LEASE_EXPIRED", message: "nobody said that it still runs" } });
      this.#consumer?.lost(lease);
    }
  }

  #inOneTransaction(run: () => unknown): void {
    this.#database.exec("BEGIN IMMEDIATE");
    run();
    const keep = this.#table.writeTally();
    this.#database.exec("COMMIT");
    keep();
  }

  #readAgain(): void {
    this.#claimed = [];
    this.#table.reload();
    this.#inUse.learn();
    this.#inUse.recount(this.#leased.values());
    this.#shown.reset();
    this.#waiting.forget([...this.#table.counts()].filter(({ state }) => state === STATE.queued).map(({ rule, count }) => [rule, count] as const));
  }

  #setState(state: QueueState): void {
    this.#state = state;
    this.#tellState(state);
  }
}
