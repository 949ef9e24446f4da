// The records of one group once more, out of the files.
import type { Clock } from "#base/clock.ts";
import type { Batch } from "#dataplane/batch.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import { Cutter } from "./cutter.ts";
import type { Group } from "./given-groups.ts";
import { Pile, pileKey } from "./pile.ts";
import { SegmentReader } from "./segment-reader.ts";
import { isBefore, isSame } from "./segments.ts";
import type { Segments } from "./segments.ts";

interface Source {
  readonly segments: Segments;
  readonly pool: ChunkPool;
  readonly clock: Clock;
  readonly isClosed: () => boolean;
  readonly streamOf: (key: string) => string;
}

const MEMORY_PAUSE_MS = 20;
/** Damage was said, and set aside, by who read the files before. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const KEPT_ALREADY = { keep: async () => "" };

/** What is left of the group as one batch; undefined when that is nothing. Throws MemoryFullError when the buffer is closed. */
export async function readGroup({ from, to, stream }: Group, { segments, pool, clock, isClosed, streamOf }: Source): Promise<Batch | undefined> {
  const reader = new SegmentReader({ segments, start: from.place, firstOwnSegment: Number.POSITIVE_INFINITY, pool, clock, log: SILENT, quarantine: KEPT_ALREADY, isClosed });
  let pile: Pile | undefined;
  try {
    for (;;) {
      const next = segments.nextReadable(reader.position);
      const frame = next === undefined || isBefore(to.place, next) ? undefined : await reader.next();
      if (frame === undefined) return pile?.batch();
      const { batch, head } = frame;
      let isHandedOver = false;
      try {
        if (isBefore(to.place, head)) return pile?.batch();
        const key = pileKey(batch);
        if (streamOf(key) !== stream) continue;
        const cutter = new Cutter(batch);
        if (isSame(head, from.place)) cutter.take(cutter.before(from.byte));
        const piece = cutter.before(isSame(head, to.place) ? to.byte : batch.length);
        if (piece.rows === 0) continue;
        pile ??= new Pile(key, batch, pool, 0);
        const into = pile;
        isHandedOver = await withMemory(() => into.add(batch, piece));
      } finally {
        if (!isHandedOver) batch.release();
      }
    }
  } catch (error) {
    pile?.release();
    throw error;
  } finally {
    reader.close();
  }

  /** What others hold is waited for; what is read here makes room for what comes. */
  async function withMemory<Result>(work: () => Result): Promise<Result> {
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof MemoryFullError) || isClosed()) throw error;
        await clock.pause(MEMORY_PAUSE_MS);
      }
    }
  }
}
