// Holds batches in chunk memory. Positions stay where they were until the merged batch is written, so a crash loses
// nothing: the source sends again what was held.
import type { Delivery, OpenBuffer, PluginContext } from "#sdk/plugin.ts";
import { Bell } from "#base/bell.ts";
import { Gatherer } from "./gatherer.ts";
import type { MergeRule } from "./gatherer.ts";
import { addHolder, relieve } from "./pool-holders.ts";

export function openMemoryBuffer({ rule, bytesMax }: { rule: MergeRule; bytesMax: number }, { pool, clock, count, log }: PluginContext): OpenBuffer {
  // A buffer that took all of its pipeline's memory would stop the input before the rule is met.
  const limit = Math.min(bytesMax, Math.floor(pool.limitBytes / 4));
  const bell = new Bell();
  const gatherer = new Gatherer({ rule, bytesMax: limit, pool, clock, onLack: () => bell.ring() });
  let hasEnded = false;
  let isClosed = false;
  let hasSaidEarly = false;
  let lastAppend: Promise<boolean> = Promise.resolve(true);

  async function add(delivery: Delivery): Promise<boolean> {
    const mustFlush = (): boolean => !gatherer.isEmpty && limit < gatherer.heldBytes + delivery.batch.length;
    if (mustFlush()) flushEarly();
    while (mustFlush() && !isClosed) await bell.rung();
    if (isClosed) {
      delivery.batch.release();
      return false;
    }
    await gatherer.add(delivery);
    if (limit <= Math.max(gatherer.heldBytes, gatherer.openBytes)) flushEarly();
    relieve(pool);
    bell.ring();
    return true;
  }

  function flushEarly(): void {
    if (rule.bytes === undefined) count("buffer_flushed_early_total");
    if (!hasSaidEarly && rule.rows !== undefined) log.warn("buffer is full before its lines are there: batches go on with fewer", { bytesMax: limit });
    hasSaidEarly = true;
    gatherer.flush();
    bell.ring();
  }

  const leave = addHolder(pool, {
    get openBytes() {
      return gatherer.openBytes;
    },
    flush: flushEarly,
  });

  return {
    isDurable: false,
    append(delivery) {
      lastAppend = lastAppend.then(() => add(delivery));
      return lastAppend;
    },
    async read(signal) {
      for (;;) {
        const delivery = gatherer.take();
        if (delivery !== undefined) {
          bell.ring();
          return delivery;
        }
        if (signal.aborted || isClosed) return undefined;
        const dueAt = gatherer.dueAt;
        if (hasEnded || (dueAt !== undefined && dueAt <= clock.now())) {
          if (gatherer.isEmpty) return undefined;
          gatherer.flush();
          continue;
        }
        await bell.rung(signal, dueAt === undefined ? undefined : { clock, ms: dueAt - clock.now() });
      }
    },
    finishPartial() {
      gatherer.finishPartial();
      bell.ring();
    },
    flush() {
      if (!gatherer.isEmpty) flushEarly();
    },
    end() {
      hasEnded = true;
      bell.ring();
    },
    held: () => ({ bytes: gatherer.heldBytes, batches: gatherer.heldBatches }),
    async close() {
      isClosed = true;
      leave();
      gatherer.close();
      bell.ring();
    },
  };
}
