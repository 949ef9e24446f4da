import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ChildEnd, ChildTree } from "#base/child/child-tree.ts";
import { systemClock } from "#base/clock.ts";
import { StillClock } from "#base/still-clock.ts";
import type { ProcessPlan } from "#kernel/config/process-plan.ts";
import { Recoveries } from "./recoveries.ts";
import type { RecoveriesParts, RecoveryContract } from "./recoveries.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A real child, without what keeps a whole tree together. */
function childOf(script: string): ChildTree {
  const child = spawn(process.execPath, ["-e", script], { stdio: "pipe" });
  const ended = new Promise<ChildEnd>((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    signal: (name) => child.kill(name as NodeJS.Signals),
    async end() {
      child.kill("SIGKILL");
      await ended;
      return [];
    },
    usage: async () => ({ cpuSeconds: 0, residentBytes: 0, processes: 1 }),
  };
}

const echoed: RecoveryContract = { isAcked: true, written: ({ line }) => Buffer.concat([line, Buffer.from("\n")]), ofStdout: () => ({ is: "result" }), ofStderr: (line, event) => ({ is: event !== undefined && (line.length === 0 || line.equals(event.line)) ? "ack" : "message" }) };
const unacked: RecoveryContract = { ...echoed, isAcked: false, ofStderr: () => ({ is: "message" }) };

function planOf(name = "etl"): ProcessPlan {
  return { name, type: "process", command: [], written: [], env: {}, shownEnv: {}, limits: {}, start: "auto", instances: 1, restart: { when: "always", firstMs: 1, mostMs: 1, attemptsMax: null, steadyMs: 1 }, stop: { signal: "SIGTERM", waitMs: 20_000 }, dependsOn: [], encoding: "utf-8", lineBytesMax: 1 << 20, ack: { type: "stderr-echo", timeoutMs: 1, onFailure: "retry", attemptsMax: null }, queue: { eventsMax: 1, bytesMax: 1 }, output: { linesKept: 1, fileBytesMax: 1, filesMax: 1 }, place: { file: "", line: 1, column: 1 } };
}

async function site(script: string, given: Partial<RecoveriesParts> = {}) {
  const dir = await mkdtemp(join(tmpdir(), "dure-recoveries-"));
  const results: string[] = [];
  const said: string[] = [];
  const children: ChildTree[] = [];
  let ended = Promise.withResolvers<void>();
  const parts: RecoveriesParts = {
    file: join(dir, "recoveries.json"),
    clock: systemClock,
    log: silent,
    settings: () => ({ timeoutMs: 60_000, keepMs: 60_000 }),
    async startApart() {
      const child = childOf(script);
      children.push(child);
      return child;
    },
    contractOf: () => echoed,
    encode: (message) => Buffer.from(message),
    result: async (_, line) => void results.push(line.toString()),
    say: (_, line) => void said.push(line.toString()),
    onEnd: () => ended.resolve(),
    ...given,
  };
  const recoveries = new Recoveries(parts);
  return {
    parts,
    recoveries,
    results,
    said,
    children,
    async done() {
      await ended.promise;
      ended = Promise.withResolvers();
      return recoveries.list()[0];
    },
    async [Symbol.asyncDispose]() {
      await recoveries.close();
      for (const child of children) child.signal("SIGKILL");
      await Promise.all(children.map((child) => child.ended));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const ECHO = `require("readline").createInterface({ input: process.stdin }).on("line", (line) => { console.log("did " + line); console.error("a word"); console.error(line); console.log("and more"); })`;

test("recoveries: a private instance gets the message, and what it prints goes on, also after the acknowledgement", { timeout: 120_000 }, async () => {
  await using here = await site(ECHO);
  const begun = here.recoveries.start(planOf(), "날짜: 2026-11-22, a|b");
  assert.match(begun.name, /^etl-날짜: 2026-11-22, a\|b-\d{14}$/);
  assert.equal(begun.state, "running");
  const entry = await here.done();
  assert.equal(entry?.state, "done");
  assert.ok(begun.startMs <= (entry?.endMs ?? 0));
  assert.deepEqual(here.results, ["did 날짜: 2026-11-22, a|b", "and more"]);
  assert.deepEqual(here.said, ["a word"]);
});

test("recoveries: without acknowledgements it is done when it ends well after its input was closed", { timeout: 120_000 }, async () => {
  await using here = await site(`let all = ""; process.stdin.on("data", (text) => all += text).on("end", () => { console.log(all.trim()); process.exitCode = all.includes("bad") ? 3 : 0; })`, { contractOf: () => unacked });
  here.recoveries.start(planOf(), "one");
  assert.equal((await here.done())?.state, "done");
  here.recoveries.start(planOf(), "bad");
  assert.equal((await here.done())?.state, "FAIL");
  assert.deepEqual(here.results, ["one", "bad"]);
});

for (const [what, script] of [["dies over it", "process.stdin.once('data', () => process.exit(1))"], ["ends at once", "process.exit(0)"], ["closes its streams and ends", "require('fs').closeSync(1); require('fs').closeSync(2); process.stdin.once('data', () => process.exit(0))"]] as const) {
  test(`recoveries: one that ${what} has failed`, { timeout: 120_000 }, async () => {
    await using here = await site(script);
    here.recoveries.start(planOf(), "one");
    assert.equal((await here.done())?.state, "FAIL");
  });
}

test("recoveries: one that is not ready in a second, or cannot start, has failed; what comes up after all is ended", { timeout: 120_000 }, async () => {
  const late = Promise.withResolvers<ChildTree>();
  await using here = await site("", { startApart: () => late.promise });
  here.recoveries.start(planOf(), "one");
  assert.equal((await here.done())?.state, "FAIL");
  const child = childOf("setInterval(() => {}, 1000)");
  late.resolve(child);
  assert.equal((await child.ended).signal, "SIGKILL");
  await using broken = await site("", { startApart: () => Promise.reject(new Error("no such user")) });
  broken.recoveries.start(planOf(), "one");
  assert.equal((await broken.done())?.state, "FAIL");
});

test("recoveries: one that takes too long is TIME_OUT, and its child is ended", { timeout: 120_000 }, async () => {
  await using here = await site("process.stdin.resume(); setInterval(() => console.log('still at it'), 5)", { settings: () => ({ timeoutMs: 300, keepMs: 60_000 }) });
  here.recoveries.start(planOf(), "one");
  assert.equal((await here.done())?.state, "TIME_OUT");
  assert.equal((await here.children[0]?.ended)?.signal, "SIGKILL");
});

test("recoveries: one at a time of each process", { timeout: 120_000 }, async () => {
  await using here = await site(ECHO);
  here.recoveries.start(planOf(), "one");
  assert.throws(() => here.recoveries.start(planOf(), "two"), { code: "CONFLICT" });
  here.recoveries.start(planOf("other"), "two");
  await here.recoveries.close();
  assert.deepEqual(here.recoveries.list().map(({ process }) => process), ["other", "etl"]);
});

test("recoveries: what ran when the agent ended has failed, and old ones are forgotten", { timeout: 120_000 }, async () => {
  const clock = new StillClock(1_000_000);
  await using here = await site("setInterval(() => {}, 1000)", { clock });
  here.recoveries.start(planOf(), "one");
  assert.match(await readFile(here.parts.file, "utf8"), /"state":"running"/);
  const next = new Recoveries(here.parts);
  assert.deepEqual(next.list().map(({ state, endMs }) => [state, endMs]), [["FAIL", 1_000_000]]);
  clock.advance(60_001);
  assert.deepEqual(next.list(), []);
  assert.equal(await readFile(here.parts.file, "utf8"), "[]");
});

test("recoveries: a file that cannot be read is nothing", async () => {
  await using here = await site("");
  for (const text of ["{", "null", '{"a":1}', '[null,{"name":1}]']) {
    await writeFile(here.parts.file, text);
    assert.deepEqual(new Recoveries(here.parts).list(), []);
  }
});
