// Processor time and memory of processes and all that descends from them. Linux only.
import { readFileSync, readdirSync } from "node:fs";

/** Of `/proc/PID/stat`, which counts in hundredths of a second. */
const TICK_US = 10_000;

/** Used so far, microseconds; that of children which have ended counts as their parents'. */
export function cpuUs(roots: readonly number[]): number {
  return sumOf(roots, (pid) => {
    const fields = statOf(pid);
    return [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0) * TICK_US;
  });
}

/** What they share is counted once (Pss). */
export function memoryMb(roots: readonly number[]): number {
  return sumOf(roots, (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))?.[1] ?? 0) / 1024);
}

export function descendants(roots: readonly number[]): Set<number> {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(statOf(pid)[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const all = new Set(roots);
  for (const pid of all) for (const child of children.get(pid) ?? []) all.add(child);
  return all;
}

function sumOf(roots: readonly number[], of: (pid: number) => number): number {
  let sum = 0;
  for (const pid of descendants(roots)) {
    try {
      sum += of(pid) || 0;
    } catch {
      // It has ended meanwhile.
    }
  }
  return sum;
}

/** From its state on; the name before may hold anything. */
function statOf(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
