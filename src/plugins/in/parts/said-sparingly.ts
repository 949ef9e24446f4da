// Says the first of many facts, and counts the rest: a program may write to its standard error without end, and a peer come again and again.
import type { Log } from "#sdk/plugin.ts";

const LINES_A_MINUTE = 10;
const MINUTE_MS = 60_000;

/** Says at most ten lines a minute; how many were left out is said with the first one after. */
export function sparingly(log: Log, now: () => number, level: "info" | "warn" = "info"): (message: string, fields: Record<string, unknown>) => void {
  let sinceMs = Number.NEGATIVE_INFINITY;
  let said = 0;
  let leftOut = 0;
  return (message, fields) => {
    if (MINUTE_MS <= now() - sinceMs) {
      sinceMs = now();
      said = 0;
    }
    if (LINES_A_MINUTE <= said) {
      leftOut += 1;
      return;
    }
    said += 1;
    log[level](message, leftOut === 0 ? fields : { ...fields, leftOut });
    leftOut = 0;
  };
}
