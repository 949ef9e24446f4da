// The loop that moves batches: from an input, through transforms and outputs, to the end of the pipeline or into a buffer.
// A pipeline with buffers is several segments; each buffer ends one and begins the next.
//
// Invariant: a position is committed only after its batch, and all before it, are written, dead-lettered, or durable in a buffer.
import { setMaxListeners } from "node:events";
import { Breather } from "#base/breather.ts";
import type { Clock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import { eitherOf } from "#base/signals.ts";
import type { Delivery, Input, Log, OpenBuffer } from "#sdk/plugin.ts";
import { AbortedError } from "./deliver.ts";
import { Newcomers } from "./brought.ts";
import type { Hatch } from "./brought.ts";
import { Door } from "./door.ts";
import { Settlement, acked } from "./settlement.ts";
import type { Store } from "./settlement.ts";
import { countRecords } from "./stats.ts";
import type { PipelineStats } from "./stats.ts";
import type { Taps } from "./taps.ts";
import { Turn } from "./turn.ts";
import { Gathered, Way, withBranches } from "./way.ts";
import type { Node } from "./way.ts";

export interface SegmentParts {
  readonly input: Input;
  /** With what the run before went on from this input, when that was handed over open. */
  readonly front?: Front | undefined;
  /** Opens the input once more when it has ended, behind what was handed on: a pipeline with a `sleep` step starts again from the top. */
  readonly reopen?: (handedOn: ReadonlyMap<string, JsonValue>) => Promise<Input>;
  readonly nodes: readonly Node[];
  readonly buffer?: OpenBuffer | undefined;
  readonly bufferStep?: string | undefined;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: PipelineStats;
  readonly taps?: Taps;
  /** The input's name, where taps may ask for it. */
  readonly inputStep?: string;
  /** Counts what comes in; only a pipeline's first segment does. */
  readonly isFirst: boolean;
  readonly inFlightMax: number;
  /** Pause after each batch, and before a new start from the top. */
  readonly sleepMs?: number;
  /** Where others get in while it runs. */
  readonly hatch?: Hatch;
}

/** So many deliveries may wait for the buffers of branches before those are asked to give on what they have. */
const HELD_MAX = 256;
/** So long a segment that is handed over waits for the rest of what its input gave on in part. */
const REST_WITHIN_MS = 2000;
const NONE: ReadonlySet<Input> = new Set();

/** What belongs to an input that is handed to another run of its segment. */
export interface Front {
  /** Another than at the start, where a pipeline starts again from the top. */
  readonly input: Input;
  readonly settlement: Settlement;
  readonly carried: Readonly<Record<string, JsonValue>>;
  readonly handedOn: Map<string, JsonValue>;
}

/** How a segment ended. */
export interface SegmentEnd {
  /** The input was left open, and this goes on with it. */
  readonly front: Front | undefined;
  /** Something is written that is not committed: its source has not given on the rest. */
  readonly holdsBack: boolean;
  /** Everything that was read was written or handed to the buffer. */
  readonly isWhole: boolean;
  /** Commits what had to wait until everything that was handed to a buffer in memory is written. */
  commitRest(): Promise<void>;
}

export interface SegmentSignals {
  readonly drain: AbortSignal;
  readonly abort: AbortSignal;
  /** What is on its way comes again by itself, and need not be waited for; the input may still have something to do. */
  readonly giveUp?: AbortSignal;
  /** Inputs and buffers that are neither closed nor ended after a drain in which everything was written; asked when that is so. */
  readonly staying?: () => ReadonlySet<Input>;
}

export async function runSegment(parts: SegmentParts, { drain, abort, giveUp = abort, staying = () => NONE }: SegmentSignals): Promise<SegmentEnd> {
  const { nodes, buffer, clock, log, stats, taps, inFlightMax, sleepMs } = parts;
  using stopping = eitherOf(drain, abort);
  const stopped = stopping.signal;
  setMaxListeners(0, stopped, giveUp); // One listener a write under way: bounded by inFlightMax.
  const everyNode = withBranches(nodes);
  const outputs = everyNode.filter((node) => node.type === "output");
  const branchBuffers = buffersOf(parts).filter((each) => each !== buffer);
  const told = {
    async onCommitted() {
      for (const output of outputs) await output.committed?.();
    },
    onHeldBack: () => input.finishPartial?.(),
  };
  const settlement = parts.front?.settlement ?? new Settlement(parts.store, log, stats, told);
  settlement.handTo(told);
  const way = new Way({ nodes, clock, log, stats, taps, giveUp, flushing: buffer === undefined ? undefined : stopped });
  const slots = new Turn(inFlightMax);
  const underWay = new Set<Promise<void>>();
  let failure: Error | undefined;
  let isWhole = true;
  /** Positions of what was filtered out entirely, up to the last delivery that reached the buffer's door; they go on with the next one. */
  let carried: Readonly<Record<string, JsonValue>> = parts.front?.carried ?? {};
  const door = new Door();
  const whenAborted = branchBuffers.length === 0 ? undefined : aborted(giveUp);
  /** Deliveries of which the buffer of a branch still holds a part: they keep their place, and no slot. */
  const held = new Set<Promise<void>>();
  /** What a memory buffer holds is committed later; a new pass goes on behind it all the same. */
  const handedOn = parts.front?.handedOn ?? new Map<string, JsonValue>();
  let input = parts.front?.input ?? parts.input;
  let hasDelivered = false;
  let endsInPart = false;
  let hasEnded = false;
  /** What waits for the parts that the buffers of branches hold cannot wait for their rules as well. */
  const flushBranches = (): void => {
    for (const each of branchBuffers) each.flush?.();
  };
  if (buffer !== undefined && 0 < branchBuffers.length) stopped.addEventListener("abort", flushBranches, { once: true });

  const newcomers = new Newcomers({ way, settlement: buffer === undefined ? settlement : undefined, underWay, stopped, giveUp, flush: flushBranches });
  if (parts.hatch !== undefined) parts.hatch.take = (brought) => newcomers.take(brought);
  await moveAll();
  return await end(); // Not without waiting: what it listens to goes with this function.

  async function moveAll(): Promise<void> {
    const breather = new Breather(clock);
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
      begin(delivery);
      const { breath } = breather; // An input that always has something, and an output that takes it at once, leave no time to others.
      if (breath !== undefined) await breath;
      if (sleepMs !== undefined) {
        await Promise.all(underWay);
        await clock.pause(sleepMs, stopped);
      }
    }
  }

  async function end(): Promise<SegmentEnd> {
    hasEnded = true;
    if (parts.hatch !== undefined) parts.hatch.take = undefined;
    if (buffer !== undefined) flushBranches();
    await Promise.all(underWay);
    let stay = drain.aborted ? staying() : NONE;
    // What is durable stays without what is before it.
    if (stay.has(parts.input) && !(await hasReadPart())) stay = new Set(buffersOf(parts).filter((each) => each.isDurable && stay.has(each)));
    if (!isWhole || abort.aborted) stay = NONE;
    if (stopped.aborted && !stay.has(parts.input)) await moveRest();
    for (const each of buffersOf(parts)) if (!stay.has(each)) each.end();
    const isLeftOpen = stay.has(parts.input);
    if (!isLeftOpen) await input.close();
    if (failure !== undefined) throw failure;
    if (0 < held.size) await Promise.race([Promise.all(held), whenAborted]);
    await newcomers.settled();
    const commitRest = async (): Promise<void> => {
      const rest = carried;
      carried = {};
      await settlement.commit(rest);
    };
    // What a durable buffer has is safe. What a memory buffer holds is not yet written, and positions behind it have to wait.
    if (isWhole && buffer?.isDurable === true) await commitRest();
    const { holdsBack } = settlement;
    if (!isLeftOpen) return { isWhole, holdsBack, front: undefined, commitRest };
    // Behind a buffer that stays they still go on with the next delivery.
    const isCarriedOn = buffer !== undefined && stay.has(buffer);
    const front: Front = { input, settlement, handedOn, carried: isCarriedOn ? carried : {} };
    if (isCarriedOn) carried = {};
    return { isWhole, holdsBack, front, commitRest };
  }

  function begin(delivery: Delivery): void {
    endsInPart = delivery.isPartial === true;
    if (parts.isFirst) {
      stats.recordsIn += delivery.batch.count;
      stats.bytesIn += delivery.batch.length;
      if (parts.inputStep !== undefined) countRecords(stats, parts.inputStep, delivery.batch.count);
    }
    if (taps?.isAny === true && parts.inputStep !== undefined) taps.after(parts.inputStep, delivery.batch, undefined);
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
  }

  /** What the input has taken and its source cannot send again. */
  async function moveRest(): Promise<void> {
    while (failure === undefined && !abort.aborted) {
      const waiting = slots.enter();
      if (waiting !== undefined) await waiting;
      const rest = await input.readRest?.(abort);
      if (rest === undefined) break;
      begin(rest);
    }
    await Promise.all(underWay);
  }

  /** Whether nothing is left in part: what is written of it is committed with the rest, for which it reads on a while. */
  async function hasReadPart(): Promise<boolean> {
    using waiting = eitherOf(abort, AbortSignal.timeout(REST_WITHIN_MS));
    while (isWhole && endsInPart && (settlement.holdsBack || buffer !== undefined)) {
      input.finishPartial?.();
      const rest = await input.read(waiting.signal);
      if (rest === undefined) return false;
      await slots.enter();
      begin(rest);
      await Promise.all(underWay);
    }
    return true;
  }

  function move(delivery: Delivery): Promise<void> {
    return buffer === undefined ? moveToEnd(delivery) : moveToBuffer(delivery, buffer);
  }

  async function moveToEnd(delivery: Delivery): Promise<void> {
    const place = settlement.enter(delivery);
    const gathered = new Gathered();
    try {
      (await way.through(delivery.batch, gathered))?.release();
    } catch (error) {
      place.failed();
      throw error;
    }
    // Behind one that is held it would keep its slot for as long.
    if (branchBuffers.length === 0) {
      place.done({ commit: gathered.commit });
      return place.settled;
    }
    const whole = Promise.all(gathered.parts).then(
      () => {
        place.done({ commit: gathered.commit });
        return place.settled;
      },
      () => place.failed(), // Why, the segment behind that buffer says.
    );
    held.add(whole);
    void whole.finally(() => held.delete(whole));
    if (held.size < HELD_MAX) return;
    flushBranches();
    await Promise.race([held.values().next().value, whenAborted]);
  }

  /** Each goes its way through the steps however long; behind one that failed none is handed on. */
  async function moveToBuffer(delivery: Delivery, into: OpenBuffer): Promise<void> {
    const { before, leave } = door.enter();
    try {
      const gathered = new Gathered();
      const batch = await way.through(delivery.batch, gathered);
      try {
        // The positions go on with the batch: nothing of it may be held elsewhere then. What a buffer of a branch holds until its rule is met would keep all slots.
        if (0 < gathered.parts.length && (hasEnded || stopped.aborted || inFlightMax <= underWay.size)) flushBranches();
        await Promise.all(gathered.parts);
        if (!(await before)) throw new AbortedError("a batch before it was not handed on");
      } catch (error) {
        batch?.release();
        throw error;
      }
      const positions = { ...carried, ...delivery.positions, ...gathered.commit };
      carried = batch === undefined ? positions : {};
      if (parts.reopen !== undefined) for (const [key, position] of Object.entries(positions)) handedOn.set(key, position);
      if (batch !== undefined && parts.bufferStep !== undefined) countRecords(stats, parts.bufferStep, batch.count);
      const handed = batch === undefined ? acked(delivery, log) : into.append({ ...delivery, batch, positions }, settleBuffered);
      leave(true);
      if ((await handed) === false) throw new AbortedError("the buffer was closed before it had the batch");
    } finally {
      leave(false);
    }
  }

  /** A durable buffer has the delivery: the source may go on. */
  async function settleBuffered(delivery: Delivery): Promise<void> {
    await settlement.commit(delivery.positions ?? {});
    await acked(delivery, log);
  }
}

/** Where the segment ends: its buffer, and those of its branches. */
export function buffersOf({ nodes, buffer }: Pick<SegmentParts, "nodes" | "buffer">): OpenBuffer[] {
  const ofBranches = withBranches(nodes).flatMap((node) => (node.type === "route" ? node.branches.flatMap((branch) => branch.buffer ?? []) : []));
  return buffer === undefined ? ofBranches : [buffer, ...ofBranches];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
