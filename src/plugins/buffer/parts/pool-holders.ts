// The buffers in memory of one pipeline, by its pool. Each has a bound of its own; together they must leave room for what is to be read, or
// all of them wait for more to come and the input waits for them.
import type { ChunkPool } from "#dataplane/memory.ts";

export interface Holder {
  /** Chunk memory that it keeps until its rule is met. */
  readonly openBytes: number;
  /** It has to go on now, whatever the rule. */
  flush(): void;
}

const holders = new WeakMap<ChunkPool, Set<Holder>>();

/** What comes back takes it out again. */
export function addHolder(pool: ChunkPool, holder: Holder): () => void {
  const all = holders.get(pool) ?? new Set();
  holders.set(pool, all.add(holder));
  return () => void all.delete(holder);
}

/** Lets go on what the fullest buffers hold, while together they keep more than half of what their pipeline may have. */
export function relieve(pool: ChunkPool): void {
  const fullestFirst = [...(holders.get(pool) ?? [])].sort((one, other) => other.openBytes - one.openBytes);
  let openBytes = fullestFirst.reduce((bytes, holder) => bytes + holder.openBytes, 0);
  for (const holder of fullestFirst) {
    if (openBytes <= pool.limitBytes / 2) return;
    openBytes -= holder.openBytes;
    holder.flush();
  }
}
