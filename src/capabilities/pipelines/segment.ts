// The loop that moves batches: from an input, through transforms and outputs, to the end of the pipeline or into a buffer.
// A pipeline with buffers is several segments; each buffer ends one and begins the next.
//
// Invariant: a position is committed only after its batch, and all before it, are written, dead-lettered, or durable in a buffer.
import { setMaxListeners } from "node:events";
import type { Clock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import { eitherOf } from "#base/signals.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Delivery, Input, Log, OpenBuffer, Transform } from "#sdk/plugin.ts";
import { AbortedError } from "./deliver.ts";
import type { Delivered } from "./deliver.ts";
import { Settlement, acked } from "./settlement.ts";
import type { Store } from "./settlement.ts";
import type { PipelineStats } from "./stats.ts";
import { Turn } from "./turn.ts";

export type Node =
  | { readonly type: "transform"; readonly step: string; readonly transform: Transform; readonly turn: Turn }
  | { readonly type: "output"; readonly step: string; readonly write: (batch: Batch, abort: AbortSignal) => Promise<Delivered>; readonly turn: Turn; readonly committed: (() => Promise<void>) | undefined };

export interface SegmentParts {
  readonly input: Input;
  /** Opens the input once more when it has ended, behind what was handed on: a pipeline with a `sleep` step starts again from the top. */
  readonly reopen?: (handedOn: ReadonlyMap<string, JsonValue>) => Promise<Input>;
  readonly nodes: readonly Node[];
  readonly buffer?: OpenBuffer;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: PipelineStats;
  /** Counts what comes in; only a pipeline's first segment does. */
  readonly isFirst: boolean;
  readonly inFlightMax: number;
  /** Pause after each batch, and before a new start from the top. */
  readonly sleepMs?: number;
}

/** How a segment ended. */
export interface SegmentEnd {
  /** Everything that was read was written or handed to the buffer. */
  readonly isWhole: boolean;
  /** Commits what had to wait until everything that was handed to a buffer in memory is written. */
  commitRest(): Promise<void>;
}

export async function runSegment(parts: SegmentParts, { drain, abort }: { drain: AbortSignal; abort: AbortSignal }): Promise<SegmentEnd> {
  const { nodes, buffer, clock, log, stats, inFlightMax, sleepMs } = parts;
  using stopping = eitherOf(drain, abort);
  const stopped = stopping.signal;
  setMaxListeners(0, stopped, abort); // One listener a write under way: bounded by inFlightMax.
  const outputs = nodes.filter((node) => node.type === "output");
  const settlement = new Settlement(parts.store, log, stats, {
    async onCommitted() {
      for (const output of outputs) await output.committed?.();
    },
    onHeldBack: () => input.finishPartial?.(),
  });
  const slots = new Turn(inFlightMax);
  const underWay = new Set<Promise<void>>();
  let failure: Error | undefined;
  let isWhole = true;
  /** Positions of what was filtered out entirely, up to the last delivery that reached the buffer's door; they go on with the next one. */
  let carried: Readonly<Record<string, JsonValue>> = {};
  let lastAtDoor: Promise<boolean> = Promise.resolve(true);
  /** What a memory buffer holds is committed later; a new pass goes on behind it all the same. */
  const handedOn = new Map<string, JsonValue>();
  let input = parts.input;
  let hasDelivered = false;

  while (failure === undefined) {
    const waiting = slots.enter();
    if (waiting !== undefined) await waiting;
    const delivery = stopped.aborted ? undefined : await input.read(stopped);
    if (delivery === undefined) {
      slots.leave();
      if (stopped.aborted || parts.reopen === undefined) break;
      await Promise.all(underWay);
      if (!hasDelivered) await clock.pause(sleepMs ?? 0, stopped);
      await input.close();
      input = await parts.reopen(handedOn);
      hasDelivered = false;
      continue;
    }
    hasDelivered = true;
    if (parts.isFirst) {
      stats.recordsIn += delivery.batch.count;
      stats.bytesIn += delivery.batch.length;
    }
    const moved = move(delivery)
      .catch((error: unknown) => {
        isWhole = false;
        delivery.nack?.();
        if (!(error instanceof AbortedError)) failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        underWay.delete(moved);
        slots.leave();
      });
    underWay.add(moved);
    if (sleepMs !== undefined) {
      await Promise.all(underWay);
      await clock.pause(sleepMs, stopped);
    }
  }
  await Promise.all(underWay);
  buffer?.end();
  await input.close();
  if (failure !== undefined) throw failure;
  const commitRest = async (): Promise<void> => {
    const rest = carried;
    carried = {};
    await settlement.commit(rest);
  };
  // What a durable buffer has is safe. What a memory buffer holds is not yet written, and positions behind it have to wait.
  if (isWhole && buffer?.isDurable === true) await commitRest();
  return { isWhole, commitRest };

  function move(delivery: Delivery): Promise<void> {
    return buffer === undefined ? moveToEnd(delivery) : moveToBuffer(delivery, buffer);
  }

  async function moveToEnd(delivery: Delivery): Promise<void> {
    const place = settlement.enter(delivery);
    const commit: Record<string, JsonValue> = {};
    try {
      (await throughNodes(delivery.batch, commit))?.release();
    } catch (error) {
      place.failed();
      throw error;
    }
    place.done({ commit });
    return place.settled;
  }

  /** Deliveries reach the buffer's door in the order they were read, each way through the steps however long; behind one that failed none does. */
  async function moveToBuffer(delivery: Delivery, into: OpenBuffer): Promise<void> {
    const before = lastAtDoor;
    const door = Promise.withResolvers<boolean>();
    lastAtDoor = door.promise;
    try {
      const commit: Record<string, JsonValue> = {};
      const batch = await throughNodes(delivery.batch, commit);
      if (!(await before)) {
        batch?.release();
        throw new AbortedError("a batch before it was not handed on");
      }
      const positions = { ...carried, ...delivery.positions, ...commit };
      carried = batch === undefined ? positions : {};
      if (parts.reopen !== undefined) for (const [key, position] of Object.entries(positions)) handedOn.set(key, position);
      const handed = batch === undefined ? acked(delivery, log) : into.append({ ...delivery, batch, positions }, settleBuffered);
      door.resolve(true);
      if ((await handed) === false) throw new AbortedError("the buffer was closed before it had the batch");
    } finally {
      door.resolve(false);
    }
  }

  /** A durable buffer has the delivery: the source may go on. */
  async function settleBuffered(delivery: Delivery): Promise<void> {
    await settlement.commit(delivery.positions ?? {});
    await acked(delivery, log);
  }

  async function throughNodes(first: Batch, commit: Record<string, JsonValue>): Promise<Batch | undefined> {
    let batch = first;
    for (const node of nodes) {
      const waiting = node.turn.enter();
      if (waiting !== undefined) await waiting; // Awaiting nothing costs a turn of its own, and a live line has few.
      try {
        if (node.type === "transform") {
          const before = batch.count;
          const result = node.transform.apply(batch, abort);
          const after = result instanceof Promise ? await result : result;
          stats.dropped += Math.max(0, before - (after?.count ?? 0));
          if (after === undefined) return undefined;
          batch = after;
        } else {
          const written = await node.write(batch, abort);
          Object.assign(commit, written.commit);
          if (written.isDeadLetter !== true) {
            stats.recordsOut += batch.count;
            stats.bytesOut += written.bytes ?? batch.length;
          }
        }
      } catch (error) {
        if (node.type === "output") batch.release();
        throw error;
      } finally {
        node.turn.leave();
      }
    }
    return batch;
  }
}
