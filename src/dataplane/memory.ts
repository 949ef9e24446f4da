// Chunk memory: one shared WebAssembly memory a thread, cut by a buddy allocator into chunks that
// batches live in. Its size is fixed when the thread starts; pages never touched cost nothing.
// Each pipeline borrows through a pool with a limit of its own, so that a stuck one starves nobody.
import { assert } from "#base/assert.ts";
import type { Kernels } from "./kernels.ts";
import { loadKernels } from "./load-kernels.ts";

const SMALLEST_BYTES = 4096;
const AT_HAND_MAX = 8;
/** Kernels may touch this many bytes beyond a span; every chunk has them to spare. */
export const SLACK_BYTES = 64;
const PAGE_BYTES = 65_536;
/** Left to the compiled kernels: their static data and stack. */
const RESERVED_BYTES = PAGE_BYTES * 2;

export class ChunkMemory {
  /** The whole memory. Shared, so it may be handed to fs, sockets and other threads without a copy. */
  readonly bytes: Buffer;
  readonly words: Uint32Array;
  readonly view: DataView;
  readonly kernels: Kernels;
  readonly bytesMax: number;
  /** Free chunks by order: order n holds chunks of SMALLEST_BYTES << n. */
  readonly #free: Set<number>[] = [];
  /** Chunks of the smallest size that were just given back: the next live line takes one as it is, instead of cutting one off and joining it again. */
  readonly #atHand: number[] = [];

  constructor({ bytesMax = 256 << 20, kernels }: { bytesMax?: number; kernels?: "wasm" | "plain" } = {}) {
    assert(bytesMax % PAGE_BYTES === 0 && (bytesMax & (bytesMax - 1)) === 0, "chunk memory is a power of two");
    const pages = (bytesMax + RESERVED_BYTES) / PAGE_BYTES;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.bytes = Buffer.from(memory.buffer);
    this.words = new Uint32Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.bytesMax = bytesMax;
    this.kernels = loadKernels(memory, kernels);
    const orders = Math.log2(bytesMax / SMALLEST_BYTES);
    for (let order = 0; order <= orders; order += 1) this.#free.push(new Set());
    this.#free[orders]?.add(0);
  }

  /** Memory for one pipeline: at most `limitBytes` of chunks at a time. */
  pool(limitBytes: number = this.bytesMax): ChunkPool {
    return new ChunkPool(this, limitBytes);
  }

  /** A chunk of at least `bytes`, or undefined when none is free. Only pools call this. */
  allocate(bytes: number): { offset: number; order: number } | undefined {
    const order = 32 - Math.clz32((bytes + SLACK_BYTES - 1) / SMALLEST_BYTES);
    if (order === 0) {
      const offset = this.#atHand.pop();
      if (offset !== undefined) return { offset, order };
    } else for (const offset of this.#atHand.splice(0)) this.#join(offset, 0); // A few of them lying about would keep larger ones apart, and more pages touched.
    let from = order;
    while (from < this.#free.length && this.#free[from]?.size === 0) from += 1;
    const free = this.#free[from];
    if (free === undefined) return undefined;
    const offset = lowest(free); // Low addresses first: fewer pages are ever touched.
    free.delete(offset);
    while (order < from) {
      from -= 1;
      this.#free[from]?.add(offset + (SMALLEST_BYTES << from));
    }
    return { offset, order };
  }

  free(offset: number, order: number): void {
    if (order === 0 && this.#atHand.length < AT_HAND_MAX) this.#atHand.push(offset);
    else this.#join(offset, order);
  }

  #join(offset: number, order: number): void {
    let start = offset;
    let level = order;
    while (level + 1 < this.#free.length) {
      const buddy = start ^ (SMALLEST_BYTES << level);
      if (this.#free[level]?.delete(buddy) !== true) break;
      start = Math.min(start, buddy);
      level += 1;
    }
    this.#free[level]?.add(start);
  }

  /** Where chunk offset 0 lies in `bytes`. */
  get base(): number {
    return RESERVED_BYTES;
  }
}

function lowest(offsets: ReadonlySet<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const offset of offsets) if (offset < least) least = offset;
  return least;
}

/** The end of the memory of a thread or of a pipeline's share of it: a bound in its options is set too high. */
export class MemoryFullError extends Error {
  override readonly name = "MemoryFullError";
  readonly code = "MEMORY_FULL";
  /** Of the chunk that was asked for. */
  readonly chunkBytes: number;
  constructor(message: string, chunkBytes = 0) {
    super(message);
    this.chunkBytes = chunkBytes;
  }
}

/** One pipeline's way to chunk memory. */
export class ChunkPool {
  readonly memory: ChunkMemory;
  readonly limitBytes: number;
  #usedBytes = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(memory: ChunkMemory, limitBytes: number) {
    this.memory = memory;
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** A chunk of at least `bytes` (slack not counted). Throws MemoryFullError. Whoever takes it releases it once. */
  take(bytes: number): Chunk {
    const got = this.memory.allocate(bytes);
    if (got === undefined) throw new MemoryFullError(`no room for ${bytes} bytes in ${this.memory.bytesMax} bytes of chunk memory (this pipeline holds ${this.#usedBytes})`, 2 ** Math.ceil(Math.log2(bytes + SLACK_BYTES)));
    const chunk = new Chunk(this, got.offset, got.order);
    this.#usedBytes += chunk.capacity + SLACK_BYTES;
    return chunk;
  }

  /** Waits until `bytes` fit below the limit; inputs call it before they read, which is how back-pressure reaches them. */
  async room(bytes: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.limitBytes < this.#usedBytes + bytes && 0 < this.#usedBytes) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener("abort", done);
          resolve();
        };
        signal.addEventListener("abort", done, { once: true });
        this.#waiting.push(done);
      });
    }
  }

  /** Only chunks call this. */
  giveBack(chunk: Chunk, offset: number, order: number): void {
    this.#usedBytes -= chunk.capacity + SLACK_BYTES;
    this.memory.free(offset, order);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** A piece of chunk memory on loan. */
export class Chunk {
  readonly pool: ChunkPool;
  /** Byte offset of its start in the memory. */
  readonly pointer: number;
  /** Bytes that may be used; SLACK_BYTES more lie behind them. */
  readonly capacity: number;
  readonly #offset: number;
  readonly #order: number;
  #isReleased = false;

  constructor(pool: ChunkPool, offset: number, order: number) {
    this.pool = pool;
    this.pointer = pool.memory.base + offset;
    this.capacity = (SMALLEST_BYTES << order) - SLACK_BYTES;
    this.#offset = offset;
    this.#order = order;
  }

  /** Its bytes, as a view: no copy. */
  get bytes(): Buffer {
    return this.pool.memory.bytes.subarray(this.pointer, this.pointer + this.capacity);
  }

  release(): void {
    assert(!this.#isReleased, "a chunk is released once");
    this.#isReleased = true;
    this.pool.giveBack(this, this.#offset, this.#order);
  }
}
