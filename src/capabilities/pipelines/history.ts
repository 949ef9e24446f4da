// How much the pipelines moved in the last quarter of an hour, for sparklines and charts: one sample each two seconds, in small numbers.
// Only what moves is kept; five hundred pipelines at rest cost nothing.
import type { PipelineStatus } from "#kernel/status-file.ts";

/** What a sample counts since the one before; `heldBytes` is what buffers hold then. */
export const counted = ["recordsIn", "recordsOut", "bytesIn", "bytesOut", "errors", "heldBytes"] as const;
export type Counted = (typeof counted)[number];
export type PipelineHistory = Readonly<Record<Counted, readonly number[]>> & { readonly name: string };

/** The samples' times, and what moved in each, the oldest first. */
export interface HistoryPage {
  readonly atMs: readonly number[];
  readonly pipelines: readonly PipelineHistory[];
}

const SAMPLES = 450;

interface Kept {
  readonly values: Readonly<Record<Counted, Float32Array>>;
  /** Samples since something moved. */
  idle: number;
}

interface Seen {
  readonly status: PipelineStatus;
  readonly counts: Record<Counted, number>;
}

export class History {
  readonly #atMs = new Float64Array(SAMPLES);
  readonly #kept = new Map<string, Kept>();
  #last = new Map<string, Seen>();
  #next = 0;
  #length = 0;

  add(atMs: number, pipelines: readonly PipelineStatus[]): void {
    const slot = this.#next;
    this.#next = (slot + 1) % SAMPLES;
    this.#length = Math.min(SAMPLES, this.#length + 1);
    this.#atMs[slot] = atMs;
    const now = new Map<string, Seen>();
    for (const status of pipelines) {
      const before = this.#last.get(status.name);
      const counts = before?.status === status ? before.counts : countsOf(status); // What is shown again has done nothing.
      this.#put(slot, status.name, counts, before?.counts ?? counts);
      now.set(status.name, before?.status === status ? before : { status, counts });
    }
    for (const name of this.#kept.keys()) if (!now.has(name)) this.#kept.delete(name);
    this.#last = now;
  }

  /** The samples after a time; without a name, of all pipelines of which something moved. */
  page({ sinceMs, name }: { readonly sinceMs: number; readonly name?: string | undefined }): HistoryPage {
    const slots = Array.from({ length: this.#length }, (_, index) => (this.#next - this.#length + index + SAMPLES) % SAMPLES).filter((slot) => sinceMs < (this.#atMs[slot] ?? 0));
    const valuesOf = (values: ArrayLike<number>): number[] => slots.map((slot) => Math.round(values[slot] ?? 0));
    const wanted = [...this.#kept].filter(([each]) => name === undefined || each === name);
    return {
      atMs: valuesOf(this.#atMs),
      pipelines: wanted.map(([each, { values }]) => ({ name: each, ...(Object.fromEntries(counted.map((key) => [key, valuesOf(values[key])])) as Record<Counted, number[]>) })),
    };
  }

  #put(slot: number, name: string, counts: Record<Counted, number>, before: Record<Counted, number>): void {
    // Counts begin anew where a pipeline was taken out of the config and put back.
    const moved = (key: Counted): number => (key === "heldBytes" ? counts[key] : Math.max(0, counts[key] - before[key]));
    const isIdle = counted.every((key) => moved(key) === 0);
    let kept = this.#kept.get(name);
    if (kept === undefined) {
      if (isIdle) return;
      kept = { values: Object.fromEntries(counted.map((key) => [key, new Float32Array(SAMPLES)])) as Record<Counted, Float32Array>, idle: 0 };
      this.#kept.set(name, kept);
    }
    kept.idle = isIdle ? kept.idle + 1 : 0;
    if (SAMPLES <= kept.idle) return void this.#kept.delete(name);
    for (const key of counted) kept.values[key][slot] = moved(key);
  }
}

function countsOf({ recordsIn, recordsOut, bytesIn, bytesOut, retries, deadLetters, steps = [] }: PipelineStatus): Record<Counted, number> {
  return { recordsIn, recordsOut, bytesIn, bytesOut, errors: retries + deadLetters, heldBytes: steps.reduce((sum, { held }) => sum + (held?.bytes ?? 0), 0) };
}
