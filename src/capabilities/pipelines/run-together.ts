// Runs the segments of a pipeline side by side, and ends them together: for good, or so that another pipeline goes on with what is open.
import { eitherOf } from "#base/signals.ts";
import type { Input } from "#sdk/plugin.ts";
import { staying } from "./hand-over.ts";
import type { KeyedSegment } from "./hand-over.ts";
import { runSegment } from "./segment.ts";
import type { Front, SegmentParts } from "./segment.ts";

export interface OpenSegment extends SegmentParts, KeyedSegment {
  /** A stop ends it at once: what its input still has can wait for the next start. Behind a memory buffer it ends when nothing is left there. */
  readonly drainsAtOnce: boolean;
  /** What it works on is held on disk by a buffer before it. */
  readonly isHeldOnDisk: boolean;
}

/** A stop waits so long for writes of what a disk buffer holds: enough for an output that works, so that little comes twice. */
const GIVE_UP_MS = 1000;

interface Run extends OpenSegment {
  readonly stop: AbortController;
  /** What it writes need not be waited for any longer. */
  readonly late: AbortController;
}

/** What is left open for another pipeline. */
export interface LeftOpen {
  /** Keys of the steps that it has. */
  readonly wanted: ReadonlySet<string>;
  readonly fronts: ReadonlyMap<Input, Front>;
}

/**
 * When one segment breaks the others are stopped, and its error is the pipeline's. `wanted`, asked at a drain: the keys of the steps of the
 * pipeline that follows. Inputs are left open for it only when everything that was read is written and committed.
 */
export async function runTogether(segments: readonly OpenSegment[], { drain, abort }: { drain: AbortSignal; abort: AbortSignal }, wanted: () => ReadonlySet<string> | undefined): Promise<LeftOpen | undefined> {
  const broken = new AbortController();
  using aborting = eitherOf(abort, broken.signal);
  const ended = new AbortController();
  const runs = segments.map((segment): Run => ({ ...segment, stop: new AbortController(), late: new AbortController() }));
  let keys: ReadonlySet<string> | undefined;
  let stay: ReadonlySet<Input> = new Set();
  const stopOne = ({ drainsAtOnce, isHeldOnDisk, input, stop, late, clock }: Run): void => {
    if (drainsAtOnce || stay.has(input)) stop.abort();
    if (!isHeldOnDisk) return;
    void clock.pause(GIVE_UP_MS, ended.signal).then(() => {
      late.abort();
      stop.abort(); // Also what a buffer in memory behind the one on disk still holds comes again.
    });
  };
  if (drain.aborted) for (const run of runs) if (run.drainsAtOnce) run.stop.abort(); // Nothing is read then.
  const ends = segments.map(async (segment, index) => {
    const { stop, late } = runs[index] as Run;
    using givingUp = eitherOf(aborting.signal, late.signal);
    try {
      return await runSegment(segment, { drain: stop.signal, abort: aborting.signal, giveUp: givingUp.signal, staying: () => stay });
    } catch (error) {
      broken.abort();
      throw error;
    }
  });
  const stop = (): void => {
    keys = wanted();
    if (keys === undefined) runs.forEach(stopOne);
    else void stopInOrder(new Set(keys));
  };
  /** One that waits for room in its buffer needs the next one to go on meanwhile. */
  const stopInOrder = async (left: Set<string>): Promise<void> => {
    stay = staying(segments, left);
    for (const [index, run] of runs.entries()) {
      stopOne(run);
      const end = await ends[index]?.catch(() => undefined);
      if (end?.front !== undefined || !stay.has(run.input)) continue;
      left.delete(run.key);
      stay = staying(segments, left);
    }
  };
  if (drain.aborted) stop();
  else drain.addEventListener("abort", stop, { once: true });
  const outcomes = await Promise.allSettled(ends);
  ended.abort();
  drain.removeEventListener("abort", stop);
  const whole = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const isWhole = whole.length === segments.length && !aborting.signal.aborted && whole.every((end) => end.isWhole);
  // Buffers in memory that did not stay are read out now; if all of it was written, so are the positions behind it.
  if (isWhole) for (const { commitRest } of whole) await commitRest();
  if (isWhole && keys !== undefined && whole.every(({ front, holdsBack }) => front !== undefined || !holdsBack)) {
    return { wanted: keys, fronts: new Map(segments.flatMap(({ input }, index): [Input, Front][] => (whole[index]?.front === undefined ? [] : [[input, whole[index].front]]))) };
  }
  for (const { front } of whole) await front?.input.close();
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return undefined;
}
