// What the agent says of itself in metrics: the one table of their names, types and meanings. Values are those of `dure status` and `dure top`.
import { readFileSync, readdirSync } from "node:fs";
import type { PipelineReport } from "#capabilities/pipelines/pipelines.ts";
import type { ProcessStatus } from "#capabilities/processes/processes.ts";
import { jobMetrics } from "./job-metrics.ts";
import type { JobFacts } from "./job-metrics.ts";
import type { MetricSnapshot, SeriesSnapshot } from "#sdk/metric-family.ts";

export interface AgentFacts {
  readonly version: string;
  readonly pipelines: readonly PipelineReport[];
  readonly processes: readonly ProcessStatus[];
  /** Missing: there are none, or they do not answer. */
  readonly jobs?: JobFacts | undefined;
}

interface AgentMetric {
  readonly name: string;
  readonly type: MetricSnapshot["type"];
  readonly help: string;
  readonly of: (facts: AgentFacts) => readonly SeriesSnapshot[];
}

const STATES = ["starting", "running", "restarting", "paused", "ended", "failed"] as const;

const PROCESS_STATES = ["stopped", "waiting", "starting", "running", "unhealthy", "backoff", "stopping", "done", "failed"] as const;

const TABLE: readonly AgentMetric[] = [
  { name: "dure_build_info", type: "info", help: "The agent's version and that of its runtime.", of: ({ version }) => [{ labels: { version, node: process.versions.node }, value: 1 }] },
  { name: "dure_pipeline_state", type: "gauge", help: "1 for the state that the pipeline is in, 0 for the others.", of: ({ pipelines }) => pipelines.flatMap(({ name, state }) => STATES.map((each) => ({ labels: { pipeline: name, state: each }, value: Number(each === state) }))) },
  { name: "dure_pipeline_input_records_total", type: "counter", help: "Records read by the input.", of: each(({ stats }) => stats.recordsIn) },
  { name: "dure_pipeline_input_bytes_total", type: "counter", help: "Bytes read by the input.", of: each(({ stats }) => stats.bytesIn) },
  { name: "dure_pipeline_output_records_total", type: "counter", help: "Records written; each output behind one another counts.", of: each(({ stats }) => stats.recordsOut) },
  { name: "dure_pipeline_output_bytes_total", type: "counter", help: "Bytes written, before compression.", of: each(({ stats }) => stats.bytesOut) },
  { name: "dure_pipeline_dropped_records_total", type: "counter", help: "Records that a filter took out.", of: each(({ stats }) => stats.dropped) },
  { name: "dure_pipeline_retries_total", type: "counter", help: "Writes that failed and were tried again.", of: each(({ stats }) => stats.retries) },
  { name: "dure_pipeline_dead_letters_total", type: "counter", help: "Batches moved to the dead letters.", of: each(({ stats }) => stats.deadLetters) },
  { name: "dure_pipeline_commit_failures_total", type: "counter", help: "Commits of positions that failed; the next one carries them too.", of: each(({ stats }) => stats.commitFailures) },
  { name: "dure_pipeline_memory_bytes", type: "gauge", help: "Chunk memory that the pipeline holds.", of: each(({ memory }) => memory.usedBytes) },
  { name: "dure_pipeline_memory_limit_bytes", type: "gauge", help: "Chunk memory up to which the input reads on; above it waits.", of: each(({ memory }) => memory.limitBytes) },
  { name: "dure_buffer_held_bytes", type: "gauge", help: "Bytes that a buffer holds.", of: eachBuffer(({ bytes }) => bytes) },
  { name: "dure_buffer_held_batches", type: "gauge", help: "Batches that a buffer holds.", of: eachBuffer(({ batches }) => batches) },
  { name: "dure_step_busy_seconds_total", type: "counter", help: "Time that a step was at work; its rate is 1 where it can do no more.", of: ({ pipelines }) => pipelines.flatMap(({ name, stats }) => Object.entries(stats.busyMs).map(([step, ms]) => ({ labels: { pipeline: name, ...stepLabels(step) }, value: ms / 1000 }))) },
  { name: "dure_process_state", type: "gauge", help: "1 for the state that the process is in, the worst of its instances, 0 for the others.", of: ({ processes }) => processes.flatMap(({ name, state }) => PROCESS_STATES.map((each) => ({ labels: { process: name, state: each }, value: Number(each === state) }))) },
  { name: "dure_process_instances", type: "gauge", help: "Instances that run now.", of: eachProcess(({ instances }) => instances.filter(({ pid }) => pid !== null).length) },
  { name: "dure_process_instances_wanted", type: "gauge", help: "Instances that are to run; 0 where it is to be stopped.", of: eachProcess(({ wanted, instancesWanted }) => (wanted === "running" ? instancesWanted : 0)) },
  { name: "dure_process_restarts_total", type: "counter", help: "Restarts by the agent since somebody started it.", of: eachProcess(({ restarts }) => restarts) },
  { name: "dure_process_resident_memory_bytes", type: "gauge", help: "Memory in RAM of the process and all it has started.", of: eachProcess(({ instances }) => sum(instances.map(({ residentBytes }) => residentBytes))) },
  { name: "dure_process_cpu_ratio", type: "gauge", help: "Processors in use by the process and all it has started: 1 is one of them all the time.", of: eachProcess(({ instances }) => sum(instances.map(({ cpuPercent }) => cpuPercent)) / 100) },
  { name: "dure_process_queue_events", type: "gauge", help: "Events that wait for the process, and those it printed that wait for whichever consumer is free.", of: eachProcess(({ queue }) => queue.own + queue.shared) },
  { name: "dure_process_queue_bytes", type: "gauge", help: "Bytes of events that wait.", of: eachProcess(({ queue }) => queue.bytes) },
  { name: "dure_process_events_in_total", type: "counter", help: "Events that the process has been given.", of: eachProcess(({ queue }) => queue.eventsIn) },
  { name: "dure_process_events_out_total", type: "counter", help: "Events that the process has printed.", of: eachProcess(({ queue }) => queue.eventsOut) },
  { name: "dure_process_events_skipped_total", type: "counter", help: "Events that were put aside since they failed.", of: eachProcess(({ queue }) => queue.skipped) },
  { name: "process_cpu_seconds_total", type: "counter", help: "Processor time of the agent, user and system.", of: () => one(cpuSeconds()) },
  { name: "process_resident_memory_bytes", type: "gauge", help: "Memory of the agent that is in RAM.", of: () => one(process.memoryUsage.rss()) },
  { name: "process_start_time_seconds", type: "gauge", help: "When the agent was started, in seconds since 1970.", of: () => one(performance.timeOrigin / 1000) },
  { name: "process_open_fds", type: "gauge", help: "Open files and sockets.", of: () => one(openFiles()) },
  { name: "process_max_fds", type: "gauge", help: "How many files and sockets may be open.", of: () => one(openFilesMax()) },
];

/** All of them, with what plugins count of themselves. */
export function agentMetrics(facts: AgentFacts): MetricSnapshot[] {
  const own = TABLE.map(({ name, type, help, of }) => ({ name, type, help, series: of(facts) }));
  const { jobs } = facts;
  const ofJobs = jobs === undefined ? [] : jobMetrics.map(({ name, type, help, of }) => ({ name, type, help, series: of(jobs) }));
  return [...own, ...ofJobs, ...pluginCounters(facts)];
}

/** What plugins count of themselves, each name a metric: `lines_unmatched_total` is `dure_plugin_lines_unmatched_total`. */
function pluginCounters({ pipelines }: AgentFacts): MetricSnapshot[] {
  const metrics = new Map<string, SeriesSnapshot[]>();
  for (const { name: pipeline, stats } of pipelines) {
    for (const [step, counts] of Object.entries(stats.stepCounts)) {
      for (const [count, value] of Object.entries(counts)) {
        const name = counterName(count);
        const labels = { pipeline, ...stepLabels(step) };
        const series = metrics.get(name) ?? [];
        const same = series.findIndex((other) => other.labels["pipeline"] === pipeline && other.labels["step"] === labels.step);
        if (same === -1) series.push({ labels, value });
        else series[same] = { labels, value: value + (series[same]?.value ?? 0) }; // Two names of a plugin of the user's own that became one.
        metrics.set(name, series);
      }
    }
  }
  return [...metrics].sort(([before], [after]) => (before < after ? -1 : 1)).map(([name, series]) => ({ name, type: "counter", help: `Counted by the step itself: ${name.slice(PLUGIN_PREFIX.length)}.`, series }));
}

const PLUGIN_PREFIX = "dure_plugin_";

/** Plugins of the user's own may count under any name. */
function counterName(count: string): string {
  const name = count.replace(/[^a-zA-Z0-9_]/g, "_").replace(/_total$/, "");
  return `${PLUGIN_PREFIX}${name}_total`;
}

/** `2:parse.Json` */
function stepLabels(step: string): { step: string; plugin: string } {
  const colon = step.indexOf(":");
  return colon === -1 ? { step, plugin: step } : { step: step.slice(0, colon), plugin: step.slice(colon + 1) };
}

function each(value: (report: PipelineReport) => number): AgentMetric["of"] {
  return ({ pipelines }) => pipelines.map((report) => ({ labels: { pipeline: report.name }, value: value(report) }));
}

function eachProcess(value: (status: ProcessStatus) => number): AgentMetric["of"] {
  return ({ processes }) => processes.map((status) => ({ labels: { process: status.name }, value: value(status) }));
}

/** Of what is known. */
function sum(values: readonly (number | null)[]): number {
  return values.reduce((total: number, value) => total + (value ?? 0), 0);
}

function eachBuffer(value: (held: PipelineReport["buffers"][number]) => number): AgentMetric["of"] {
  return ({ pipelines }) => pipelines.flatMap(({ name, buffers }) => buffers.map((held) => ({ labels: { pipeline: name, ...stepLabels(held.step) }, value: value(held) })));
}

function one(value: number | undefined): SeriesSnapshot[] {
  return value === undefined ? [] : [{ labels: {}, value }];
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Linux alone says it at so little cost. */
function openFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length - 1; // One was open to read the folder.
  } catch {
    return undefined;
  }
}

function openFilesMax(): number | undefined {
  try {
    const [, soft = ""] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === "" ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
