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
  /** Opens the input once more when it has ended: a pipeline with a `sleep` step starts again from the top. */
  readonly reopen?: () => Promise<Input>;
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

export async function runSegment(parts: SegmentParts, { drain, abort }: { drain: AbortSignal; abort: AbortSignal }): Promise<void> {
  const { nodes, buffer, clock, log, stats, inFlightMax, sleepMs } = parts;
  using stopping = eitherOf(drain, abort);
  const stopped = stopping.signal;
  setMaxListeners(0, stopped, abort); // One listener a write under way: bounded by inFlightMax.
  const outputs = nodes.filter((node) => node.type === "output");
  const settlement = new Settlement(parts.store, log, stats, async () => {
    for (const output of outputs) await output.committed?.();
  });
  const slots = new Turn(inFlightMax);
  const underWay = new Set<Promise<void>>();
  let failure: Error | undefined;
  let carried: Readonly<Record<string, JsonValue>> = {};
  let input = parts.input;
  let hasDelivered = false;

  while (failure === undefined) {
    const waiting = slots.enter();
    if (waiting !== undefined) await waiting;
    const delivery = stopped.aborted ? undefined : await input.read(stopped);
    if (delivery === undefined) {
      slots.leave();
      if (stopped.aborted || parts.reopen === undefined) break;
      await Promise.all(underWay); // What was committed is what the next pass starts from.
      if (!hasDelivered) await clock.pause(sleepMs ?? 0, stopped);
      await input.close();
      input = await parts.reopen();
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
  await settlement.commit(carried);

  async function move(delivery: Delivery): Promise<void> {
    const place = buffer === undefined ? settlement.enter(delivery) : undefined;
    const commit: Record<string, JsonValue> = {};
    const batch = await throughNodes(delivery.batch, commit);
    if (batch === undefined) {
      if (place !== undefined) {
        place.done({ commit });
        return place.settled;
      }
      // Nothing is left for the buffer: the position goes on with the next batch, since earlier ones may still be held.
      carried = { ...carried, ...delivery.positions, ...commit };
      return acked(delivery, log);
    }
    if (buffer === undefined) {
      batch.release();
      place?.done({ commit });
      return place?.settled;
    }
    const positions = { ...carried, ...delivery.positions, ...commit };
    carried = {};
    await buffer.append({ ...delivery, batch, positions }, settleBuffered);
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
