// Numbered facts on their way into the store. They are written in batches a moment after they came, so that nobody who has one waits for it; while
// the store is away they wait in a bounded queue and are tried again. What the queue cannot hold is counted.
import { within } from "#base/within.ts";
import type { Store, StoreSession } from "#sdk/store.ts";
import type { LazyStore } from "./open-store.ts";

export interface WriteBehindParts<Fact> {
  readonly store: LazyStore;
  readonly queueMax: number;
  readonly batchMax: number;
  /** At most so many when nobody asks for them to be written; the rest a moment later. */
  readonly atOnceMax?: number;
  readonly flushMs?: number;
  insert(session: StoreSession, batch: readonly Fact[]): Promise<unknown>;
  /** After each batch: how many it had, and how many were lost before it. */
  wrote(store: Store, written: { readonly count: number; readonly lost: number }): Promise<void>;
}

export interface WriteBehind<Fact> {
  /** Their ids grow. */
  add(fact: Fact): void;
  /** Writes what waits, at most so many. Rejects while the store is away; it is tried again by itself. */
  flush(max?: number): Promise<void>;
  /** Writes what waits, and does not wait for it long. */
  close(): Promise<void>;
}

interface Flush {
  max: number;
  readonly done: Promise<void>;
}

const FLUSH_MS = 500;
const RETRY_MS = 5000;
const CLOSE_MS = 3000;

export function writeBehind<Fact extends { readonly id: number }>({ store, queueMax, batchMax, atOnceMax = queueMax, flushMs = FLUSH_MS, insert, wrote }: WriteBehindParts<Fact>): WriteBehind<Fact> {
  const queue: Fact[] = [];
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;
  /** The one after it, for all who ask meanwhile. */
  let next: Flush | undefined;
  let isClosed = false;

  const schedule = (ms: number): void => {
    if (!isClosed) timer ??= setTimeout(() => ((timer = undefined), void flush(atOnceMax).catch(() => {})), ms).unref();
  };
  const write = async (max: number): Promise<void> => {
    for (let written = 0; queue.length > 0 && written < max; ) {
      const opened = await store.get();
      const batch = queue.slice(0, batchMax);
      await opened.transaction((session) => insert(session, batch));
      const until = batch.at(-1)?.id ?? 0;
      const left = queue.splice(0, queue.findLastIndex(({ id }) => id <= until) + 1);
      written += batch.length;
      const given = lost - (batch.length - left.length); // What the queue gave up of the batch itself is written all the same.
      lost = 0;
      await wrote(opened, { count: batch.length, lost: given });
      await new Promise((resolve) => setImmediate(resolve)); // Others have their turn between batches.
    }
    if (queue.length > 0) schedule(flushMs);
  };
  const begin = (max: number): Promise<void> =>
    (flushing = write(max)
      .catch((error: unknown) => {
        schedule(RETRY_MS);
        throw error;
      })
      .finally(() => (flushing = undefined)));
  const flush = (max = queueMax): Promise<void> => {
    if (next !== undefined) {
      next.max = Math.max(next.max, max);
      return next.done;
    }
    if (flushing === undefined) return begin(max);
    // The one under way may have passed what waits now.
    const after: Flush = { max, done: flushing.catch(() => {}).then(() => ((next = undefined), begin(after.max))) };
    next = after;
    return after.done;
  };
  const offOpen = store.onOpen(() => {
    if (queue.length > 0) schedule(0);
  });
  return {
    add(fact) {
      queue.push(fact);
      if (queueMax < queue.length) {
        queue.shift();
        lost += 1;
      }
      schedule(flushMs);
    },
    flush,
    async close() {
      offOpen();
      isClosed = true;
      clearTimeout(timer);
      await within(CLOSE_MS, flush().catch(() => {}));
    },
  };
}
