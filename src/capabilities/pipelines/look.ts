// The pipelines as who looks on sees them: what they do, and what they had done some seconds ago. It is loaded into every agent.
import type { PipelineStatus } from "#kernel/status-file.ts";
import type { PipelineReport } from "./pipelines.ts";

/** A pipeline now, and its counts some seconds ago: both together are a rate. */
export interface Look {
  readonly atMs: number;
  readonly pipelines: readonly PipelineStatus[];
  readonly before?: { readonly atMs: number; readonly pipelines: readonly PipelineStatus[] };
}

export interface Looks {
  look(): Promise<Look>;
  /** Shows the pipelines once a second until what comes back is called. All who watch are shown the same object; while nobody does, nothing is done. */
  watch(show: (look: Look) => void): () => void;
  close(): void;
}

/** Rates are over at least so long. */
const RATE_MS = 1000;
/** Half a RATE_MS apart at least: the oldest of so many is old enough for a rate. With 500 pipelines each is a megabyte. */
const LOOKS_MAX = 3;
export const LOOK_EVERY_MS = 2 * RATE_MS;

export interface LookParts {
  readonly report: () => Promise<readonly PipelineReport[]>;
  /** Told each LOOK_EVERY_MS what there is. */
  readonly onLook?: (look: Look) => void;
  readonly now?: () => number;
}

/** Looks now and then, so that whoever comes sees rates at once. Several who look at a time are shown the same. */
export function keepLooking({ report, onLook = () => {}, now = Date.now }: LookParts): Looks {
  const looks: { atMs: number; pipelines: readonly PipelineStatus[] }[] = [];
  let looking: Promise<Look> | undefined;
  /** Of a report that is the same object as at the look before. */
  let known = new Map<PipelineReport, PipelineStatus>();
  const take = async (): Promise<Look> => {
    const reports = await report();
    known = new Map(reports.map((each) => [each, known.get(each) ?? lookOf(each)]));
    const current = { pipelines: [...known.values()], atMs: now() };
    const before = looks.findLast(({ atMs }) => RATE_MS <= current.atMs - atMs);
    // Who asks a thousand times a second would else push out all that is old enough for a rate.
    if (RATE_MS / 2 <= current.atMs - (looks.at(-1)?.atMs ?? 0)) looks.push(current);
    while (LOOKS_MAX < looks.length) looks.shift();
    return { ...current, ...(before === undefined ? {} : { before }) };
  };
  const look = (): Promise<Look> => (looking ??= take().finally(() => (looking = undefined)));
  const timer = setInterval(() => void look().then(onLook, () => {}), LOOK_EVERY_MS).unref();
  const watchers = new Set<(look: Look) => void>();
  let watching: NodeJS.Timeout | undefined;
  const showAll = (seen: Look): void => {
    for (const show of watchers) show(seen);
  };
  return {
    look,
    watch(show) {
      watchers.add(show);
      watching ??= setInterval(() => void look().then(showAll, () => {}), RATE_MS).unref();
      void look().then((seen) => watchers.has(show) && show(seen), () => {});
      return () => {
        watchers.delete(show);
        if (0 < watchers.size) return;
        clearInterval(watching);
        watching = undefined;
      };
    },
    close() {
      clearInterval(timer);
      clearInterval(watching);
    },
  };
}

export function statusOf({ name, state, stats, error, paused }: PipelineReport): PipelineStatus {
  const { recordsIn, recordsOut, bytesIn, bytesOut, retries, deadLetters } = stats;
  const failing = Object.entries(stats.failing).map(([step, why]) => ({ step, ...why }));
  return { name, state, recordsIn, recordsOut, bytesIn, bytesOut, retries, deadLetters, ...(failing.length === 0 ? {} : { failing }), ...(error === undefined ? {} : { error }), ...(paused === undefined ? {} : { paused }) };
}

/** With its steps, for who asks the agent itself. */
export function lookOf(report: PipelineReport): PipelineStatus {
  const { steps: counted, busyMs } = report.stats;
  const steps = Object.entries(counted).map(([step, recordsIn]) => {
    const busy = busyMs[step];
    const now = { step, recordsIn, ...(busy === undefined ? {} : { busyMs: busy }) };
    const held = report.buffers.find((each) => each.step === step);
    if (held === undefined) return now;
    const { step: _, ...amount } = held;
    return { ...now, held: amount };
  });
  return { ...statusOf(report), steps };
}
