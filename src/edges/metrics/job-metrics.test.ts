import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobsLook, RuleLook } from "#capabilities/jobs/jobs.ts";
import { noPrometheus, promtoolSays } from "#test/servers/prometheus.ts";
import { agentMetrics } from "./agent-metrics.ts";
import { metricText } from "./metric-text.ts";

const worker = { pid: 1, state: "ready" as const, slots: 4, isQuarantine: false, startedMs: 0, done: 0, failed: 0, memoryBytes: 100, jobs: [{ id: "a", rule: "r", startedMs: 0 }] };
const LOOK: JobsLook = {
  atMs: 1,
  queue: { backend: "rabbitmq", place: "amqp://broker", state: { is: "away", why: "gone", sinceMs: 1 }, depth: { queued: 7, delayed: 1, running: 1, failed: 2 } },
    notices: { waiting: 0, failed: 0 },
  workers: [worker, { ...worker, state: "blocked", jobs: [] }],
  watcher: { isOn: true, intervalMs: 1 },
  management: { isOn: true },
  done: { succeeded: 9, failed: 2, retried: 3, lost: 4, cancelled: 5 },
};
const rule = { module: "주문", function: "합", file: "주문.ts", runtime: "node" as const, succeeded: 9, failed: 2, running: 1, heldBack: true };
const RULES: readonly RuleLook[] = [{ ...rule, name: '주문:"합"', runMs: { p50: 1500, p95: 2500, p99: 3500 }, waitMs: { p50: 4, p95: 5, p99: 250 } }, { ...rule, name: "new:one", succeeded: 0, failed: 0, running: 0, heldBack: false }];

const facts = { version: "1", pipelines: [], processes: [] };
const lines = (text: string): string[] => text.split("\n").filter((line) => /^dure_(jobs|rule)_/.test(line));

test("metrics of jobs: queue, workers and rules; a rule that never ran has no times", () => {
  assert.deepEqual(lines(metricText(agentMetrics({ ...facts, jobs: { look: LOOK, rules: RULES } }), "text")), [
    'dure_jobs_queue_open{backend="rabbitmq"} 0',
    'dure_jobs_held{state="queued"} 7', 'dure_jobs_held{state="delayed"} 1', 'dure_jobs_held{state="running"} 1', 'dure_jobs_held{state="failed"} 2',
    'dure_jobs_done_total{outcome="succeeded"} 9', 'dure_jobs_done_total{outcome="failed"} 2', 'dure_jobs_done_total{outcome="retried"} 3', 'dure_jobs_done_total{outcome="lost"} 4', 'dure_jobs_done_total{outcome="cancelled"} 5',
    'dure_jobs_workers{state="starting"} 0', 'dure_jobs_workers{state="ready"} 1', 'dure_jobs_workers{state="draining"} 0', 'dure_jobs_workers{state="blocked"} 1',
    "dure_jobs_slots 8", "dure_jobs_slots_busy 1", "dure_jobs_workers_memory_bytes 200",
    'dure_rule_runs_total{rule="주문:\\"합\\"",outcome="succeeded"} 9', 'dure_rule_runs_total{rule="주문:\\"합\\"",outcome="failed"} 2', 'dure_rule_runs_total{rule="new:one",outcome="succeeded"} 0', 'dure_rule_runs_total{rule="new:one",outcome="failed"} 0',
    'dure_rule_running{rule="주문:\\"합\\""} 1', 'dure_rule_running{rule="new:one"} 0',
    'dure_rule_held_back{rule="주문:\\"합\\""} 1', 'dure_rule_held_back{rule="new:one"} 0',
    'dure_rule_run_median_seconds{rule="주문:\\"합\\""} 1.5', 'dure_rule_run_p95_seconds{rule="주문:\\"합\\""} 2.5', 'dure_rule_run_p99_seconds{rule="주문:\\"합\\""} 3.5',
    'dure_rule_wait_median_seconds{rule="주문:\\"합\\""} 0.004', 'dure_rule_wait_p99_seconds{rule="주문:\\"합\\""} 0.25',
  ]);
});

test("metrics of jobs: an agent without jobs says nothing of them", () => assert.doesNotMatch(metricText(agentMetrics(facts), "text"), /dure_(jobs|rule)_/));

test("metrics of jobs: promtool has nothing to say of them", { skip: noPrometheus ?? false }, () => {
  assert.equal(promtoolSays(metricText(agentMetrics({ ...facts, jobs: { look: LOOK, rules: RULES } }), "text")), "");
});
