// Dead letters of one rule that failed alike.
import type { JobRow } from "../../jobs/job.ts";

export interface DeadGroup {
  readonly rule: string;
  /** Of the error. */
  readonly kind: string;
  readonly ids: readonly string[];
  readonly last: JobRow;
  readonly newestMs: number;
  readonly oldestMs: number;
}

export function groupsOf(rows: readonly JobRow[]): readonly DeadGroup[] {
  const byGroup = Map.groupBy(rows, ({ rule, error }) => JSON.stringify([rule, error?.kind ?? ""]));
  return [...byGroup.values()].flatMap((group) => {
    const sorted = group.toSorted((one, other) => endMs(other) - endMs(one));
    const [last] = sorted;
    if (last === undefined) return [];
    return [{ rule: last.rule, kind: last.error?.kind ?? "", ids: sorted.map(({ id }) => id), last, newestMs: endMs(last), oldestMs: endMs(sorted.at(-1) ?? last) }];
  });
}

function endMs({ endedMs, createdMs }: JobRow): number {
  return endedMs ?? createdMs;
}
