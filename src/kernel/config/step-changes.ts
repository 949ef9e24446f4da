// Which steps of a pipeline a reload changes.
import { isDeepStrictEqual } from "node:util";
import type { JsonValue } from "#base/json.ts";
import type { PipelinePlan, StepPlan } from "./plan.ts";

export interface StepChange {
  readonly pipeline: string;
  /** `3:filter.Where`; of one that is removed, as it was. */
  readonly step: string;
  readonly is: "changed" | "added" | "removed";
  /** Names of the options that differ; never what they hold, which may be secret. */
  readonly options?: readonly string[];
  /** A plugin of the user's own, whose file or what that imports holds something else. */
  readonly isCodeNew?: boolean;
}

/** Where steps were put in or taken out, those behind are the same, though their numbers are others. */
export function stepChanges(pipeline: string, before: readonly StepPlan[], after: readonly StepPlan[]): StepChange[] {
  const longest = Math.min(before.length, after.length);
  let first = 0;
  while (first < longest && isSame(before[first], after[first])) first += 1;
  let last = 0;
  while (last < longest - first && isSame(before.at(-1 - last), after.at(-1 - last))) last += 1;
  const were = before.slice(first, before.length - last);
  const are = after.slice(first, after.length - last);
  const changes: StepChange[] = [];
  for (let index = 0; index < Math.max(were.length, are.length); index += 1) {
    const [was, is] = [were[index], are[index]];
    if (was !== undefined && is !== undefined && nameOf(was) === nameOf(is)) {
      if (!isSame(was, is)) changes.push({ pipeline, step: labelOf(is), is: "changed", options: differingOptions(was, is), isCodeNew: codeOf(was) !== codeOf(is) });
      continue;
    }
    if (was !== undefined) changes.push({ pipeline, step: labelOf(was), is: "removed" });
    if (is !== undefined) changes.push({ pipeline, step: labelOf(is), is: "added" });
  }
  return changes;
}

/** What a pipeline does: as it is to be compared, wherever in the file and however it is written. */
export function doneBy({ place: _, steps, ...more }: PipelinePlan): unknown {
  return { ...more, steps: steps.map((step) => stepDoes(step, true)) };
}

function stepDoes(step: StepPlan, hasNumber: boolean): unknown {
  const inner = (steps: readonly StepPlan[]): unknown[] => steps.map((each) => stepDoes(each, hasNumber));
  const { place: _, id, ...does } = step;
  const number = hasNumber ? { id } : {};
  if (does.type === "plugin") {
    const { shown: __, ...own } = does;
    return { ...number, ...own, options: asJson(own.options) };
  }
  if (does.type === "failover") return { ...number, ...does, outputs: inner(does.outputs), ...(does.last === undefined ? {} : { last: inner([does.last]) }) };
  return does.type === "route" ? { ...number, ...does, branches: does.branches.map((branch) => ({ ...branch, steps: inner(branch.steps) })) } : { ...number, ...does };
}

/** A plan that came from another process has no keys without values. */
function asJson(options: JsonValue): unknown {
  return JSON.parse(JSON.stringify(options ?? null));
}

/** Whatever their numbers. */
function isSame(one: StepPlan | undefined, other: StepPlan | undefined): boolean {
  return one !== undefined && other !== undefined && isDeepStrictEqual(stepDoes(one, false), stepDoes(other, false));
}

function differingOptions(was: StepPlan, is: StepPlan): string[] {
  if (was.type !== "plugin" || is.type !== "plugin") return [];
  const [before, after] = [was.options, is.options].map((options) => options as { readonly [key: string]: JsonValue });
  return Object.keys({ ...before, ...after }).filter((name) => !isDeepStrictEqual(before?.[name], after?.[name]));
}

function codeOf(step: StepPlan): string | undefined {
  return step.type === "plugin" ? step.code : undefined;
}

function nameOf(step: StepPlan): string {
  return step.type === "plugin" ? step.plugin : step.type;
}

function labelOf(step: StepPlan): string {
  return `${step.id}:${nameOf(step)}`;
}
