// Gives each branch the records that fit it, as a batch of their own. What fits none goes on to the next step.
import { readExpression } from "#sdk/expression.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Log } from "#sdk/plugin.ts";
import { countStep } from "./stats.ts";
import type { PipelineStats } from "./stats.ts";

export interface Condition {
  /** An expression over the record; without it every record fits. */
  readonly when?: string;
  /** A record that fits may fit branches behind this one as well, and goes on. */
  readonly isContinued: boolean;
}

export interface Split {
  /** By branch. */
  readonly parts: readonly (Batch | undefined)[];
  /** What fits no branch, or one that is continued. */
  readonly rest: Batch | undefined;
}

export type Splitter = (batch: Batch) => Split;

/** Consumes the batch, unless it throws MemoryFullError: then it has done nothing. A record for which a condition throws does not fit it; that is counted, and said once. */
export function splitter(conditions: readonly Condition[], { log, stats, step = "route" }: { log: Log; stats: PipelineStats; step?: string }): Splitter {
  const branches = conditions.map(({ when, isContinued }) => ({ when, isContinued, bind: when === undefined ? undefined : readExpression(when).bind }));
  let hasFailed = false;
  const failed = (when: string | undefined, error: unknown): false => {
    countStep(stats, step, "route_errors_total", 1);
    if (!hasFailed) log.warn("a branch's condition failed; such records do not fit it", { when, error: String(error) });
    hasFailed = true;
    return false;
  };
  return (batch) => {
    const parts: (Batch | undefined)[] = [];
    try {
      return split(batch, parts);
    } catch (error) {
      for (const part of parts) part?.release();
      throw error;
    }
  };

  function split(batch: Batch, parts: (Batch | undefined)[]): Split {
    const isGoing = Array.from({ length: batch.rows }, (_, row) => batch.isKept(row));
    let left = batch.count;
    let isWhole = true;
    for (const { when, isContinued, bind } of branches) {
      const isTrue = left === 0 ? undefined : bind?.(batch);
      const fits = isGoing.map((is, row) => {
        try {
          return is && (isTrue === undefined || Boolean(isTrue(row)));
        } catch (error) {
          return failed(when, error);
        }
      });
      const count = fits.filter(Boolean).length;
      // Who takes all of what nobody has a part of takes the batch itself.
      if (isWhole && !isContinued && 0 < count && count === left) return { parts: [...parts, batch], rest: undefined };
      parts.push(batch.select((row) => fits[row] === true));
      isWhole &&= count === 0;
      if (isContinued) continue;
      fits.forEach((is, row) => is && (isGoing[row] = false));
      left -= count;
    }
    if (isWhole) return { parts, rest: batch };
    const rest = left === 0 ? undefined : batch.select((row) => isGoing[row] === true);
    batch.release();
    return { parts, rest };
  }
}
