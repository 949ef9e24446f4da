// What a contender costs: read from the system's own accounting while it still runs.
import { readFileSync, readdirSync } from "node:fs";

const TICKS_A_SECOND = 100;

export interface Cost {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** CPU and peak memory of a process and of those it started. Linux only. */
export function costOf(pid: number): Cost {
  let cpuSeconds = 0;
  let peakBytes = 0;
  for (const one of withChildren(pid)) {
    const stat = readFileSync(`/proc/${one}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    cpuSeconds += (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
    peakBytes += Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/status`, "latin1"))?.[1] ?? 0) * 1024;
  }
  return { cpuSeconds, peakBytes };
}

/** Bytes the process has read so far, by any call. */
export function bytesRead(pid: number): number {
  return withChildren(pid).reduce((sum, one) => sum + Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${one}/io`, "latin1"))?.[1] ?? 0), 0);
}

function withChildren(pid: number): number[] {
  const all = [pid];
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").trim();
    if (children !== "") for (const child of children.split(" ")) all.push(...withChildren(Number(child)));
  }
  return all;
}
