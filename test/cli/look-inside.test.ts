// `dure ls` and `dure tap`: what the running agent does, asked over its control socket.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder, until } from "./run-dure.ts";

const CONFIG = `
pipelines:
  웹:
    - in.FakeData: { type: weblog, count: 0, rate: 500 }
    - parse.Regex: nginx
    - filter.Where: "r.status >= 400"
    - filter.Map: { set: { password: "'geheim'", class: Math.floor(r.status / 100) } }
    - route:
        - when: "r.class === 5"
          steps: [out.File: errors.ndjson]
        - steps: [out.Null]
`;

interface Tapped {
  readonly step: string;
  readonly before?: Record<string, unknown>;
  readonly after?: Record<string, unknown>;
}

const linesOf = (stdout: string): Tapped[] => stdout.trim().split("\n").map((line) => JSON.parse(line) as Tapped);

const linesIn = (stdout: string): number => stdout.split("\n").length - 1;

test("ls and tap: a running agent shows what moves, and what passes each of its steps", { skip: process.platform === "win32" && "the tests stop agents by signals" }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = here.spawn(["run"]);
  const list = async (): Promise<Record<string, unknown> | undefined> => {
    const { code, stdout } = await here.dure(["ls", "--json"]);
    return code === exitCode.done ? (JSON.parse(stdout) as { pipelines: Record<string, unknown>[] }).pipelines[0] : undefined;
  };
  await until(async () => 0 < Number((await list())?.["recordsInPerSecond"]), "records come in, at a rate");
  assert.match((await here.dure(["ls"])).stdout, /PIPELINE +STATE +IN\/S[^]*웹 +✓ running/);

  const parsed = linesOf((await here.dure(["tap", "웹:parse", "--json", "--diff", "--limit", "5"])).stdout);
  assert.equal(parsed.length, 5);
  for (const { step, before, after } of parsed) {
    assert.equal(step, "2:parse.Regex");
    assert(String(before?.["message"]).startsWith(`${String(after?.["remote"])} - `), "the two are the same record");
  }
  const mapped = linesOf((await here.dure(["tap", "웹:4", "--json", "--where", "r.class === 5", "--limit", "3"])).stdout);
  for (const { after } of mapped) assert.deepEqual([after?.["class"], after?.["password"]], [5, "[hidden]"]);
  const written = linesOf((await here.dure(["tap", "웹:File", "--json", "--limit", "1"])).stdout);
  assert.deepEqual([written[0]?.step, written[0]?.after?.["class"]], ["5.1.1:out.File", 5]);
  const bounded = here.spawn(["tap", "웹", "--per-second", "2"]);
  await bounded.printed(/more pass than the 2 a second[^]*--all/);
  bounded.child.kill("SIGINT");
  const few = await bounded.ended;
  assert.equal(few.code, exitCode.interrupted);
  assert.match(few.stderr, /more passed and were not shown/);
  const usual = await here.dure(["tap", "웹", "--for", "1500ms"]);
  assert.equal(usual.code, exitCode.done);
  assert(linesIn(usual.stdout) <= 100, `a terminal is not flooded: ${linesIn(usual.stdout)}`);
  const unbounded = here.spawn(["tap", "웹", "--all"]);
  await unbounded.printed(/(?:.*\n){101}/);
  unbounded.child.kill("SIGINT");
  const all = await unbounded.ended;
  assert(!all.stderr.includes("more pass"), all.stderr);
  assert.equal(linesIn((await here.dure(["tap", "웹", "--limit", "150"])).stdout), 150);

  const nothing = await here.dure(["tap", "웹:parser"]);
  assert.equal(nothing.code, exitCode.wrongUse);
  assert.match(nothing.stderr, /no step `parser`[^]*2:parse\.Regex, 3:filter\.Where/);
  assert.match((await here.dure(["tap", "wob:1"])).stderr, /no pipeline `wob`[^]*웹/);
  assert.match((await here.dure(["tap", "웹:parser", "--lang", "ko"])).stderr, /`parser` 단계가 없습니다[^]*있는 단계: .*2:parse\.Regex/);
  assert.match((await here.dure(["tap", "wob:1", "--lang", "ko"])).stderr, /`wob` 파이프라인이 없습니다[^]*웹/);
  const slip = await here.dure(["tap", "웹:2", "--where", "status > 1"]);
  assert.equal(slip.code, exitCode.wrongUse);
  assert.match(slip.stderr, /`--where status > 1`: `status` is not known[^]*--where 'r\.status >= 500'/);
  assert.match((await here.dure(["tap", "웹:2", "--where", "r..a", "--lang", "ko"])).stderr, /문법 오류[^]*레코드는 `r`입니다/);
  assert.match((await here.dure(["tap", "웹:3", "--where", "r.status > 999", "--for", "500ms"])).stderr, /no record that passed 웹:3 was one of these/);

  assert.match((await here.dure(["ls", "웹", "dure.yml"])).stdout, /웹 +✓ running/);
  const none = await here.dure(["ls", "웝"]);
  assert.equal(none.code, exitCode.wrongUse);
  assert.match(none.stderr, /no pipeline `웝`\n +(did you mean `웹`|there are: 웹)/);

  assert.equal(statSync(here.file(".dure/dure.pid.sock")).mode & 0o777, 0o600, "nobody else may ask");
  agent.child.kill("SIGTERM");
  assert.equal((await agent.ended).code, exitCode.terminated);
  const gone = await here.dure(["ls"]);
  assert.equal(gone.code, exitCode.notRunning);
  assert.match(gone.stderr, /no agent runs with this config/);
});

test("tap: a reader that leaves takes its tap along, and the agent goes on", { skip: process.platform === "win32" && "the tests stop agents by signals" }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = here.spawn(["run"]);
  await until(async () => (await here.dure(["ls"])).code === exitCode.done, "the agent answers");
  const tapping = here.spawn(["tap", "웹:2", "--per-second", "1000"]);
  await tapping.printed(/"status"/);
  tapping.child.kill("SIGKILL");
  await tapping.ended;
  const { stdout } = await here.dure(["tap", "웹:2", "--json", "--limit", "1"]);
  assert.equal(linesOf(stdout).length, 1);
  agent.child.kill("SIGTERM");
  assert.equal((await agent.ended).code, exitCode.terminated);
});

test("tap: when its agent ends, what to do is said", { skip: process.platform === "win32" && "the tests stop agents by signals" }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = here.spawn(["run"]);
  await until(async () => (await here.dure(["ls"])).code === exitCode.done, "the agent answers");
  const tapping = here.spawn(["tap", "웹:2"]);
  await tapping.printed(/"status"/);
  agent.child.kill("SIGTERM");
  const { code, stderr } = await tapping.ended;
  assert.equal(code, exitCode.failed);
  assert.match(stderr, /the agent closed the connection[^]*dure status/);
  await agent.ended;
});

test("ls and status: a pipeline whose output takes nothing says so, and why", { skip: process.platform === "win32" && "the tests stop agents by signals" }, async () => {
  await using here = folder();
  here.write("dure.yml", "agent: { drain_timeout: 100ms }\npipelines:\n  막힘: [in.FakeData, out.Fluentd: { host: 127.0.0.1, port: 1 }]\n  웹: [in.FakeData: { count: 0, rate: 10 }, out.Null]\n");
  const agent = here.spawn(["run"]);
  await until(async () => /막힘 +! retrying/.test((await here.dure(["ls"])).stdout), "the state says it");
  const { stdout } = await here.dure(["ls", "--lang", "ko"]);
  assert.match(stdout, /막힘 +! 재시도 중[^]*웹 +✓ 실행 중[^]*막힘: 2:out\.Fluentd 출력이 .* 동안 받지 않음: 127\.0\.0\.1:1: ECONNREFUSED/);
  const { pipelines } = JSON.parse((await here.dure(["ls", "--json"])).stdout) as { pipelines: { state: string; failing?: { step: string; reason: string }[] }[] };
  assert.deepEqual([pipelines[0]?.state, pipelines[0]?.failing?.[0]?.step, pipelines[1]?.failing], ["running", "2:out.Fluentd", undefined]);
  await until(async () => /막힘 +! retrying[^]*has taken nothing for/.test((await here.dure(["status"])).stdout), "the status too");
  agent.child.kill("SIGTERM");
  await agent.ended;
});
