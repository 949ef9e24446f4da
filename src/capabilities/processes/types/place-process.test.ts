import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { promisify } from "node:util";
import type { ProcessPlan } from "#kernel/config/process-plan.ts";
import { ProcessTypes } from "#kernel/process-types.ts";
import { builtInProcessTypes } from "#plugins/all.ts";
import { openPrograms } from "../programs/programs-store.ts";
import { placeProcess } from "./place-process.ts";
import type { PlaceParts } from "./place-process.ts";
import { talendJob } from "./talend-job.testing.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const hasJava = spawnSync("java", ["-version"]).status === 0;

function planOf(given: Partial<ProcessPlan> & Pick<ProcessPlan, "written">): ProcessPlan {
  const { written } = given;
  return {
    name: "etl",
    type: "process",
    command: typeof written === "string" ? ["/bin/sh", "-c", written] : written,
    env: {},
    shownEnv: {},
    limits: {},
    start: "auto",
    instances: 1,
    restart: { when: "always", firstMs: 1000, mostMs: 30_000, attemptsMax: null, steadyMs: 10_000 },
    stop: { signal: "SIGTERM", waitMs: 10_000 },
    dependsOn: [],
    encoding: "utf-8",
    lineBytesMax: 1 << 20,
    ack: { type: "none", timeoutMs: 60_000, onFailure: "retry", attemptsMax: null },
    queue: { eventsMax: 1000, bytesMax: 1 << 20 },
    output: { linesKept: 100, fileBytesMax: 1 << 20, filesMax: 1 },
    place: { file: "dure.yml", line: 1, column: 1 },
    ...given,
  };
}

async function site(folder = "dure-place-") {
  const dir = await mkdtemp(join(tmpdir(), folder));
  const parts: PlaceParts = { programsDir: join(dir, "programs"), workDir: join(dir, "work"), types: new ProcessTypes(builtInProcessTypes, join(dir, "plugins")) };
  const programs = openPrograms({ dir: parts.programsDir, log: silent, types: parts.types });
  return { ...parts, dir, programs, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

test("place: a process is started in its work folder, which has the three of EventFlow", async () => {
  await using here = await site();
  const { command, cwd } = await placeProcess(planOf({ name: "적재..", written: ["python3", "-u", "{work}/extract/a.py", "--x={work}"] }), here);
  assert.deepEqual(command, ["python3", "-u", `${cwd}/extract/a.py`, `--x=${cwd}`]);
  assert.equal(cwd?.startsWith(here.workDir), true);
  assert.deepEqual((await readdir(cwd ?? "")).sort(), ["check", "extract", "transform"]);
  await placeProcess(planOf({ name: "..", written: ["true"] }), here);
  assert.deepEqual((await readdir(here.dir)).sort(), ["work"]);
});

test("place: {program} and the bare name of the file become the current version", async () => {
  await using here = await site();
  await assert.rejects(placeProcess(planOf({ written: ["python3", "{program}"] }), here), { code: "USAGE", message: /none was uploaded/, hint: /dure programs upload etl/ });
  await here.programs.put("etl", "process", "a+b.py", Buffer.from("print(1)"), "kim");
  const path = join(here.programsDir, "etl", "1", "bin", "a+b.py");
  for (const [written, last] of [
    [["python3", "{program}", "a+b.py"], ["python3", path, "a+b.py"]],
    [["python3", "a+b.py", "x/a+b.py", "./a+b.py"], ["python3", path, "x/a+b.py", path]],
    ["python3 a+b.py --in=a+b.py; ./a+b.py", ["/bin/sh", "-c", `python3 ${path} --in=${path}; ${path}`]],
    ["python3 xa+b.py a+b.pyc", ["/bin/sh", "-c", "python3 xa+b.py a+b.pyc"]],
    ["exec '{program}' \"{program}\" {work}", ["/bin/sh", "-c", `exec ${path} ${path} ${join(here.workDir, "etl")}`]],
  ] as const) assert.deepEqual((await placeProcess(planOf({ written }), here)).command, last);
});

test("place: in a shell, a path with spaces and quotes is one word", { skip: process.platform === "win32" && "its shell is another" }, async () => {
  await using here = await site("dure it's a place ");
  await here.programs.put("etl", "process", "say $it.sh", Buffer.from("#!/bin/sh\necho \"hello $1\"\n"), "kim");
  for (const written of ["{program} one", "'{program}' one", '"{program}" one', "sh {program} one"]) {
    const { command: [shell = "", ...rest] } = await placeProcess(planOf({ written }), here);
    assert.equal((await promisify(execFile)(shell, rest)).stdout, "hello one\n", written);
  }
});

test("place: a Talend job gets its context, parameters and work folder", async () => {
  await using here = await site();
  const plan = planOf({ type: "talend", written: "daily_0.1.zip --verbose", options: { context: "Prod", context_params: { day: "2026-11-23", n: 3 }, job_home: "job_home" } });
  await assert.rejects(placeProcess(plan, here), { code: "USAGE", message: /no Talend job was uploaded/ });
  await here.programs.put("etl", "talend", "daily_0.1.zip", talendJob(), "kim");
  const bin = join(here.programsDir, "etl", "1", "bin");
  const work = join(here.workDir, "etl");
  const given = ["--context=Prod", "--context_param", `job_home=${work}`, "--context_param", "day=2026-11-23", "--context_param", "n=3", "--verbose"];
  assert.deepEqual((await placeProcess(plan, { ...here, platform: "linux" })).command, ["/bin/sh", join(bin, "daily", "daily_run.sh"), ...given]);
  assert.deepEqual((await placeProcess(plan, { ...here, platform: "win32" })).command, ["cmd.exe", "/d", "/c", join(bin, "daily", "daily_run.bat"), ...given]);
  const hostile = planOf({ type: "talend", written: "", options: { context_params: { day: "1 & del c:" }, job_home: false } });
  await assert.rejects(placeProcess(hostile, { ...here, platform: "win32" }), { code: "USAGE", message: /cannot be given to a \.bat/ });
  // A zip that was renamed on its way.
  await here.programs.put("etl", "talend", "daily_0.1 (2).zip", talendJob(), "kim");
  assert.deepEqual((await placeProcess(planOf({ type: "talend", written: "", options: { context_params: {}, job_home: false } }), { ...here, platform: "linux" })).command, ["/bin/sh", join(here.programsDir, "etl", "2", "bin", "daily", "daily_run.sh")]);
});

test("place: a real Java job runs, reads events and acknowledges them", { skip: !hasJava && "there is no java", timeout: 120_000 }, async () => {
  await using here = await site();
  await here.programs.put("etl", "talend", "daily_0.1.zip", talendJob(), "kim");
  const { command: [program = "", ...rest], cwd } = await placeProcess(planOf({ type: "talend", written: "", options: { context: "Default", context_params: { name: "가 나;$x" }, job_home: "job_home" } }), here);
  const child = spawn(program, rest, { cwd, stdio: "pipe" });
  try {
    child.stdin.end("첫 줄\nsecond\n");
    const [lines, acks] = await Promise.all([linesOf(child.stdout), linesOf(child.stderr)]);
    assert.deepEqual(lines, ["--context=Default", "--context_param", `job_home=${cwd}`, "--context_param", "name=가 나;$x", "done 첫 줄", "done second"]);
    assert.deepEqual(acks, ["", ""]);
  } finally {
    child.kill("SIGKILL");
  }
});

async function linesOf(stream: NodeJS.ReadableStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stream })) lines.push(line);
  return lines;
}

const COUNTER = `
import { defineProcessType } from "dure/process-type";
import { z } from "dure/plugin";
export default defineProcessType({
  name: "Counter",
  summary: { en: "Counts.", ko: "셉니다." },
  options: z.strictObject({ from: z.number() }),
  async activate({ from }, { print, say, process, instance }) {
    let count = from;
    await print("begun " + process + " " + instance);
    say("for people");
    return {
      async run(event) {
        if (event === "bad") throw new Error("cannot count " + event);
        count += 1;
        return event === "two" ? [String(count), event] : [count + " " + event];
      },
      async terminate() { await print("ended"); },
    };
  },
});
`;

async function counter(here: Awaited<ReturnType<typeof site>>, ack: ProcessPlan["ack"]["type"], input: string) {
  await mkdir(join(here.dir, "plugins"), { recursive: true });
  await writeFile(join(here.dir, "plugins", "counting.ts"), COUNTER);
  const { command: [program = "", ...rest], cwd, env } = await placeProcess(planOf({ type: "Counter", written: [], options: { from: 10 }, ack: { type: ack, timeoutMs: 1, onFailure: "retry", attemptsMax: null } }), here);
  const child = spawn(program, rest, { cwd, env: { ...process.env, ...env }, stdio: "pipe" });
  try {
    child.stdin.end(input);
    const [out, error, code] = await Promise.all([linesOf(child.stdout), linesOf(child.stderr), new Promise((resolve) => child.once("close", resolve))]);
    return { out, error, code };
  } finally {
    child.kill("SIGKILL");
  }
}

test("types: a type of the user's own handles events, and acknowledges as the config asks", { timeout: 120_000 }, async () => {
  await using here = await site();
  assert.deepEqual(await counter(here, "none", "하나\ntwo\n"), { out: ["begun etl 1", "11 하나", "12", "two", "ended"], error: ["for people"], code: 0 });
  assert.deepEqual(await counter(here, "stderr-echo", "하나\n"), { out: ["begun etl 1", "11 하나", "ended"], error: ["for people", "하나"], code: 0 });
  assert.deepEqual(await counter(here, "json", '{"id":7,"event":"하나","attempt":1}\n'), { out: ["begun etl 1", "11 하나", '{"ack":7}', "ended"], error: ["for people"], code: 0 });
  const failed = await counter(here, "stderr-echo", "bad\nnext\n");
  assert.deepEqual([failed.out, failed.code], [["begun etl 1"], 1]);
  assert.match(failed.error.join("\n"), /Exception: Error: cannot count bad/);
});

test("types: one that is not there is said with what there is", async () => {
  await using here = await site();
  await assert.rejects(placeProcess(planOf({ type: "talnd", written: [] }), here), { code: "USAGE", message: /no type of process `talnd`/, hint: "Did you mean `talend`?" });
  assert.ok(!existsSync(join(here.dir, "plugins")));
});
