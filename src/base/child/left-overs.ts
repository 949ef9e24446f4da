// What an agent that was killed has left running: its children's trees, found by their marks, or by the records it kept of them.
import { readFileSync } from "node:fs";
import type { ChildRecord } from "./child-records.ts";
import { TreeEnd } from "./end-tree.ts";
import { nextTable } from "./process-table.ts";
import type { ProcessEntry, TreeRoot } from "./process-table.ts";
import { signalNamed } from "./signal-name.ts";

export interface LeftOver {
  readonly root: TreeRoot;
  /** Of all its processes when it was found. */
  readonly pids: readonly number[];
}

/** Of this time a record made after a start, and what the system says of the start, may differ. */
const RECORDED_WITHIN_MS = 5000;
const NO_PID = -1;
const FILETIME_OF_1970_MS = 11_644_473_600_000;

/** Trees whose marks begin so. */
export async function findLeftOvers(markPrefix: string, records: readonly ChildRecord[] = []): Promise<LeftOver[]> {
  const table = await nextTable();
  const roots = new Map<string, TreeRoot>();
  for (const mark of table.marks()) if (mark.startsWith(markPrefix)) roots.set(mark, { pid: NO_PID, mark });
  for (const { pid, mark, start } of records) {
    const entry = table.get(pid);
    if (mark.startsWith(markPrefix) && entry !== undefined && isSame(start, entry)) roots.set(mark, { pid, mark, start: entry.start });
  }
  return [...roots.values()].map((root) => ({ root, pids: table.members(root, true).map(({ pid }) => pid) })).filter(({ pids }) => 0 < pids.length);
}

/** Resolves when all are gone, with the numbers of those that the system would not let us kill. */
export async function endLeftOvers(leftOvers: readonly LeftOver[], { signal, waitMs }: { readonly signal: string; readonly waitMs: number }): Promise<readonly number[]> {
  const ends = leftOvers.map(({ root }) => new TreeEnd({ ...root, hasRootEnded: true, rootEnded: Promise.resolve() }, signalNamed(signal), waitMs).gone);
  return (await Promise.all(ends)).flat();
}

/** They had their time when their agent was killed. */
const END = { signal: "SIGTERM", waitMs: 2000 } as const;
/** One that was being started when the agent was killed has no mark yet, and is found by a later look. */
const LOOKS_MAX = 10;

/** Ends what was found, and looks again, until nobody is there. `tell` is told of each look; what comes back are those that the system would not let us kill. */
export async function endAllLeftOvers(found: readonly LeftOver[], look: () => Promise<readonly LeftOver[]>, tell: (found: readonly LeftOver[], pids: readonly number[]) => void): Promise<readonly number[]> {
  let left = found;
  for (let looks = 1; 0 < left.length && looks <= LOOKS_MAX; looks += 1) {
    tell(left, left.flatMap(({ pids }) => pids));
    const stuck = await endLeftOvers(left, END);
    if (0 < stuck.length) return stuck;
    left = await look();
  }
  return [];
}

function isSame(recorded: string, { start }: ProcessEntry): boolean {
  if (process.platform === "linux") return recorded === `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}/${start}`;
  const startMs = process.platform === "win32" ? Number(start) / 10_000 - FILETIME_OF_1970_MS : Date.parse(start);
  return Math.abs(Number(recorded.slice(1)) - startMs) < RECORDED_WITHIN_MS;
}
