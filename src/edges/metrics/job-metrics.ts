// What the agent says of its jobs in metrics. Values are those of `dure jobs look` and `dure jobs rules`.
import type { JobsLook, RuleLook } from "#capabilities/jobs/jobs.ts";
import type { MetricSnapshot, SeriesSnapshot } from "#sdk/metric-family.ts";

export interface JobFacts {
  readonly look: JobsLook;
  readonly rules: readonly RuleLook[];
}

interface JobMetric {
  readonly name: string;
  readonly type: MetricSnapshot["type"];
  readonly help: string;
  readonly of: (facts: JobFacts) => readonly SeriesSnapshot[];
}

const WORKER_STATES = ["starting", "ready", "draining", "blocked"] as const;

export const jobMetrics: readonly JobMetric[] = [
  { name: "dure_jobs_queue_open", type: "gauge", help: "1 while the queue gives and takes jobs, 0 while it is away or blocked.", of: ({ look: { queue } }) => [{ labels: { backend: queue.backend }, value: Number(queue.state.is === "open") }] },
  { name: "dure_jobs_held", type: "gauge", help: "Jobs that wait, wait for their time, run, or were given up (dead letters).", of: ({ look }) => Object.entries(look.queue.depth ?? {}).map(([state, value]) => ({ labels: { state }, value })) },
  { name: "dure_jobs_done_total", type: "counter", help: "What came of runs since the agent's start.", of: ({ look }) => Object.entries(look.done).map(([outcome, value]) => ({ labels: { outcome }, value })) },
  { name: "dure_jobs_workers", type: "gauge", help: "Worker processes in each state.", of: ({ look }) => WORKER_STATES.map((state) => ({ labels: { state }, value: look.workers.filter((worker) => worker.state === state).length })) },
  { name: "dure_jobs_slots", type: "gauge", help: "Jobs that all workers can run at a time.", of: eachWorker(({ slots }) => slots) },
  { name: "dure_jobs_slots_busy", type: "gauge", help: "Jobs that run in workers now.", of: eachWorker(({ jobs }) => jobs.length) },
  { name: "dure_jobs_workers_memory_bytes", type: "gauge", help: "Memory of all workers, as they say it.", of: eachWorker(({ memoryBytes }) => memoryBytes) },
  { name: "dure_rule_runs_total", type: "counter", help: "Runs of the rule that have ended; those that are tried again count as failed.", of: ({ rules }) => rules.flatMap(({ name, succeeded, failed }) => Object.entries({ succeeded, failed }).map(([outcome, value]) => ({ labels: { rule: name, outcome }, value }))) },
  { name: "dure_rule_running", type: "gauge", help: "Runs of the rule now.", of: eachRule(({ running }) => running) },
  { name: "dure_rule_held_back", type: "gauge", help: "1 while the rule is at its limit of rate.", of: eachRule(({ heldBack }) => Number(heldBack)) },
  { name: "dure_rule_run_median_seconds", type: "gauge", help: "Half of the last 1,000 runs took no longer.", of: eachRule(({ runMs }) => seconds(runMs?.p50)) },
  { name: "dure_rule_run_p95_seconds", type: "gauge", help: "95 of 100 of the last 1,000 runs took no longer.", of: eachRule(({ runMs }) => seconds(runMs?.p95)) },
  { name: "dure_rule_run_p99_seconds", type: "gauge", help: "99 of 100 of the last 1,000 runs took no longer.", of: eachRule(({ runMs }) => seconds(runMs?.p99)) },
  { name: "dure_rule_wait_median_seconds", type: "gauge", help: "Half of the last 1,000 jobs waited no longer for their first run.", of: eachRule(({ waitMs }) => seconds(waitMs?.p50)) },
  { name: "dure_rule_wait_p99_seconds", type: "gauge", help: "99 of 100 of the last 1,000 jobs waited no longer for their first run.", of: eachRule(({ waitMs }) => seconds(waitMs?.p99)) },
];

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

/** Of all workers together: one that is replaced leaves no series behind. */
function eachWorker(value: (worker: JobsLook["workers"][number]) => number): JobMetric["of"] {
  return ({ look }) => [{ labels: {}, value: look.workers.reduce((total, worker) => total + value(worker), 0) }];
}

/** undefined: nothing to say of it yet. */
function eachRule(value: (rule: RuleLook) => number | undefined): JobMetric["of"] {
  return ({ rules }) =>
    rules.flatMap((rule) => {
      const said = value(rule);
      return said === undefined ? [] : [{ labels: { rule: rule.name }, value: said }];
    });
}
