// What the system knows of processes. Linux only.
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Ids of those whose arguments hold a word. */
export function pidsWith(word: string): number[] {
  return readdirSync("/proc").flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
      return line[0]?.endsWith("sleep") === true && line.includes(word) ? [pid] : [];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

export function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? Number.NaN) / 1024;
}

export async function until(isSo: () => boolean, what: string, everyMs = 5, mostMs = 120_000): Promise<void> {
  const begin = performance.now();
  while (!isSo()) {
    if (mostMs < performance.now() - begin) throw new Error(`it is not so after ${mostMs / 1000} s: ${what}`);
    await delay(everyMs);
  }
}
