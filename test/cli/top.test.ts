// `dure top`: through a pseudo-terminal, as over ssh. The screen itself is tested where it is drawn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { noTerminal as skip, onTerminal, runningAgent } from "./on-terminal.ts";
import { folder } from "./run-dure.ts";
import type { RunningDure } from "./run-dure.ts";

const CONFIG = "pipelines:\n  웹:\n    - in.FakeData: { type: weblog, count: 0, rate: 500 }\n    - out.Null\n";
const ENTER = "\x1b[?1049h";
const LEAVE = "\x1b[?25h\x1b[?1049l";

test("top: shows what moves, waits for an agent that goes, and gives the terminal back", { skip }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = await runningAgent(here);
  const top = onTerminal(here, "top");
  await top.printed(/PIPELINE▲ STATE +IN\/S[^]* 웹 +✓ running +\d/);
  top.child.stdin.write("?");
  await top.printed(/Ctrl-C +quit/);
  top.child.stdin.write("x/없는\r");
  await top.printed(/no pipeline fits the filter/);
  top.child.stdin.write("\x1b");
  agent.child.kill("SIGTERM");
  await agent.ended;
  await top.printed(/✗ (?:no agent runs with this config|the agent closed the connection[^-]*) - waiting for the agent/);
  const again = here.spawn(["run"]);
  await top.printed(/waiting for the agent[^]*✓ 1 pipelines, 0 failed/);
  top.child.stdin.write("q");
  const { code, stdout } = await top.ended;
  assert.equal(code, exitCode.done);
  assert.equal(stdout.split(ENTER).length, 2);
  assert(stdout.endsWith(LEAVE), JSON.stringify(stdout.slice(-60)));
  again.child.kill("SIGTERM");
  await again.ended;
});

test("top: steps, a tap that outlives its agent, the log, and a reload that is asked for first", { skip }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = await runningAgent(here);
  const top = onTerminal(here, "top");
  await top.printed(/웹 +✓ running +\d/);
  top.child.stdin.write("\r");
  await top.printed(/> 1:in\.FakeData +\d[^]* 2:out\.Null/);
  top.child.stdin.write("t");
  await top.printed(/tap 1:in\.FakeData[^]*\d\d:\d\d\.\d\d\d \{"/);
  agent.child.kill("SIGTERM");
  await agent.ended;
  await top.printed(/waiting for the agent/);
  const again = here.spawn(["run"]);
  await top.printed(/waiting for the agent[^]*✓ 1 pipelines[^]*\d\d:\d\d\.\d\d\d \{"/);
  top.child.stdin.write("l");
  await top.printed(/  log\x1b\[K/);
  top.child.stdin.write("qq");
  here.write("dure.yml", `${CONFIG}  둘째: [in.FakeData: { count: 1 }, out.Null]\n`);
  top.child.stdin.write("r");
  await top.printed(/\+ 둘째[^]*do it\? y\/n/);
  assert.doesNotMatch((await here.dure(["ls"])).stdout, /둘째/);
  top.child.stdin.write("y");
  await top.printed(/reloaded; any key/);
  assert.match((await here.dure(["ls"])).stdout, /둘째/);
  top.child.stdin.write("xq");
  assert.equal((await top.ended).code, exitCode.done);
  again.child.kill("SIGTERM");
  await again.ended;
});

test("top: from the jobs to the newest, and into one: what became of it and what it printed", { skip }, async () => {
  await using here = folder();
  here.write("rules/order.mjs", 'export const book = ({ n }) => { console.log("주문", n); return { n }; };\n');
  here.write("dure.yml", "jobs: { rules: ./rules, workers: 1 }\n");
  const agent = await runningAgent(here);
  const done = await here.dure(["job", "submit", "order", "book", "--data", '{"n":7}', "--wait"]);
  assert.equal(done.code, exitCode.done, done.stderr);
  const top = onTerminal(here, "top", { rows: 30 });
  await top.printed(/RULE +RUNNING[^]*order:book/);
  top.child.stdin.write("\r");
  await top.printed(/SUBMITTED +STATE[^]*> .*succeeded.*order:book/);
  top.child.stdin.write("\r");
  await top.printed(/TIMELINE[^]*succeeded[^]*ATTEMPTS[^]*#1[^]*succeeded[^]*INPUT[^]*\{"n":7\}[^]*PRINTED[^]*#1[^]*주문 7/);
  top.child.stdin.write("qqq");
  assert.equal((await top.ended).code, exitCode.done);
  agent.child.kill("SIGTERM");
  await agent.ended;
});

test("top: a screen that is the same is not written again", { skip }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = await runningAgent(here);
  const top = onTerminal(here, "top");
  await top.printed(/웹 +✓ running +\d/);
  top.child.stdin.write("p");
  await top.printed(/! paused/);
  let later = "";
  top.child.stdout.on("data", (text: string) => (later += text));
  for (const key of ["j", "k", "/", "\x1b"]) top.child.stdin.write(key);
  await top.printed(/> 웹/);
  assert.doesNotMatch(later, /PIPELINE/, "the head of the table stays");
  assert.doesNotMatch(later, /\x1b\[2?J/, "nothing is wiped");
  top.child.stdin.write("q");
  await top.ended;
  agent.child.kill("SIGTERM");
  await agent.ended;
});

for (const [how, end, expected] of [
  ["Ctrl-C", (top: RunningDure) => void top.child.stdin.write("\x03"), exitCode.done],
  ["SIGTERM", (_: RunningDure, pid: number) => void process.kill(pid, "SIGTERM"), exitCode.terminated],
] as const) {
  test(`top: ${how} gives the terminal back, also where no agent runs`, { skip }, async () => {
    await using here = folder();
    here.write("dure.yml", CONFIG);
    let said = "";
    const top = onTerminal(here, "top");
    top.child.stdout.on("data", (text: string) => (said += text));
    await top.printed(/✗ no agent runs with this config - waiting for the agent/);
    end(top, Number(/pid=(\d+)/.exec(said)?.[1]));
    const { code, stdout } = await top.ended;
    assert.equal(code, expected);
    assert(stdout.endsWith(LEAVE), JSON.stringify(stdout.slice(-60)));
  });
}

test("top: without a terminal it is one look, and says why", { skip: process.platform === "win32" && "the tests stop agents by signals" }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const agent = await runningAgent(here);
  const [plain, json] = await Promise.all([here.dure(["top"]), here.dure(["top", "--json"])]);
  assert.equal(plain.code, exitCode.done);
  assert.match(plain.stderr, /no terminal to draw on/);
  assert.match(plain.stdout, /^PIPELINE +STATE[^]*웹 +✓ running/);
  assert.equal((JSON.parse(json.stdout) as { pipelines: unknown[] }).pipelines.length, 1);
  agent.child.kill("SIGTERM");
  await agent.ended;
  const gone = await here.dure(["top"]);
  assert.equal(gone.code, exitCode.notRunning);
});
