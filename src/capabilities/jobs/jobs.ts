// What one can ask of the jobs and tell them. The engine behind it runs in a thread of its own; all of this travels as plain JSON.
import type { JobPage, JobQuery, JobRecord } from "#sdk/job-store.ts";
import type { JobError, NewJob, QueueDepth, QueueState } from "#sdk/queue.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { NoticeOrder } from "./notices/notice-jobs.ts";
import type { RuleFacts, RuleProblem } from "./worker-protocol.ts";

export interface JobEngine {
  /** Resolves when durable. Throws CommandFailure: NOT_FOUND (no such rule, with the like), INVALID (its data, or too much of it), CONFLICT (this agent runs no jobs); QueueFailure: the queue is full or away. */
  submit(jobs: readonly NewJob[]): Promise<readonly Submitted[]>;
  /** Submits them and gives what came of each: those that have not ended after `waitMs` have no state. */
  run(jobs: readonly NewJob[], waitMs: number): Promise<readonly Done[]>;
  /** Its record when it has ended, or as it is after `waitMs`. Throws NOT_FOUND. */
  wait(id: string, waitMs: number): Promise<JobRecord>;
  list(query: JobQuery): Promise<JobPage>;
  /** Secrets in its data are hidden. Throws NOT_FOUND. */
  show(id: string): Promise<JobRecord>;
  counts(): Promise<readonly { readonly state: string; readonly rule: string; readonly count: number }[]>;
  /** As new jobs; only what has ended. */
  replay(which: Which, by: string, edited?: { readonly data: string }): Promise<readonly { readonly id: string; readonly as: string }[]>;
  /** What waits is taken away, what runs is told to end. Gives how many. */
  cancel(which: Which, by: string): Promise<number>;
  /** Of those that have ended. */
  forget(which: Which): Promise<number>;
  look(): Promise<JobsLook>;
  rules(): Promise<{ readonly rules: readonly RuleLook[]; readonly problems: readonly RuleProblem[] }>;
  /** Reads the rules folder anew: new workers take over from the old ones. */
  reloadRules(): Promise<{ readonly rules: number; readonly problems: readonly RuleProblem[] }>;
  /** The old operator's words: `start`, `worker`, `3(40)`. Throws CommandFailure with what was wrong. */
  manage(order: ManagementOrder): Promise<ManagementAnswer>;
  /** Resolves when they are kept; the same ids again change nothing. Rejects with QueueFailure. */
  notify(orders: readonly NoticeOrder[]): Promise<void>;
  notifiers(): Promise<readonly NotifierLook[]>;
  /** Sends a notice at once, once, beside the queue. Throws NOT_FOUND. */
  tryNotifier(name: string, by: string): Promise<NotifierTrial>;
  /** Gives why not, or nothing. */
  apply(plan: JobsPlan | undefined): Promise<string | undefined>;
}

/** Some by their ids, or all that a query finds (at most 100,000 at a time). */
export type Which = { readonly ids: readonly string[] } | { readonly query: Omit<JobQuery, "limit" | "after" | "order"> };

export interface Submitted {
  readonly id: string;
  readonly isNew: boolean;
}

export interface Done extends Submitted {
  readonly state?: "succeeded" | "failed" | "cancelled";
  /** JSON. */
  readonly result?: string;
  readonly error?: JobError;
}

export interface ManagementOrder {
  readonly action: string;
  readonly target: string;
  readonly detail: string;
}

export interface ManagementAnswer {
  /** As the old operator said it. */
  readonly message: string;
  /** Of `info worker`. */
  readonly info?: OperatorInfo;
  /** Of `stop all`: the agent (or its jobs) ends once the answer is on its way. */
  readonly isEnd?: true;
}

/** How the old operator showed its workers, name by name. */
export interface OperatorInfo {
  readonly workers: readonly WorkerInfo[];
  readonly total: {
    readonly status: "Full" | "Active" | "Idle" | "Down";
    readonly queued: number;
    readonly worker: { readonly total: number; readonly full: number; readonly active: number; readonly idle: number };
    readonly thread: { readonly total: number; readonly active: number; readonly idle: number };
    readonly count: TaskCounts;
  };
}

export interface WorkerInfo {
  readonly pid: number;
  readonly status: "Full" | "Active" | "Idle" | "Unknown";
  readonly queued: number;
  readonly thread: { readonly total: number; readonly active: number; readonly idle: number };
  readonly count: TaskCounts;
  readonly active_tasks: readonly { readonly tid: number; readonly thread: string; readonly start: number; readonly duration: number; readonly message: string }[];
}

export interface TaskCounts {
  readonly receive: number;
  readonly process: number;
  readonly success: number;
  readonly fail: number;
  readonly reply: number;
}

export interface NotifierLook {
  readonly name: string;
  readonly type: "webhook" | "mail" | "amqp";
  /** Without what is secret of it. */
  readonly address: string;
  readonly on: readonly string[];
  /** Queued, under way, or waiting for their next attempt. */
  readonly waiting: number;
  readonly delivered: number;
  /** Dead letters. */
  readonly failed: number;
  /** Of the newest notice that has not arrived yet, or never will: why. */
  readonly lastFailure?: string;
  readonly lastFailedMs?: number;
}

export interface NotifierTrial {
  readonly isDelivered: boolean;
  /** What the receiver said, or why it failed. */
  readonly said: string;
  readonly ms: number;
}

export interface JobsLook {
  readonly atMs: number;
  readonly queue: { readonly backend: "embedded" | "rabbitmq"; readonly place: string; readonly state: QueueState; /** Missing: the broker is away. */ readonly depth?: QueueDepth };
  /** They stand in no other figure: those that wait, are under way or are tried again, and dead letters. */
  readonly notices: { readonly waiting: number; readonly failed: number };
  readonly workers: readonly WorkerLook[];
  readonly watcher: { readonly isOn: boolean; readonly intervalMs: number };
  readonly management: { readonly isOn: boolean };
  /** There are no rules: it only tells people and programs, for which it needs no worker. */
  readonly isForNoticesOnly?: true;
  /** Who submits the jobs of schedules, where agents share a store; undefined: each agent its own. */
  readonly schedules?: ScheduleHolder;
  /** Since the agent's start. */
  readonly done: { readonly succeeded: number; readonly failed: number; readonly retried: number; readonly lost: number; readonly cancelled: number };
}

export interface ScheduleHolder {
  readonly schedules: number;
  readonly isOurs: boolean;
  /** `host/4711`; undefined: nobody does just now. */
  readonly holder?: string;
  readonly sinceMs?: number;
  /** Grows with each holder. */
  readonly token?: number;
  /** Why it is not known. */
  readonly problem?: string;
}

export interface WorkerLook {
  readonly pid: number;
  readonly state: "starting" | "ready" | "draining" | "blocked";
  readonly slots: number;
  /** Runs jobs that others died over, one at a time. */
  readonly isQuarantine: boolean;
  readonly startedMs: number;
  readonly done: number;
  readonly failed: number;
  readonly memoryBytes: number;
  readonly jobs: readonly { readonly id: string; readonly rule: string; readonly startedMs: number; readonly progress?: number; readonly text?: string }[];
}

export interface RuleLook extends RuleFacts {
  readonly succeeded: number;
  readonly failed: number;
  readonly running: number;
  readonly heldBack: boolean;
  /** Of the last 1,000 runs, in ms; missing before the first. */
  readonly runMs?: { readonly p50: number; readonly p95: number; readonly p99: number };
  /** Of the last 1,000 first runs, in ms: from when it could have been run until it was. */
  readonly waitMs?: { readonly p50: number; readonly p95: number; readonly p99: number };
}

/** What happens to jobs, for the agent's events: `job.failed`, `job.lost`, `worker.started`, `worker.exited`, `queue.away`. */
export interface JobEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}
