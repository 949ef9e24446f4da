// `dure run` and `dure test`: in the foreground.
import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder, until } from "./run-dure.ts";

const ENDLESS = `
pipelines:
  endless:
    - in.FakeData: { type: weblog, count: 0, rate: 500 }
    - out.File: { path: out.log }
`;
const TWO = `
pipelines:
  first:
    - in.FakeData: { count: 2, seed: 1 }
    - out.Stdout
  둘째:
    - in.FakeData: { count: 3, seed: 1 }
    - out.Stdout
`;
const lines = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0);

test("run: --for ends by itself and says what moved", async () => {
  await using here = folder();
  here.write("dure.yml", ENDLESS);
  const { code, stdout, stderr } = await here.dure(["run", "--for", "700ms"]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "");
  const [, said] = /^endless +✓ ended +([\d,]+) /m.exec(stderr) ?? [];
  assert.equal(Number(said?.replaceAll(",", "")), lines(here.file("out.log")), "what it says is what is in the file");
  assert.match(stderr, /[\d,]+ records, .* in [\d.]+ (ms|s) /);
  assert.ok(!existsSync(here.file(".dure/dure.pid")), "the pid file goes with it");
});

test("run: an input that always has something and an output that takes it at once leave time to a question and to the end", async () => {
  await using here = folder();
  here.write("dure.yml", "pipelines:\n  endless:\n    - in.FakeData: { count: 0 }\n    - out.Null\n");
  const { code, stderr } = await here.dure(["run", "--for", "4s"]); // A busy machine starts slowly.
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^endless +✓ ended +[1-9]/m);
});

test("run: the time of --for begins when all runs, however long the start takes", async () => {
  await using here = folder();
  here.write("plugins/Slow.js", 'import { defineFilter, z } from "dure/plugin";\nexport default defineFilter({ name: "Slow", summary: { en: "Opens slowly.", ko: "천천히 열림." }, options: z.strictObject({}), async open() { await new Promise((resolve) => setTimeout(resolve, 1500)); return { apply: (batch) => batch }; } });\n');
  here.write("dure.yml", "pipelines:\n  slow: [in.FakeData: { count: 0 }, filter.Slow, out.Null]\n  fast: [in.FakeData: { count: 0, rate: 10 }, out.Null]\n");
  const { code, stderr } = await here.dure(["run", "--for", "1s"]);
  assert.equal(code, 0, stderr);
  for (const name of ["slow", "fast"]) assert.match(stderr, new RegExp(`^${name} +✓ ended +[1-9]`, "m"));
});

test("run: ends when every input has ended; --json gives the numbers on stdout", async () => {
  await using here = folder();
  here.write("a.yml", TWO.replaceAll("out.Stdout", "out.Null"));
  const { code, stdout, stderr } = await here.dure(["run", "a.yml", "--json"]);
  assert.equal(code, 0, stderr);
  const { pipelines } = JSON.parse(stdout) as { pipelines: { name: string; recordsIn: number; recordsOut: number; state: string }[] };
  assert.deepEqual(pipelines.map(({ name, recordsIn, recordsOut, state }) => [name, recordsIn, recordsOut, state]), [["first", 2, 2, "ended"], ["둘째", 3, 3, "ended"]]);
  for (const line of stderr.trimEnd().split("\n")) JSON.parse(line);
});

for (const [signal, code] of [["SIGINT", exitCode.interrupted], ["SIGTERM", exitCode.terminated]] as const) {
  test(`run: ${signal} drains and ends with ${code}; the launcher passes it on`, { skip: process.platform === "win32" }, async () => {
    await using here = folder();
    here.write("dure.yml", ENDLESS);
    const running = here.spawn(["run"]);
    await until(() => lines(here.file("out.log")) > 0, "something is written");
    running.child.kill(signal);
    const ended = await running.ended;
    assert.deepEqual([ended.code, ended.signal], [code, null], ended.stderr);
    const [, said] = /^endless +✓ ended +([\d,]+) /m.exec(ended.stderr) ?? [];
    assert.equal(Number(said?.replaceAll(",", "")), lines(here.file("out.log")), "all that was read is written");
  });
}

test("run: goes on when nobody reads its log any more", { skip: process.platform === "win32" }, async () => {
  await using here = folder();
  here.write("dure.yml", "pipelines:\n  a: [in.FakeData: { rate: 1000, count: 1500 }, out.File: out.txt]\n");
  const agent = here.spawn(["run"]);
  await agent.printed(/agent started/);
  agent.child.stderr.destroy();
  assert.equal((await agent.ended).code, 0);
  assert.equal(readFileSync(here.file("out.txt"), "utf8").trimEnd().split("\n").length, 1500);
});

test("run: what a buffer held when its receiver was away comes after the restart, though a line behind it was filtered out", { skip: process.platform === "win32" }, async () => {
  await using here = folder();
  const config = (output: string, drainTimeout: string): string => `agent: { drain_timeout: ${drainTimeout} }\npipelines:\n  a:\n    - in.FileTail: in.log\n    - filter.Where: "!r.message.startsWith('drop')"\n    - buffer.Size: { bytes: 1MB, timeout: 1h }\n    - ${output}\n`;
  here.write("in.log", "keep 1\nkeep 2\n");
  here.write("dure.yml", config("out.Fluentd: { host: 127.0.0.1, port: 1 }", "100ms"));
  const agent = here.spawn(["run"]);
  await agent.printed(/agent started/);
  const hasRead = (records: number) => async () => (JSON.parse((await here.dure(["status", "--json"])).stdout) as { pipelines?: { recordsIn: number }[] }).pipelines?.[0]?.recordsIn === records;
  await until(hasRead(2), "the first lines are read");
  appendFileSync(here.file("in.log"), "drop 3\n");
  await until(hasRead(3), "the line that is filtered out is read");
  agent.child.kill("SIGTERM");
  assert.equal((await agent.ended).code, exitCode.terminated);

  // The stop writes what the buffer holds, however long that takes.
  here.write("dure.yml", config("out.File: out.txt", "1m"));
  appendFileSync(here.file("in.log"), "keep 4\n");
  const again = here.spawn(["run"]);
  await again.printed(/agent started/);
  await until(hasRead(4), "all lines are read, the first ones again");
  again.child.kill("SIGTERM");
  assert.equal((await again.ended).code, exitCode.terminated);
  assert.equal(readFileSync(here.file("out.txt"), "utf8"), "keep 1\nkeep 2\nkeep 4\n");
});

test("run: a pipeline that starts over while its buffer still holds what it read reads none of it again", async () => {
  await using here = folder();
  here.write("in.log", "one\ntwo\n");
  here.write("dure.yml", "pipelines:\n  a: [in.FileTail: { path: in.log, follow: false }, buffer.Time: { every: 1h }, out.File: out.txt, sleep: 0.05]\n");
  const { code, stderr } = await here.dure(["run", "--for", "1s"]);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(here.file("out.txt"), "utf8"), "one\ntwo\n");
});

test("run: --for whose drain takes too long says so by its code", async () => {
  await using here = folder();
  here.write("dure.yml", "agent: { drain_timeout: 100ms }\npipelines:\n  a: [in.FakeData, out.Fluentd: { host: 127.0.0.1, port: 1 }]\n");
  const { code, stderr } = await here.dure(["run", "--for", "1s"]);
  assert.equal(code, exitCode.timeLimit, stderr);
  assert.match(stderr, /the drain took too long/);
});

test("run: a second signal does not wait for the drain", { skip: process.platform === "win32" }, async () => {
  await using here = folder();
  // Nobody listens on port 1: the batch is tried again and again, and the drain would last.
  here.write("dure.yml", "agent: { drain_timeout: 5m }\npipelines:\n  stuck:\n    - in.FakeData: { count: 0, rate: 10 }\n    - out.Fluentd: { host: 127.0.0.1, port: 1 }\n");
  const running = here.spawn(["run"]);
  await running.printed(/trying again|restart|broke/);
  running.child.kill("SIGINT");
  await running.printed(/once more to stop at once/);
  running.child.kill("SIGINT");
  const ended = await running.ended;
  assert.equal(ended.code, exitCode.interrupted, ended.stderr);
});

test("run: nothing starts while the config has an error; the code says do not restart me", async () => {
  await using here = folder();
  here.write("dure.yml", ENDLESS.replace("out.File:", "out.Fiel:"));
  const { code, stderr } = await here.dure(["run"]);
  assert.equal(code, exitCode.configInvalid);
  assert.match(stderr, /dure\.yml:5:7[\s\S]*did you mean out\.File\?[\s\S]*nothing was started/);
  assert.ok(!existsSync(here.file(".dure")));
});

test("run: one agent for a config; a second is told to come back", async () => {
  await using here = folder();
  here.write("dure.yml", ENDLESS);
  const running = here.spawn(["run"]);
  await until(() => lines(here.file("out.log")) > 0, "it runs");
  const second = await here.dure(["run"]);
  assert.equal(second.code, exitCode.temporary);
  assert.match(second.stderr, /another agent \(process \d+\) is running/);
  running.child.kill("SIGTERM");
  await running.ended;
});

test("run: the agent's log goes to the file that the config names, as JSON lines", async () => {
  await using here = folder();
  here.write("dure.yml", `agent: { log: { file: logs/agent.log } }\nhttp: false\n${ENDLESS}`);
  await here.dure(["run", "--for", "100ms", "-q"]);
  const messages = readFileSync(here.file("logs/agent.log"), "utf8").trimEnd().split("\n").map((line) => (JSON.parse(line) as { message: string }).message);
  assert.deepEqual([messages[0], messages.at(-1)], ["agent started", "agent ended"]);
});

test("test: the first pipeline without -t; by number from 1; by name", async () => {
  await using here = folder();
  here.write("config.yml", TWO);
  // One after the other: they share the folder of positions.
  const runs = [];
  for (const args of [["config.yml"], ["config.yml", "-t", "1"], ["config.yml", "-t", "2"], ["-t", "둘째"]]) runs.push(await here.dure(["test", ...args]));
  assert.deepEqual(runs.map(({ code, stdout }) => [code, stdout.split("\n").length - 1]), [[0, 2], [0, 2], [0, 3], [0, 3]]);
  assert.match(runs[0]?.stderr ?? "", /testing one pipeline/);
});

test("test: a pipeline there is not", async () => {
  await using here = folder();
  here.write("config.yml", TWO);
  for (const [task, said] of [["0", /there are: 1 first, 2 둘째/], ["3", /there is no pipeline `3`/], ["frist", /did you mean `-t first`\?/]] as const) {
    const { code, stderr } = await here.dure(["test", "config.yml", "-t", task]);
    assert.equal(code, exitCode.wrongUse);
    assert.match(stderr, said);
  }
});

test("test: ends at the end of the file and says when there is nothing new, or goes on with --follow", async () => {
  await using here = folder();
  here.write("in.log", "one\ntwo\n");
  here.write("dure.yml", "pipelines: { tail: [in.FileTail: in.log, out.Stdout] }\n");
  const ended = await here.dure(["test"]);
  assert.deepEqual([ended.code, ended.stdout], [0, "one\ntwo\n"], ended.stderr);
  const again = await here.dure(["test"]);
  assert.deepEqual([again.code, again.stdout], [0, ""], again.stderr);
  assert.match(again.stderr, /nothing new to read\..* delete .*positions/);
  await using there = folder();
  there.write("in.log", "one\n");
  there.write("dure.yml", "pipelines: { tail: [in.FileTail: in.log, out.Stdout] }\n");
  const running = there.spawn(["test", "--follow"]);
  await running.printed(/one\n/);
  writeFileSync(there.file("in.log"), "two\n", { flag: "a" });
  await running.printed(/two\n/);
  running.child.kill("SIGINT");
  assert.equal((await running.ended).code, exitCode.interrupted);
});
