// Two machines in one: client and servers on one half of the processors, those who run jobs on the other, as where a broker has a machine of its own. What is then between a runner of
// jobs and the broker's ceiling is the runner's, and not that it takes the processor from the broker. Linux only.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Running } from "./contender.ts";
import { descendants } from "./tree.ts";

/** What they start later stays where they are. Gives how it is undone. */
export function setApart(running: Running): () => void {
  const count = availableParallelism();
  if (count < 2) throw new Error("one processor cannot be parted");
  const half = Math.floor(count / 2);
  const workers = descendants(running.workers());
  for (const pid of descendants(running.servers())) keepOn(pid, `0-${half - 1}`);
  for (const pid of workers) keepOn(pid, `${half}-${count - 1}`);
  keepOn(process.pid, `0-${half - 1}`);
  return () => keepOn(process.pid, `0-${count - 1}`);
}

/** With all its threads. */
function keepOn(pid: number, processors: string): void {
  const { status, error, stderr } = spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", processors, String(pid)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`taskset: ${error?.message ?? stderr}`);
}
