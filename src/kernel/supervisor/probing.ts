// Asks again and again whether something is well, and says when the answer is another. Failures right after the start do not count; after that so many in a row
// do that a single slow answer is no alarm.
import { steadyNow } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import { toError } from "#base/errors.ts";
import type { HealthPlan } from "../config/process-plan.ts";

export interface ProbeOutcome {
  readonly atMs: number;
  readonly isWell: boolean;
  readonly tookMs: number;
  /** What it answered, or why not. */
  readonly words: string;
}

/** Resolves with what it answered when all is well; rejects when it is not. Ends when the signal aborts. */
export type Probe = (health: HealthPlan, signal: AbortSignal) => Promise<string>;

export interface ProbingParts {
  readonly health: HealthPlan;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** `isWell`: what it counts as from now on; undefined: as before. */
export async function keepProbing({ health, probe, clock, signal }: ProbingParts, tell: (outcome: ProbeOutcome, isWell: boolean | undefined) => void): Promise<void> {
  const startedMs = steadyNow(clock);
  let isWell: boolean | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const outcome = await probeOnce(health, probe, clock, signal);
    if (signal.aborted) return;
    if (outcome.isWell) {
      failures = 0;
      tell(outcome, isWell === true ? undefined : true);
      isWell = true;
    } else {
      const isEarly = isWell === undefined && steadyNow(clock) - startedMs < health.graceMs;
      failures += isEarly ? 0 : 1;
      const isTurned = failures === health.failures;
      if (isTurned) isWell = false;
      tell(outcome, isTurned ? false : undefined);
    }
    // Who is not well yet is asked more often: others may wait for it.
    await clock.pause(isWell === undefined ? Math.min(health.intervalMs, FIRST_EVERY_MS) : health.intervalMs, signal);
  }
}

const FIRST_EVERY_MS = 250;

async function probeOnce(health: HealthPlan, probe: Probe, clock: Clock, signal: AbortSignal): Promise<ProbeOutcome> {
  const atMs = clock.now();
  const limited = new AbortController();
  const stop = (): void => limited.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const timer = setTimeout(() => limited.abort(new Error(`no answer within ${health.timeoutMs} ms`)), health.timeoutMs);
  try {
    return { atMs, isWell: true, words: await probe(health, limited.signal), tookMs: clock.now() - atMs };
  } catch (thrown) {
    const why = limited.signal.aborted ? toError(limited.signal.reason) : toError(thrown);
    return { atMs, isWell: false, words: why.message, tookMs: clock.now() - atMs };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
