// Programs that are hurt from outside or do not keep their part: stopped, deleted, deaf, dumb, loud; and an agent that is killed while it stops them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { DURE, folder, until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { startAgent } from "./agent.ts";
import { distinctOf, numbersIn } from "./numbered.ts";
import { processesWith } from "./processes-with.ts";

const onLinux = { timeout: 300_000, skip: process.platform !== "linux" && "looks into /proc" };
const RESTART = { when: "always", first: "50ms", most: "1s" };
const MEMORY_MIB_MAX = 400;

test("a consumer that is stopped with kill -STOP again and again is ended by its time-out, and its event comes again: none is lost", onLinux, async () => {
  await using dir = folder();
  const total = 2000;
  const mark = String(500_000_000 + process.pid);
  writeFileSync(dir.file("feed.log"), Array.from({ length: total }, (_, number) => `${number}\n`).join(""));
  const command = `: ${mark}; while IFS= read -r line; do echo "$line" >> got; sleep 0.002; echo "$line" >&2; done`;
  const processes = { deaf: { command, cwd: dir.path, ack: "stderr-echo", ack_timeout: "500ms", queue: { events: 5000 }, restart: RESTART, stop: { wait: "200ms" } } };
  const agent = startAgent(dir, { feed: [{ "in.FileTail": { path: dir.file("feed.log") } }, { "out.Process": "deaf" }] }, { agent: { data_dir: "./data" }, config: { http: false, processes } });
  await agent.logged(/processes begun/);
  const stopped = new Set<number>();
  const STOPS = 5;
  await until(() => {
    const [pid] = processesWith(mark);
    if (STOPS <= stopped.size) return true;
    if (pid === undefined || stopped.has(pid) || distinctOf(numbersIn(dir.file("got"))) < 50 * (stopped.size + 1)) return false;
    process.kill(pid, "SIGSTOP");
    stopped.add(pid);
    return false;
  }, "it was stopped five times");
  await until(() => distinctOf(numbersIn(dir.file("got"))) === total, "all have come");
  const again = numbersIn(dir.file("got")).length - total;
  assert.ok(again <= STOPS, `${again} came twice`);
  await agent.stop();
  assert.deepEqual(processesWith(mark), []);
});

test("the program's file or its folder is deleted while it runs: the next start says what is missing, waits longer each time, and works again when it is back", onLinux, async () => {
  await using dir = folder();
  const writeProgram = (): void => {
    writeFileSync(dir.file("program"), "#!/bin/sh\necho started >> started\nexec sleep 1000\n");
    chmodSync(dir.file("program"), 0o755);
  };
  writeProgram();
  mkdirSync(dir.file("place"));
  const processes = {
    program: { command: [dir.file("program")], cwd: dir.path, restart: RESTART },
    place: { command: ["sh", "-c", "echo started > started; exec sleep 1000"], cwd: dir.file("place"), restart: RESTART },
  };
  const agent = startAgent(dir, {}, { agent: { data_dir: "./data" }, config: { http: false, processes } });
  await agent.logged(/processes begun/);
  await until(async () => (await statesOf(dir)).join() === "running,running", "both run");
  rmSync(dir.file("program"));
  rmSync(dir.file("place"), { recursive: true });
  assert.equal((await dir.dure(["process", "kill", "program"])).code, 0);
  await dir.dure(["process", "start", "program"]);
  await dir.dure(["process", "restart", "place"]);
  await agent.logged(/program.*is not found \(ENOENT\)/);
  await agent.logged(/the folder the command is to run in is not there/);
  await until(async () => (await statesOf(dir)).join() === "backoff,backoff", "both wait for their next start");
  assert.ok(agent.log().split("is not found (ENOENT)").length < 60, "said sparingly");
  writeProgram();
  mkdirSync(dir.file("place"));
  await until(async () => (await statesOf(dir)).join() === "running,running", "both run again");
  await agent.stop();
});

test("kill -9 of the agent while it stops what ignores SIGTERM: the next one ends all of it, and what it kept alive runs once", onLinux, async () => {
  await using dir = folder();
  const mark = String(600_000_000 + process.pid);
  const stubborn = { command: `trap '' TERM; setsid sh -c "trap '' TERM; while :; do sleep ${mark}; done" & while :; do sleep ${mark}; done`, stop: { wait: "60s" } };
  const options = { agent: { data_dir: "./data", drain_timeout: "90s" }, config: { http: false, processes: Object.fromEntries(Array.from({ length: 10 }, (_, number) => [`s${number}`, stubborn])) } };
  let agent = startAgent(dir, {}, options);
  await agent.logged(/processes begun/);
  await until(() => 30 <= processesWith(mark).length, "all are there");
  process.kill(agent.pid, "SIGTERM");
  await agent.logged(/still writing what is in hand|stopping/);
  await agent.kill();
  const left = processesWith(mark);
  assert.ok(20 <= left.length);
  rmSync(dir.file("dure.yml"));
  agent = startAgent(dir, {}, { ...options, config: { http: false, processes: { one: { command: ["sleep", mark] } } } });
  await agent.logged(/processes begun/);
  assert.deepEqual(processesWith(mark).filter((pid) => left.includes(pid)), []);
  await until(() => processesWith(mark).length === 1, "only the one of now is there");
  await agent.stop();
  assert.deepEqual(processesWith(mark), []);
});

test("one that never reads, one that has closed its output, one that prints as fast as it can while somebody follows and does not read: the agent stays small and answers", onLinux, async () => {
  await using dir = folder();
  const lines = 300_000;
  writeFileSync(dir.file("feed.log"), Array.from({ length: lines }, (_, number) => `${number} ${"x".repeat(200)}\n`).join(""));
  const processes = {
    unread: { command: ["sleep", "1000"] },
    dumb: { command: "exec 1>&- 2>&-; while IFS= read -r line; do :; done; exec sleep 1000", cwd: dir.path },
    loud: { command: ["yes", "한글 ".repeat(30)] },
  };
  const pipelines = Object.fromEntries(["unread", "dumb"].map((name) => [name, [{ "in.FileTail": { path: dir.file("feed.log") } }, { "out.Process": name }]]));
  const agent = startAgent(dir, pipelines, { agent: { data_dir: "./data" }, config: { http: false, processes } });
  await agent.logged(/processes begun/);
  // Their output is read by nobody.
  const followers = ["processes follow loud", "processes logs loud --follow"].map((words) => spawn(DURE, words.split(" "), { cwd: dir.path, stdio: ["ignore", "pipe", "ignore"] }));
  const PRINTED = Number(process.env["DURE_LOUD_LINES"] ?? 1_000_000);
  await until(async () => PRINTED < (await eventsOut(dir, "loud")), "it has printed a lot", 180_000);
  assert.deepEqual(await statesOf(dir), ["running", "running", "running"]);
  const peakMiB = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${agent.pid}/status`, "utf8"))?.[1]) / 1024;
  assert.ok(peakMiB < MEMORY_MIB_MAX, `${peakMiB} MiB`);
  for (const follower of followers) follower.kill("SIGKILL");
  await agent.stop();
});

interface Listed {
  readonly name: string;
  readonly state: string;
  readonly queue: { readonly eventsIn: number; readonly eventsOut: number };
}

async function list(dir: Folder): Promise<readonly Listed[]> {
  const { stdout, stderr } = await dir.dure(["process", "list", "--json"]);
  assert.notEqual(stdout, "", stderr);
  return (JSON.parse(stdout) as { result: { processes: Listed[] } }).result.processes;
}

async function statesOf(dir: Folder): Promise<readonly string[]> {
  return (await list(dir)).map(({ state }) => state);
}

async function eventsOut(dir: Folder, name: string): Promise<number> {
  return (await list(dir)).find((each) => each.name === name)?.queue.eventsOut ?? 0;
}
