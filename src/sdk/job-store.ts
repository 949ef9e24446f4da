// Every job this agent took, ran or gave away, with its history: the embedded queue is one, and where jobs come over RabbitMQ it holds their record.
import type { JobError, NewJob, Outcome, Queue, QueueDepth, QueuedJob } from "./queue.ts";

/** `delayed`: not before its time, or waiting for its next attempt. `sent`: published to a broker, and nothing heard of it yet. `failed`: given up, a dead letter. */
export const JOB_STATES = ["delayed", "queued", "sent", "running", "succeeded", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];

export interface JobRow {
  readonly id: string;
  readonly rule: string;
  readonly state: JobState;
  readonly priority: number;
  readonly attempt: number;
  readonly losses: number;
  readonly key?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly from: string;
  readonly createdMs: number;
  /** When it is due, of a delayed one. */
  readonly runAtMs?: number;
  /** Of the last attempt. */
  readonly startedMs?: number;
  readonly endedMs?: number;
  /** Where the last attempt ran: `host/4711`. */
  readonly worker?: string;
  readonly dataBytes: number;
  readonly resultBytes?: number;
  /** Of the last attempt that failed. */
  readonly error?: JobError;
  /** Id of the job it was replayed as: a dead letter with one waits for nobody any more. */
  readonly replayedAs?: string;
}

/** One fact of a job's life: `queued`, `started`, `failed`, `retry`, `lost`, `log`, `cancel`, `succeeded`, `cancelled`, `replayed`, `edited`, `replied`, or a mark of the rule's own. */
export interface JobMark {
  readonly atMs: number;
  readonly kind: string;
  readonly attempt: number;
  readonly text?: string;
}

export interface JobRecord extends JobRow {
  /** As they were published; what its rule calls secret is hidden by whoever shows it. */
  readonly data: string;
  readonly result?: string;
  /** The result as the old operator would put it into `msg`. */
  readonly text?: string;
  readonly envelope?: string;
  /** The oldest first; bounded. */
  readonly marks: readonly JobMark[];
  /** Id of the job it was replayed from. */
  readonly replayOf?: string;
}

export interface JobQuery {
  readonly states?: readonly JobState[];
  readonly rule?: string;
  /** True: only those of the house's own rules, such as notices; false: only all others. */
  readonly isOfHouse?: boolean;
  /** Words that all occur in its id, rule, data, result, error, key or labels. */
  readonly text?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Created from this moment on, and before that one. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Of the answer before. */
  readonly after?: string;
  readonly limit: number;
  readonly order?: "newest" | "oldest";
}

export interface JobPage {
  readonly jobs: readonly JobRow[];
  /** There are more: ask with it. */
  readonly next?: string;
  /** The search would have taken too long: it ended before it came to all. `next` goes on. */
  readonly isPartial?: boolean;
}

export interface JobStore extends Queue {
  list(query: JobQuery): Promise<JobPage>;
  show(id: string): Promise<JobRecord | undefined>;
  /** Of each state and rule, those of `states`. */
  counts(): Promise<readonly { readonly state: JobState; readonly rule: string; readonly count: number }[]>;
  /** What `depth` says, of the rules that are meant. */
  depthOf(isMeant: (rule: string) => boolean): Promise<QueueDepth>;
  /** Adds to its history: written with the next commit. */
  mark(id: string, mark: JobMark): void;
  /** A copy of each that has ended, as a new job; with other data when `data` is given. Gives the new ids; what is not there or has not ended is left out. */
  replay(ids: readonly string[], by: string, edited?: { readonly data: string }): Promise<readonly { readonly id: string; readonly as: string }[]>;
  /** Those that have ended are forgotten. Gives which, with the keys that are free now. */
  forget(ids: readonly string[]): Promise<readonly { readonly id: string; readonly key?: string }[]>;
  /** Of jobs that come over another queue: that it was given away, begun, settled. Not waited for by anybody; lost with the machine at worst, for the broker has the job. */
  recordSent(jobs: readonly (NewJob & { readonly id: string })[]): void;
  recordBegun(job: QueuedJob, worker: string): void;
  recordEnd(job: QueuedJob, outcome: Outcome): void;
  /** Of a job of another queue that is not over: how often this agent, or one before it that was killed, has lost it. */
  lossesOf(id: string): number;
  /** Another agent has run it, and says what came of it. */
  recordAnswer(id: string, outcome: Extract<Outcome, { readonly type: "succeeded" | "failed" | "cancelled" }>): void;
  /** Tells the end of each of these jobs, from now on; undefined: the store was closed. What comes back forgets those that have not ended, and has to be called. */
  onceEnded(ids: readonly string[], tell: (id: string, outcome: Outcome | undefined) => void): () => void;
  /** Ends when it does. Undefined: not within `ms`, or it is not known. */
  whenEnded(id: string, ms: number): Promise<JobRecord | undefined>;
}
