// What a reload would change: plans are compared by what they say, wherever in the file it stands.
import { isDeepStrictEqual } from "node:util";
import type { AgentPlan, PipelinePlan } from "./plan.ts";
import type { JobsPlan } from "./jobs-plan.ts";
import type { ProcessesPlan, ProcessPlan } from "./process-plan.ts";
import { doneBy, stepChanges } from "./step-changes.ts";
import type { StepChange } from "./step-changes.ts";

export interface PlanDifference {
  readonly same: readonly string[];
  readonly changed: readonly string[];
  /** Of those. */
  readonly steps: readonly StepChange[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Of `processes:`, by their names. */
  readonly processes: ProcessDifference;
  /** Settings that differ and take effect with the next start. */
  readonly atNextStart: readonly string[];
  /** Those that differ and take effect at once. */
  readonly atOnce: readonly string[];
}

export interface ProcessDifference {
  readonly same: readonly string[];
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface Reloaded extends PlanDifference {
  /** Nothing was changed, and why. */
  readonly problem?: string;
}

const AT_ONCE = { metrics: "metrics" } as const;
/** Of its queue and its old operator, at the next start. */
const AT_NEXT_START = { log: "log", threads: "threads", memoryBytesMax: "memory_max", drainMs: "drain_timeout", dataDir: "data_dir", pidFile: "pid_file", isWatched: "watch", http: "http", store: "store" } as const;

/** What of the jobs is bound at the start: where they wait, and the old operator's edges. */
const JOBS_AT_NEXT_START: ReadonlySet<string> = new Set(["queue", "operator"]);
const JOB_KEYS: Readonly<Record<Exclude<keyof JobsPlan, "place" | "isForNoticesOnly" | "notifiers">, string>> = { rulesDir: "rules", queue: "queue", workers: "workers", slots: "slots", limits: "limits", timeoutMs: "timeout", killAfterMs: "kill_after", loadTimeoutMs: "load_timeout", attempts: "attempts", backoff: "backoff", poisonAfter: "poison_after", concurrency: "concurrency", rate: "rate", watcher: "watcher", recycle: "recycle", keepMs: "keep", keepMax: "keep_max", python: "python", env: "env", schedules: "schedules", operator: "operator" };

const SECTIONS_AT_ONCE: Readonly<Record<string, (plan: ProcessesPlan) => unknown>> = {
  flows: ({ flows }) => flows.map(withoutPlace),
  groups: ({ groups }) => groups,
  schedules: ({ schedules }) => schedules,
  process_settings: ({ settings: { workDir: _dir, ...others } }) => others,
};
const SECTIONS_AT_NEXT_START: typeof SECTIONS_AT_ONCE = {
  console: ({ console }) => console,
  "process_settings.work_dir": ({ settings }) => settings.workDir,
};

export function planDifference(before: AgentPlan, after: AgentPlan): PlanDifference {
  const was = new Map(before.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const is = new Map(after.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const both = [...is.values()].flatMap((pipeline) => was.get(pipeline.name) ?? []);
  const isSame = (pipeline: PipelinePlan): boolean => {
    const next = is.get(pipeline.name);
    return next !== undefined && isDeepStrictEqual(doneBy(pipeline), doneBy(next));
  };
  const changed = both.filter((pipeline) => !isSame(pipeline));
  const jobs = jobsDiffering(ownJobs(before.jobs), ownJobs(after.jobs));
  const [notifiersBefore, notifiersAfter] = [before, after].map(({ jobs: plan }) => plan?.notifiers.map(withoutPlace) ?? []);
  return {
    same: both.filter(isSame).map(({ name }) => name),
    changed: changed.map(({ name }) => name),
    steps: changed.flatMap(({ name, steps }) => stepChanges(name, steps, is.get(name)?.steps ?? [])),
    added: [...is.keys()].filter((name) => !was.has(name)),
    removed: [...was.keys()].filter((name) => !is.has(name)),
    processes: processDifference(before.processes.processes, after.processes.processes),
    atNextStart: [...differing(AT_NEXT_START, before, after), ...sectionsDiffering(SECTIONS_AT_NEXT_START, before, after), ...jobs.filter((key) => JOBS_AT_NEXT_START.has(key)).map((key) => `jobs.${key}`)],
    atOnce: [...differing(AT_ONCE, before, after), ...sectionsDiffering(SECTIONS_AT_ONCE, before, after), ...jobs.filter((key) => !JOBS_AT_NEXT_START.has(key)).map((key) => (key === "" ? "jobs" : `jobs.${key}`)), ...(isDeepStrictEqual(notifiersBefore, notifiersAfter) ? [] : ["notifiers"])],
  };
}

function processDifference(before: readonly ProcessPlan[], after: readonly ProcessPlan[]): ProcessDifference {
  const was = new Map(before.map((process) => [process.name, process]));
  const is = new Map(after.map((process) => [process.name, process]));
  const isSame = ({ name }: ProcessPlan): boolean => isDeepStrictEqual(withoutPlace(was.get(name)), withoutPlace(is.get(name)));
  const both = after.filter(({ name }) => was.has(name));
  return {
    same: both.filter(isSame).map(({ name }) => name),
    changed: both.filter((process) => !isSame(process)).map(({ name }) => name),
    added: [...is.keys()].filter((name) => !was.has(name)),
    removed: [...was.keys()].filter((name) => !is.has(name)),
  };
}

/** undefined: the config has no `jobs:`. */
function ownJobs(jobs: JobsPlan | undefined): JobsPlan | undefined {
  return jobs?.isForNoticesOnly === true ? undefined : jobs;
}

/** Keys of `jobs:`; an empty one stands for all of it, which came or went. */
function jobsDiffering(before: JobsPlan | undefined, after: JobsPlan | undefined): string[] {
  if (before === undefined || after === undefined) return before === after ? [] : [""];
  return Object.entries(JOB_KEYS).flatMap(([key, name]) => (isDeepStrictEqual(partOf(before, key), partOf(after, key)) ? [] : [name]));
}

function partOf(jobs: JobsPlan, key: string): unknown {
  return key === "schedules" ? jobs.schedules.map(withoutPlace) : jobs[key as keyof JobsPlan];
}

/** The jobs after a reload: what is bound at the start stays as it is, so that the next reload says it, too. */
export function jobsUntilStart(before: JobsPlan | undefined, after: JobsPlan | undefined): JobsPlan | undefined {
  if (before === undefined || after === undefined) return after;
  const { operator: _, ...others } = after;
  return { ...others, queue: before.queue, ...(before.operator === undefined ? {} : { operator: before.operator }) };
}

/** What the jobs do, wherever it is written. */
export function jobsDone(jobs: JobsPlan | undefined): unknown {
  return jobs === undefined ? undefined : { ...jobs, schedules: jobs.schedules.map(withoutPlace), notifiers: jobs.notifiers.map(withoutPlace), place: undefined };
}

/** What the processes do, wherever it is written. */
export function processesDone(plan: ProcessesPlan): unknown {
  return { ...plan, processes: plan.processes.map(withoutPlace), flows: plan.flows.map(withoutPlace) };
}

function withoutPlace(of: object | undefined): unknown {
  return of === undefined ? undefined : { ...of, place: undefined };
}

function sectionsDiffering(sections: typeof SECTIONS_AT_ONCE, before: AgentPlan, after: AgentPlan): string[] {
  return Object.entries(sections).flatMap(([name, part]) => (isDeepStrictEqual(part(before.processes), part(after.processes)) ? [] : [name]));
}

function differing(settings: Readonly<Partial<Record<keyof AgentPlan, string>>>, before: AgentPlan, after: AgentPlan): string[] {
  return Object.entries(settings).flatMap(([key, name]) => (isDeepStrictEqual(before[key as keyof AgentPlan], after[key as keyof AgentPlan]) ? [] : [name]));
}
