// The agent is killed with -9 while rules stand still where nothing is heard: a loop without end, a pattern that Python does not come back from, a program. Their jobs run elsewhere
// by then, so none of them may go on.
import assert from "node:assert/strict";
import { chmodSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { folder, until } from "../cli/run-dure.ts";
import { startAgent } from "./agent.ts";

const noProcesses = process.platform === "linux" ? false : "looks at /proc";

test("agent kill -9: what its workers run ends with it, also rules that block their loop, Python and programs beside them", { skip: noProcesses, timeout: 240_000 }, async () => {
  await using here = folder();
  here.write("rules/a.mjs", `
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
const dir = process.env.TRIAL_DIR;
export function block() { const child = spawn("sleep", ["600"], { stdio: "ignore" }); writeFileSync(dir + "/node.pids", process.pid + " " + child.pid); for (;;); }
`);
  here.write("rules/p.py", `
import os, re
def block(arg):
    open(os.environ["TRIAL_DIR"] + "/python.pids", "w").write(str(os.getpid()))
    re.match("(a+)+$", "a" * 60 + "b")
`);
  here.write("rules/tool.sh", `#!/bin/sh\necho $$ > "$TRIAL_DIR/program.pids"\nexec sleep 600\n`);
  chmodSync(here.file("rules/tool.sh"), 0o755);
  const config = { http: false, jobs: { rules: "./rules", workers: 1, slots: 5, timeout: "10m", env: { TRIAL_DIR: here.path } } };
  const agent = startAgent(here, {}, { config });
  await agent.logged(/jobs begun/);
  const pids: number[] = [];
  // The loop last: nothing else begins in that worker after it.
  for (const [rule, file] of [["tool:run", "program.pids"], ["p:block", "python.pids"], ["a:block", "node.pids"]] as const) {
    await callControl(controlAddress(here.file(".dure/dure.pid")), "jobs.submit", { rule, data: {} }, {});
    await until(() => numbers(here.file(file)).length > 0, `${rule} runs`);
    pids.push(...numbers(here.file(file)));
  }
  assert.deepEqual(pids.map(isThere), [true, true, true, true]);
  await agent.kill();
  await until(() => !pids.some(isThere), `they have ended: ${String(pids.map(isThere))}`, 60_000);
});

function numbers(file: string): readonly number[] {
  try {
    return readFileSync(file, "utf8").trim().split(/\s+/).filter((word) => word !== "").map(Number);
  } catch {
    return [];
  }
}

/** One that nobody has asked how it ended is none any more. */
function isThere(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
