// The processes of this machine that a trial has started, found by an argument that nobody else has. Only Linux tells.
import { readFileSync, readdirSync } from "node:fs";

/** Those that have that argument, or have it in one. */
export function processesWith(mark: string): number[] {
  return processesWhose((argument) => argument.includes(mark));
}

/** Those of which it is an argument by itself: no shell that has it in its text. */
export function processesWithArgument(wanted: string): number[] {
  return processesWhose((argument) => argument === wanted);
}

function processesWhose(isIt: (argument: string) => boolean): number[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return [];
    try {
      return readFileSync(`/proc/${entry}/cmdline`, "latin1").split("\0").some(isIt) ? [Number(entry)] : [];
    } catch {
      return []; // It ended meanwhile.
    }
  });
}
