// The embedded queue: one SQLite file that one agent owns, nothing to install. All that is published, leased and settled within one turn is one commit, on the disk
// when it is answered. A job is a row for all of its life, so the queue is its own history.
import type { DatabaseSync } from "node:sqlite";
import { steadyNow, systemClock } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import { orderedId } from "#base/ordered-id.ts";
import type { JobMark, JobPage, JobQuery, JobRecord, JobState, JobStore } from "#sdk/job-store.ts";
import { QueueFailure } from "#sdk/queue.ts";
import type { Consumer, Consuming, Delivery, NewJob, Outcome, Published, QueueDepth, QueueState, QueuedJob } from "#sdk/queue.ts";
import { sqliteFailure } from "../stores/sqlite-failures.ts";
import { StoreFailure } from "#sdk/store.ts";
import { BrokersJobs } from "./embedded/brokers-jobs.ts";
import { GroupCommit } from "./embedded/group-commit.ts";
import { JobsTable } from "./embedded/jobs-table.ts";
import type { Inserted } from "./embedded/jobs-table.ts";
import { LeasesInUse } from "./embedded/leases-in-use.ts";
import { Listing } from "./embedded/listing.ts";
import { Retention } from "./embedded/retention.ts";
import { queuedJob } from "./embedded/rows.ts";
import { OVER, STATE, STATE_NAMES, openTables } from "./embedded/tables.ts";
import type { StateNumber } from "./embedded/tables.ts";
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
  readonly clock?: Clock;
}

/** Delayed jobs are looked at this often at least: somebody may set the clock. */
const DUE_EVERY_MS = 10_000;
const DUE_MAX = 1000;
/** Time servers correct less than that in small steps. */
const JUMP_MS = 1000;
const LEASE_MS = 60_000;
/** Of a job whose outcome the file does not take. */
const NOT_RECORDED = "NOT_RECORDED";

export async function openEmbeddedQueue(options: EmbeddedOptions): Promise<JobStore> {
  const { DatabaseSync: Database } = await import("node:sqlite");
  try {
    const refused = (why: "foreign" | "newer"): Error =>
      new StoreFailure(why === "newer" ? "newer" : "wrong", why === "newer" ? { message: `${options.file} was written by a newer version`, ko: { message: `${options.file}: 더 새로운 버전이 만든 것입니다` } } : { message: `${options.file} is another program's`, hint: "Move it away, or give the agent another data folder.", ko: { message: `${options.file}: 다른 프로그램의 파일입니다`, hint: "파일을 옮기거나 데이터 폴더를 바꾸세요." } });
    return new EmbeddedQueue(openTables(Database, options.file, refused), options);
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
  readonly #leaseMs: number;
  readonly #commit: GroupCommit;
  readonly #table: JobsTable;
  readonly #waiting: Waiting;
  readonly #listing: Listing;
  readonly #texts: TextIndex;
  readonly #retention: Retention;
  readonly #leased = new Map<number, Lease>();
  /** Claimed in the transaction that is being made. */
  #claimed: Lease[] = [];
  #consumer: Consumer | undefined;
  readonly #inUse = new LeasesInUse((name) => this.#table.knownRule(name), (rule) => this.#table.ruleName(rule));
  #state: QueueState = { is: "open" };
  #tellState: (state: QueueState) => void = () => {};
  readonly #ends = new Map<string, Set<(outcome: Outcome | undefined) => void>>();
  /** Of jobs that come over a broker. */
  readonly #brokers: BrokersJobs;
  #dueTimer: NodeJS.Timeout | undefined;
  #dueAtMs = 0;
  #leaseTimer: NodeJS.Timeout | undefined;
  #lookedAtMs = 0;
  /** The wall clock against the steady one. */
  #wallMs = 0;
  #isClosed = false;

  constructor(database: DatabaseSync, { file, queuedMax = 1_000_000, leaseMs = LEASE_MS, keepMs = 7 * 86_400_000, keepMax = 1_000_000, clock = systemClock }: EmbeddedOptions) {
    this.place = file;
    this.#database = database;
    this.#clock = clock;
    this.#queuedMax = queuedMax;
    this.#leaseMs = leaseMs;
    this.#table = new JobsTable(database);
    this.#waiting = new Waiting((rule, limit) => this.#table.first(rule, limit));
    this.#texts = new TextIndex(database);
    this.#listing = new Listing({ database, table: this.#table, texts: this.#texts });
    this.#commit = new GroupCommit({
      database,
      beforeCommit: () => this.#finishTransaction(),
      onUndone: () => this.#readAgain(),
      isMedium: (error) => isMedium(error, file),
      onTrouble: (error) => this.#setState(error === undefined ? { is: "open" } : { is: "blocked", why: told(error, file).message, sinceMs: clock.now() }),
    });
    this.#retention = new Retention({ database, table: this.#table, commit: this.#commit, clock, keepMs, keepMax });
    this.#brokers = new BrokersJobs({ file, table: this.#table, commit: this.#commit, clock, isWaitedFor: (id) => this.#ends.has(id), ended: (id, outcome) => this.#tellEnd(id, outcome) });
    this.#inOneTransaction(() => {
      this.#brokers.recover();
      this.#table.takeBack(clock.now());
    });
    this.#brokers.recovered();
    this.#readAgain();
    this.#lookWhenDue();
    this.#texts.keepUp(() => this.#commit.isIdle);
    this.#lookedAtMs = steadyNow(clock);
    this.#wallMs = clock.now() - steadyNow(clock);
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
    const { seq, rule, job, lease: number } = lease;
    this.#commit.add({
      run: () => {
        const nowMs = this.#clock.now();
        if (outcome.type !== "retry" && outcome.type !== "lost" && outcome.type !== "released") {
          const isOurs = this.#table.settle(seq, rule, number, outcome, nowMs);
          if (!isOurs) return false;
          this.#texts.changed(seq);
          this.#inUse.free(rule);
          this.#insertAll(follows);
          return true;
        }
        this.#followClock();
        const state = this.#table.putBack(seq, rule, number, job, outcome, nowMs);
        if (state === undefined) return false;
        this.#inUse.free(rule);
        if (state === STATE.queued) this.#waiting.add(rule, { seq, priority: job.priority });
        return true;
      },
      done: (isOurs) => {
        const wasLeased = this.#leased.get(seq) === lease && this.#leased.delete(seq);
        resolve(isOurs);
        if (!isOurs && wasLeased) {
          this.#inUse.free(rule);
          this.#commit.wake();
        }
        if (isOurs && outcome.type !== "retry" && outcome.type !== "lost" && outcome.type !== "released") this.#tellEnd(job.id, outcome);
        else this.#lookWhenDue();
      },
      refused: (error) => {
        if (outcome.type !== "failed" || outcome.error.kind !== NOT_RECORDED) return void this.settle(lease, { type: "failed", error: { kind: NOT_RECORDED, message: `what came of it cannot be recorded: ${error.message}` } }).then(resolve, reject);
        // Not even that it failed: the next start finds it as it was.
        if (this.#leased.get(seq) === lease) this.#leased.delete(seq);
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
    const count = (state: StateNumber): number => this.#table.count(state);
    return { queued: count(STATE.queued), delayed: count(STATE.delayed), running: count(STATE.running), failed: this.#table.countDead() };
  }

  cancel(ids: readonly string[], by: string): Promise<readonly string[]> {
    return this.#change(() => {
      const gone: string[] = [];
      for (const id of ids) {
        const was = this.#table.cancel(id, by, this.#clock.now());
        if (was === undefined) continue;
        if (was.state === STATE.queued) this.#waiting.remove(was.rule, was.seq);
        gone.push(id);
      }
      return gone;
    }, (gone) => gone.forEach((id) => this.#tellEnd(id)));
  }

  replay(ids: readonly string[], by: string, edited?: { readonly data: string }): Promise<readonly { readonly id: string; readonly as: string }[]> {
    return this.#change(() => {
      const made: { id: string; as: string }[] = [];
      for (const id of ids) {
        const as = orderedId(this.#clock.now());
        const inserted = this.#table.replay(id, as, by, edited?.data, this.#clock.now());
        if (inserted === undefined) continue;
        this.#waiting.add(inserted.rule, inserted);
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
    if (this.#isClosed) return;
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
    return this.#listing.list(query);
  }

  async show(id: string): Promise<JobRecord | undefined> {
    return this.#listing.show(id);
  }

  async counts(): Promise<readonly { readonly state: JobState; readonly rule: string; readonly count: number }[]> {
    return [...this.#table.counts()].map(({ rule, state, count }) => ({ state: STATE_NAMES[state], rule: this.#table.ruleName(rule), count }));
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
    this.#commit.add({ run: () => this.#table.answered(id, outcome, this.#clock.now()), done: () => this.#tellEnd(id, outcome) });
  }

  lossesOf(id: string): number {
    return this.#brokers.lossesOf(id);
  }

  async whenEnded(id: string, ms: number): Promise<JobRecord | undefined> {
    const now = this.#listing.show(id);
    if (now === undefined && !this.#brokers.has(id)) return undefined;
    if (now !== undefined && OVER <= STATE[now.state]) return now;
    const waiters = this.#ends.get(id) ?? new Set();
    this.#ends.set(id, waiters);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const tell = (): void => resolve(true);
    waiters.add(tell);
    const timer = setTimeout(() => resolve(false), ms);
    const hasEnded = await promise;
    clearTimeout(timer);
    waiters.delete(tell);
    if (waiters.size === 0) this.#ends.delete(id);
    return hasEnded && !this.#isClosed ? this.#listing.show(id) : undefined;
  }

  onceEnded(id: string, tell: (outcome: Outcome | undefined) => void): () => void {
    const waiters = this.#ends.get(id) ?? new Set();
    this.#ends.set(id, waiters);
    waiters.add(tell);
    return () => {
      waiters.delete(tell);
      if (waiters.size === 0 && this.#ends.get(id) === waiters) this.#ends.delete(id);
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#consumer = undefined;
    this.#brokers.write();
    clearTimeout(this.#dueTimer);
    clearInterval(this.#leaseTimer);
    this.#texts.close();
    this.#retention.close();
    this.#commit.close();
    this.#brokers.close();
    this.#isClosed = true;
    for (const waiters of this.#ends.values()) for (const tell of waiters) tell(undefined);
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
      // With nobody before it, it is leased in the commit that takes it: one write less, and it begins one commit earlier.
      const isNext = !isDelayed && this.#waiting.count === 0 && this.#mayLease(job.rule);
      const state = isDelayed ? STATE.delayed : isNext ? STATE.running : STATE.queued;
      const inserted = this.#table.insert({ ...job, id }, state, nowMs, isNext ? { lease: 1, worker: this.#consumer?.name ?? "" } : {});
      if (inserted === undefined) return { id: this.#table.idOf(id, job.key), isNew: false };
      if (isNext) this.#inUse.take(inserted.rule);
      if (isNext) this.#claimed.push(new Lease(this, inserted, 1, { ...job, id, priority: inserted.priority, createdMs: nowMs, attempt: 1, losses: 0 }));
      else if (!isDelayed) this.#waiting.add(inserted.rule, inserted);
      else if (this.#dueAtMs === 0 || job.runAtMs < this.#dueAtMs) this.#dueAtMs = -1;
      return { id, isNew: true };
    });
  }

  /** Leases what there is room for, as the last of each transaction. */
  #finishTransaction(): () => void {
    const nowMs = this.#clock.now();
    this.#followClock();
    this.#promote(nowMs);
    const consumer = this.#consumer;
    if (consumer !== undefined) {
      while (this.#inUse.hasRoom) {
        const head = this.#waiting.next((rule) => !this.#inUse.isWanted(rule));
        if (head === undefined) break;
        const row = this.#table.claim(head.seq, consumer.name, nowMs);
        this.#inUse.take(row.rule_number);
        this.#claimed.push(new Lease(this, { seq: head.seq, rule: row.rule_number, priority: row.priority }, row.lease, queuedJob(row)));
      }
    }
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
      if (this.#dueAtMs === -1) this.#lookWhenDue();
    };
  }

  #mayLease(rule: string): boolean {
    if (this.#consumer === undefined || !this.#inUse.hasRoom) return false;
    const number = this.#table.knownRule(rule);
    if (number !== undefined) return this.#inUse.isWanted(number);
    this.#table.rule(rule);
    this.#inUse.learn();
    return this.#mayLease(rule);
  }

  /** Those that are due wait from now on. */
  #promote(nowMs: number): void {
    if (this.#dueAtMs === 0 || nowMs < this.#dueAtMs) return;
    const due = this.#table.due(nowMs, DUE_MAX);
    for (const inserted of due) this.#waiting.add(inserted.rule, inserted);
    this.#dueAtMs = -1; // The timer is set again after the commit.
  }

  #lookWhenDue(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#dueTimer);
    this.#dueAtMs = this.#table.nextDueMs() ?? 0;
    if (this.#dueAtMs === 0) return;
    const inMs = Math.min(Math.max(this.#dueAtMs - this.#clock.now(), 0), DUE_EVERY_MS);
    this.#dueTimer = setTimeout(() => {
      if (this.#clock.now() < this.#dueAtMs && this.#clockJumpMs() === 0) this.#lookWhenDue();
      else this.#commit.wake();
    }, inMs);
  }

  /** Takes back what nobody extends. When this came late itself, whoever should have extended may have been as late. */
  #clockJumpMs(): number {
    const byMs = Math.round(this.#clock.now() - steadyNow(this.#clock) - this.#wallMs);
    return Math.abs(byMs) < JUMP_MS ? 0 : byMs;
  }

  /** What is to be tried again waits for as long as was said, whatever the clock shows; only who asked for a moment waits for that. Within a transaction. */
  #followClock(): void {
    const byMs = this.#clockJumpMs();
    if (byMs === 0) return;
    this.#wallMs += byMs;
    this.#table.moveRetries(byMs);
    this.#dueAtMs = -1;
  }

  #expire(): void {
    if (this.#clockJumpMs() !== 0) this.#commit.wake();
    const nowMs = steadyNow(this.#clock);
    const isLate = this.#leaseMs / 2 < nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    if (isLate) return;
    for (const lease of this.#leased.values()) {
      if (nowMs < lease.untilMs) continue;
      void this.settle(lease, { type: "lost", afterMs: 0, error: { kind: "LEASE_EXPIRED", message: "nobody said that it still runs" } });
      this.#consumer?.lost(lease);
    }
  }

  #tellEnd(id: string, outcome?: Outcome): void {
    for (const tell of this.#ends.get(id) ?? []) tell(outcome);
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
    this.#waiting.forget([...this.#table.counts()].filter(({ state }) => state === STATE.queued).map(({ rule, count }) => [rule, count] as const));
  }

  #setState(state: QueueState): void {
    this.#state = state;
    this.#tellState(state);
  }
}

/** One handing over of one job. */
class Lease implements Delivery {
  readonly seq: number;
  readonly rule: number;
  readonly lease: number;
  readonly job: QueuedJob;
  /** On the steady clock. */
  untilMs = 0;
  readonly #queue: EmbeddedQueue;

  constructor(queue: EmbeddedQueue, { seq, rule }: Inserted, lease: number, job: QueuedJob) {
    this.#queue = queue;
    this.seq = seq;
    this.rule = rule;
    this.lease = lease;
    this.job = job;
  }

  settle(outcome: Outcome, follows?: readonly NewJob[]): Promise<boolean> {
    return this.#queue.settle(this, outcome, follows);
  }

  extend(ms: number): void {
    this.#queue.extend(this, ms);
  }
}

function told(error: Error, file: string): Error {
  const failure = sqliteFailure(error, file);
  return failure instanceof Error ? failure : error;
}

function isMedium(error: Error, file: string): boolean {
  const failure = sqliteFailure(error, file);
  return failure instanceof StoreFailure && failure.fault !== "duplicate" && failure.fault !== "wrong";
}

function closed(): QueueFailure {
  return new QueueFailure("closed", { message: "the queue is closed", ko: { message: "큐가 닫혔습니다" } });
}

function full(max: number): QueueFailure {
  return new QueueFailure("full", { message: `the queue is full: ${max} jobs wait`, hint: "Start more workers, or raise `jobs: limits: queued`.", ko: { message: `큐가 가득 찼습니다. 작업 ${max}개가 기다립니다`, hint: "워커를 더 시작하거나 `jobs: limits: queued`를 늘리세요." } });
}
