// What a pipeline did so far. Plain numbers: read by the control plane once a second, never on the data path.

export interface PipelineStats {
  recordsIn: number;
  bytesIn: number;
  recordsOut: number;
  bytesOut: number;
  /** Records that a filter took out. */
  dropped: number;
  /** Writes that failed and were tried again. */
  retries: number;
  /** Outputs that take nothing now, by their step; one that takes a batch again is none any longer. */
  readonly failing: Record<string, Failing>;
  /** Batches that no trying again could help. */
  deadLetters: number;
  /** Commits of positions that failed (the next one carries them too). */
  commitFailures: number;
  /** Records that came to each step so far, by its name (`2:parse.Json`), in the order of the config. */
  readonly steps: Record<string, number>;
  /** How long steps were at work so far, ms; the waiting of an output for its peer counts, that for what comes does not. 1000 in a second: it can do no more. */
  readonly busyMs: Record<string, number>;
  /** What plugins count: `lines_unmatched_total` … */
  readonly counts: Record<string, number>;
  /** The same by step: `2:parse.Json`. */
  readonly stepCounts: Record<string, Record<string, number>>;
}

/** Why an output does not take what it is given. */
export interface Failing {
  readonly sinceMs: number;
  readonly reason: string;
  /** Of a failover: another output takes what it does not. */
  readonly isBypassed?: boolean;
}

/** What a buffer holds now. */
export interface BufferHeld {
  readonly step: string;
  readonly bytes: number;
  readonly batches: number;
  /** How much it may hold, where that is fixed. */
  readonly bytesMax?: number;
}

/** Counts records that came to a step. */
export function countRecords({ steps }: PipelineStats, step: string, records: number): void {
  steps[step] = (steps[step] ?? 0) + records;
}

/** Counts time that a step was at work. The system's time may be put back meanwhile. */
export function countBusy({ busyMs }: PipelineStats, step: string, ms: number): void {
  if (0 < ms) busyMs[step] = (busyMs[step] ?? 0) + ms;
}

/** Counts what a step says of itself. */
export function countStep({ counts, stepCounts }: PipelineStats, step: string, metric: string, by: number): void {
  const own = (stepCounts[step] ??= {});
  own[metric] = (own[metric] ?? 0) + by;
  counts[metric] = (counts[metric] ?? 0) + by;
}

export function newStats(): PipelineStats {
  return { recordsIn: 0, bytesIn: 0, recordsOut: 0, bytesOut: 0, dropped: 0, retries: 0, failing: {}, deadLetters: 0, commitFailures: 0, steps: {}, busyMs: {}, counts: {}, stepCounts: {} };
}
