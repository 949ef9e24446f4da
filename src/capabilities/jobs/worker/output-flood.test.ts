// However much a rule says, the agent is told a bounded part of it, and what runs beside it is answered. Real worker processes, seen from the agent.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Run } from "../run.ts";
import { jobsPlan, writeRules } from "../testing.ts";
import type { FromWorker, RuleFacts } from "../worker-protocol.ts";
import { Unloadable } from "../unloadable.ts";
import { Worker } from "../worker.ts";
import { pythonWorker } from "./python-command.ts";
import { nodeWorker } from "./worker-command.ts";

type Said = Extract<FromWorker, { readonly type: "done" | "failed" | "progress" | "mark" | "notice" | "log" }>;

const SECRET = "sesame-1\n열려라";
/** 500 lines of 4,000 characters are 2 MB. */
const SAID_CHARACTERS_MAX = 3_000_000;

const NODE_RULES = `
import { spawnSync } from "node:child_process";
import { defineRule } from "dure/rule";
export function prints() { const line = "가".repeat(1 << 20); for (let count = 0; count < 1000; count += 1) console.log(line); for (let count = 0; count < 200_000; count += 1) process.stdout.write("x\\n"); return "printed"; }
export const speaks = defineRule({ async run(args, { log, progress, mark }) {
  for (let count = 0; count < 1_000_000; count += 1) progress(count / 1_000_000, "x".repeat(1000));
  for (let count = 0; count < 100_000; count += 1) { log.debug("line", { count }); mark("again", "x".repeat(5000)); }
  for (let count = 0; count < 2000; count += 1) { progress(0.5); await new Promise(setImmediate); }
  return "spoken";
} });
export function childPrints() { return spawnSync("head -c 300000000 /dev/zero", { shell: true, stdio: ["ignore", "inherit", "inherit"] }).status; }
export function large() { return "x".repeat(100_000_000); }
export function cycle() { const found = {}; found.found = found; return found; }
export function later() { setTimeout(() => { for (let count = 0; count < 50_000; count += 1) console.log("nobody's", count); }, 1); return "at once"; }
export const levels = defineRule({ secrets: ["key", "deep"], run(args, { log, mark, progress }) {
  log.debug("one"); log.info("two", { a: 1 }); log.warn("three"); log.error("four");
  console.log(args); mark("with " + args.key, JSON.stringify(args)); progress(1, args.deep.pin);
  log.info("x".repeat(3995) + args.key);
  throw new Error("wrong: " + args.key);
} });
export function beside() { return "beside"; }
`;
const PYTHON_RULES = `
import subprocess, sys, logging
from dure import rule, context
def prints(arg):
    line = "가" * (1 << 20)
    for count in range(50): print(line)
    for count in range(200000): print("x")
    return "printed"
def speaks(arg):
    for count in range(300000): context.progress(count / 300000, "x" * 1000)
    for count in range(20000):
        context.log.debug("line %d", count)
        context.mark("again", "x" * 5000)
    return "spoken"
def child_prints(arg): return subprocess.call("head -c 300000000 /dev/zero", shell=True)
def large(arg): return "x" * 100000000
def cycle(arg):
    found = {}
    found["found"] = found
    return "" if found else ""
@rule(secrets=["key", "deep"])
def levels(arg):
    context.log.debug("one"); context.log.info("two %s", 2); context.log.warning("three"); logging.getLogger("shop").error("four")
    print(arg); context.mark("with " + arg["key"], str(arg)); context.progress(1, str(arg["deep"]["pin"]))
    context.log.info("x" * 3995 + arg["key"])
    raise ValueError("wrong: " + arg["key"])
def beside(arg): return "beside"
`;

for (const runtime of ["node", "python"] as const) {
  test(`${runtime}: what a rule says without end reaches the agent in part, and others go on`, { timeout: 110_000 }, async (context) => {
    const worker = await startWorker(context, runtime);
    const rules = runtime === "node" ? ["prints", "speaks", "childPrints", "large", "cycle", "later"] : ["prints", "speaks", "child_prints", "large", "cycle"];
    const before = process.memoryUsage.rss();
    for (const rule of rules) {
      const [flood, beside] = await Promise.all([worker.run(rule), worker.run("beside")]);
      assert.equal(beside.at(-1)?.type, "done", rule);
      const characters = JSON.stringify(flood).length;
      assert.ok(characters < SAID_CHARACTERS_MAX, `${rule} said ${characters} characters`);
      const count = (type: string): number => flood.filter((each) => each.type === type).length;
      assert.ok(count("log") <= 501 && count("mark") <= 300 && count("progress") <= 500, `${rule}: ${count("log")} lines, ${count("mark")} marks, ${count("progress")} times progress`);
      const last = flood.at(-1);
      if (rule === "large") assert.ok(last?.type === "failed" && last.error.kind === "TOO_LARGE" && last.error.isFinal === true);
      else if (rule === "cycle" && runtime === "node") assert.ok(last?.type === "failed" && last.error.kind === "INVALID_RESULT");
      else assert.equal(last?.type, "done", JSON.stringify(last).slice(0, 500));
    }
    // All of it together was some 3 GB.
    const grown = process.memoryUsage.rss() - before;
    assert.ok(grown < 300 << 20, `the agent has grown by ${grown} bytes`);
    assert.ok(worker.said().length < 400_000, `${worker.said().length} characters of nobody's`);
  });

  test(`${runtime}: lines have levels; what a rule calls secret stands in none of them, nor in a mark or an error`, { timeout: 110_000 }, async (context) => {
    const worker = await startWorker(context, runtime);
    const said = await worker.run("levels", { key: SECRET, deep: { pin: 48_213, more: ["비밀번호"] } });
    const lines = said.filter((each) => each.type === "log");
    assert.deepEqual(lines.slice(0, 4).map(({ level, text }) => `${level} ${text}`), ["debug one", runtime === "node" ? "info two { a: 1 }" : "info two 2", "warn three", "error four"]);
    const all = JSON.stringify(said);
    for (const word of ["sesame", "열려라", "48213", "비밀번호"]) assert.ok(!all.includes(word), `${word} in ${all}`);
    assert.match(all, /••••••/);
    assert.equal(said.at(-1)?.type, "failed");
  });
}

async function startWorker(context: { after(end: () => unknown): void }, runtime: "node" | "python") {
  const rulesDir = mkdtempSync(join(tmpdir(), "dure-flood-"));
  writeRules(rulesDir, runtime === "node" ? { "flood.ts": NODE_RULES } : { "flood.py": PYTHON_RULES });
  const plan = jobsPlan({ rulesDir });
  const listeners = new Map<Run, (message: Said) => void>();
  const nobodys: string[] = [];
  const { promise: isReady, resolve: tellReady } = Promise.withResolvers<void>();
  const worker = new Worker({
    slots: 10,
    isQuarantine: false,
    generation: 0,
    startedMs: 0,
    unloadable: new Unloadable(() => {}),
    withPython: runtime === "python",
    programs: { node: nodeWorker(plan), python: runtime === "python" ? pythonWorker(plan) : undefined },
    events: {
      ready: () => tellReady(),
      message: (run, message) => listeners.get(run)?.(message),
      said: (_worker, _level, text) => void nobodys.push(text),
      lost: (_worker, runs, end) => assert.fail(`${runs.length} lost: ${JSON.stringify(end)}`),
      gone: () => {},
    },
  });
  context.after(async () => {
    await worker.kill();
    rmSync(rulesDir, { recursive: true, force: true });
  });
  await isReady;
  assert.deepEqual(worker.problems, []);
  let number = 0;
  return {
    said: (): string => nobodys.join("\n"),
    run(name: string, data: unknown = {}): Promise<readonly Said[]> {
      const rule = worker.rules.find((each): each is RuleFacts => each.name === `flood:${name}`) ?? assert.fail(name);
      const job = { id: `job-${name}`, rule: rule.name, data: JSON.stringify(data), from: "test", createdMs: 0, priority: 4, attempt: 1, losses: 0 };
      const run = { delivery: { job }, rule, number: (number += 1), logLines: 0 } as unknown as Run;
      const { promise, resolve } = Promise.withResolvers<readonly Said[]>();
      const said: Said[] = [];
      listeners.set(run, (message) => {
        said.push(message);
        if (message.type === "done" || message.type === "failed") resolve(said);
      });
      worker.run(run);
      return promise;
    },
  };
}
