// What is asked for, made ready to be published: with what its rule says of priority and key, and refused here when it could not be run.
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import { HOUSE } from "#sdk/queue.ts";
import type { NewJob } from "#sdk/queue.ts";
import { inOneLine } from "#base/json.ts";
import { orderedId } from "#base/ordered-id.ts";
import { toError } from "#base/errors.ts";
import { badData, noRule } from "./job-failures.ts";
import { problemOfRule } from "./rule-problem.ts";
import { valueAt } from "./secret-arguments.ts";
import { bytesAbove } from "./text-bytes.ts";
import type { RuleFacts, RuleProblem } from "./worker-protocol.ts";

export interface SubmissionParts {
  readonly plan: JobsPlan;
  readonly catalogue: ReadonlyMap<string, RuleFacts>;
  readonly problems: readonly RuleProblem[];
  /** Agents at the same broker may have other rules. */
  readonly mayBeElsewhere: boolean;
  readonly now: number;
}

export function readyToPublish(job: NewJob, { plan, catalogue, problems, mayBeElsewhere, now }: SubmissionParts): NewJob & { readonly id: string } {
  const rule = catalogue.get(job.rule);
  if (rule === undefined && (!mayBeElsewhere || job.rule.startsWith(HOUSE))) throw noRule(job.rule, [...catalogue.keys()], problemOfRule(job.rule, problems));
  const { data, value } = argumentOf(job.data, plan);
  const priority = job.priority ?? rule?.priority;
  const key = job.key ?? keyOf(rule, value);
  return { ...job, id: job.id ?? orderedId(now), data, ...(priority === undefined ? {} : { priority }), ...(key === undefined ? {} : { key }) };
}

/** In one line, as it was written: numbers of any length stay exact. Throws where it is no JSON, or too much of it. */
export function argumentOf(json: string, { limits: { dataBytesMax } }: Pick<JobsPlan, "limits">): { readonly data: string; readonly value: unknown } {
  const bytes = bytesAbove(dataBytesMax, json);
  if (bytes !== undefined) throw badData(`has ${bytes} bytes, more than \`jobs: limits: data\` allows (${dataBytesMax})`, `${bytes}바이트로, \`jobs: limits: data\`의 ${dataBytesMax}바이트보다 큽니다`);
  return { data: inOneLine(json), value: parsed(json) };
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    throw badData(`is not JSON: ${toError(error).message}`, `JSON이 아닙니다 (${toError(error).message})`);
  }
}

function keyOf(rule: RuleFacts | undefined, value: unknown): string | undefined {
  if (rule?.idempotencyKey === undefined) return undefined;
  const found = valueAt(value, rule.idempotencyKey);
  return found === undefined || found === null || typeof found === "object" ? undefined : `${rule.name}/${String(found)}`;
}
