// A step that holds records of one batch until a later one comes, as the buffer that the pipeline sees: it ends a segment and begins
// the next.
//
// Nothing is lost and nothing comes twice, because what is held is committed itself: whenever something is given on, the record of the
// position store that moves the source over what was read says in the same breath what of it is still held (`changes`). After a crash
// the source goes on behind what was committed, and the step goes on with what it held then. The positions of what gave nothing on wait
// for the next batch that is given on. So every batch may be committed, and no output behind has to wait for a cut that suits.
import { Bell } from "#base/bell.ts";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import type { Delivery, OpenBuffer, PluginContext } from "./plugin.ts";

/** What such a step does with the stream. */
export interface Gathering {
  /** Consumes the batch; returns what became complete. Where it throws MemoryFullError it has done nothing, and is asked again. */
  add(batch: Batch): readonly Batch[];
  /** When some of what is held is to go on, by the clock; undefined when nothing waits for a time. */
  readonly dueAt: number | undefined;
  /** Returns what is due at `now`; `Infinity` means all that is held. The same holds for MemoryFullError. */
  flush(now: number): readonly Batch[];
  /** What has to be committed so that a next run can go on with what is held now: what changed since it was last asked. null forgets a key. */
  changes(): Readonly<Record<string, JsonValue>>;
  held(): { readonly bytes: number; readonly batches: number };
}

/** Batches that are complete and wait to be read: one on its way and one behind it. */
const READY_MAX = 2;
/** How long to wait for memory that others hold. */
const MEMORY_PAUSE_MS = 20;

export function gatheringStep(gathering: Gathering, { clock }: PluginContext): OpenBuffer {
  const bell = new Bell();
  const ready: Delivery[] = [];
  /** What was taken in since something was last given on whole. */
  let positions: Record<string, JsonValue> = {};
  let waiting: Delivery[] = [];
  let isInPart = false;
  let hasEnded = false;
  let isClosed = false;
  let lastAppend: Promise<boolean> = Promise.resolve(true);

  async function add(delivery: Delivery): Promise<boolean> {
    // What comes out is made of several, and may be two batches where one came in.
    delivery.batch.identify(undefined);
    while (READY_MAX <= ready.length && !isClosed) await bell.rung();
    const complete = isClosed ? undefined : await withMemory(() => gathering.add(delivery.batch));
    if (complete === undefined) {
      delivery.batch.release();
      return false;
    }
    Object.assign(positions, delivery.positions);
    if (delivery.ack !== undefined || delivery.nack !== undefined) waiting.push(delivery);
    isInPart = delivery.isPartial === true;
    giveOn(complete);
    return true;
  }

  /** The last of the batches moves the positions; behind those before it the source cannot go on. */
  function giveOn(batches: readonly Batch[]): void {
    for (const [index, batch] of batches.entries()) {
      if (index + 1 < batches.length || isInPart) ready.push({ batch, isPartial: true });
      else {
        ready.push(deliveryOf(batch, { ...positions, ...gathering.changes() }, waiting));
        positions = {};
        waiting = [];
      }
    }
    bell.ring();
  }

  /** undefined when the step was closed, or the signal aborted, before there was memory. */
  async function withMemory(work: () => readonly Batch[], signal?: AbortSignal): Promise<readonly Batch[] | undefined> {
    while (!isClosed && signal?.aborted !== true) {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof MemoryFullError)) throw error;
        await clock.pause(MEMORY_PAUSE_MS, signal);
      }
    }
    return undefined;
  }

  return {
    isDurable: false,
    append(delivery) {
      lastAppend = lastAppend.then(() => add(delivery));
      return lastAppend;
    },
    async read(signal) {
      for (;;) {
        const delivery = ready.shift();
        if (delivery !== undefined) {
          bell.ring();
          return delivery;
        }
        if (signal.aborted || isClosed) return undefined;
        const { dueAt } = gathering;
        const now = clock.now();
        if (hasEnded || (dueAt !== undefined && dueAt <= now)) {
          giveOn((await withMemory(() => gathering.flush(hasEnded ? Number.POSITIVE_INFINITY : now), signal)) ?? []);
          if (hasEnded && ready.length === 0) return undefined;
          continue;
        }
        await bell.rung(signal, dueAt === undefined ? undefined : { clock, ms: dueAt - now });
      }
    },
    end() {
      hasEnded = true;
      bell.ring();
    },
    held: () => gathering.held(),
    async close() {
      isClosed = true;
      for (const { batch, nack } of ready.splice(0)) {
        batch.release();
        nack?.();
      }
      for (const { nack } of waiting.splice(0)) nack?.();
      bell.ring();
    },
  };
}

function deliveryOf(batch: Batch, positions: Readonly<Record<string, JsonValue>>, deliveries: readonly Delivery[]): Delivery {
  return {
    batch,
    positions,
    async ack() {
      for (const delivery of deliveries) await delivery.ack?.();
    },
    nack() {
      for (const delivery of deliveries) delivery.nack?.();
    },
  };
}
