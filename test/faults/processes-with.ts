// The processes of this machine that a trial has started, found by an argument that nobody else has.
import { readFileSync, readdirSync } from "node:fs";

/** Those that have that argument, or have it in one. Only Linux tells. */
export function processesWith(mark: string): number[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return [];
    try {
      return readFileSync(`/proc/${entry}/cmdline`, "latin1").includes(mark) ? [Number(entry)] : [];
    } catch {
      return []; // It ended meanwhile.
    }
  });
}
