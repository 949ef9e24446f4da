// Batches of lines out of a stream of bytes. No chunk is held while it waits, and nothing is read while memory is full.
import iconv from "iconv-lite";
import { Batch } from "#dataplane/batch.ts";
import type { ByteSource } from "./byte-source.ts";
import type { Chunk } from "#dataplane/memory.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { LineCutter } from "./line-cutter.ts";

const BYTE_ORDER_MARK = 0xefbbbf;
const READ_BYTES_MAX = 256 << 10;
/** As in.FileTail: 256 KB of empty lines would take many times that in the steps behind us. */
const BATCH_LINES_MAX = 16_384;
/** Most that decoding makes of a byte: two bytes of CP949 are three of UTF-8, one of latin1 is two. */
const GROWTH = 3;
/** What a decoder may hold back of the bytes before. */
const HELD_BACK_BYTES = 64;

interface LineReaderOptions {
  readonly encoding: string;
  readonly lineBytesMax: number;
  readonly tag: string;
  /** For people: where the lines came from. */
  readonly source: string;
  /** Lines were cut because they were too long. */
  onTooLong(lines: number): void;
  /** Waits until memory has room, in place of the pool's own. */
  readonly room?: (bytes: number, signal: AbortSignal) => Promise<void>;
}

export class LineReader {
  readonly #source: ByteSource;
  readonly #options: LineReaderOptions;
  readonly #context: Pick<PluginContext, "pool" | "clock">;
  readonly #cutter: LineCutter;
  readonly #decoder: iconv.DecoderStream | undefined;
  /** Whole lines of a read that had more of them than a batch has. */
  #left = Buffer.alloc(0);
  #isAtStart = true;
  #isAtEnd = false;

  constructor(source: ByteSource, options: LineReaderOptions, context: Pick<PluginContext, "pool" | "clock">) {
    this.#source = source;
    this.#options = options;
    this.#context = context;
    this.#cutter = new LineCutter(options.lineBytesMax);
    this.#decoder = /^utf-?8$/i.test(options.encoding) ? undefined : iconv.getDecoder(options.encoding);
  }

  /** The next lines; a last line without a newline gets one. undefined: the signal asked to stop waiting. */
  async read(signal: AbortSignal): Promise<Batch | "end" | undefined> {
    const { pool } = this.#context;
    if (0 < this.#left.length) return this.#readLeft(signal);
    while (!this.#isAtEnd) {
      const available = await this.#source.available(signal);
      if (available === undefined) return undefined;
      const bytes = Math.min(available, READ_BYTES_MAX);
      const room = this.#cutter.roomFor(this.#decoder === undefined ? bytes : (bytes + HELD_BACK_BYTES) * GROWTH);
      await this.#room(room, signal);
      if (signal.aborted) return undefined;
      const chunk = pool.take(room);
      try {
        const length = await this.#fill(chunk.bytes, bytes, signal);
        const cut = length === undefined ? undefined : this.#cutter.cut(chunk.bytes, length, this.#isAtEnd);
        if (cut !== undefined && 0 < cut.tooLong) this.#options.onTooLong(cut.tooLong);
        if (cut !== undefined && 0 < cut.length) {
          const given = pool.memory.kernels.skipLines(chunk.pointer, cut.length, BATCH_LINES_MAX);
          if (given < cut.length) this.#left = Buffer.from(chunk.bytes.subarray(given, cut.length));
          return this.#batch(chunk, given);
        }
      } catch (error) {
        chunk.release();
        throw error;
      }
      chunk.release();
    }
    return "end";
  }

  /** Lines that were read are given on though the signal says to stop, unless memory is full: nobody else has them. */
  async #readLeft(signal: AbortSignal): Promise<Batch | undefined> {
    const { pool } = this.#context;
    const bytes = this.#left.length;
    await this.#room(bytes, signal);
    if (signal.aborted && 0 < pool.usedBytes && pool.limitBytes < pool.usedBytes + bytes) return undefined;
    const chunk = pool.take(bytes);
    this.#left.copy(chunk.bytes);
    const given = pool.memory.kernels.skipLines(chunk.pointer, bytes, BATCH_LINES_MAX);
    this.#left = given < bytes ? this.#left.subarray(given) : Buffer.alloc(0);
    return this.#batch(chunk, given);
  }

  #batch(chunk: Chunk, length: number): Batch {
    const now = this.#context.clock.now();
    const { tag, source } = this.#options;
    return Batch.lines(chunk, 0, length, { tag, seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000, source });
  }

  #room(bytes: number, signal: AbortSignal): Promise<void> {
    return (this.#options.room ?? ((most, until) => this.#context.pool.room(most, until)))(bytes, signal);
  }

  /** Puts what was carried and at most `bytes` new ones, as UTF-8, into the buffer; returns how many there are. */
  async #fill(into: Buffer, bytes: number, signal: AbortSignal): Promise<number | undefined> {
    const carried = this.#cutter.putCarried(into);
    const raw = this.#decoder === undefined ? into.subarray(carried, carried + bytes) : Buffer.allocUnsafe(bytes);
    const got = await this.#source.read(raw, signal);
    if (got === undefined) return undefined;
    if (got === 0) this.#isAtEnd = true;
    const fresh = this.#decoder === undefined ? got : into.write((got === 0 ? this.#decoder.end() : this.#decoder.write(raw.subarray(0, got))) ?? "", carried);
    const length = carried + fresh;
    const hasMark = this.#isAtStart && 3 <= length && into.readUIntBE(0, 3) === BYTE_ORDER_MARK;
    this.#isAtStart &&= length < 3;
    if (!hasMark) return length;
    into.copyWithin(0, 3, length);
    return length - 3;
  }
}
