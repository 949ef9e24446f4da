// Writes a batch to an output until it is there: again after a passing failure, to the dead letters after a final one.
import { backoffMs } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import { BusyError, PermanentError, toError } from "#base/errors.ts";
import { eitherOf } from "#base/signals.ts";
import type { Batch } from "#dataplane/batch.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import type { RetryPlan } from "#kernel/config/plan.ts";
import type { Log, Output, Refused, Written } from "#sdk/plugin.ts";
import type { PipelineStats } from "./stats.ts";

/** A lack of memory that lasts so many looks (some seconds) is worth a word. */
const LACKS_SAID_AFTER = 15;
/** What the other side asks for may be wrong by days. */
const ASKED_MS_MAX = 600_000;
const REASON_LENGTH_MAX = 300;

/** The agent stopped before the batch could be written; it comes again after the restart. */
export class AbortedError extends Error {
  override readonly name = "AbortedError";
}

/** What came of a batch. */
export interface Delivered extends Written {
  /** No output took it: it lies among the dead letters. */
  readonly isDeadLetter?: boolean;
  /** Records of it that lie among the dead letters, when the rest is written. */
  readonly refusedRecords?: number;
}

export interface DeliverParts {
  readonly step: string;
  readonly output: Output;
  readonly retry: RetryPlan;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: PipelineStats;
  readonly deadLetter: (batch: Batch, step: string, reason: Error) => Promise<void>;
}

/** What is different for a batch that somebody else brings. */
export interface Aside {
  readonly deadLetter: DeliverParts["deadLetter"];
  /** Nobody waits for it any longer: a write under way is ended, but it is not tried again. */
  readonly leaveOff: AbortSignal;
}
export type Deliver = (batch: Batch, abort: AbortSignal, aside?: Aside) => Promise<Delivered>;

export function deliverer({ step, output, retry, clock, log, stats, deadLetter: deadLetterOfOwn }: DeliverParts): Deliver {
  let isFailing = false; // An outage is said once, and its end.
  let hasSaidFull = false;
  return async (batch, abort, aside) => {
    const { deadLetter = deadLetterOfOwn, leaveOff = abort } = aside ?? {};
    using waiting = leaveOff === abort ? undefined : eitherOf(abort, leaveOff);
    const toWait = waiting?.signal ?? abort;
    for (let failures = 0, lacks = 0; ; ) {
      try {
        const written = (await output.write(batch, abort)) ?? {};
        if (isFailing) log.info("the output takes batches again", { step });
        isFailing = false;
        delete stats.failing[step];
        if (written.refused === undefined) return written;
        return { ...written, refusedRecords: await keepRefused(written.refused, abort, deadLetter) };
      } catch (thrown) {
        const error = reasonOf(thrown, batch);
        if (error instanceof AbortedError) throw error;
        if (abort.aborted) throw new AbortedError("stopped before the batch was written", { cause: error });
        if (error instanceof MemoryFullError) {
          // Nothing is wrong with the output or the batch: others have the memory for now.
          lacks += 1;
          if (LACKS_SAID_AFTER === lacks && !hasSaidFull) {
            hasSaidFull = true;
            log.warn("chunk memory is full; a batch waits for room", { step, error, hint: "Raise `agent: memory_max`, or run fewer pipelines in one agent." });
          }
          await clock.pause(backoffMs(lacks, { firstMs: 5, mostMs: 500 }), toWait);
          if (toWait.aborted) throw new AbortedError("stopped before the batch was written", { cause: error });
          continue;
        }
        failures += 1;
        const isFinal = error instanceof PermanentError;
        if (isFinal || (retry.attemptsMax !== null && retry.attemptsMax <= failures)) {
          await untilKept(() => deadLetter(batch, step, error), { clock, log, abort: toWait });
          stats.deadLetters += 1;
          log.error("batch moved to the dead letters", { step, attempts: failures, records: batch.count, error });
          return { isDeadLetter: true };
        }
        const askedMs = error instanceof BusyError ? Math.min(ASKED_MS_MAX, error.afterMs) : 0;
        const waitMs = Math.max(askedMs, backoffMs(failures, { firstMs: retry.firstMs, mostMs: retry.mostMs }));
        if (!isFailing) log.warn("the output refused a batch; trying again until it takes it", { step, waitMs, error });
        isFailing = true;
        stats.retries += 1;
        stats.failing[step] = { sinceMs: stats.failing[step]?.sinceMs ?? clock.now(), reason: error.message.slice(0, REASON_LENGTH_MAX) };
        await clock.pause(waitMs, toWait);
        if (toWait.aborted) delete stats.failing[step]; // The step may be another one after a reload.
        if (toWait.aborted) throw new AbortedError("stopped before the batch was written", { cause: error });
      }
    }
  };

  /** Records of a batch that is written but for these: they are not tried again. Gives how many. */
  async function keepRefused(refused: readonly Refused[], abort: AbortSignal, deadLetter: DeliverParts["deadLetter"]): Promise<number> {
    let records = 0;
    try {
      for (const { batch, reason } of refused) {
        await untilKept(() => deadLetter(batch, step, reason), { clock, log, abort });
        records += batch.count;
        stats.deadLetters += 1;
        log.error("records moved to the dead letters; the rest of their batch is written", { step, records: batch.count, error: reason });
      }
      return records;
    } finally {
      for (const { batch } of refused) batch.release();
    }
  }
}

/** What could not find room if the batch were alone in the memory never will: waiting would stop the pipeline for good. */
function reasonOf(thrown: unknown, batch: Batch): Error {
  const error = toError(thrown);
  if (!(error instanceof MemoryFullError)) return error;
  const { bytesMax } = batch.pool.memory;
  const needed = error.chunkBytes + batch.chunkBytes;
  if (needed <= bytesMax) return error;
  return new PermanentError(`a batch of ${batch.length} bytes cannot be written in ${bytesMax} bytes of chunk memory (${needed} are needed)`, { cause: error, hint: "Raise `agent: memory_max`, or bound what the input takes." });
}

/** Dead letters are the last resort: while they cannot be kept (disk full), the batch waits. */
async function untilKept(keep: () => Promise<void>, { clock, log, abort }: { clock: Clock; log: Log; abort: AbortSignal }): Promise<void> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await keep();
    } catch (error) {
      if (failures === 1) log.error("a dead letter cannot be kept; the pipeline waits", { error });
      await clock.pause(backoffMs(failures), abort);
      if (abort.aborted) throw new AbortedError("stopped before a dead letter was kept", { cause: error });
    }
  }
}
