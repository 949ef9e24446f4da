// What the main thread and the thread of the jobs say to each other.
import type { Lang } from "#base/lang.ts";
import type { JobEngine, JobEvent } from "#capabilities/jobs/jobs.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { StorePlan } from "#kernel/config/plan.ts";
import type { EngineAnswer, EngineCall } from "./engine-calls.ts";

export interface JobsThreadData {
  readonly plan: JobsPlan;
  readonly dataDir: string;
  readonly configDir: string;
  readonly pidFile: string;
  readonly store: StorePlan;
  /** Of this run of the agent, and the same in all of its threads. */
  readonly run: string;
  readonly lang: Lang;
}

export type ToJobsThread =
  | EngineCall<keyof JobEngine>
  /** Takes nothing new and lets end what runs, so long. */
  | { readonly type: "drain"; readonly waitMs: number }
  | { readonly type: "abort" };

export type FromJobsThread =
  | { readonly type: "log"; readonly level: "debug" | "info" | "warn" | "error"; readonly message: string; readonly fields: Record<string, unknown> }
  | EngineAnswer
  | { readonly type: "event"; readonly event: JobEvent }
  /** Workers run, and jobs are taken. `problem`: they are not, and why. */
  | { readonly type: "begun"; readonly problem?: string }
  /** The old word for the end of all of it came, and was answered. */
  | { readonly type: "end wanted" };
