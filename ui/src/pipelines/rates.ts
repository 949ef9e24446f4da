// What two looks at the pipelines together tell: how much there is in a second.
import type { Look } from "./look.ts";

export interface Rates {
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Records a second that came to each step. */
  readonly steps: ReadonlyMap<string, number>;
  /** How much of the time each step was at work, 0 to 1. */
  readonly busy: ReadonlyMap<string, number>;
}

export function ratesOf({ atMs, pipelines, before }: Look): Map<string, Rates> {
  const found = new Map<string, Rates>();
  const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1000;
  if (before === undefined || seconds <= 0) return found;
  const earlier = new Map(before.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  for (const now of pipelines) {
    const then = earlier.get(now.name);
    if (then === undefined) continue;
    const perSecond = (count: number, was: number): number => Math.max(0, (count - was) / seconds); // Counts begin anew with a restart.
    const steps = new Map(then.steps?.map((each) => [each.step, each]));
    found.set(now.name, {
      recordsIn: perSecond(now.recordsIn, then.recordsIn),
      recordsOut: perSecond(now.recordsOut, then.recordsOut),
      bytesIn: perSecond(now.bytesIn, then.bytesIn),
      bytesOut: perSecond(now.bytesOut, then.bytesOut),
      steps: new Map(now.steps?.map(({ step, recordsIn }) => [step, perSecond(recordsIn, steps.get(step)?.recordsIn ?? recordsIn)])),
      busy: new Map(now.steps?.flatMap(({ step, busyMs }) => (busyMs === undefined ? [] : [[step, Math.min(1, perSecond(busyMs, steps.get(step)?.busyMs ?? 0) / 1000)]]))),
    });
  }
  return found;
}
