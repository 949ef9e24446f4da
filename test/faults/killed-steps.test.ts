// The agent is killed while steps run programs: the next one ends what they have left before it starts any of its own.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folder, until } from "../cli/run-dure.ts";
import { startAgent } from "./agent.ts";
import { processesWith, processesWithArgument } from "./processes-with.ts";

const KILLS = Number(process.env["DURE_KILLS"] ?? 3);
const onLinux = { timeout: 120_000 + KILLS * 20_000, skip: process.platform !== "linux" && "looks into /proc" };

test(`kill -9 × ${KILLS} of an agent whose steps run programs: whatever they did to hide, the next agent ends them before it starts its own`, onLinux, async () => {
  await using dir = folder();
  const mark = String(200_000_000 + process.pid);
  const STUBBORN = `trap '' TERM; echo begun; setsid sh -c "trap '' TERM; while :; do sleep ${mark}; done" & while :; do sleep ${mark}; done`;
  const pipelines = {
    shell: [{ "in.Exec": { command: STUBBORN } }, { "out.File": dir.file("shell") }],
    bare: [{ "in.Exec": { command: ["/usr/bin/env", "-i", "/bin/sleep", mark] } }, { "out.File": dir.file("bare") }],
    through: [{ "in.FileTail": { path: dir.file("lines") } }, { "out.Exec": { cmd: `setsid sleep ${mark} & sleep ${mark} #`, timeout: "1h" } }, { "out.File": dir.file("through") }],
  };
  writeFileSync(dir.file("lines"), "one\n");
  const AT_WORK = 5; // At least: shells come on top.
  const children = dir.file("data", "children");
  // One that has cleared its environment is known by its record alone, which is written a moment after it was started: who is killed in that moment leaves it to nobody.
  const isRecorded = (): boolean => {
    const bare = processesWithArgument(mark).filter((pid) => commandOf(pid).endsWith(`/bin/sleep ${mark}`));
    return 0 < bare.length && bare.every((pid) => recordsIn(children).includes(`"pid":${pid},`));
  };
  const areAtWork = (): boolean => AT_WORK <= processesWith(mark).length && isRecorded();
  const agentOptions = { agent: { data_dir: "./data", threads: 2 }, config: { http: false } };
  let agent = startAgent(dir, pipelines, agentOptions);
  let ended = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    await until(areAtWork, "the programs are at work");
    await agent.kill();
    const left = processesWith(mark);
    const before = new Map(left.map((pid) => [pid, `${pid} ${commandOf(pid)}`]));
    assert.ok(AT_WORK <= left.length, `${left.length} are left`);
    agent = startAgent(dir, pipelines, { ...agentOptions, isWritten: true });
    await agent.logged(/an agent before was killed and has left programs of steps/);
    const still = (): readonly string[] => processesWith(mark).flatMap((pid) => (left.includes(pid) ? (before.get(pid) ?? "") : []));
    await until(() => still().length === 0, () => `nobody of before is there, but ${still().join("; ")}; ${agent.log()}`);
    ended += left.length;
  }
  await until(areAtWork, "the programs are at work again");
  await agent.stop();
  assert.deepEqual(processesWith(mark), []);
  assert.deepEqual(readdirSync(children, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()), [], "an agent that ended in order leaves no file");
  assert.ok(AT_WORK * KILLS <= ended);
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trimEnd();
  } catch {
    return "gone";
  }
}

function recordsIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? readFileSync(join(entry.parentPath, entry.name), "utf8") : [])).join("");
}
