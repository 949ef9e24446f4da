// Between the sockets and `read`: lines of all peers go into one batch, so that many slow senders make few large batches; what is
// there when the reader comes is given out at once, however little it is.
// `facts.source` names the peer only where a batch is of one: to keep peers apart would mean as many batches as there are senders.
import { Bell } from "#base/bell.ts";
import { Batch } from "#dataplane/batch.ts";
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { Encoding } from "./encoding.ts";

/** Of a whole chunk of 1 MB; a small pool has smaller batches. */
const BATCH_BYTES = (1 << 20) - 64;
/** Empty lines of a batch of 1 MB would take more as JSON than all memory has. */
const BATCH_ROWS = 65_536;
const POOL_SHARES = 16;
/** More than this is not held ready: the sockets wait, and their peers with them. */
const READY_BATCHES = 4;

interface Collected {
  chunk: Chunk;
  length: number;
  rows: number;
  /** undefined: of several. */
  source: string | undefined;
  readonly sinceMs: number;
}

export class LineCollector {
  readonly #context: PluginContext;
  readonly #pool: ChunkPool;
  readonly #tag: string;
  readonly #encoding: Encoding;
  readonly #batchBytes: number;
  readonly #ready: Collected[] = [];
  #open: Collected | undefined;
  /** As large as the last batch was: a busy input need not grow each. */
  #expectedBytes = 0;
  #failure: Error | undefined;
  #isClosed = false;
  readonly #stop = new AbortController();
  readonly #bell = new Bell();
  #wakeLater: NodeJS.Immediate | undefined;
  /** Connections with bytes in hand; each has its turn when there is room. */
  readonly #waiting: (() => void)[] = [];
  #isPumping = false;
  #wakePump: (() => void) | undefined;

  constructor(context: PluginContext, tag: string, encoding: Encoding) {
    this.#context = context;
    this.#pool = context.pool;
    this.#tag = tag;
    this.#encoding = encoding;
    this.#batchBytes = Math.min(BATCH_BYTES, Math.max(4096, Math.floor(context.pool.limitBytes / POOL_SHARES)) - 64);
  }

  /** Whether the bytes of one more read may be added now. */
  get hasRoom(): boolean {
    const { usedBytes, limitBytes } = this.#pool;
    return this.#waiting.length === 0 && this.#isWithinBounds && (usedBytes === 0 || usedBytes + 2 * this.#batchBytes <= limitBytes);
  }

  /** Somebody has bytes in hand and waits for room. */
  get isWaitedFor(): boolean {
    return 0 < this.#waiting.length;
  }

  /** Whole lines, each with its newline. */
  add(bytes: Buffer, from: number, to: number, peer: string): void {
    if (from === to || this.#isClosed) return;
    const open = this.#openFor(to - from, peer);
    if (open === undefined) return;
    const { memory } = this.#pool;
    const at = open.chunk.pointer + open.length;
    const length = bytes.copy(memory.bytes, at, from, to);
    open.length += length;
    this.#grew(open, memory.kernels.countLines(at, length));
  }

  /** A line without its newline, and without one inside. */
  addLine(bytes: Buffer, from: number, to: number, peer: string): void {
    if (this.#isClosed) return;
    const open = this.#openFor(to - from + 1, peer);
    if (open === undefined) return;
    const { bytes: memory } = this.#pool.memory;
    const end = open.chunk.pointer + open.length + bytes.copy(memory, open.chunk.pointer + open.length, from, to);
    memory[end] = 10;
    open.length += to - from + 1;
    this.#grew(open, 1);
  }

  /** Something was added. The reader is woken when all that has arrived together is in. */
  added(): void {
    if (0 < this.#ready.length) this.#bell.ring();
    else this.#wakeLater ??= setImmediate(() => this.wake());
  }

  /** `turn` is called once, when there is room; those who ask have it in their order. */
  waitForRoom(turn: () => void): void {
    this.#waiting.push(turn);
    void this.#pump();
  }

  /** The next batch, or undefined when nothing is there. Throws when the memory is at its end. */
  shift(): Batch | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const item = this.#ready.shift() ?? this.#open;
    if (item === undefined || item.length === 0) return undefined;
    if (item === this.#open) this.#open = undefined;
    this.#expectedBytes = item.length;
    this.#wakePump?.();
    const seconds = Math.floor(item.sinceMs / 1000);
    const facts = { tag: this.#tag, seconds, nanoseconds: Math.floor((item.sinceMs - seconds * 1000) * 1e6), source: item.source };
    if (this.#encoding.isUtf8) return Batch.lines(item.chunk, 0, item.length, facts);
    try {
      const { chunk, length, invalid } = this.#encoding.decode(this.#pool, item.chunk.pointer, item.length);
      if (0 < invalid) this.#context.count("invalid_characters_total", invalid);
      return Batch.lines(chunk, 0, length, facts);
    } finally {
      item.chunk.release();
    }
  }

  /** Waits until something is there, or something else to look at, or the signal. */
  async ready(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#isClosed || this.#failure !== undefined || 0 < this.#ready.length || this.#open !== undefined) return;
    await this.#bell.rung(signal);
  }

  wake(): void {
    this.#wakeLater = undefined;
    this.#bell.ring();
  }

  /** Gives up what nobody has read. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stop.abort();
    clearImmediate(this.#wakeLater);
    const left = [...this.#ready.splice(0), ...(this.#open === undefined ? [] : [this.#open])];
    this.#open = undefined;
    const lines = left.reduce((sum, { chunk, length }) => sum + this.#pool.memory.kernels.countLines(chunk.pointer, length), 0);
    for (const { chunk } of left) chunk.release();
    if (0 < lines) this.sayLost(lines);
    this.#wakePump?.();
    this.#bell.ring();
  }

  sayLost(lines: number): void {
    this.#context.count("lines_lost_total", lines);
    this.#context.log.warn("lines that had arrived were not given on before the end", { lines });
  }

  get #isWithinBounds(): boolean {
    return this.#ready.length < READY_BATCHES;
  }

  #grew(open: Collected, rows: number): void {
    open.rows += rows;
    if (open.rows < BATCH_ROWS) return;
    this.#ready.push(open);
    this.#open = undefined;
  }

  /** The batch being collected, with room for so many bytes. */
  #openFor(bytes: number, peer: string): Collected | undefined {
    try {
      let open = this.#open;
      if (open !== undefined && this.#batchBytes < open.length + bytes) {
        this.#ready.push(open);
        open = this.#open = undefined;
      }
      if (open === undefined) return (this.#open = { chunk: this.#pool.take(Math.max(bytes, Math.min(this.#expectedBytes, this.#batchBytes))), length: 0, rows: 0, source: peer, sinceMs: this.#context.clock.now() });
      if (open.chunk.capacity < open.length + bytes) {
        const grown = this.#pool.take(Math.min(this.#batchBytes, Math.max(open.length + bytes, open.chunk.capacity * 2)));
        this.#pool.memory.bytes.copyWithin(grown.pointer, open.chunk.pointer, open.chunk.pointer + open.length);
        open.chunk.release();
        open.chunk = grown;
      }
      if (open.source !== peer) open.source = undefined;
      return open;
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error)); // The reader says it: in a socket's event nobody could.
      this.wake();
      return undefined;
    }
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (0 < this.#waiting.length && !this.#isClosed && this.#failure === undefined) {
      if (!this.#isWithinBounds) {
        await new Promise<void>((resolve) => (this.#wakePump = resolve));
        this.#wakePump = undefined;
        continue;
      }
      await this.#pool.room(2 * this.#batchBytes, this.#stop.signal);
      if (this.#isClosed) break;
      this.#waiting.shift()?.();
    }
    this.#isPumping = false;
  }
}
