// The jobs as the main thread sees them: a thread of their own.
import { Worker } from "node:worker_threads";
import { toError } from "#base/errors.ts";
import { lang } from "#base/lang.ts";
import type { JobEngine, JobEvent } from "#capabilities/jobs/jobs.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { StorePlan } from "#kernel/config/plan.ts";
import type { Log } from "#sdk/plugin.ts";
import { engineCalls } from "./engine-calls.ts";
import { THIS_RUN } from "./this-run.ts";
import type { FromJobsThread, JobsThreadData, ToJobsThread } from "./jobs-messages.ts";

export interface JobsPart {
  readonly engine: JobEngine;
  /** Workers run and jobs are taken; gives why not, or nothing. */
  readonly begun: Promise<string | undefined>;
  readonly ended: Promise<void>;
  drain(waitMs: number): void;
  /** What runs is begun again after the next start. */
  abort(): void;
  kill(): void;
}

export interface JobsPartParts {
  readonly plan: JobsPlan;
  readonly dataDir: string;
  readonly configDir: string;
  readonly pidFile: string;
  readonly store: StorePlan;
  readonly log: Log;
  readonly event: (event: JobEvent) => void;
  readonly endWanted: () => void;
}

/** Thousands of jobs a second pass here, and what they leave is dead a moment later: in a small nursery it would be copied all the time. It grows only as far as it is needed. */
const NURSERY_MB = 12;

export function startJobsPart({ log, event, endWanted, ...data }: JobsPartParts): JobsPart {
  const workerData: JobsThreadData = { ...data, run: THIS_RUN, lang: lang() };
  const worker = new Worker(new URL("./jobs-thread-start.ts", import.meta.url), { workerData, resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB } });
  const tell = (message: ToJobsThread): void => worker.postMessage(message);
  const calls = engineCalls<JobEngine>(tell, hasEnded);
  const begun = Promise.withResolvers<string | undefined>();
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  worker.on("message", (message: FromJobsThread) => {
    if (message.type === "log") log[message.level](message.message, message.fields);
    else if (message.type === "event") event(message.event);
    else if (message.type === "begun") begun.resolve(message.problem);
    else if (message.type === "end wanted") endWanted();
    else calls.hear(message);
  });
  worker.on("error", (thrown) => log.error("the thread of the jobs broke; its workers are ended at the next start", { error: toError(thrown) }));
  worker.on("exit", () => {
    calls.end();
    begun.resolve("the thread of the jobs has ended");
    resolve();
  });
  return { engine: calls.engine, begun: begun.promise, ended, drain: (waitMs) => tell({ type: "drain", waitMs }), abort: () => tell({ type: "abort" }), kill: () => void worker.terminate() };
}

function hasEnded(): CommandFailure {
  return new CommandFailure("CONFLICT", { message: "the thread of the jobs has ended", ko: { message: "작업 스레드가 끝났습니다" } });
}
