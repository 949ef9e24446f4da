// How jobs, workers and the queue are: a word, a shape and a colour for each.
import type { JobsLook, WorkerInfo, WorkerLook } from "#capabilities/jobs/jobs.ts";
import type { Mark } from "../parts/state-mark.tsx";
import { words } from "../words/jobs.ts";
import { words as operatorWords } from "../words/operator.ts";
import type { Text } from "../words/say.ts";
import type { JobState } from "./job.ts";

export interface Mood extends Mark {
  readonly label: Text;
}

/** In the order of a job's life. */
export const jobMoods = {
  delayed: { label: words.delayed, shape: "diamond", tone: "calm" },
  queued: { label: words.queued, shape: "ring", tone: "calm" },
  sent: { label: words.sent, shape: "ring", tone: "calm" },
  running: { label: words.running, shape: "triangle", tone: "warn" },
  succeeded: { label: words.succeeded, shape: "disc", tone: "good" },
  failed: { label: words.failed, shape: "cross", tone: "bad" },
  cancelled: { label: words.cancelled, shape: "square", tone: "calm" },
} as const satisfies Readonly<Record<JobState, Mood>>;

/** The old operator's words for its workers. */
export const oldMoods = {
  Full: { label: operatorWords.full, shape: "triangle", tone: "warn" },
  Active: { label: operatorWords.active, shape: "disc", tone: "good" },
  Idle: { label: operatorWords.idle, shape: "ring", tone: "calm" },
  Unknown: { label: operatorWords.unknown, shape: "cross", tone: "bad" },
  Down: { label: operatorWords.down, shape: "square", tone: "bad" },
} as const satisfies Readonly<Record<WorkerInfo["status"] | "Down", Mood>>;

export const workerMoods = {
  starting: { label: operatorWords.starting, shape: "ring", tone: "calm" },
  ready: { label: operatorWords.ready, shape: "disc", tone: "good" },
  draining: { label: operatorWords.draining, shape: "square", tone: "calm" },
  blocked: { label: operatorWords.blocked, shape: "triangle", tone: "warn" },
} as const satisfies Readonly<Record<WorkerLook["state"], Mood>>;

export const queueMoods = {
  open: { label: operatorWords.linkOpen, shape: "disc", tone: "good" },
  away: { label: operatorWords.linkAway, shape: "cross", tone: "bad" },
  blocked: { label: operatorWords.linkBlocked, shape: "triangle", tone: "warn" },
} as const satisfies Readonly<Record<JobsLook["queue"]["state"]["is"], Mood>>;
