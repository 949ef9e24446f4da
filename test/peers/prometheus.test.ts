// Beside a real Prometheus: it scrapes the running agent, and its query language gives back what was moved.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { folder, until } from "../cli/run-dure.ts";
import { noPrometheus, promtoolSays, startPrometheus } from "../servers/prometheus.ts";
import { freePort } from "../servers/free-port.ts";

const skip = noPrometheus ?? (process.platform === "win32" && "the tests stop agents by signals");

/** Label values of every sort, from a seed: the same in each run. */
const ODD = ['"', "\\", "\\n", "a\nb", "\0", "한글 똠방각하", "😀", "{a=\"b\"}", "\r\t\u2028", "# EOF", ...fc.sample(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), { numRuns: 150, seed: 20_261_122 })];

test("prometheus scrapes the agent: what was moved, and what was made of records in two threads, label values exactly", { skip }, async () => {
  await using here = folder();
  const port = await freePort();
  const metric = "out.Metrics: { metrics: [{ type: counter, name: app_events_total, labels: { what: what } }, { type: histogram, name: app_took_seconds, value: took, buckets: [0.1, 1] }, { type: summary, name: app_size_bytes, value: r.took * 1000, quantiles: [0.25, 1], window: 1h }, { type: gauge, name: app_last, value: took }] }";
  here.write(
    "dure.yml",
    `agent: { metrics: ${port}, threads: 2 }
pipelines:
  하나: [{ in.FileTail: one.log }, parse.Json, { buffer.Lines: { lines: 50, timeout: 100ms } }, { ${metric} }]
  둘: [{ in.FileTail: two.log }, parse.Json, { filter.Where: "r.what !== undefined" }, { ${metric} }]
`,
  );
  const lineOf = (what: string, took: number): string => JSON.stringify({ what, took });
  writeFileSync(here.file("one.log"), `${ODD.map((what) => lineOf(what, 0.05)).join("\n")}\n`);
  writeFileSync(here.file("two.log"), `${ODD.map((what) => lineOf(what, 0.5)).join("\n")}\nno json\n{"took": 3}\n`);
  const agent = here.spawn(["run"]);
  await agent.printed(/showing metrics/);
  await using prometheus = await startPrometheus(`127.0.0.1:${port}`);
  const valueOf = async (expression: string): Promise<string | undefined> => (await prometheus.query(expression))[0]?.value;
  await until(async () => (await valueOf("sum(app_events_total)")) === String(ODD.length * 2), "every record has been counted and scraped");
  assert.deepEqual([await valueOf("up"), await prometheus.scrapeErrors()], ["1", [""]]);
  const counted = new Map((await prometheus.query("app_events_total")).map(({ labels, value }) => [labels["what"], value]));
  const wanted = new Map<string, number>();
  for (const what of ODD) wanted.set(what.toWellFormed(), (wanted.get(what.toWellFormed()) ?? 0) + 2);
  assert.deepEqual(counted, new Map([...wanted].map(([what, count]) => [what, String(count)])));
  assert.equal(await valueOf('app_took_seconds_bucket{le="0.1"}'), String(ODD.length));
  assert.equal(await valueOf("app_took_seconds_count"), String(ODD.length * 2));
  assert.deepEqual([await valueOf('app_size_bytes{quantile="1"}'), await valueOf("app_size_bytes_count"), await valueOf("app_size_bytes_sum")], ["500", String(ODD.length * 2), String(ODD.length * 550)]);
  const low = Number(await valueOf('app_size_bytes{quantile="0.25"}'));
  assert.ok(49.5 <= low && low <= 50.5, `of both threads, ${low}`);
  assert.equal(await valueOf('dure_pipeline_input_records_total{pipeline="둘"}'), String(ODD.length + 2));
  assert.equal(await valueOf('dure_pipeline_dropped_records_total{pipeline="둘"}'), "2");
  await until(async () => (await valueOf('dure_pipeline_output_records_total{pipeline="하나"}')) === String(ODD.length), "the buffer gave all on");
  assert.equal(await valueOf('dure_plugin_lines_unmatched_total{pipeline="둘",step="2",plugin="parse.Json"}'), "1");
  assert.equal(await valueOf('dure_buffer_held_batches{pipeline="하나",step="3"}'), "0");
  assert.equal(await valueOf('dure_pipeline_state{pipeline="하나",state="running"}'), "1");
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.equal(promtoolSays(text), "");
  assert.equal((await prometheus.query("process_resident_memory_bytes > 0")).length, 1);
  // A stop is seen as such.
  agent.child.kill("SIGTERM");
  assert.equal((await agent.ended).code, 143);
  await until(async () => (await valueOf("up")) === "0", "the target is down");
});

test("prometheus scrapes the door of the dashboard and the API as well, beside those who look at it", { skip }, async () => {
  await using here = folder();
  const port = await freePort();
  writeFileSync(here.file("one.log"), "a\nb\nc\n");
  here.write("dure.yml", `http: { port: ${port} }\npipelines:\n  하나: [in.FileTail: one.log, out.Null]\n`);
  const agent = here.spawn(["run"]);
  await agent.printed(/dashboard and the API are here/);
  await using prometheus = await startPrometheus(`127.0.0.1:${port}`);
  const valueOf = async (expression: string): Promise<string | undefined> => (await prometheus.query(expression))[0]?.value;
  await until(async () => (await valueOf('dure_pipeline_output_records_total{pipeline="하나"}')) === "3", "what was moved is scraped");
  await until(async () => (await valueOf("up")) === "1" && (await prometheus.scrapeErrors()).join("") === "", "a scrape without an error");
  assert.equal(promtoolSays(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()), "");
  const open = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept: "application/openmetrics-text; version=1.0.0" } });
  assert.match(open.headers.get("content-type") ?? "", /^application\/openmetrics-text; version=1\.0\.0/);
  assert.ok((await open.text()).endsWith("# EOF\n"));
  agent.child.kill("SIGTERM");
  assert.equal((await agent.ended).code, 143);
});
