// The attempts of a job, read from its marks: when each began, how it ended, and after how long. Of an attempt that is long over only its end may be kept.
import type { JobMark } from "../../jobs/job.ts";

export interface Attempt {
  readonly number: number;
  readonly startedMs?: number;
  /** Where it ran. */
  readonly worker?: string;
  /** undefined: it runs. */
  readonly end?: { readonly atMs: number; readonly kind: string; readonly text?: string };
}

const ENDS = new Set(["succeeded", "failed", "lost", "cancelled"]);

export function attemptsOf(marks: readonly JobMark[]): readonly Attempt[] {
  const found: Attempt[] = [];
  for (const { atMs, kind, attempt: number, text } of marks.toSorted((one, other) => one.atMs - other.atMs)) {
    const last = found.at(-1);
    // Within one millisecond the end may stand before the beginning.
    if (kind === "started" && last?.end?.atMs === atMs && last.startedMs === undefined && last.number === number) found[found.length - 1] = { ...last, startedMs: atMs, ...(text === undefined ? {} : { worker: text }) };
    else if (kind === "started") found.push({ number, startedMs: atMs, ...(text === undefined ? {} : { worker: text }) });
    else if (ENDS.has(kind)) {
      const end = { atMs, kind, ...(text === undefined ? {} : { text }) };
      if (last !== undefined && last.end === undefined) found[found.length - 1] = { ...last, end };
      // What was cancelled while it waited was no attempt.
      else if (kind === "failed" || kind === "lost") found.push({ number, end });
    }
  }
  return found;
}
