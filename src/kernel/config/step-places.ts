// Where a plugin step stands among those of its kind: what is kept on disk for it may be named by that.
import type { StepPlan } from "./plan.ts";

export interface StepPlace {
  readonly kind: string;
  /** Counted from 1, branches in their order. */
  readonly nth: number;
}

/** By the steps' ids. */
export function placesOf(steps: readonly StepPlan[]): Map<string, StepPlace> {
  const places = new Map<string, StepPlace>();
  const counts = new Map<string, number>();
  const visit = (step: StepPlan): void => {
    if (step.type === "failover") for (const inside of [...step.outputs, ...(step.last === undefined ? [] : [step.last])]) visit(inside);
    if (step.type === "route") for (const branch of step.branches) branch.steps.forEach(visit);
    if (step.type !== "plugin") return;
    const kind = step.plugin.slice(0, step.plugin.indexOf("."));
    const nth = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, nth);
    places.set(step.id, { kind, nth });
  };
  steps.forEach(visit);
  return places;
}
