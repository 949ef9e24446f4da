// `agent: metrics:` and out.Metrics as a user meets them: `dure metrics`, `dure test`, `dure reload`, a port that is taken.
import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { freePort } from "#test/servers/free-port.ts";
import { folder, until } from "./run-dure.ts";
import type { Folder } from "./run-dure.ts";

const skip = process.platform === "win32" && "the tests stop agents by signals";
const config = (agent: string, metric: string): string => `agent: { ${agent} }\npipelines:\n  앱:\n    - in.FileTail: app.log\n    - parse.Json\n    - out.Metrics:\n        - { type: counter, ${metric} }\n`;
const BY_LEVEL = "name: lines_total, labels: { level: level }";

const scraped = (port: number): Promise<string | undefined> => fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text(), () => undefined);
const asked = async (here: Folder, ...names: string[]): Promise<string> => (await here.dure(["metrics", ...names])).stdout;

test("metrics: asked over the control socket; counts go on through a reload, which also moves where they are shown", { skip }, async () => {
  await using here = folder();
  const [one, other] = [await freePort(), await freePort()];
  here.write("dure.yml", config(`metrics: ${one}`, BY_LEVEL));
  writeFileSync(here.file("app.log"), '{"level":"info"}\n{"level":"오류"}\n{"level":"info"}\n');
  const agent = here.spawn(["run"]);
  await until(async () => (await asked(here, "lines_total")).includes('level="info"} 2'), "the lines are counted");
  assert.equal(await asked(here, "lines_*"), '# HELP lines_total Made of records.\n# TYPE lines_total counter\nlines_total{level="info"} 2\nlines_total{level="오류"} 1\n');
  assert.match(await asked(here), /^dure_build_info\{[^]*^dure_pipeline_input_records_total\{pipeline="앱"\} 3$[^]*^lines_total/m);
  const json = JSON.parse((await here.dure(["metrics", "lines_total", "--json"])).stdout) as { metrics: { series: unknown[] }[] };
  assert.deepEqual(json.metrics[0]?.series, [{ labels: { level: "info" }, value: 2 }, { labels: { level: "오류" }, value: 1 }]);
  const wrong = await here.dure(["metrics", "line_total"]);
  assert.deepEqual([wrong.code, /did you mean `lines_total`/.test(wrong.stderr)], [exitCode.wrongUse, true]);
  assert.match((await scraped(one)) ?? "", /^lines_total\{level="오류"\} 1$/m);

  // Another help, another place: the counter goes on.
  here.write("dure.yml", config(`metrics: { listen: "127.0.0.1:${other}" }`, `${BY_LEVEL}, help: Lines by level.`));
  const reloaded = await here.dure(["reload"]);
  assert.equal(reloaded.code, exitCode.done, reloaded.stderr);
  assert.match(reloaded.stdout, /~ 앱\n    ~ 3:out.Metrics  metrics\n~ agent: metrics\n/);
  assert.equal(await scraped(one), undefined);
  appendFileSync(here.file("app.log"), '{"level":"info"}\n');
  await until(async () => /^# HELP lines_total Lines by level\.$[^]*level="info"\} 3$/m.test((await scraped(other)) ?? ""), "the fourth line is counted on top");

  // A place that is taken: nothing changes.
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  here.write("dure.yml", config(`metrics: ${port}`, `name: else_total`));
  const refused = await here.dure(["reload"]);
  assert.equal(refused.code, exitCode.failed);
  assert.match(refused.stderr, new RegExp(`cannot be shown on 127\\.0\\.0\\.1:${port}: another program has this port`));
  assert.match((await scraped(other)) ?? "", /level="info"\} 3$/m);
  agent.child.kill("SIGTERM");
  await agent.ended;
  assert.equal((await here.dure(["metrics"])).code, exitCode.notRunning);
  // Nor does an agent start without what its config promises.
  const again = await here.dure(["run"]);
  assert.equal(again.code, exitCode.failed);
  assert.match(again.stderr, new RegExp(`127\\.0\\.0\\.1:${port}: another program has this port[^]*Give \`agent: metrics:\` a free port`));
  taken.close();
});

test("metrics: a metric that is defined anew begins anew, and one that is gone goes", { skip }, async () => {
  await using here = folder();
  here.write("dure.yml", config("", BY_LEVEL));
  writeFileSync(here.file("app.log"), '{"level":"info"}\n');
  const agent = here.spawn(["run"]);
  await until(async () => (await asked(here, "lines_total")).includes("} 1"), "the line is counted");
  here.write("dure.yml", config("", "name: lines_total, labels: { kind: level }"));
  assert.equal((await here.dure(["reload"])).code, exitCode.done);
  appendFileSync(here.file("app.log"), '{"level":"warn"}\n');
  await until(async () => (await asked(here, "lines_total")).endsWith('counter\nlines_total{kind="warn"} 1\n'), "only the new labels are told");
  agent.child.kill("SIGTERM");
  await agent.ended;
});

test("metrics: validate says where two steps mean different things by a name", async () => {
  await using here = folder();
  const pipeline = (name: string, metric: string): string => `  ${name}:\n    - in.Dummy: x\n    - out.Metrics: [{ ${metric} }]\n`;
  const first = "type: counter, name: a_total, labels: { x: x, y: y }";
  for (const [metric, why] of [
    ["type: counter, name: a_total, labels: { y: z, x: '${y}' }, help: Other words.", undefined],
    ["type: counter, name: a_total, labels: { x: x }", "other labels"],
    ["type: gauge, name: a, value: x", "another type"],
  ] as const) {
    here.write("dure.yml", `pipelines:\n${pipeline("one", first)}${pipeline("two", metric)}`);
    const { code, stderr, stdout } = await here.dure(["validate"]);
    if (why === undefined) assert.equal(code, exitCode.done, stderr + stdout);
    else assert.match(stderr + stdout, new RegExp(`DURE322[^]*has ${why} in 'one'[^]*dure\\.yml:7`));
  }
});

test("metrics: dure test prints what was made of records", async () => {
  await using here = folder();
  here.write("dure.yml", config("", "name: lines_total, when: r.n > 1"));
  writeFileSync(here.file("app.log"), '{"n":1}\n{"n":2}\n{"n":3}\n');
  const { code, stdout } = await here.dure(["test"]);
  assert.deepEqual([code, stdout], [exitCode.done, "# HELP lines_total Made of records.\n# TYPE lines_total counter\nlines_total 2\n"]);
});
