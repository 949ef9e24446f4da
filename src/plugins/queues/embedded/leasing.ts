// Handing over: which jobs are leased, to whom and until when, and what comes back of them.
import type { DatabaseSync } from "node:sqlite";
import { steadyNow } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import type { Consumer, Consuming, NewJob, Outcome } from "#sdk/queue.ts";
import { Claims } from "./claims.ts";
import type { DueJobs } from "./due.ts";
import type { Ends } from "./ends.ts";
import { closed, told } from "./failures.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { JobsTable } from "./jobs-table.ts";
import { Lease } from "./lease.ts";
import type { LeaseDesk } from "./lease.ts";
import { LeasesInUse } from "./leases-in-use.ts";
import { ShownClaims } from "./shown-claims.ts";
import { STATE } from "./tables.ts";
import type { Waiting } from "./waiting.ts";

export interface LeasingParts {
  readonly database: DatabaseSync;
  readonly file: string;
  readonly table: JobsTable;
  readonly commit: GroupCommit;
  readonly waiting: Waiting;
  readonly due: DueJobs;
  readonly ends: Ends;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Within the transaction: what follows from a job that is over. */
  readonly insert: (jobs: readonly NewJob[]) => unknown;
}

type End = Extract<Outcome, { readonly type: "succeeded" | "failed" | "cancelled" }>;

/** Of a job whose outcome the file does not take. */
const NOT_RECORDED = "NOT_RECORDED";
const NONE: readonly NewJob[] = [];

export class Leasing implements LeaseDesk {
  readonly #parts: LeasingParts;
  readonly #leased = new Map<number, Lease>();
  /** They ended, and the file takes not even that they failed. */
  readonly #unrecorded: Lease[] = [];
  readonly #claims: Claims<Lease>;
  readonly #shown: ShownClaims;
  readonly #inUse: LeasesInUse;
  /** In the transaction that is being made. */
  #claimed: Lease[] = [];
  #consumer: Consumer | undefined;
  readonly #timer: NodeJS.Timeout;
  #lookedAtMs: number;

  constructor(parts: LeasingParts) {
    const { database, table, commit, clock, leaseMs } = parts;
    this.#parts = parts;
    this.#claims = new Claims(database);
    this.#shown = new ShownClaims({ database, claims: this.#claims, commit, clock, leases: () => [...this.#leased.values(), ...this.#unrecorded] });
    this.#inUse = new LeasesInUse((name) => table.knownRule(name), (rule) => table.ruleName(rule));
    this.#lookedAtMs = steadyNow(clock);
    this.#timer = setInterval(() => this.#expire(), leaseMs / 4).unref();
  }

  /** Those whose rows do not show it. */
  get claims(): Pick<Claims<Lease>, "count" | "has"> {
    return this.#claims;
  }

  /** What a killed agent had leased: within the first transaction. */
  recover(): void {
    this.#claims.recover();
  }

  consume(consumer: Consumer): Consuming {
    const { commit } = this.#parts;
    const inUse = this.#inUse;
    this.#consumer = consumer;
    inUse.slots = consumer.slots;
    inUse.houseSlots = consumer.houseSlots ?? 0;
    commit.wake();
    return {
      setSlots: (slots, houseSlots = 0) => {
        const isMore = inUse.slots < slots || inUse.houseSlots < houseSlots;
        inUse.slots = slots;
        inUse.houseSlots = houseSlots;
        if (isMore) commit.wake();
      },
      setLimits: (limits) => {
        inUse.limit(limits);
        commit.wake();
      },
      setHeldBack: (rules) => {
        inUse.holdBack(rules);
        commit.wake();
      },
      stop: async () => {
        if (this.#consumer === consumer) this.#consumer = undefined;
      },
    };
  }

  /** Of a delivery of ours. */
  settle(lease: Lease, outcome: Outcome, follows: readonly NewJob[] = NONE): Promise<boolean> {
    const { commit } = this.#parts;
    if (commit.isClosed) return Promise.reject(closed());
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    commit.add({
      run: () => (isEnd(outcome) ? this.#end(lease, outcome, follows) : this.#putBack(lease, outcome)),
      done: (isOurs) => {
        this.#settled(lease, outcome, isOurs);
        resolve(isOurs);
      },
      refused: (error) => void this.#refused(lease, outcome, error).then(resolve, reject),
    });
    return promise;
  }

  extend(lease: Lease, ms: number): void {
    lease.untilMs = steadyNow(this.#parts.clock) + ms;
  }

  /** As the last of each transaction: leases what there is room for. What it gives is called after the commit. */
  leaseNext(nowMs: number): () => void {
    const { table, waiting, clock, leaseMs } = this.#parts;
    const consumer = this.#consumer;
    const isHeldBack = (rule: number): boolean => !this.#inUse.isWanted(rule);
    while (consumer !== undefined && this.#inUse.hasRoom) {
      const head = waiting.next(isHeldBack);
      if (head === undefined) break;
      const { lease, job } = table.claim(head);
      this.#inUse.take(head.rule);
      const claim = new Lease(this, head, { lease, worker: consumer.name, startedMs: nowMs }, job);
      this.#claims.add(claim);
      this.#claimed.push(claim);
    }
    this.#claims.write();
    const claimed = this.#claimed;
    this.#claimed = [];
    return () => {
      const untilMs = steadyNow(clock) + leaseMs;
      for (const lease of claimed) {
        lease.untilMs = untilMs;
        this.#leased.set(lease.seq, lease);
      }
      for (const lease of claimed) consumer?.take(lease);
      this.#shown.committed();
    };
  }

  /** Rules may have got their numbers. */
  learn(): void {
    this.#inUse.learn();
  }

  /** The transaction was put back, or there has been none: what is leased is what was. */
  readAgain(): void {
    this.#claimed = [];
    this.#inUse.learn();
    this.#inUse.recount(this.#leased.values());
    this.#shown.reset();
  }

  /** Somebody looks at the rows. */
  showAll(): void {
    this.#shown.showAll();
  }

  /** Nothing more is handed over. What was can be settled until the commits end. */
  close(): void {
    this.#consumer = undefined;
    clearInterval(this.#timer);
    this.#shown.close();
  }

  #end(lease: Lease, outcome: End, follows: readonly NewJob[]): boolean {
    const { table, clock, insert } = this.#parts;
    if (!table.settle(lease, lease.rule, outcome, clock.now())) return false;
    this.#free(lease);
    if (0 < follows.length) insert(follows);
    return true;
  }

  #putBack(lease: Lease, outcome: Exclude<Outcome, End>): boolean {
    const { table, clock, due, waiting } = this.#parts;
    const { seq, rule, job } = lease;
    due.followClock();
    const state = table.putBack(lease, rule, job, outcome, clock.now());
    if (state === undefined) return false;
    this.#free(lease);
    if (state === STATE.queued) waiting.add({ seq, rule, priority: job.priority });
    return true;
  }

  #settled(lease: Lease, outcome: Outcome, isOurs: boolean): void {
    const { commit, ends, due } = this.#parts;
    const wasLeased = this.#leased.get(lease.seq) === lease && this.#leased.delete(lease.seq);
    if (!isOurs && wasLeased) {
      this.#free(lease);
      commit.wake();
    }
    if (isOurs && isEnd(outcome)) ends.tell(lease.job.id, outcome);
    else due.lookAgain();
  }

  async #refused(lease: Lease, outcome: Outcome, error: Error): Promise<boolean> {
    if (outcome.type !== "failed" || outcome.error.kind !== NOT_RECORDED) return this.settle(lease, { type: "failed", error: { kind: NOT_RECORDED, message: `what came of it cannot be recorded: ${error.message}` } });
    // Not even that it failed: the next start finds it as it was.
    if (this.#leased.get(lease.seq) === lease) this.#leased.delete(lease.seq);
    this.#unrecorded.push(lease);
    this.#inUse.free(lease.rule);
    throw told(error, this.#parts.file);
  }

  #free({ seq, rule }: Lease): void {
    this.#claims.delete(seq);
    this.#inUse.free(rule);
  }

  /** Takes back what nobody extends. When this came late itself, whoever should have extended may have been as late. */
  #expire(): void {
    const { commit, clock, due, leaseMs } = this.#parts;
    if (due.hasClockJumped) commit.wake();
    const nowMs = steadyNow(clock);
    const isLate = leaseMs / 2 < nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    if (isLate) return;
    for (const lease of this.#leased.values()) {
      if (nowMs < lease.untilMs) continue;
      lease.untilMs = Number.POSITIVE_INFINITY; // Once is enough, however long the disk is full.
      void this.settle(lease, { type: "lost", afterMs: 0, error: { kind: "LEASE_EXPIRED", message: "nobody said that it still runs" } });
      this.#consumer?.lost(lease);
    }
  }
}

function isEnd(outcome: Outcome): outcome is End {
  return outcome.type === "succeeded" || outcome.type === "failed" || outcome.type === "cancelled";
}
