// How late the agent's main thread is: what a stuck plugin check, a large answer or a slow disk does to everybody who asks. The data path has
// threads of its own. Measured from the first question on, by the runtime itself; each minute begins anew.
import { monitorEventLoopDelay } from "node:perf_hooks";

export interface LoopDelay {
  /** Of this minute and the one before, the worse: half of the looks, and all but one of a hundred, found it no later. */
  readonly medianMs: number;
  readonly p99Ms: number;
}

const RESOLUTION_MS = 20;
const WINDOW_MS = 60_000;

export function measureLoopDelay(now: () => number = Date.now): () => LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let sinceMs = now();
  let before: LoopDelay = { medianMs: 0, p99Ms: 0 };
  return () => {
    const current = { medianMs: lateMs(histogram.percentile(50)), p99Ms: lateMs(histogram.percentile(99)) };
    const both = { medianMs: Math.max(before.medianMs, current.medianMs), p99Ms: Math.max(before.p99Ms, current.p99Ms) };
    if (WINDOW_MS <= now() - sinceMs) {
      before = current;
      sinceMs = now();
      histogram.reset();
    }
    return both;
  };
}

/** What the histogram has is the time between two looks. */
function lateMs(nanoseconds: number): number {
  return Math.round(Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) * 10) / 10;
}
