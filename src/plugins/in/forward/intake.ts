// Between the connections and `read`: batches that wait to be taken, and the acks that go back when they are written.
// Small frames of one tag that wait here are put together (those that ask for an ack, and those that do not), so that a logger which sends one event a frame is no slower.
import type { Part } from "./parts.ts";
import { PART_ROWS, releaseParts } from "./parts.ts";
import { Heap } from "./heap.ts";
import type { SeenChunks } from "./seen-chunks.ts";
import { Bell } from "#base/bell.ts";
import { Turns } from "#base/turns.ts";
import { Batch } from "#dataplane/batch.ts";
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import type { Delivery } from "#sdk/plugin.ts";

/** Called when all parts of one frame are written. */
export class FrameAck {
  /** What the chunk is remembered by; undefined = it is not. */
  readonly id: string | undefined;
  readonly #send: () => void;
  readonly #parts: number;
  #partsLeft: number;
  #partsTaken: number;
  /** Of `parts` an earlier run has written `partsWritten`. */
  constructor({ parts, partsWritten = 0, id }: { readonly parts: number; readonly partsWritten?: number; readonly id?: string }, send: () => void) {
    this.id = id;
    this.#parts = parts;
    this.#partsTaken = partsWritten;
    this.#partsLeft = parts - partsWritten;
    this.#send = send;
    if (parts === 0) send();
  }
  get partsTaken(): number {
    return this.#partsTaken;
  }
  /** Whether that was the last one. */
  partTaken(): boolean {
    this.#partsTaken += 1;
    return this.#partsTaken === this.#parts;
  }
  partWritten(): void {
    this.#partsLeft -= 1;
    if (this.#partsLeft === 0) this.#send();
  }
}

interface Item {
  readonly tag: string;
  source: string | undefined;
  chunk: Chunk;
  length: number;
  rows: number;
  readonly wantsAck: boolean;
  readonly acks: FrameAck[];
}

const SMALL_BYTES = 64 * 1024;
const TOGETHER_BYTES = 1024 * 1024;
/** More than this is not held ready: the sockets wait, and their peers with them. */
const READY_BYTES_MAX = 8 * 1024 * 1024;

export class Intake {
  readonly #pool: ChunkPool;
  readonly #seen: SeenChunks | undefined;
  readonly #items: Item[] = [];
  #readyBytes = 0;
  /** Bytes that connections may still take for frames under way. */
  #promisedBytes = 0;
  #isClosed = false;
  #isRefusing = false;
  readonly #stop = new AbortController();
  /** Wakes whoever waits for a batch. */
  readonly #bell = new Bell();
  /** Small frames that came together are read together: the reader is woken when all that has arrived is looked at. */
  #wakeLater: NodeJS.Immediate | undefined;
  /** Wake connections that wait for the reader. */
  readonly #wakeConnections: (() => void)[] = [];
  /** Frames wait for memory in order, so that small ones do not starve a large one. */
  readonly #turns = new Turns();
  /** One frame is unpacked at a time: a few kilobytes become as much as max_chunk. */
  readonly unpacking = new Turns();
  readonly heap = new Heap();

  constructor(pool: ChunkPool, seen: SeenChunks | undefined) {
    this.#pool = pool;
    this.#seen = seen;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Hands over the parts of a frame. */
  push(tag: string, source: string, parts: readonly Part[], ack: FrameAck | undefined): void {
    if (this.#isClosed) return releaseParts(parts);
    const wantsAck = ack !== undefined;
    for (const { chunk, length, rows } of parts) {
      this.#readyBytes += length;
      const last = this.#items.at(-1);
      if (last !== undefined && length <= SMALL_BYTES && last.tag === tag && last.wantsAck === wantsAck && last.length + length <= TOGETHER_BYTES && last.rows + rows <= PART_ROWS) {
        this.#join(last, chunk, length, rows);
        if (last.source !== source) last.source = undefined;
        if (ack !== undefined) last.acks.push(ack);
      } else this.#items.push({ tag, source, chunk, length, rows, wantsAck, acks: ack === undefined ? [] : [ack] });
    }
    if (parts.some(({ length }) => SMALL_BYTES < length)) this.#bell.ring();
    else if (this.#wakeLater === undefined) this.#wakeLater = setImmediate(() => this.#wakeNow());
  }

  /** The next batch, or undefined when none is ready. */
  shift(nowMs: number): Delivery | undefined {
    const item = this.#items.shift();
    if (item === undefined) return undefined;
    this.#readyBytes -= item.length;
    if (this.#readyBytes < READY_BYTES_MAX) for (const wake of this.#wakeConnections.splice(0)) wake();
    const seconds = Math.floor(nowMs / 1000);
    const batch = Batch.entries(item.chunk, 0, item.length, item.rows, { tag: item.tag, seconds, nanoseconds: Math.floor((nowMs - seconds * 1000) * 1e6), source: item.source });
    if (item.acks.length === 0) return { batch };
    const ended = item.acks.filter((ack) => ack.partTaken());
    const ids = ended.map(({ id }) => id).filter((id) => id !== undefined);
    const last = item.acks.at(-1);
    const open = last === ended.at(-1) ? undefined : last;
    const begun = open?.id === undefined ? undefined : { id: open.id, parts: open.partsTaken };
    const isRemembered = 0 < ids.length || begun !== undefined;
    return {
      batch,
      // A client sends a frame again as a whole; what is known of it when it comes again needs no waiting for its end.
      isPartial: open !== undefined && begun === undefined,
      ...(isRemembered ? { positions: this.#seen?.positions(ids, begun) ?? {} } : {}),
      ack: () => item.acks.forEach((ack) => ack.partWritten()),
    };
  }

  /** Waits until something is ready, or the signal, or the end. */
  async ready(signal: AbortSignal): Promise<void> {
    if (0 < this.#items.length || signal.aborted || this.#isClosed) return;
    await this.#bell.rung(signal);
  }

  /** For whoever changed what a reader looks at. */
  wake(): void {
    this.#bell.ring();
  }

  /** Waits until the reader has taken enough for another frame to be read. */
  async room(): Promise<void> {
    while (!this.#isClosed && (this.#isRefusing || READY_BYTES_MAX <= this.#readyBytes)) await new Promise<void>((resolve) => void this.#wakeConnections.push(resolve));
    if (this.#pool.limitBytes < this.#pool.usedBytes) await this.#pool.room(0, this.#stop.signal);
  }

  /** No other frame is begun; what is here can be had still. */
  refuse(): void {
    this.#isRefusing = true;
  }

  /** Waits until the pool has room for a frame of `bytes`, and keeps it until the returned function is called. */
  async reserve(bytes: number): Promise<() => void> {
    const endTurn = await this.#turns.take();
    try {
      await this.#pool.room(bytes + this.#promisedBytes, this.#stop.signal);
      this.#promisedBytes += bytes;
    } finally {
      endTurn();
    }
    return () => void (this.#promisedBytes -= bytes);
  }

  close(): void {
    this.#isClosed = true;
    this.#stop.abort();
    for (const item of this.#items.splice(0)) item.chunk.release();
    this.#readyBytes = 0;
    for (const wake of this.#wakeConnections.splice(0)) wake();
    this.#bell.ring();
  }

  #wakeNow(): void {
    this.#wakeLater = undefined;
    this.#bell.ring();
  }

  #join(item: Item, chunk: Chunk, length: number, rows: number): void {
    const { bytes } = this.#pool.memory;
    if (item.chunk.capacity < item.length + length) {
      const grown = this.#pool.take(Math.min(TOGETHER_BYTES, Math.max(item.length + length, item.chunk.capacity * 2)));
      bytes.copyWithin(grown.pointer, item.chunk.pointer, item.chunk.pointer + item.length);
      item.chunk.release();
      item.chunk = grown;
    }
    bytes.copyWithin(item.chunk.pointer + item.length, chunk.pointer, chunk.pointer + length);
    item.length += length;
    item.rows += rows;
    chunk.release();
  }
}
