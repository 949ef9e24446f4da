import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import { noPrometheus, promtoolSays } from "#test/servers/prometheus.ts";
import type { ProcessStatus } from "#capabilities/processes/processes.ts";
import { agentMetrics } from "./agent-metrics.ts";
import { formatFor, metricText } from "./metric-text.ts";

const METRICS: readonly MetricSnapshot[] = [
  { name: "dure_build_info", type: "info", help: "What it is.", series: [{ labels: { version: "1" }, value: 1 }] },
  { name: "a_total", type: "counter", help: 'Says "a" \\ b\nc.', series: [{ labels: {}, value: 3 }, { labels: { x: 'q"\\\n가' }, value: 0.5 }] },
  { name: "h", type: "histogram", help: "H.", series: [{ labels: { x: "1" }, value: 5, histogram: { sum: 2.5, buckets: [[1, 2], [2.5, 4]] } }] },
  { name: "s", type: "summary", help: "S.", series: [{ labels: { x: "1" }, value: 5, summary: { sum: 2.5, quantiles: [[0.5, 0.25], [1, null]] } }, { labels: {}, value: 1, summary: { sum: 3, quantiles: [] } }] },
  { name: "g", type: "gauge", help: "G.", series: [{ labels: {}, value: -Infinity }] },
  { name: "none", type: "gauge", help: "Nothing.", series: [] },
];

test("the text format of Prometheus", () => {
  assert.equal(
    metricText(METRICS, "text"),
    [
      "# HELP dure_build_info What it is.", "# TYPE dure_build_info gauge", 'dure_build_info{version="1"} 1',
      '# HELP a_total Says "a" \\\\ b\\nc.', "# TYPE a_total counter", "a_total 3", 'a_total{x="q\\"\\\\\\n가"} 0.5',
      "# HELP h H.", "# TYPE h histogram", 'h_bucket{x="1",le="1"} 2', 'h_bucket{x="1",le="2.5"} 4', 'h_bucket{x="1",le="+Inf"} 5', 'h_sum{x="1"} 2.5', 'h_count{x="1"} 5',
      "# HELP s S.", "# TYPE s summary", 's{x="1",quantile="0.5"} 0.25', 's{x="1",quantile="1"} NaN', 's_sum{x="1"} 2.5', 's_count{x="1"} 5', "s_sum 3", "s_count 1",
      "# HELP g G.", "# TYPE g gauge", "g -Inf", "",
    ].join("\n"),
  );
});

test("OpenMetrics: a family is named without its suffix, and the end is said", () => {
  const text = metricText(METRICS, "openmetrics");
  assert.match(text, /^# HELP dure_build What it is\.\n# TYPE dure_build info\ndure_build_info\{version="1"\} 1\n# HELP a Says \\"a\\" \\\\ b\\nc\.\n# TYPE a counter\na_total 3\n/);
  assert.ok(text.endsWith("\n# EOF\n"));
  assert.equal(metricText([], "openmetrics"), "# EOF\n");
  assert.equal(metricText([], "text"), "");
});

for (const [accept, format] of [
  [undefined, "text"],
  ["*/*", "text"],
  ["text/plain", "text"],
  ["application/openmetrics-text", "openmetrics"],
  ["Application/OpenMetrics-Text; version=1.0.0", "openmetrics"],
  ["application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "openmetrics"],
  ["application/openmetrics-text;version=0.0.1,text/plain;q=0.1", "text"],
  ["application/openmetrics-text;q=0.2, text/plain;version=0.0.4;q=0.5", "text"],
  ["text/plain, application/openmetrics-text", "openmetrics"],
  ["application/openmetrics-text;q=0", "text"],
  ["application/openmetrics-text;q=x", "text"],
  [",;=,;;q", "text"],
] as const) {
  test(`asked with \`${accept}\`, the answer is ${format}`, () => assert.equal(formatFor(accept), format));
}

const labelValue = fc.string({ unit: fc.oneof(fc.constantFrom('"', "\\", "\n", "\r", "\0", "n", "}", ",", "=", "한", "\u2028", "😀", "똠"), fc.string({ unit: "binary", minLength: 1, maxLength: 1 })), maxLength: 12 });

test("whatever a label holds is read back exactly, from either format", () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(labelValue, fc.double({ noNaN: true })), { minLength: 1, maxLength: 5 }), fc.constantFrom("text" as const, "openmetrics" as const), (given, format) => {
      const series = given.map(([text, value]) => ({ labels: { x: text, y: "end" }, value }));
      const samples = samplesIn(metricText([{ name: "a_total", type: "counter", help: given[0]?.[0] ?? "", series }], format));
      assert.deepEqual(samples, series.map(({ labels, value }) => ({ name: "a_total", labels, value: value === 0 ? 0 : value })));
    }),
  ));

const PROCESS: ProcessStatus = {
  name: "수집",
  type: "process",
  state: "unhealthy",
  wanted: "running",
  sinceMs: 1,
  instancesWanted: 2,
  instances: [
    { instance: 1, state: "unhealthy", pid: 10, startedMs: 1, restarts: 3, cpuPercent: 150, residentBytes: 4096 },
    { instance: 2, state: "backoff", pid: null, startedMs: null, restarts: 0, cpuPercent: null, residentBytes: null },
  ],
  restarts: 3,
  isCrashLooping: false,
  queue: { process: "수집", own: 10, shared: 2, bytes: 7, inFlight: 1, skipped: 1, eventsIn: 20, eventsOut: 30, isFull: false },
  groups: [],
  dependsOn: [],
};

test("promtool has nothing to say of the agent's own metrics", { skip: noPrometheus ?? false }, () => {
  const stats = { recordsIn: 1, bytesIn: 2, recordsOut: 3, bytesOut: 4, dropped: 5, retries: 6, failing: {}, deadLetters: 7, commitFailures: 8, steps: {}, busyMs: { "2:parse.Json": 1500 }, counts: {}, stepCounts: { "2:parse.Json": { lines_unmatched_total: 3 }, "3:out.내것": { "이상한 이름": 1, "odd name": 2, odd_name: 3 } } };
  const facts = { version: "1", pipelines: [{ name: "웹 로그", state: "running" as const, stats, memory: { usedBytes: 1, limitBytes: 2 }, buffers: [{ step: "4:buffer.Size", bytes: 9, batches: 1 }] }], processes: [PROCESS] };
  const text = metricText([...agentMetrics(facts), ...METRICS.slice(1, 5)], "text");
  assert.equal(promtoolSays(text), "");
  const samples = samplesIn(text);
  const valueOf = (name: string): unknown[] => samples.filter((sample) => sample.name === name).map(({ labels, value }) => [labels["pipeline"], labels["step"], labels["plugin"], value]);
  assert.deepEqual(valueOf("dure_plugin_lines_unmatched_total"), [["웹 로그", "2", "parse.Json", 3]]);
  assert.deepEqual(valueOf("dure_plugin_odd_name_total"), [["웹 로그", "3", "out.내것", 5]]);
  assert.deepEqual(valueOf("dure_step_busy_seconds_total"), [["웹 로그", "2", "parse.Json", 1.5]]);
  assert.deepEqual(valueOf("dure_buffer_held_bytes"), [["웹 로그", "4", "buffer.Size", 9]]);
  assert.deepEqual(samples.filter(({ name, value }) => name === "dure_process_state" && value === 1).map(({ labels }) => [labels["process"], labels["state"]]), [["수집", "unhealthy"]]);
  const ofProcess = ["instances", "instances_wanted", "restarts_total", "resident_memory_bytes", "cpu_ratio", "queue_events", "queue_bytes", "events_in_total", "events_out_total", "events_skipped_total"].map((what) => samples.find(({ name }) => name === `dure_process_${what}`)?.value);
  assert.deepEqual(ofProcess, [1, 2, 3, 4096, 1.5, 12, 7, 20, 30, 1]);
  assert.deepEqual(samples.filter(({ name, value }) => name === "dure_pipeline_state" && value === 1).map(({ labels }) => labels["state"]), ["running"]);
  const counts = ["input_records", "input_bytes", "output_records", "output_bytes", "dropped_records", "retries", "dead_letters", "commit_failures"].map((what) => samples.find(({ name }) => name === `dure_pipeline_${what}_total`)?.value);
  assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8]);
});

interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A reader of its own, after the formats' words: lines end in "\n" alone, and three escapes stand in label values. */
function samplesIn(text: string): ReadSample[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const [, name = "", , labels = "", value = ""] = /^([a-zA-Z_][a-zA-Z0-9_]*)(\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:\\[\\n"]|[^\\"])*",?)*)\})? (\S+)$/s.exec(line) ?? assert.fail(JSON.stringify(line));
    const read: Record<string, string> = {};
    for (const [, label = "", written = ""] of labels.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:\\.|[^\\"])*)"/gs)) read[label] = written.replace(/\\(.)/gs, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    return { name, labels: read, value: Number(value.replace("Inf", "Infinity")) };
  });
}
