// One handing over of one job.
import type { Delivery, NewJob, Outcome, QueuedJob } from "#sdk/queue.ts";
import type { Claim } from "./claims.ts";
import type { Head } from "./waiting.ts";

/** Where what came of it is told. */
export interface LeaseDesk {
  settle(lease: Lease, outcome: Outcome, follows?: readonly NewJob[]): Promise<boolean>;
  extend(lease: Lease, ms: number): void;
}

export class Lease implements Delivery, Claim {
  readonly seq: number;
  readonly rule: number;
  readonly lease: number;
  readonly worker: string;
  readonly startedMs: number;
  readonly job: QueuedJob;
  /** On the steady clock. */
  untilMs = 0;
  /** By its row. */
  isShown = false;
  readonly #desk: LeaseDesk;

  constructor(desk: LeaseDesk, { seq, rule }: Head, { lease, worker, startedMs }: Omit<Claim, "seq">, job: QueuedJob) {
    this.#desk = desk;
    this.seq = seq;
    this.rule = rule;
    this.lease = lease;
    this.worker = worker;
    this.startedMs = startedMs;
    this.job = job;
  }

  settle(outcome: Outcome, follows?: readonly NewJob[]): Promise<boolean> {
    return this.#desk.settle(this, outcome, follows);
  }

  extend(ms: number): void {
    this.#desk.extend(this, ms);
  }
}
