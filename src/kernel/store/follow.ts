// Follows what has ids that grow from where a reader was: first from the store what the ring has no longer, then from the ring, then live.
// A slow reader gets nothing twice and misses nothing; where some between are gone for good, he is told.
import { setTimeout as pause } from "node:timers/promises";

export interface Numbered {
  readonly id: number;
}

/** The newest, in memory. */
export interface Ring<Item extends Numbered> {
  /** The newest id; 0: none yet. */
  readonly last: number;
  /** Those with ids above `after`, the oldest first; `isWhole` is false when some between are only in the store. */
  since(after: number): { readonly items: readonly Item[]; readonly isWhole: boolean };
  subscribe(listener: () => void): () => void;
}

export interface Past<Item extends Numbered> {
  /** The oldest first. `isWhole` is false when the store does not answer, and these are the ring's. */
  page(after: number, limit: number): Promise<{ readonly items: readonly Item[]; readonly hasMore: boolean; readonly isWhole: boolean }>;
  /** The oldest id that is kept; 0: none. */
  oldest(): Promise<number>;
}

export interface Reader<Item extends Numbered> {
  /** The last id that he has. */
  readonly after: number;
  fits(item: Item): boolean;
  /** false: he is too slow for now, and it was not sent. */
  emit(item: Item): boolean;
  /** Those with ids between these are gone. Gives what tells him so; that gives false while he is too slow. */
  onGap(after: number, before: number): () => boolean;
  readonly signal: AbortSignal;
}

const PAGE = 500;
const SLOW_MS = 100;

export async function follow<Item extends Numbered>(ring: Ring<Item>, past: Past<Item>, { after, fits, emit, onGap, signal }: Reader<Item>): Promise<void> {
  let sent = Math.min(after, ring.last); // Ids above come from another agent, or from before its data folder was lost.
  let wake = Promise.withResolvers<void>();
  const away = ring.subscribe(() => wake.resolve());
  const onAbort = (): void => wake.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  /** Waits for a slow reader. */
  const insist = async (offer: () => boolean): Promise<void> => {
    while (!signal.aborted && !offer()) await pause(SLOW_MS, undefined, { signal }).catch(() => {});
  };
  const give = async (items: readonly Item[]): Promise<void> => {
    for (const item of items) {
      await insist(() => !fits(item) || emit(item));
      if (signal.aborted) return;
      sent = item.id;
    }
  };
  /** A page of what the ring has no longer; behind the last page, and where the store does not answer, the ring goes on. */
  const givePast = async (): Promise<void> => {
    const ringFrom = ring.since(0).items[0]?.id ?? ring.last + 1; // As it is now: it moves on while a slow reader reads.
    const { items, isWhole, hasMore } = await past.page(sent, PAGE);
    // Ids left out by a crash are no gap: the store still has what is older.
    const from = isWhole ? await past.oldest().catch(() => 0) : (items[0]?.id ?? 0);
    if (0 < sent && sent + 1 < from) {
      await insist(onGap(sent, from));
      sent = from - 1;
    }
    await give(items);
    if (!hasMore && !signal.aborted) sent = Math.max(sent, ringFrom - 1);
  };
  try {
    while (!signal.aborted) {
      const { items, isWhole } = ring.since(sent);
      if (!isWhole) {
        await givePast();
        continue;
      }
      await give(items);
      if (sent < ring.last || signal.aborted) continue;
      await wake.promise;
      wake = Promise.withResolvers();
    }
  } finally {
    away();
    signal.removeEventListener("abort", onAbort);
  }
}
