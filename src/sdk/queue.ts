// A durable queue of jobs: what was published is handed over until it is settled, whoever dies meanwhile. One contract, two backends
// (`plugins/queues/`), one conformance suite (`conformance/queue.ts`).
//
// All of it is made for many at a time: whoever publishes or settles within one turn shares one commit (embedded) or one confirmation (RabbitMQ).

import { AppError } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";

/** What is to be done. The queue looks at no rule and no data. */
export interface NewJob {
  /** Of the publisher's making; publishing the same one again changes nothing, and resolves as the first did. Without it the queue makes one. */
  readonly id?: string;
  /** `test.module:TestClass.callme`, or `test.module:callme`. */
  readonly rule: string;
  /** The arguments: JSON in one line. */
  readonly data: string;
  /** 0 … 9; the greater is handed over first. `USUAL_PRIORITY` where it is not given. */
  readonly priority?: number;
  /** Not before this moment, in ms since 1970. */
  readonly runAtMs?: number;
  /** Idempotency key: while a job with it is kept, publishing another gives that one. */
  readonly key?: string;
  /** What one searches for: `{ company: "1", channel: "ABCD1234" }`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The message it came as, JSON in one line, where the reply echoes it. */
  readonly envelope?: string;
  /** Who wants it: `cli:root`, `http:admin`, `schedule:nightly`, `queue:ITSBOX.D.MSG_IN`. */
  readonly from: string;
}

/** Of a job that says nothing of it. */
export const USUAL_PRIORITY = 4;

/** Begins the names of the house's own rules, such as `@notifiers:ops`: no file is called so. They have leases of their own beside a consumer's slots. */
export const HOUSE = "@";

export interface Published {
  readonly id: string;
  /** False: a job with that id or key was there. */
  readonly isNew: boolean;
}

/** A job as it is handed over. */
export interface QueuedJob extends NewJob {
  readonly id: string;
  readonly createdMs: number;
  readonly priority: number;
  /** From 1. What ended before it was begun, and what was released, does not count. */
  readonly attempt: number;
  /** How often whoever held it died or hung: what does so again and again is a poison job. */
  readonly losses: number;
}

/**
 * What came of a delivery.
 * `succeeded`, `failed`, `cancelled`: it is over, and recorded once. `retry`: again after `afterMs`, as the next attempt. `lost`: whoever ran it died or hung;
 * again after `afterMs`, with one more loss. `released`: it was never begun; again, as if nothing had been.
 */
export type Outcome =
  | { readonly type: "succeeded"; readonly result: string; readonly text?: string }
  | { readonly type: "failed"; readonly error: JobError }
  | { readonly type: "cancelled"; readonly by: string }
  | { readonly type: "retry"; readonly afterMs: number; readonly error: JobError }
  | { readonly type: "lost"; readonly afterMs: number; readonly error: JobError }
  | { readonly type: "released"; readonly afterMs?: number };

export interface JobError {
  /** `Error`, `ValueError`, `TIMEOUT`, `WORKER_LOST`, `POISON`, `NO_RULE`, `INVALID_DATA`, `TOO_LARGE`, `NOT_RECORDED`. */
  readonly kind: string;
  readonly message: string;
  readonly stack?: string;
}

/** One handing over of a job: a lease. */
export interface Delivery {
  readonly job: QueuedJob;
  /** Grows with each lease of this job: who holds an older one is refused. */
  readonly lease: number;
  /**
   * Resolves when it is durable: true; or false: the lease was no longer ours, and nothing was recorded. Rejects only when the queue is closed or broken.
   * `follows` are published in the same commit, where the queue is a JobStore; a broker cannot.
   */
  settle(outcome: Outcome, follows?: readonly NewJob[]): Promise<boolean>;
  /** The lease is good for so long from now. */
  extend(ms: number): void;
}

export interface Consumer {
  /** At most so many are unsettled at a time; `setSlots` changes it. */
  readonly slots: number;
  /** Beside them, so many of the house's own rules. */
  readonly houseSlots?: number;
  /** What this agent calls itself in the records: `host/4711`. */
  readonly name: string;
  take(delivery: Delivery): void;
  /** The lease is somebody else's by now (a broker that is gone, a time that passed): stop what you do for it. */
  lost(delivery: Delivery): void;
}

export interface Consuming {
  setSlots(slots: number, houseSlots?: number): void;
  /** Of these rules no more than so many are unsettled at a time. A backend that cannot pick leaves it to whoever takes. */
  setLimits(limits: ReadonlyMap<string, number>): void;
  /** Jobs of these rules are not wanted for now: they were begun too often of late. A backend that cannot pick leaves it to whoever takes, who releases them. */
  setHeldBack(rules: ReadonlySet<string>): void;
  /** Takes nothing more. What is unsettled can be settled as long as the queue is open. */
  stop(): Promise<void>;
}

export interface QueueDepth {
  readonly queued: number;
  readonly delayed: number;
  readonly running: number;
  /** Dead letters that nobody has replayed, where the queue knows it. */
  readonly failed: number;
}

export interface Queue {
  readonly backend: "embedded" | "rabbitmq";
  /** `amqp` without its password, or the file. */
  readonly place: string;
  /** What can be said of the link now. */
  readonly state: QueueState;
  onState(tell: (state: QueueState) => void): void;
  /** Resolves when all of them are durable, in their order. Rejects with QueueFailure; then none, some or all may be there, and publishing them again with their ids is safe. */
  publish(jobs: readonly NewJob[]): Promise<readonly Published[]>;
  /** One consumer at a time. */
  consume(consumer: Consumer): Consuming;
  /** Undefined: it cannot be asked for now. */
  depth(): Promise<QueueDepth | undefined>;
  /** Those that wait no longer. Gives those that were there and not begun. */
  cancel(ids: readonly string[], by: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export type QueueState = { readonly is: "open" } | { readonly is: "away"; readonly why: string; readonly sinceMs: number } | { readonly is: "blocked"; readonly why: string; readonly sinceMs: number };

/** `full`: takes nothing more for now; `away`: cannot be reached, or not written; `closed`: it was closed; `refused`: what was given cannot be taken, ever. */
export type QueueFault = "full" | "away" | "closed" | "refused";

/** The queue could not do what it was asked. */
export class QueueFailure extends AppError {
  override readonly name = "QueueFailure";
  readonly code = "QUEUE";
  readonly fault: QueueFault;
  constructor(fault: QueueFault, { message, ...told }: Told, cause?: unknown) {
    super(message, { ...told, cause });
    this.fault = fault;
  }
}
