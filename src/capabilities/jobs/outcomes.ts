// What comes of a job, by what its worker said or how it ended: whether it is begun once more, and when, or is over, and why.
import { backoffMs } from "#base/backoff.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { JobError, Outcome, QueuedJob } from "#sdk/queue.ts";
import { problemOfRule, problemPlace } from "./rule-problem.ts";
import type { Run } from "./run.ts";
import { bytesAbove } from "./text-bytes.ts";
import type { Done } from "./worker-line.ts";
import type { RuleProblem } from "./worker-protocol.ts";

export function success({ result, text }: Done, { limits: { resultBytesMax } }: JobsPlan): Outcome {
  const bytes = bytesAbove(resultBytesMax, result);
  if (bytes !== undefined) return { type: "failed", error: { kind: "TOO_LARGE", message: `its result has ${bytes} bytes, more than \`jobs: limits: result\` allows (${resultBytesMax})` } };
  return { type: "succeeded", result, ...(text === undefined ? {} : { text }) };
}

export interface Failing {
  readonly error: JobError;
  /** The rule says that trying again is of no use. */
  readonly isFinal?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
}

export function failure({ delivery: { job }, rule }: Run, plan: JobsPlan, { error, isFinal = false, retryAfterMs }: Failing): Outcome {
  // What was lost was no fault of the rule.
  const failures = job.attempt - job.losses;
  if (isFinal || (rule.attempts ?? plan.attempts) <= failures) return { type: "failed", error };
  const { firstMs, mostMs } = rule.backoff ?? plan.backoff;
  return { type: "retry", afterMs: retryAfterMs ?? backoffMs(failures, { firstMs, mostMs }), error };
}

/** Its worker died or hung over it. */
export function loss({ delivery: { job } }: Run, { poisonAfter }: JobsPlan, error: JobError): Outcome {
  const losses = job.losses + 1;
  if (poisonAfter <= losses) return { type: "failed", error: { kind: "POISON", message: `${losses} workers died or hung over it; the last time ${error.message}` } };
  return { type: "lost", afterMs: 0, error };
}

/** It was told to end, and has. */
export function outcomeOfEnd(run: Run, plan: JobsPlan): Outcome {
  const { why, by } = run.ending ?? { why: "cancelled", by: "" };
  if (why === "cancelled") return { type: "cancelled", by };
  if (why === "lost") return { type: "released" };
  const timeoutMs = Math.round((run.deadlineMs ?? 0) - run.startedMs);
  return failure(run, plan, { error: { kind: "TIMEOUT", message: `it took longer than ${timeoutMs} ms` } });
}

/** Why it is not even begun; undefined: it may be. */
export function refusal(job: QueuedJob, { poisonAfter }: JobsPlan): JobError | undefined {
  if (poisonAfter <= job.losses) return { kind: "POISON", message: `${job.losses} workers died or hung over it` };
  if (job.data.includes("\n")) return { kind: "INVALID_DATA", message: "its data is not JSON in one line" };
  return undefined;
}

export function noSuchRule(name: string, problems: readonly RuleProblem[]): JobError {
  const problem = problemOfRule(name, problems);
  return { kind: "NO_RULE", message: problem === undefined ? `there is no rule ${name}` : `there is no rule ${name}: ${problemPlace(problem)}: ${problem.message}` };
}
