// What a reload would change: plans are compared by what they say, wherever in the file it stands.
import { isDeepStrictEqual } from "node:util";
import type { AgentPlan, PipelinePlan } from "./plan.ts";
import { doneBy, stepChanges } from "./step-changes.ts";
import type { StepChange } from "./step-changes.ts";

export interface PlanDifference {
  readonly same: readonly string[];
  readonly changed: readonly string[];
  /** Of those. */
  readonly steps: readonly StepChange[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Settings of `agent:` that differ; they take effect with the next start. */
  readonly atNextStart: readonly string[];
  /** Those that differ and take effect at once. */
  readonly atOnce: readonly string[];
}

export interface Reloaded extends PlanDifference {
  /** Nothing was changed, and why. */
  readonly problem?: string;
}

const AT_ONCE = { metrics: "metrics" } as const;
const AT_NEXT_START = { log: "log", threads: "threads", memoryBytesMax: "memory_max", drainMs: "drain_timeout", dataDir: "data_dir", pidFile: "pid_file", isWatched: "watch", http: "http", store: "store" } as const;

export function planDifference(before: AgentPlan, after: AgentPlan): PlanDifference {
  const was = new Map(before.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const is = new Map(after.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const both = [...is.values()].flatMap((pipeline) => was.get(pipeline.name) ?? []);
  const isSame = (pipeline: PipelinePlan): boolean => {
    const next = is.get(pipeline.name);
    return next !== undefined && isDeepStrictEqual(doneBy(pipeline), doneBy(next));
  };
  const changed = both.filter((pipeline) => !isSame(pipeline));
  return {
    same: both.filter(isSame).map(({ name }) => name),
    changed: changed.map(({ name }) => name),
    steps: changed.flatMap(({ name, steps }) => stepChanges(name, steps, is.get(name)?.steps ?? [])),
    added: [...is.keys()].filter((name) => !was.has(name)),
    removed: [...was.keys()].filter((name) => !is.has(name)),
    atNextStart: differing(AT_NEXT_START, before, after),
    atOnce: differing(AT_ONCE, before, after),
  };
}

function differing(settings: Readonly<Partial<Record<keyof AgentPlan, string>>>, before: AgentPlan, after: AgentPlan): string[] {
  return Object.entries(settings).flatMap(([key, name]) => (isDeepStrictEqual(before[key as keyof AgentPlan], after[key as keyof AgentPlan]) ? [] : [name]));
}
