// `dure start`, `status` and `stop`: the agent in the background.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { processStart } from "#base/process-identity.ts";
import { folder, until } from "./run-dure.ts";
import type { Folder } from "./run-dure.ts";

const CONFIG = `
pipelines:
  endless:
    - in.FakeData: { type: weblog, count: 0, rate: 500 }
    - out.File: { path: out.log }
`;

/** A folder whose agent, if a test leaves one, is stopped with it. */
function agentFolder(config = CONFIG): Folder {
  const here = folder();
  here.write("dure.yml", config);
  const { [Symbol.asyncDispose]: dispose } = here;
  return {
    ...here,
    async [Symbol.asyncDispose]() {
      await here.dure(["stop"]);
      await dispose();
    },
  };
}

/** One that has ended and only waits to be collected by the system does not count. */
function isAlive(pid: number): boolean {
  return processStart(pid) !== undefined;
}

function pidOf(here: Folder): number {
  return Number(readFileSync(here.file(".dure/dure.pid"), "utf8").split("\n")[0]);
}

test("start: returns when it really runs; status and stop find it; stop drains", async () => {
  await using here = agentFolder();
  const before = await here.dure(["status"]);
  assert.deepEqual([before.code, before.stdout], [exitCode.notRunning, "not running\n"]);

  const started = await here.dure(["start"]);
  assert.equal(started.code, 0, started.stderr);
  assert.match(started.stderr, /✓ running \(process \d+\), up in .*dure\.log\n {2}endless {2}✓ running/);
  const pid = pidOf(here);
  assert.ok(isAlive(pid));

  const again = await here.dure(["start"]);
  assert.deepEqual([again.code, again.stderr], [0, `already running (process ${pid})\n`]);

  await until(async () => /endless +✓ running +[1-9]/.test((await here.dure(["status"])).stdout), "the status shows what moved");
  const status = JSON.parse((await here.dure(["status", "--json"])).stdout) as { pid: number; state: string; pipelines: { name: string }[] };
  assert.deepEqual([status.state, status.pid, status.pipelines[0]?.name], ["running", pid, "endless"]);

  const stopped = await here.dure(["stop"]);
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.match(stopped.stderr, /^stopped in /);
  assert.ok(!isAlive(pid));
  assert.ok(!existsSync(here.file(".dure/dure.pid")));
  const log = readFileSync(here.file(".dure/dure.log"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as { message: string; exitCode?: number });
  assert.deepEqual([log.at(-1)?.message, log.at(-1)?.exitCode], ["agent ended", exitCode.terminated]);
  assert.deepEqual((await here.dure(["status"])).code, exitCode.notRunning);
  const nothing = await here.dure(["stop"]);
  assert.deepEqual([nothing.code, nothing.stderr], [0, "not running\n"]);
});

test("another config of the same folder, or one that is not there, is not taken for the one that runs", async () => {
  await using here = agentFolder();
  here.write("other.yml", CONFIG.replace("endless", "other"));
  assert.equal((await here.dure(["start"])).code, exitCode.done);
  await until(() => existsSync(here.file(".dure/dure.pid.status")), "the agent has said what it runs");
  const asking: readonly [string[], number][] = [
    [["start", "other.yml"], exitCode.temporary],
    [["run", "other.yml"], exitCode.temporary],
    [["status", "other.yml"], exitCode.notRunning],
    [["reload", "other.yml"], exitCode.notRunning],
    [["ls", "-c", "other.yml"], exitCode.notRunning],
    [["stop", "other.yml"], exitCode.notRunning],
  ];
  for (const [args, wanted] of asking) {
    const { code, stderr } = await here.dure(args);
    assert.equal(code, wanted, stderr);
    assert.match(stderr, /process \d+\) runs .*dure\.yml, not .*other\.yml\n.*agent\.data_dir/);
  }
  const missing = await here.dure(["stop", "typo.yml"]);
  assert.equal(missing.code, exitCode.notRunning);
  assert.match(missing.stderr, /runs .*dure\.yml; there is no typo\.yml/);
  assert.match((await here.dure(["stop", "typo.yml", "--lang", "ko"])).stderr, /지정한 파일이 없습니다: typo\.yml/);
  assert(isAlive(pidOf(here)), "it runs on");

  renameSync(here.file("dure.yml"), here.file("new.yml"));
  const renamed = await here.dure(["stop", "new.yml"]);
  assert.match(renamed.stderr, /^stopped in /, "a config that was renamed is still that of its agent");
});

test("stop: one that takes its time says what it waits for", async () => {
  await using here = agentFolder("agent: { drain_timeout: 2s }\npipelines:\n  stuck: [in.FakeData, out.Fluentd: { host: 127.0.0.1, port: 1 }]\n");
  assert.equal((await here.dure(["start"])).code, exitCode.done);
  const { code, stderr } = await here.dure(["stop", "--lang", "ko"]);
  assert.equal(code, exitCode.done, stderr);
  assert.match(stderr, /^처리 중인 것이 쓰이기를 기다립니다\. 길어도 5\.0 s .*\n.*끝났습니다/);
});

test("start: of two at once one runs the agent, the other says so", async () => {
  await using here = agentFolder();
  const both = await Promise.all([here.dure(["start"]), here.dure(["start"])]);
  const codes = both.map(({ code }) => code).sort();
  assert.ok(codes[0] === 0 && (codes[1] === 0 || codes[1] === exitCode.temporary), JSON.stringify(both));
  const pids = new Set(both.flatMap(({ stderr }) => stderr.match(/\(process (\d+)\)/)?.[1] ?? []));
  assert.deepEqual([...pids], [String(pidOf(here))]);
});

test("start: a config with errors is shown, and nothing is started", async () => {
  await using here = agentFolder(CONFIG.replace("out.File:", "out.Fiel:"));
  const { code, stderr } = await here.dure(["start"]);
  assert.equal(code, exitCode.configInvalid);
  assert.match(stderr, /did you mean out\.File\?/);
  assert.ok(!existsSync(here.file(".dure")));
  const status = await here.dure(["status"]);
  assert.equal(status.code, exitCode.cannotTell);
  assert.match(status.stderr, /cannot tell: dure\.yml has errors/);
});

test("start: an agent that ends while starting is told with what it said", async () => {
  await using here = agentFolder(`agent: { log: { file: taken.log } }\n${CONFIG}`);
  here.write("taken.log/x", "a folder where a file should be");
  const { code, stderr } = await here.dure(["start"]);
  assert.equal(code, exitCode.failed);
  assert.match(stderr, /ended while it was starting \(exit 1\); log: .*taken\.log\n[\s\S]*EISDIR/);
  assert.equal((await here.dure(["status"])).code, exitCode.notRunning);
});

test("start: what stands in the way of the data folder is said", async () => {
  await using here = agentFolder(`agent: { data_dir: blocked/data }\n${CONFIG}`);
  here.write("blocked", "a file where a folder should be");
  const { code, stderr } = await here.dure(["start"]);
  assert.equal(code, exitCode.failed);
  assert.match(stderr, /blocked/);
});

test("start: one that is not up in time is ended", async () => {
  await using here = agentFolder();
  const { code, stderr } = await here.dure(["start", "--wait", "1ms"]);
  assert.equal(code, exitCode.timeLimit);
  assert.match(stderr, /was not up within 1 ms and was ended/);
  await until(async () => (await here.dure(["status"])).code !== exitCode.done, "it is gone");
});

test("status: an agent that was killed is dead, and the next start goes on", { skip: process.platform === "win32" }, async () => {
  await using here = agentFolder();
  await here.dure(["start"]);
  const pid = pidOf(here);
  process.kill(pid, "SIGKILL");
  await until(() => !isAlive(pid), "it is dead");
  const status = await here.dure(["status"]);
  assert.equal(status.code, exitCode.failed);
  assert.match(status.stdout, /^dead: process \d+ has ended/);
  const started = await here.dure(["start"]);
  assert.equal(started.code, 0, started.stderr);
  assert.notEqual(pidOf(here), pid);
  process.kill(pidOf(here), "SIGKILL");
  await until(() => !isAlive(pidOf(here)), "it is dead again");
  assert.equal((await here.dure(["stop"])).code, 0);
  assert.equal((await here.dure(["status"])).code, exitCode.notRunning);
});

test("status: --strict tells a pipeline that has failed", async () => {
  await using here = agentFolder(`${CONFIG}  broken:\n    - in.FakeData: { count: 0, rate: 1 }\n    - out.Broken\n`);
  here.write("plugins/Broken.js", 'import { defineOutput, z } from "dure/plugin";\nexport default defineOutput({ name: "Broken", summary: { en: "Fails.", ko: "실패." }, options: z.strictObject({}), async open() { throw new Error("no luck"); } });\n');
  const started = await here.dure(["start"]);
  assert.equal(started.code, 0, started.stderr);
  assert.match(started.stderr, /broken .*restarting: no luck/);
  const [plain, strict] = await Promise.all([here.dure(["status"]), here.dure(["status", "--strict"])]);
  assert.deepEqual([plain.code, strict.code], [0, exitCode.cannotTell]);
  assert.match(strict.stdout, /broken: no luck/);
});

test("stop: an agent whose config was broken since can still be stopped", async () => {
  await using here = agentFolder();
  await here.dure(["start"]);
  const pid = pidOf(here);
  here.write("dure.yml", "pipelines: {");
  const stopped = await here.dure(["stop"]);
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.ok(!isAlive(pid));
});

test("stop: an agent that does not end in time is killed, and the code says so", { skip: process.platform === "win32" }, async () => {
  await using here = agentFolder(`agent: { drain_timeout: 100ms }\n${CONFIG}`);
  await here.dure(["start"]);
  const pid = pidOf(here);
  process.kill(pid, "SIGSTOP"); // It hears nothing more.
  const stopped = await here.dure(["stop"]);
  assert.equal(stopped.code, exitCode.timeLimit, stopped.stderr);
  assert.match(stopped.stderr, /^killed: /m);
  await until(() => !isAlive(pid), "it is gone");
  assert.equal((await here.dure(["status"])).code, exitCode.notRunning);
});

test("status: figures that the agent can no longer write down, on a full disk, are asked of it", async () => {
  await using here = agentFolder();
  assert.equal((await here.dure(["start"])).code, 0);
  mkdirSync(here.file(".dure/dure.pid.status.new")); // Nothing can be written there any more.
  const file = here.file(".dure/dure.pid.status");
  const written = JSON.parse(readFileSync(file, "utf8")) as { writtenAtMs: number; pipelines: { recordsIn: number }[] };
  const old = { ...written, writtenAtMs: written.writtenAtMs - 3_600_000, pipelines: written.pipelines.map((each) => ({ ...each, recordsIn: -1 })) };
  writeFileSync(file, JSON.stringify(old));
  const { stdout, code } = await here.dure(["status", "--json"]);
  const { pipelines = [], writtenAtMs = 0 } = JSON.parse(stdout) as Partial<typeof written>;
  assert.deepEqual([code, pipelines.length], [0, 1]);
  assert.ok(0 <= (pipelines[0]?.recordsIn ?? -1) && written.writtenAtMs <= writtenAtMs, stdout);
});

test("start: what was checked is what runs; the agent does not read the config a second time", async () => {
  await using here = agentFolder('pipelines:\n  p:\n    - in.FakeData: { rate: 1, count: 0 }\n    - parse.Noting\n    - out.Null\n');
  const file = here.file("readers");
  here.write("plugins/Noting.js", `import { appendFileSync } from "node:fs";\nappendFileSync(${JSON.stringify(file)}, process.pid + "\\n");\nexport const parse = (line) => ({ line });\n`);
  const started = await here.dure(["start"]);
  assert.equal(started.code, exitCode.done, started.stderr);
  const readers = new Set(readFileSync(file, "utf8").trim().split("\n").map(Number));
  assert.ok(readers.has(pidOf(here)), "the agent's own thread");
  assert.equal(readers.size, 2, "beside it only the command that started it");
});

test("status: an agent with jobs says how many workers there are, and what waits", async () => {
  await using here = agentFolder("jobs: { rules: ./rules, workers: 2, slots: 1 }\n");
  here.write("rules/slow.mjs", "export function run() { return new Promise(() => setInterval(() => {}, 1000)); }\n");
  assert.equal((await here.dure(["start"])).code, exitCode.done);
  for (let count = 0; count < 3; count += 1) assert.equal((await here.dure(["job", "submit", "slow:run"])).code, exitCode.done);
  await until(async () => (await here.dure(["status", "--json"])).stdout.includes('"running":2'), "two run");
  const { stdout, code } = await here.dure(["status", "--strict"]);
  assert.match(stdout, /^jobs {2}✓ 2 workers {2}1 wait, 2 run, 0 dead letters$/m);
  assert.equal(code, exitCode.done);
});
