// The way of a batch through the nodes of a segment: through its transforms, to its outputs, and in parts into its branches.
import type { Clock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Log, OpenBuffer, Transform } from "#sdk/plugin.ts";
import { withMemory } from "#sdk/with-memory.ts";
import { AbortedError } from "./deliver.ts";
import type { Aside, Deliver, Delivered } from "./deliver.ts";
import type { Door } from "./door.ts";
import { Order } from "./order.ts";
import type { Splitter } from "./route.ts";
import { acked } from "./settlement.ts";
import { countBusy, countRecords } from "./stats.ts";
import type { PipelineStats } from "./stats.ts";
import type { Taps } from "./taps.ts";
import { Turn } from "./turn.ts";

export type Node =
  | {
      readonly type: "route";
      readonly step: string;
      readonly split: Splitter;
      readonly branches: readonly Branch[];
    }
  | { readonly type: "transform"; readonly step: string; readonly transform: Transform; readonly turn: Turn }
  | { readonly type: "output"; readonly step: string; readonly write: Deliver; readonly turn: Turn; readonly committed: (() => Promise<void>) | undefined };

export type OutputNode = Extract<Node, { type: "output" }>;

/** A way beside the pipeline's own; it ends at its last output, or in a buffer that another segment reads. */
export interface Branch {
  readonly nodes: readonly Node[];
  readonly buffer: OpenBuffer | undefined;
  /** The buffer's name. */
  readonly bufferStep?: string | undefined;
  readonly door: Door;
}

/** These nodes and those of all branches. */
export function withBranches(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => (node.type === "route" ? [node, ...node.branches.flatMap((branch) => withBranches(branch.nodes))] : [node]));
}

/** What a delivery gathers on its way. */
export class Gathered {
  readonly commit: Record<string, JsonValue> = {};
  /** The ways of its parts, to their outputs or into the buffers of their branches. */
  readonly branches: Promise<void>[] = [];
  /** Resolved when what the buffer of a branch took of it is written, or durable. */
  readonly parts: Promise<void>[] = [];
}

export interface WayParts {
  readonly nodes: readonly Node[];
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: PipelineStats;
  readonly taps: Taps | undefined;
  /** Ends what transforms and outputs have under way. */
  readonly giveUp: AbortSignal;
  /** From then on nobody waits for the rules of the branches' buffers. */
  readonly flushing: AbortSignal | undefined;
}

export class Way {
  readonly #parts: WayParts;
  /** Of outputs that write several batches at once: what is behind them has those in their order. */
  readonly #orders: ReadonlyMap<Node, Order>;
  /** A route that waits for memory is not overtaken. */
  readonly #splitTurns: ReadonlyMap<Node, Turn>;

  constructor(parts: WayParts) {
    this.#parts = parts;
    const everyNode = withBranches(parts.nodes);
    this.#splitTurns = new Map(everyNode.flatMap((node) => (node.type === "route" ? [[node, new Turn(1)]] : [])));
    this.#orders = new Map(everyNode.flatMap((node) => (node.type === "output" && 1 < node.turn.width ? [[node, new Order()]] : [])));
  }

  /** Consumes the batch; gives what is left of it behind the last node, when every branch has its part. */
  async through(batch: Batch, gathered: Gathered): Promise<Batch | undefined> {
    const rest = await this.#throughNodes(this.#parts.nodes, batch, gathered).catch((error: unknown) => void gathered.branches.push(Promise.reject(error)));
    for (const end of gathered.branches.length === 0 ? [] : await Promise.allSettled(gathered.branches)) {
      if (end.status === "fulfilled") continue;
      rest?.release();
      throw end.reason;
    }
    return rest ?? undefined;
  }

  /** Writes what came another way at one output, behind all that is on its way there; leaves the batch alone. What it wrote is to be settled in the order in which this was called. */
  async aside(target: OutputNode, batch: Batch, aside: Aside): Promise<Delivered> {
    const { stats, taps, giveUp } = this.#parts;
    for (const node of pathTo(this.#parts.nodes, target)) {
      const inOrder = node === target ? undefined : this.#orders.get(node)?.enter();
      const turn = node.type === "route" ? this.#splitTurns.get(node) : node.turn;
      const waiting = turn?.enter();
      if (waiting !== undefined) await waiting;
      try {
        if (node === target) {
          if (aside.leaveOff.aborted) throw new AbortedError("nobody waits for it any longer");
          countRecords(stats, target.step, batch.count);
          if (taps?.isAny === true) taps.after(target.step, batch, undefined);
          return this.#countWritten(batch, await target.write(batch, giveUp, aside));
        }
      } finally {
        turn?.leave();
        if (inOrder !== undefined) await inOrder();
      }
    }
    throw new Error("the output is not on this way");
  }

  #countWritten(batch: Batch, written: Delivered): Delivered {
    const { stats } = this.#parts;
    if (written.isDeadLetter === true) return written;
    stats.recordsOut += batch.count - (written.refusedRecords ?? 0);
    stats.bytesOut += written.bytes ?? batch.length;
    return written;
  }

  /** Consumes the batch; gives what is left of it. */
  async #throughNodes(nodes: readonly Node[], first: Batch, gathered: Gathered): Promise<Batch | undefined> {
    const { clock, stats, taps, giveUp } = this.#parts;
    let batch = first;
    for (const [index, node] of nodes.entries()) {
      countRecords(stats, node.step, batch.count);
      if (node.type === "route") {
        const rest = await this.#splitInTurn(node, batch, gathered);
        if (rest === undefined) return undefined;
        batch = rest;
        continue;
      }
      const inOrder = index + 1 < nodes.length ? this.#orders.get(node)?.enter() : undefined;
      const waiting = node.turn.enter();
      if (waiting !== undefined) await waiting; // Awaiting nothing costs a turn of its own, and a live line has few.
      // Of whole milliseconds the sum is right all the same: work begins at any time within one.
      const beganMs = clock.now();
      try {
        if (node.type === "transform") {
          const before = batch.count;
          const shown = taps?.isAny === true ? taps.before(node.step, batch) : undefined;
          const given = batch;
          const result = withMemory(() => node.transform.apply(given, giveUp), { batch, clock, signal: giveUp });
          const after = result instanceof Promise ? await result : result;
          if (taps?.isAny === true) taps.after(node.step, after, shown);
          stats.dropped += Math.max(0, before - (after?.count ?? 0));
          if (after === undefined) return undefined;
          batch = after;
        } else {
          if (taps?.isAny === true) taps.after(node.step, batch, undefined);
          const written = await node.write(batch, giveUp);
          Object.assign(gathered.commit, written.commit);
          this.#countWritten(batch, written);
        }
      } catch (error) {
        if (node.type === "transform") return this.#leftBy(batch, error);
        batch.release();
        throw error;
      } finally {
        countBusy(stats, node.step, (clock.now() - beganMs) / node.turn.width);
        node.turn.leave();
        if (inOrder !== undefined) await inOrder();
      }
    }
    return batch;
  }

  /** Consumes the batch; gives what goes on to the next step. Each part has its place in line then, and none holds up another, or what goes on. */
  async #splitInTurn(node: Extract<Node, { type: "route" }>, batch: Batch, gathered: Gathered): Promise<Batch | undefined> {
    const { clock, giveUp } = this.#parts;
    const turn = this.#splitTurns.get(node);
    const waiting = turn?.enter();
    if (waiting !== undefined) await waiting;
    try {
      const splitting = withMemory(() => node.split(batch), { batch, clock, signal: giveUp });
      const { parts: ofBranches, rest } = splitting instanceof Promise ? await splitting : splitting;
      for (const [index, branch] of node.branches.entries()) {
        const part = ofBranches[index];
        if (part !== undefined) gathered.branches.push(this.#throughBranch(branch, part, gathered));
      }
      return rest;
    } catch (error) {
      return this.#leftBy(batch, error);
    } finally {
      turn?.leave();
    }
  }

  /** A step that fails leaves the batch, unless it had made another of it by then. What fails because it is to stop is no failure. */
  #leftBy(batch: Batch, error: unknown): never {
    if (!batch.isReleased) batch.release();
    if (this.#parts.giveUp.aborted && !(error instanceof AbortedError)) throw new AbortedError("stopped before the batch was through", { cause: error });
    throw error;
  }

  /** Consumes the batch. */
  async #throughBranch({ nodes, buffer, bufferStep, door }: Branch, first: Batch, gathered: Gathered): Promise<void> {
    if (buffer === undefined) return void (await this.#throughNodes(nodes, first, gathered))?.release();
    const { log, stats, flushing } = this.#parts;
    const { before, leave } = door.enter();
    try {
      const batch = await this.#throughNodes(nodes, first, gathered);
      if (!(await before)) {
        batch?.release();
        throw new AbortedError("a batch before it was not handed on");
      }
      if (batch === undefined) return leave(true);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      gathered.parts.push(promise);
      if (bufferStep !== undefined) countRecords(stats, bufferStep, batch.count);
      promise.catch(() => {}); // Whoever settles the delivery hears of it.
      const handed = buffer.append({ batch, ack: resolve, nack: () => reject(new AbortedError("a part of the batch was not written")) }, (delivery) => acked(delivery, log));
      leave(true);
      if (flushing?.aborted === true) buffer.flush?.(); // The end waits for it.
      if (!(await handed)) throw new AbortedError("the buffer was closed before it had the batch");
    } finally {
      leave(false);
    }
  }
}

/** The nodes that a batch passes on its way to this one, and itself; empty when it does not stand here. */
function pathTo(nodes: readonly Node[], target: Node): Node[] {
  for (const [index, node] of nodes.entries()) {
    if (node === target) return nodes.slice(0, index + 1);
    const inside = node.type === "route" ? node.branches.map((branch) => pathTo(branch.nodes, target)).find((path) => 0 < path.length) : undefined;
    if (inside !== undefined) return [...nodes.slice(0, index + 1), ...inside];
  }
  return [];
}
