// The agent is killed with -9 while rules run: they go on nowhere, for whoever has the queue next begins them again. Nor do programs that are rules, or that rules have started.
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { folder, until } from "../cli/run-dure.ts";
import { startAgent } from "./agent.ts";

const PYTHON = spawnSync("python3", ["--version"]).status === 0;
const RULES = ["node:write", "child:write", "program:run", ...(PYTHON ? ["old:write", "old:child"] : [])];

test("no rule goes on when its agent was killed, in Node, in Python or as a program", { timeout: 240_000, skip: process.platform === "linux" ? false : "reads /proc" }, async () => {
  await using here = folder();
  here.write("rules/node.mjs", `import { appendFileSync, writeFileSync } from "node:fs";
    export async function write() { writeFileSync("${here.file("node.pid")}", String(process.pid)); for (;;) { appendFileSync("${here.file("node")}", "."); await new Promise((go) => setTimeout(go, 10)); } }`);
  here.write("rules/child.mjs", `import { spawn } from "node:child_process";
    export function write() { spawn("sh", ["-c", ${JSON.stringify(loop(here.file("child")))}]); return new Promise(() => {}); }`);
  const program = here.write("rules/program.sh", `#!/bin/sh\n${loop(here.file("program"))}\n`);
  spawnSync("chmod", ["+x", here.file(program)]);
  here.write("rules/old.py", `import os, subprocess, time
def write(arg):
    open("${here.file("python.pid")}", "w").write(str(os.getpid()))
    while True:
        open("${here.file("python")}", "a").write(".")
        time.sleep(0.01)
def child(arg):
    subprocess.call(["sh", "-c", ${JSON.stringify(loop(here.file("grandchild")))}])
`);
  const agent = startAgent(here, {}, { config: { http: false, jobs: { rules: "./rules", workers: 1, slots: 10 } } });
  await agent.logged(/jobs begun/);
  for (const rule of RULES) await callControl(controlAddress(here.file(".dure/dure.pid")), "jobs.submit", { rule, data: {} }, {});
  const files = ["node", "child", "program", ...(PYTHON ? ["python", "grandchild"] : [])];
  const sizes = (): readonly number[] => files.map((name) => statSync(here.file(name), { throwIfNoEntry: false })?.size ?? 0);
  await until(() => sizes().every((size) => 3 < size), `all of them write: ${String(sizes())}`);
  await agent.kill();
  // They are gone, not only silent: what wrote into a file would write on.
  const pids = ["node.pid", ...(PYTHON ? ["python.pid"] : [])].map((name) => Number(readFileSync(here.file(name), "utf8")));
  await until(() => pids.every((pid) => !isThere(pid)), "the workers are gone");
  let before = sizes();
  await until(async () => {
    const were = before;
    await new Promise((go) => setTimeout(go, 300));
    before = sizes();
    return before.every((size, index) => size === were[index]);
  }, "nobody writes any more");
});

/** Ends by itself some time, should nobody end it. */
function loop(file: string): string {
  return `i=0; while [ $i -lt 3000 ]; do printf . >> '${file}'; sleep 0.02; i=$((i+1)); done`;
}

function isThere(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
