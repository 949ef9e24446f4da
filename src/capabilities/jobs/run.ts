// One job on its way through a worker.
import type { Delivery, Outcome, Queue } from "#sdk/queue.ts";
import type { RuleFacts, RuleNotice } from "./worker-protocol.ts";
import type { Worker } from "./worker.ts";

export interface Run {
  readonly delivery: Delivery;
  readonly queue: Queue;
  readonly rule: RuleFacts;
  /** Between us and the worker. */
  readonly number: number;
  readonly takenMs: number;
  /** By the wall, for people. */
  startedAtMs: number;
  /** On the steady clock. */
  startedMs: number;
  worker: Worker | undefined;
  /** On the steady clock: its time is over; undefined: it has as long as it likes. */
  deadlineMs: number | undefined;
  /** It was told to end, why, and when its worker is ended for it. */
  ending?: { readonly why: "timeout" | "cancelled" | "lost"; readonly by: string; readonly killMs: number };
  /** Its time was over while the loop of its worker stood still: it or one beside it is at fault. */
  isSuspect?: true;
  progress?: number;
  progressText?: string;
  logLines: number;
  /** What the rule wants to be told once it has succeeded. */
  notices?: RuleNotice[];
}

export interface Ended {
  readonly run: Run;
  readonly outcome: Outcome;
  readonly seconds: number;
}
