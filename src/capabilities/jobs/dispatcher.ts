// Brings jobs to workers and what came of them back to the queue. It owns leases and time-outs; a rule's own loop owns nothing.
import type { ChildEnd } from "#base/child/child-tree.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { JobKeys } from "#kernel/fleet/job-keys.ts";
import type { JobStore } from "#sdk/job-store.ts";
import { HOUSE } from "#sdk/queue.ts";
import type { Consumer, Consuming, Delivery, NewJob, Outcome, Queue } from "#sdk/queue.ts";
import type { NoticeDesk } from "./notices/notice-desk.ts";
import { failure, loss, noSuchRule, outcomeOfEnd, refusal, success } from "./outcomes.ts";
import type { Pool } from "./pool.ts";
import { RateLimits } from "./rate-limits.ts";
import { RuleBook } from "./rule-book.ts";
import type { Ended, Run } from "./run.ts";
import type { HeardOfRun } from "./worker-line.ts";
import type { RuleFacts } from "./worker-protocol.ts";

export interface DispatcherParts {
  readonly plan: () => JobsPlan;
  readonly pool: Pool;
  /** Has the history of every job, whichever queue it came by. */
  readonly store: JobStore;
  /** What this agent calls itself in the records. */
  readonly name: string;
  readonly now: () => number;
  /** Takes the house's own jobs. */
  readonly notices: NoticeDesk;
  /** Who is to be told what came of it: published with it. */
  readonly noticesOf: (run: Run, outcome: Outcome) => readonly NewJob[];
  readonly ended: (ended: Ended) => void;
  /** Which key is whose, among all agents that share a store; undefined: this one shares none. */
  readonly keys?: Pick<JobKeys, "begin">;
}

/** Time-outs, leases and rates are looked at this often. */
const LOOK_MS = 50;
const IDLE_LOOK_MS = 500;
const LEASE_MS = 60_000;
const LEASE_EVERY_MS = 15_000;
/** Whose lease is somebody else's has so long after its signal, or `kill_after` where that is less: it may run elsewhere by now. */
const LOST_KILL_MS = 1000;
/** Lines that a rule prints, kept with its job. */
const LOG_LINES_MAX = 500;
const NOTICES_MAX = 100;
/** A job whose notices could not be kept is run again after it. */
const AGAIN_MS = 5000;
/** A job with a key waits so long for the store that says whose key it is. */
const STORE_AWAY_MS = 5000;
/** Of jobs that came and cannot begin yet, a broker gets back those beyond. */
const HELD_MAX = 1000;

export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #runs = new Map<Delivery, Run>();
  readonly #consuming = new Map<Queue, Consuming>();
  readonly #rates: RateLimits;
  readonly rules: RuleBook;
  readonly done = { succeeded: 0, failed: 0, retried: 0, lost: 0, cancelled: 0 };
  /** They have come and nobody runs them yet. */
  #line: Run[] = [];
  #suspects: Run[] = [];
  /** Jobs whose lease was lost and whose run has not ended yet: what comes again of them waits for its end. */
  readonly #lostIds = new Set<string>();
  #number = 0;
  #slots = -1;
  #houseSlots = 0;
  #heldNotices: ReadonlySet<string> = new Set();
  #isServing = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #extendedMs = 0;
  #watchedMs = 0;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#rates = new RateLimits(() => parts.plan().rate);
    this.rules = new RuleBook();
  }

  get running(): readonly Run[] {
    return [...this.#runs.values()];
  }

  /** Takes jobs from it from now on, as many as there are slots. */
  serve(queue: Queue): void {
    const consumer: Consumer = { slots: this.#wantedSlots(), houseSlots: this.#parts.notices.slots, name: this.#parts.name, take: (delivery) => this.#take(delivery, queue), lost: (delivery) => this.#lost(delivery) };
    this.#consuming.set(queue, queue.consume(consumer));
    this.#setLimits();
    this.#timer ??= setTimeout(() => this.#lookAgain(), LOOK_MS);
  }

  /** Takes nothing new. */
  async stop(): Promise<void> {
    await Promise.all([...this.#consuming.values()].map((consuming) => consuming.stop()));
    for (const run of [...this.#line.splice(0), ...this.#suspects.splice(0)]) this.#settle(run, { type: "released" });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#isClosed = true;
  }

  /** There is more room or less, or other rules. */
  changed(): void {
    const slots = this.#wantedSlots();
    const houseSlots = this.#parts.notices.slots;
    if (slots !== this.#slots || houseSlots !== this.#houseSlots) {
      this.#slots = slots;
      this.#houseSlots = houseSlots;
      for (const consuming of this.#consuming.values()) consuming.setSlots(slots, houseSlots);
    }
    this.#setLimits();
    this.#serveLine();
  }

  isHeldBack(rule: string): boolean {
    return this.#rates.heldBack.has(rule);
  }

  /** Tells those that run to end. Gives how many. */
  cancel(ids: ReadonlySet<string>, by: string): number {
    let count = 0;
    for (const run of this.#runs.values()) if (ids.has(run.delivery.job.id) && this.#endEarly(run, "cancelled", by)) count += 1;
    return count;
  }

  /** Of a run: `Pool` brings what its worker says. */
  hear(run: Run, message: HeardOfRun): void {
    switch (message.type) {
      case "done":
        return this.#finish(run, run.ending === undefined ? success(message, this.#parts.plan()) : outcomeOfEnd(run, this.#parts.plan()));
      case "failed": {
        const { isFinal, retryAfterMs, ...error } = message.error;
        return this.#finish(run, run.ending === undefined ? failure(run, this.#parts.plan(), { error, isFinal, retryAfterMs }) : outcomeOfEnd(run, this.#parts.plan()));
      }
      case "progress":
        if (message.share !== undefined) run.progress = message.share;
        if (message.text !== undefined) run.progressText = message.text;
        return;
      case "mark":
        return this.#mark(run, message.name, message.text);
      case "notice":
        run.notices ??= [];
        if (run.notices.length < NOTICES_MAX) run.notices.push(message);
        return;
      case "log":
        run.logLines += 1;
        if (run.logLines <= LOG_LINES_MAX) this.#mark(run, "log", message.level === "info" ? message.text : `${message.level}: ${message.text}`);
        else if (run.logLines === LOG_LINES_MAX + 1) this.#mark(run, "log", "… more was printed");
    }
  }

  /** They ended with their process. */
  heldBy(runs: readonly Run[], end: ChildEnd, isOurs: boolean): void {
    const why = end.error?.message ?? (end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`);
    for (const run of runs) {
      if (run.isSuspect === true) this.#finish(run, loss(run, this.#parts.plan(), { kind: "WORKER_HUNG", message: "the event loop of its worker stood still until its time was over" }));
      else if (run.ending !== undefined) this.#finish(run, outcomeOfEnd(run, this.#parts.plan()));
      else if (isOurs) this.#finish(run, { type: "released" });
      else this.#finish(run, loss(run, this.#parts.plan(), { kind: "WORKER_LOST", message: `its worker ended while it ran: ${why}` }));
    }
    this.#serveLine();
  }

  #take(delivery: Delivery, queue: Queue): void {
    const { job } = delivery;
    if (queue === this.#parts.store && job.rule.startsWith(HOUSE)) return this.#parts.notices.take(delivery);
    const rule = this.#parts.pool.catalogue.get(job.rule);
    const run: Run = { delivery, queue, rule: rule ?? unknownRule(job.rule), number: (this.#number += 1), takenMs: performance.now(), startedAtMs: 0, startedMs: 0, worker: undefined, deadlineMs: undefined, logLines: 0 };
    this.#runs.set(delivery, run);
    const error = rule === undefined ? noSuchRule(job.rule, this.#parts.pool.problems) : refusal(job, this.#parts.plan());
    if (error !== undefined) return this.#finish(run, { type: "failed", error });
    if (this.#needsKey(run)) void this.#askForKey(run);
    else this.#enter(run);
  }

  /** It may begin when there is somebody to run it. */
  #enter(run: Run): void {
    const { delivery: { job }, queue } = run;
    const { poisonAfter } = this.#parts.plan();
    if (0 < job.losses && poisonAfter - 1 <= job.losses) this.#suspects.push(run);
    else if (0 < this.#line.length || !this.#begin(run)) this.#line.push(run);
    if (0 < this.#suspects.length) this.#serveSuspects();
    // A queue that cannot pick has brought what may not begin, and it stands in the way of others.
    if (queue.backend === "rabbitmq" && HELD_MAX < this.#line.length) {
      const last = this.#line.pop();
      if (last !== undefined) this.#finish(last, { type: "released", afterMs: 1000 });
    }
  }

  /** The embedded queue knows its own keys; those of schedules are all agents'. */
  #needsKey({ delivery: { job }, queue }: Run): boolean {
    return this.#parts.keys !== undefined && job.key !== undefined && (queue !== this.#parts.store || job.from.startsWith("schedule:"));
  }

  async #askForKey(run: Run): Promise<void> {
    const { job } = run.delivery;
    try {
      const other = await this.#parts.keys?.begin(job.key ?? "", job.id);
      if (!this.#runs.has(run.delivery)) return; // Cancelled or lost meanwhile.
      if (other === undefined) this.#enter(run);
      else this.#finish(run, { type: "cancelled", by: `its key is that of the job ${other}` });
    } catch {
      this.#finish(run, { type: "released", afterMs: STORE_AWAY_MS }); // The store is away: nobody knows whether another was begun.
    }
  }

  /** False: there is nobody to run it, or it may not begin yet. */
  #begin(run: Run): boolean {
    const { rule, delivery } = run;
    if (this.#lostIds.has(delivery.job.id) || !this.#mayBegin(rule)) return false;
    const worker = this.#parts.pool.pick();
    if (worker === undefined) return false;
    this.#start(run);
    worker.run(run);
    return true;
  }

  #start(run: Run): void {
    const { rule, delivery, queue } = run;
    const timeoutMs = rule.timeoutMs ?? this.#parts.plan().timeoutMs;
    run.startedAtMs = this.#parts.now();
    run.startedMs = performance.now();
    run.deadlineMs = timeoutMs === null ? undefined : run.startedMs + timeoutMs;
    const { job } = delivery;
    this.rules.begun(rule.name, job.attempt === 1 && job.losses === 0 ? Math.max(0, run.startedAtMs - Math.max(job.createdMs, job.runAtMs ?? 0)) : undefined);
    this.#rates.begun(rule);
    if (queue !== this.#parts.store) this.#parts.store.recordBegun(delivery.job, this.#parts.name);
  }

  #mayBegin(rule: RuleFacts): boolean {
    const { concurrency } = this.#parts.plan();
    if (concurrency !== null && concurrency <= this.rules.runningOfAll) return false;
    if (rule.concurrency !== undefined && rule.concurrency <= this.rules.running(rule.name)) return false;
    return this.#rates.mayBegin(rule);
  }

  /** In their order; one that may not begin lets those behind it pass. */
  #serveLine(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    const waiting: Run[] = [];
    let isFull = false;
    for (const run of this.#line) {
      if (isFull || !this.#runs.has(run.delivery)) {
        if (this.#runs.has(run.delivery)) waiting.push(run);
        continue;
      }
      if (this.#begin(run)) continue;
      waiting.push(run);
      isFull = this.#parts.pool.pick() === undefined;
    }
    this.#line = waiting;
    this.#serveSuspects();
    this.#isServing = false;
  }

  /** One at a time, alone in a process: so it is seen which of those that were there when one died is at fault. */
  #serveSuspects(): void {
    this.#suspects = this.#suspects.filter((run) => this.#runs.has(run.delivery));
    if (this.#suspects.length === 0) return;
    const at = this.#suspects.findIndex(({ delivery }) => !this.#lostIds.has(delivery.job.id));
    const worker = at === -1 ? undefined : this.#parts.pool.pickQuarantine();
    const [run] = worker === undefined ? [] : this.#suspects.splice(at, 1);
    if (worker === undefined || run === undefined) return;
    this.#start(run);
    worker.run(run);
  }

  #finish(run: Run, outcome: Outcome): void {
    if (!this.#runs.delete(run.delivery)) return;
    if (run.ending?.why === "lost") this.#lostIds.delete(run.delivery.job.id);
    const hasBegun = run.startedAtMs !== 0;
    const runMs = hasBegun ? performance.now() - run.startedMs : 0;
    const counted = outcome.type === "succeeded" ? "succeeded" : outcome.type === "failed" ? "failed" : outcome.type === "retry" ? "retried" : outcome.type === "lost" ? "lost" : outcome.type === "cancelled" ? "cancelled" : undefined;
    if (counted !== undefined) this.done[counted] += 1;
    if (hasBegun) {
      this.rules.ended(run.rule.name, outcome.type, runMs);
      if (outcome.type === "succeeded") run.worker?.count("success");
      else if (outcome.type !== "released") run.worker?.count("fail");
    }
    this.#settle(run, outcome);
    this.#parts.ended({ run, outcome, seconds: runMs / 1000 });
    if (0 < this.#line.length || 0 < this.#suspects.length) this.#serveLine();
  }

  #settle(run: Run, outcome: Outcome): void {
    this.#runs.delete(run.delivery);
    const { delivery, queue } = run;
    const follows = this.#parts.noticesOf(run, outcome);
    const isSettled = queue === this.#parts.store ? delivery.settle(outcome, follows) : follows.length === 0 ? delivery.settle(outcome) : this.#settleAfter(follows, run, outcome);
    // That it fails means that the queue was closed meanwhile: who opens it next finds the job as it was.
    isSettled.then((isOurs) => isOurs && this.#settled(run, outcome), () => {});
  }

  /** A broker cannot take what follows with the outcome: it is durable before the broker forgets the job, and its ids make it one when the job comes again. */
  async #settleAfter(follows: readonly NewJob[], { delivery }: Run, outcome: Outcome): Promise<boolean> {
    if (await this.#isPublished(follows)) return delivery.settle(outcome);
    await delivery.settle({ type: "released", afterMs: AGAIN_MS });
    return false;
  }

  #settled({ delivery, queue, worker }: Run, outcome: Outcome): void {
    if (outcome.type === "succeeded" || outcome.type === "failed" || outcome.type === "cancelled") worker?.count("reply");
    if (queue !== this.#parts.store) this.#parts.store.recordEnd(delivery.job, outcome);
  }

  /** False: there is no room for them now. */
  #isPublished(follows: readonly NewJob[]): Promise<boolean> {
    return this.#parts.store.publish(follows).then(() => true, () => false);
  }

  /** The lease is somebody else's: what runs for it is told to end, and its result counts for nothing. */
  #lost(delivery: Delivery): void {
    const run = this.#runs.get(delivery);
    if (run === undefined) return this.#parts.notices.lost(delivery);
    if (run.worker === undefined) this.#runs.delete(delivery);
    else this.#endEarly(run, "lost", "the lease was lost");
  }

  #endEarly(run: Run, why: "timeout" | "cancelled" | "lost", by: string): boolean {
    if (run.ending !== undefined) return false;
    if (run.worker === undefined) {
      this.#finish(run, why === "cancelled" ? { type: "cancelled", by } : { type: "released" });
      return true;
    }
    const { killAfterMs } = this.#parts.plan();
    run.ending = { why, by, killMs: performance.now() + (why === "lost" ? Math.min(LOST_KILL_MS, killAfterMs) : killAfterMs) };
    if (why === "lost") this.#lostIds.add(run.delivery.job.id);
    if (why === "cancelled") this.#mark(run, "cancel", by); // Until the rule heeds it, or its time for that is over, it runs.
    run.worker.cancel(run, why === "timeout" ? "timeout" : "cancelled");
    return true;
  }

  /** An agent whose jobs rest wakes up seldom. */
  #lookAgain(): void {
    this.#look();
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#lookAgain(), 0 < this.#runs.size ? LOOK_MS : IDLE_LOOK_MS);
  }

  #look(): void {
    const nowMs = performance.now();
    const isTimeToExtend = LEASE_EVERY_MS <= nowMs - this.#extendedMs;
    if (isTimeToExtend) this.#extendedMs = nowMs;
    for (const run of this.#runs.values()) {
      if (isTimeToExtend) run.delivery.extend(LEASE_MS);
      if (run.ending !== undefined) {
        if (run.ending.killMs <= nowMs) run.worker?.endFor(run);
      } else if (run.deadlineMs !== undefined && run.deadlineMs <= nowMs) this.#endEarly(run, "timeout", "");
    }
    if (this.#parts.plan().watcher.intervalMs <= nowMs - this.#watchedMs) {
      this.#watchedMs = nowMs;
      this.#parts.pool.recycle();
    }
    this.#setHeldBack();
    if (0 < this.#line.length || 0 < this.#suspects.length) this.#serveLine();
  }

  #setLimits(): void {
    const limits = new Map<string, number>();
    for (const { name, concurrency } of [...this.#parts.pool.catalogue.values(), ...this.#parts.notices.rules]) if (concurrency !== undefined) limits.set(name, concurrency);
    for (const consuming of this.#consuming.values()) consuming.setLimits(limits);
  }

  #setHeldBack(): void {
    const { pool, notices } = this.#parts;
    const [areOthers, heldNotices] = [this.#rates.changed(pool.catalogue.values()), notices.heldBack];
    if (heldNotices !== undefined) this.#heldNotices = heldNotices;
    if (!areOthers && heldNotices === undefined) return;
    const heldBack = new Set([...this.#rates.heldBack, ...this.#heldNotices]);
    for (const consuming of this.#consuming.values()) consuming.setHeldBack(heldBack);
  }

  #wantedSlots(): number {
    const { concurrency } = this.#parts.plan();
    return Math.min(this.#parts.pool.slots, concurrency ?? Number.POSITIVE_INFINITY);
  }

  #mark(run: Run, kind: string, text: string | undefined): void {
    const { job } = run.delivery;
    this.#parts.store.mark(job.id, { atMs: this.#parts.now(), kind, attempt: job.attempt, ...(text === undefined ? {} : { text }) });
  }
}

function unknownRule(name: string): RuleFacts {
  return { name, module: "", function: "", file: "", runtime: "node" };
}
