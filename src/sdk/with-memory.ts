// What to do when there is no memory for a batch's next step: others hold it, and give it back. Nothing is wrong with the batch.
import { backoffMs } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import type { Batch } from "#dataplane/batch.ts";
import { MemoryFullError } from "#dataplane/memory.ts";

const FIRST_MS = 5;
const MOST_MS = 500;
/** Nobody gave enough back for about half a minute: those who hold the memory may be waiting for some themselves. */
const TRIES_MAX = 60;

export interface MemoryWait {
  /** What the work is done on. One that was released is not to be had a second time. */
  readonly batch: Batch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Does the work; again, if it throws MemoryFullError, for which it has to have done nothing. Throws that error when waiting is of no use, or not wanted any more. */
export function withMemory<Result>(work: () => Result | Promise<Result>, wait: MemoryWait): Result | Promise<Result> {
  try {
    const result = work();
    return result instanceof Promise ? result.catch((error: unknown) => again(error, work, wait)) : result;
  } catch (error) {
    if (!(error instanceof MemoryFullError)) throw error;
    return again(error, work, wait);
  }
}

async function again<Result>(first: unknown, work: () => Result | Promise<Result>, { batch, clock, signal }: MemoryWait): Promise<Result> {
  let error = first;
  for (let tries = 1; error instanceof MemoryFullError && tries < TRIES_MAX && !batch.isReleased && error.chunkBytes + batch.chunkBytes <= batch.pool.memory.bytesMax; tries += 1) {
    await clock.pause(backoffMs(tries, { firstMs: FIRST_MS, mostMs: MOST_MS }), signal);
    if (signal.aborted) break;
    try {
      return await work();
    } catch (thrown) {
      error = thrown;
    }
  }
  throw error;
}
