import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { openEmbeddedQueue } from "#plugins/queues/embedded.ts";
import type { JobRecord } from "#sdk/job-store.ts";
import { until } from "#test/cli/run-dure.ts";
import { WAIT_MS, startEngine } from "./testing.ts";

const RULES = {
  "test/module.ts": `
    import { appendFileSync } from "node:fs";
    const note = (word) => appendFileSync(new URL("../../ran.txt", import.meta.url), word + "\\n");
    export class TestClass {
      static callme(args) { return args; }
      static boom() { throw new Error("펑"); }
      static hang() { return new Promise(() => {}); }
      static block() { for (;;); }
      static die() { note("die"); process.kill(process.pid, "SIGKILL"); }
      static leave() { note("leave"); process.exit(3); }
      static cycle() { const a = {}; a.a = a; return a; }
      static large() { return "x".repeat(2_000_000); }
      static async slow({ ms }) { note("slow"); await new Promise((go) => setTimeout(go, ms)); note("done"); return ms; }
      static talk() { console.log("안녕", { a: 1 }); process.stdout.write('{"type":"done","job":1,"result":"a lie"}\\n'); return "말했다"; }
    }`,
  "flaky.ts": `
    import { defineRule, FinalError, z } from "dure/rule";
    let runs = 0;
    export const third = defineRule({ attempts: 3, backoff: { first: "10ms", most: "20ms" }, run: (args, { attempt }) => { if (attempt < 3) throw new Error("not yet"); return attempt; } });
    export const final = defineRule({ attempts: 9, run() { throw new FinalError("no way"); } });
    export const checked = defineRule({ args: z.strictObject({ name: z.string(), password: z.string().optional() }), secrets: ["password"], run: ({ name }) => name });
    export const once = defineRule({ idempotencyKey: "order", run: () => (runs += 1) });
    let running = 0;
    export const alone = defineRule({ concurrency: 1, async run() { running += 1; const most = running; await new Promise((go) => setTimeout(go, 5)); running -= 1; return most; } });
    export const obedient = defineRule({ timeout: "100ms", run: (args, { signal }) => new Promise((go, no) => signal.addEventListener("abort", () => no(new Error("as you wish")))) });
    export const steps = defineRule({ run(args, { mark, progress }) { progress(0.5, "half"); mark("downloaded", "3 files"); return 1; } });
  `,
  "tools/count.sh": "#!/bin/sh\nread -r data\necho \"counting\" >&2\nprintf '{\"got\":%s,\"attempt\":%s}' \"$data\" \"$DURE_JOB_ATTEMPT\"\n",
  "tools/fail.sh": "#!/bin/sh\necho '안 됩니다' >&2\nexit 3\n",
  "tools/wait.sh": "#!/bin/sh\nsleep 600\n",
  "heavy.ts": `
    import { isMainThread } from "node:worker_threads";
    import { defineRule } from "dure/rule";
    export const where = defineRule({ ownThread: true, run: () => { console.log("computing"); return isMainThread; } });
    export const endless = defineRule({ ownThread: true, timeout: "300ms", run: () => { for (;;); } });
    export const leaves = defineRule({ ownThread: true, run: () => process.exit(7) });
  `,
  "bad.ts": `
    import { writeSync } from "node:fs";
    import { spawnSync } from "node:child_process";
    export { execSync } from "node:child_process";
    export { readFile } from "node:fs/promises";
    export function forge() {
      for (let job = 1; job < 20; job += 1) writeSync(1, JSON.stringify({ type: "done", job, result: "forged" }) + "\\n");
      spawnSync("echo", ['{"type":"done","job":1,"result":"forged"}'], { stdio: "inherit" });
      return "honest";
    }
    export default { escape: eval };
  `,
  "old/module.py": "class TestClass:\n    @staticmethod\n    def callme(arg):\n        print('받았습니다')\n        return {'echo': arg}\ndef boom(arg): raise ValueError('잘못된 값')\ndef large(arg): return {'n': 2 ** 64 + 1, 'x': 1.0}\n",
  "broken.ts": "export const a = ;",
};

test("engine: the rule that a name says is run, in TypeScript and Python, and what it gives is recorded", async () => {
  await using jobs = await engine();
  const record = await jobs.run("test.module:TestClass.callme", { arg1: "길동" });
  assert.deepEqual([record.state, record.result, record.attempt], ["succeeded", '{"arg1":"길동"}', 1]);
  const python = await jobs.run("old.module:TestClass.callme", { arg1: "길동" });
  assert.deepEqual([python.state, JSON.parse(python.result ?? ""), python.text], ["succeeded", { echo: { arg1: "길동" } }, "{'echo': {'arg1': '길동'}}"]);
  assert.deepEqual(marks(python, "log"), ["받았습니다"]);
  // As Python wrote it: JavaScript would round it.
  assert.equal((await jobs.run("old.module:large")).result, '{"n":18446744073709551617,"x":1.0}');
});

test("engine: jobs are run together, and one that is given twice is one", async () => {
  await using jobs = await engine();
  const job = { rule: "test.module:TestClass.callme", data: '{"arg1":"길동"}', from: "test" };
  const done = await jobs.engine.run([{ ...job, id: "twice" }, { ...job, id: "twice" }, { ...job, rule: "test.module:TestClass.boom" }], WAIT_MS * 10);
  assert.deepEqual(done.map(({ isNew, state, result, error }) => [isNew, state, result ?? error?.message]), [[true, "succeeded", job.data], [false, "succeeded", job.data], [true, "failed", "펑"]]);
});

test("engine: what a rule throws is the job's error, with kind and stack", async () => {
  await using jobs = await engine();
  const record = await jobs.run("test.module:TestClass.boom");
  assert.deepEqual([record.state, record.error?.kind, record.error?.message], ["failed", "Error", "펑"]);
  assert.match(record.error?.stack ?? "", /^Error: 펑\n    at .*module\.ts:\d+:\d+\)?$/);
  const python = await jobs.run("old.module:boom");
  assert.deepEqual([python.state, python.error?.kind, python.error?.message], ["failed", "ValueError", "잘못된 값"]);
  assert.match(python.error?.stack ?? "", /module\.py", line 6/);
});

test("engine: results that cannot be are failures, and cost no worker", async () => {
  await using jobs = await engine();
  const before = (await jobs.engine.look()).workers.map(({ pid }) => pid);
  assert.equal((await jobs.run("test.module:TestClass.cycle")).error?.kind, "INVALID_RESULT");
  assert.equal((await jobs.run("test.module:TestClass.large")).error?.kind, "TOO_LARGE");
  assert.deepEqual((await jobs.engine.look()).workers.map(({ pid }) => pid), before);
});

test("engine: what a rule prints is told of its job, and is never taken for a word of the worker", async () => {
  await using jobs = await engine();
  const record = await jobs.run("test.module:TestClass.talk");
  assert.deepEqual([record.result, marks(record, "log")], ['"말했다"', ["안녕 { a: 1 }", '{"type":"done","job":1,"result":"a lie"}']]);
});

test("engine: what a rule or its child writes to the worker's own descriptors is no word of the worker", { skip: process.platform === "win32" && "there are no descriptors to take over" }, async () => {
  await using jobs = await engine({ workers: 1 });
  const [slow, forge] = await jobs.submit([{ rule: "test.module:TestClass.slow", data: { ms: 300 } }, { rule: "bad:forge" }]);
  assert.deepEqual([(await jobs.engine.wait(forge ?? "", WAIT_MS)).result, (await jobs.engine.wait(slow ?? "", WAIT_MS)).result], ['"honest"', "300"]);
});

test("engine: a rule that fails is tried again as it says; one that says it is final is not", async () => {
  await using jobs = await engine();
  const record = await jobs.run("flaky:third");
  assert.deepEqual([record.state, record.result, record.attempt, marks(record, "failed")], ["succeeded", "3", 3, ["not yet", "not yet"]]);
  const final = await jobs.run("flaky:final");
  assert.deepEqual([final.state, final.attempt, final.error?.kind], ["failed", 1, "FinalError"]);
});

test("engine: a rule whose time is over is told so; one that does not listen is ended, and others go on", async () => {
  await using jobs = await engine({ timeoutMs: 300, killAfterMs: 200 });
  const obedient = await jobs.run("flaky:obedient");
  assert.deepEqual([obedient.state, obedient.error?.kind], ["failed", "TIMEOUT"]);
  for (const rule of ["hang", "block"]) {
    const record = await jobs.run(`test.module:TestClass.${rule}`);
    assert.deepEqual([record.state, record.error?.kind, record.losses], ["failed", "TIMEOUT", 0], rule);
  }
  assert.equal((await jobs.run("test.module:TestClass.callme")).state, "succeeded");
});

test("engine: when the clock is set, running rules keep their time, and what has no more of it is ended", async (context) => {
  await using jobs = await engine({ timeoutMs: 3000, killAfterMs: 200, attempts: 2, backoff: { firstMs: 100, mostMs: 100 } });
  const real = Date.now;
  let byMs = 0;
  context.mock.method(Date, "now", () => real() + byMs);
  for (const jump of [3_600_000, -86_400_000]) {
    const [slow, hang] = await jobs.submit([{ rule: "test.module:TestClass.slow", data: { ms: 1000 } }, { rule: "test.module:TestClass.hang" }]);
    await until(async () => (await jobs.engine.show(hang ?? "")).state === "running", "it runs");
    byMs = jump;
    const [record, hung] = await Promise.all([slow, hang].map((id) => jobs.engine.wait(id ?? "", WAIT_MS)));
    assert.deepEqual([record?.state, record?.attempt, hung?.error?.kind, hung?.attempt], ["succeeded", 1, "TIMEOUT", 2]);
  }
});

test("engine: what stands beside a rule that hangs is begun anew, and counts neither attempt nor loss", async () => {
  await using jobs = await engine({ timeoutMs: 60_000, killAfterMs: 100, workers: 1, slots: 2, attempts: 1 });
  const [slow, block] = await jobs.submit([{ rule: "test.module:TestClass.slow", data: { ms: 500 } }, { rule: "test.module:TestClass.block" }]);
  await until(async () => (await jobs.engine.show(block ?? "")).state === "running", "it runs");
  assert.equal(await jobs.engine.cancel({ ids: [block ?? ""] }, "test"), 1);
  assert.equal((await jobs.engine.wait(block ?? "", WAIT_MS)).state, "cancelled");
  const record = await jobs.engine.wait(slow ?? "", WAIT_MS);
  assert.deepEqual([record.state, record.attempt, record.losses], ["succeeded", 1, 0]);
});

test("engine: a job that kills its worker is given up after so many, and stands alone with the last of them", async () => {
  await using jobs = await engine();
  for (const [rule, word] of [["test.module:TestClass.die", "die"], ["test.module:TestClass.leave", "leave"]] as const) {
    const record = await jobs.run(rule);
    assert.deepEqual([record.state, record.error?.kind], ["failed", "POISON"]);
    assert.equal(jobs.ran().filter((each) => each === word).length, 3, word);
  }
  assert.equal((await jobs.run("test.module:TestClass.callme")).state, "succeeded");
});

test("engine: without Python the other rules run, and whoever asks for one in Python is told why it is not there", async () => {
  await using jobs = await engine({ python: "no-such-python" });
  assert.equal((await jobs.run("test.module:TestClass.callme", 1)).result, "1");
  await assert.rejects(jobs.run("old.module:boom", 1), /there is no rule old\.module:boom: old\/module\.py: no-such-python, which runs rules in Python, did not start \(.*ENOENT/);
  const { problems } = await jobs.engine.rules();
  assert.deepEqual(problems.map(({ file }) => file).toSorted(), ["broken.ts", "old/module.py"]);
});

test("engine: dead letters retried together are those that nobody has retried yet; one that is named is retried again", async () => {
  await using jobs = await engine();
  const first = await jobs.run("old.module:boom", 1);
  const second = await jobs.run("old.module:boom", 2);
  const [edited] = await jobs.engine.replay({ ids: [first.id] }, "test", { data: "3" });
  assert.equal((await jobs.engine.wait(edited?.as ?? "", WAIT_MS)).state, "failed");
  const together = await jobs.engine.replay({ query: { states: ["failed"] } }, "test");
  assert.deepEqual(together.map(({ id }) => id).toSorted(), [second.id, edited?.as].toSorted());
  assert.equal((await jobs.engine.replay({ ids: [first.id] }, "test")).length, 1);
});

test("engine: a worker that is killed loses its jobs to another, each ends once", async () => {
  await using jobs = await engine({ workers: 2, slots: 4 });
  const ids = await jobs.submit(Array.from({ length: 40 }, () => ({ rule: "test.module:TestClass.slow", data: { ms: 20 } })));
  await until(() => jobs.ran().length > 2, "three have begun");
  const [worker] = (await jobs.engine.look()).workers;
  process.kill(worker?.pid ?? assert.fail(), "SIGKILL");
  const records = await Promise.all(ids.map((id) => jobs.engine.wait(id, WAIT_MS)));
  assert.ok(records.every(({ state }) => state === "succeeded"));
  const lost = records.reduce((sum, { losses }) => sum + losses, 0);
  assert.ok(0 < lost && lost <= 4, `${lost} losses`);
  // One that was lost before its rule began counts a loss, and no run of it.
  const runs = jobs.ran().filter((each) => each === "slow").length;
  assert.ok(40 <= runs && runs <= 40 + lost, `${runs} runs with ${lost} losses`);
  assert.equal((await jobs.engine.look()).done.succeeded, 40);
});

test("engine: arguments are checked before the rule runs; its secrets are shown nowhere", async () => {
  await using jobs = await engine();
  const wrong = await jobs.run("flaky:checked", { name: 1, more: 2 });
  assert.deepEqual([wrong.state, wrong.error?.kind, wrong.attempt], ["failed", "INVALID_DATA", 1]);
  assert.match(wrong.error?.message ?? "", /^name: /);
  const record = await jobs.run("flaky:checked", { name: "길동", password: "sesame-1" });
  assert.deepEqual([record.result, JSON.parse(record.data)], ['"길동"', { name: "길동", password: "••••••" }]);
});

test("engine: a rule whose file was broken meanwhile shows no secret of its jobs, and says what is wrong with it", async () => {
  await using jobs = await engine();
  const { id } = await jobs.run("flaky:checked", { name: "길동", password: "sesame-1" });
  const { id: other } = await jobs.run("tools.count:run", { token: "sesame-2" });
  writeFileSync(join(jobs.rulesDir, "flaky.ts"), "export const a = ;");
  writeFileSync(join(jobs.rulesDir, "tools", "count.rule.yml"), "secrets: token\n");
  await jobs.engine.reloadRules();
  assert.deepEqual(JSON.parse((await jobs.engine.show(id)).data), { name: "길동", password: "••••••" });
  assert.equal((await jobs.engine.show(other)).data, '"••••••"');
  await assert.rejects(jobs.submit([{ rule: "flaky:checked" }]), /there is no rule flaky:checked: flaky\.ts:1/);
  await assert.rejects(jobs.submit([{ rule: "tools.count:run" }]), /there is no rule tools\.count:run: tools\/count\.rule\.yml:1:1: secrets: /);
});

test("engine: a job with a key that is kept gives the result of the first", async () => {
  await using jobs = await engine();
  const first = await jobs.run("flaky:once", { order: 7 });
  const [again] = await jobs.engine.submit([{ rule: "flaky:once", data: '{"order":7}', from: "test" }]);
  assert.deepEqual(again, { id: first.id, isNew: false });
  assert.notEqual((await jobs.run("flaky:once", { order: 8 })).id, first.id);
});

test("engine: a rule runs no more often at a time than it says, and lets others pass", async () => {
  await using jobs = await engine({ workers: 1, slots: 10 });
  const ids = await jobs.submit([...Array.from({ length: 20 }, () => ({ rule: "flaky:alone" })), { rule: "test.module:TestClass.callme" }]);
  const records = await Promise.all(ids.map((id) => jobs.engine.wait(id, WAIT_MS)));
  assert.deepEqual(new Set(records.slice(0, 20).map(({ result }) => result)), new Set(["1"]));
});

test("engine: marks and what a rule says on its way stand in the job's history", async () => {
  await using jobs = await engine();
  const record = await jobs.run("flaky:steps");
  assert.deepEqual(marks(record, "downloaded"), ["3 files"]);
});

test("engine: a program is a rule: JSON in, JSON out; its exit code and its standard error are its error", async () => {
  await using jobs = await engine({ killAfterMs: 5000 });
  const record = await jobs.run("tools.count:run", { a: "길동" });
  assert.deepEqual([JSON.parse(record.result ?? ""), marks(record, "log")], [{ got: { a: "길동" }, attempt: 1 }, ["error: counting"]]);
  const failed = await jobs.run("tools.fail:run");
  assert.deepEqual([failed.error?.kind, failed.error?.message], ["PROGRAM_FAILED", "exit code 3: 안 됩니다"]);
  const [id] = await jobs.submit([{ rule: "tools.wait:run" }]);
  await until(async () => (await jobs.engine.show(id ?? "")).state === "running", "it runs");
  await jobs.engine.cancel({ ids: [id ?? ""] }, "test");
  assert.equal((await jobs.engine.wait(id ?? "", WAIT_MS)).state, "cancelled");
});

test("engine: a rule that computes has a thread of its own; one that hangs there is ended without its worker", async () => {
  await using jobs = await engine({ workers: 1, slots: 4, killAfterMs: 10_000 });
  const before = (await jobs.engine.look()).workers.map(({ pid }) => pid);
  const record = await jobs.run("heavy:where");
  assert.deepEqual([record.result, marks(record, "log")], ["false", ["computing"]]);
  const [endless] = await jobs.submit([{ rule: "heavy:endless" }]);
  assert.equal((await jobs.run("test.module:TestClass.callme", { beside: 1 })).state, "succeeded");
  assert.equal((await jobs.engine.wait(endless ?? "", WAIT_MS)).error?.kind, "TIMEOUT");
  assert.equal((await jobs.run("heavy:leaves")).error?.kind, "THREAD_ENDED");
  assert.deepEqual((await jobs.engine.look()).workers.map(({ pid }) => pid), before);
});

test("engine: names that the rules folder does not export reach nothing", async () => {
  await using jobs = await engine();
  for (const rule of ["test.module:TestClass.constructor", "test.module:TestClass.prototype", "test.module:TestClass.toString", "test.module:TestClass.__proto__", "test.module:TestClass.call", "test.module:constructor", "../test/module:TestClass.callme", "test/module:TestClass.callme", "node:fs:readFileSync", "old.module:os.system", "bad:execSync", "bad:readFile", "bad:escape", "bad:run", "old.module:TestClass.__init__", "old.module:ValueError", "broken:a", "__proto__", "", ":"]) {
    await assert.rejects(jobs.engine.submit([{ rule, data: "{}", from: "test" }]), (error) => error instanceof CommandFailure && error.code === "NOT_FOUND", rule);
  }
  const { problems } = await jobs.engine.rules();
  assert.deepEqual(problems.map(({ file, line }) => ({ file, line })), [{ file: "broken.ts", line: 1 }]);
});

test("engine: data that is no JSON or too large is refused, with why", async () => {
  await using jobs = await engine();
  const submit = (data: string) => jobs.engine.submit([{ rule: "test.module:TestClass.callme", data, from: "test" }]);
  await assert.rejects(submit("{a:1}"), /is not JSON/);
  await assert.rejects(submit(JSON.stringify("x".repeat(1_100_000))), /1100002 bytes, more than/);
});

test("engine: rules are read anew while jobs run; a folder without any is refused", async () => {
  await using jobs = await engine();
  const [slow] = await jobs.submit([{ rule: "test.module:TestClass.slow", data: { ms: 300 } }]);
  writeFileSync(join(jobs.rulesDir, "added.js"), "export function hello() { return 'new'; }");
  await jobs.engine.reloadRules();
  assert.equal((await jobs.run("added:hello")).result, '"new"');
  const record = await jobs.engine.wait(slow ?? "", WAIT_MS);
  assert.deepEqual([record.state, record.attempt, record.losses], ["succeeded", 1, 0]);
  rmSync(jobs.rulesDir, { recursive: true });
  mkdirSync(jobs.rulesDir);
  await assert.rejects(jobs.engine.reloadRules(), /no rule could be loaded/);
  assert.equal((await jobs.run("added:hello")).result, '"new"');
});

test("engine: workers are started and stopped in the old operator's words", async () => {
  await using jobs = await engine({ workers: 1, slots: 2 });
  const manage = async (action: string, target: string, detail = "") => jobs.engine.manage({ action, target, detail });
  const totals = async () => (await manage("info", "worker", "all")).info?.total;
  await manage("start", "worker", "2(3)");
  assert.deepEqual((await totals())?.thread, { total: 8, active: 0, idle: 8 });
  await manage("stop", "worker", "count=1");
  assert.equal((await totals())?.worker.total, 2);
  for (const [action, target, detail, why] of [["start", "worker", "99", /too many workers/], ["start", "worker", "1(101)", /too many threads/], ["start", "worker", "0", /begin at 1/], ["start", "worker", "3(", /invalid worker count/], ["start", "worker", "all", /already running/], ["start", "worker", "", /need a worker count/], ["stop", "worker", "pid=1", /unknown pid/], ["stop", "worker", "count=9", /only 2/], ["stop", "nobody", "", /unknown target/], ["fly", "worker", "", /unknown action/], ["start", "", "", /need a target/], ["start", "watcher", "", /already running/]] as const) {
    await assert.rejects(manage(action, target, detail), why, `${action} ${target} ${detail}`);
  }
  assert.equal((await totals())?.worker.total, 2);
  await manage("stop", "worker", "all");
  assert.deepEqual([(await totals())?.status, (await totals())?.worker.total], ["Down", 0]);
  const [waiting] = await jobs.submit([{ rule: "test.module:TestClass.callme" }]);
  assert.equal((await jobs.engine.show(waiting ?? "")).state, "queued");
  await manage("start", "worker", "all");
  assert.equal((await jobs.engine.wait(waiting ?? "", WAIT_MS)).state, "succeeded");
});

test("engine: an end lets what runs come to its end, and keeps what waits", async () => {
  const jobs = await engine({ workers: 1, slots: 1 });
  const [running, waiting] = await jobs.submit([{ rule: "test.module:TestClass.slow", data: { ms: 300 } }, { rule: "test.module:TestClass.callme" }]);
  await until(() => jobs.ran().length === 1, "one has begun");
  await jobs.engine.end(WAIT_MS);
  const store = await openEmbeddedQueue({ file: jobs.file });
  assert.equal((await store.show(running ?? ""))?.state, "succeeded");
  const left = await store.show(waiting ?? "");
  assert.deepEqual([left?.state, left?.attempt, left?.losses], ["queued", 1, 0]);
  await store.close();
  await jobs[Symbol.asyncDispose]();
});

test("engine: a file that hangs, stands still or ends its process while it is imported is left out, said with its name, and the others' rules run", { timeout: 120_000 }, async () => {
  const wrong = {
    "a-waits.ts": "await new Promise(() => setInterval(() => {}, 1000)); export const a = () => 1;",
    "b-blocks.ts": "for (;;); export const a = () => 1;",
    "c-leaves.ts": "process.exit(0); export const a = () => 1;",
    "d-kills.ts": "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); export const a = () => 1;",
    "old/e_blocks.py": "while True: pass\n",
    "old/f_leaves.py": "import os\nos._exit(4)\n",
  };
  await using jobs = await engine({ workers: 1, loadTimeoutMs: 3000 }, { files: wrong });
  assert.equal((await jobs.run("test.module:TestClass.callme", 1)).result, "1");
  assert.deepEqual(JSON.parse((await jobs.run("old.module:TestClass.callme", 2)).result ?? ""), { echo: 2 });
  const { problems } = await jobs.engine.rules();
  const shown = new Map(problems.map(({ file, message }) => [file, message]));
  for (const [file, why] of [["a-waits.ts", /3 s/], ["b-blocks.ts", /3 s/], ["c-leaves.ts", /exit code 0/], ["d-kills.ts", /SIGKILL/], ["old/e_blocks.py", /3 s/], ["old/f_leaves.py", /exit code 4/]] as const) assert.match(shown.get(file) ?? "", why, file);
  writeFileSync(join(jobs.rulesDir, "c-leaves.ts"), "export const a = () => 'mended';");
  for (const file of ["a-waits.ts", "b-blocks.ts", "d-kills.ts", "old/e_blocks.py", "old/f_leaves.py"]) rmSync(join(jobs.rulesDir, file));
  await jobs.engine.reloadRules();
  assert.equal((await jobs.run("c-leaves:a")).result, '"mended"');
  assert.deepEqual((await jobs.engine.rules()).problems.map(({ file }) => file), ["broken.ts"]);
});

for (const [what, recycle, rule] of [
  ["so many jobs", { jobs: 50, memoryBytes: null }, "test.module:TestClass.callme"],
  ["so much memory", { jobs: null, memoryBytes: 200 << 20 }, "leaky:leak"],
] as const) {
  test(`engine: a worker is replaced after ${what}, and what it runs ends well`, { timeout: 120_000 }, async () => {
    await using jobs = await engine({ workers: 2, slots: 5, recycle }, { files: { "leaky.ts": "const kept = []; export function leak(number) { kept.push(new Uint8Array(1 << 20).fill(1)); return number; }" } });
    const begun = performance.now();
    const [slow] = await jobs.submit([{ rule: "test.module:TestClass.slow", data: { ms: 500 } }]);
    let ran = 0;
    const recycled = () => jobs.events.filter(({ name }) => name === "worker.recycled").length;
    // Looked at every 15 s: what runs meanwhile is not lost to it.
    while (recycled() < 2 && performance.now() - begun < 90_000) {
      const ids = await jobs.submit(Array.from({ length: 20 }, (_, number) => ({ rule, data: number })));
      const records = await Promise.all(ids.map((id) => jobs.engine.wait(id, WAIT_MS)));
      assert.deepEqual(records.map(({ state, result, losses }) => [state, result, losses]), records.map((_, number) => ["succeeded", String(number), 0]));
      ran += 20;
      await new Promise((go) => setTimeout(go, rule === "leaky:leak" ? 20 : 200));
    }
    assert.ok(2 <= recycled(), `${ran} jobs`);
    assert.equal((await jobs.engine.wait(slow ?? "", WAIT_MS)).state, "succeeded");
    await until(async () => (await jobs.engine.look()).workers.filter(({ state }) => state === "ready").length === 2, "two are ready");
  });
}

test("engine: another number of workers takes over while jobs run, and no job is begun twice for it", async () => {
  await using jobs = await engine({ workers: 1, slots: 5 });
  const ids = await jobs.submit(Array.from({ length: 5 }, () => ({ rule: "test.module:TestClass.slow", data: { ms: 500 } })));
  await until(() => jobs.ran().length === 5, "five have begun");
  const [before] = (await jobs.engine.look()).workers;
  assert.equal(await jobs.engine.apply({ ...jobs.plan, workers: 2, slots: 7 }), undefined);
  assert.deepEqual((await jobs.engine.look()).workers.filter(({ pid }) => pid !== before?.pid).map(({ slots }) => slots), [7, 7]);
  const records = await Promise.all(ids.map((id) => jobs.engine.wait(id, WAIT_MS)));
  assert.deepEqual(records.map(({ state, attempt }) => [state, attempt]), records.map(() => ["succeeded", 1]));
  assert.equal(jobs.ran().filter((each) => each === "slow").length, 5);
});

test("engine: a config that keeps nothing but its notifiers stops the workers, and one that has rules again starts them", async () => {
  await using jobs = await engine({ workers: 1 });
  const { rulesDir, workers } = jobs.plan;
  assert.equal(await jobs.engine.apply({ ...jobs.plan, rulesDir: join(rulesDir, "none"), workers: 0, isForNoticesOnly: true }), undefined);
  await until(async () => (await jobs.engine.look()).workers.length === 0, "the workers are gone");
  await assert.rejects(jobs.submit([{ rule: "test.module:TestClass.callme" }]), (error) => error instanceof CommandFailure && error.code === "CONFLICT");
  assert.equal(await jobs.engine.apply({ ...jobs.plan, workers }), undefined);
  assert.equal((await jobs.run("test.module:TestClass.callme")).state, "succeeded");
});

/** The rules above, those of the test, and two workers where it says nothing else. */
function engine(given: Partial<JobsPlan> = {}, { files = {} }: { readonly files?: Readonly<Record<string, string>> } = {}) {
  return startEngine({ ...RULES, ...files }, { workers: 2, ...given });
}

function marks(record: JobRecord, kind: string): readonly (string | undefined)[] {
  return record.marks.filter((mark) => mark.kind === kind).map(({ text }) => text);
}
