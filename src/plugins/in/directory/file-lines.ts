// Whole lines of a file, a chunk at a time, with the place in the file where they end. Text is cut at its lines before it is decoded.
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import type { ByteSource } from "../parts/byte-source.ts";
import type { Encoding } from "../parts/encoding.ts";
import { limitLines } from "../parts/long-lines.ts";

export interface FileText {
  /** UTF-8; every line ends with a newline. */
  readonly chunk: Chunk;
  readonly length: number;
  /** Where the lines end in the file. */
  readonly end: number;
  /** Nothing comes after it. */
  readonly isLast: boolean;
  readonly longLines: number;
  /** Bytes that are no text of the encoding. */
  readonly invalid: number;
}

interface FileLinesOptions {
  readonly source: ByteSource;
  readonly encoding: Encoding;
  readonly lineBytesMax: number;
  /** Where the source begins in the file. */
  readonly start: number;
  /** As far as known; chunks are no larger than that. */
  readonly bytesExpected: number;
  readonly pool: ChunkPool;
}

const READ_BYTES = (256 << 10) - 64;
/** As in.FileTail: 256 KB of empty lines would take many times that in the steps behind us. */
const BATCH_LINES_MAX = 16_384;
/** For a newline that is added, and to see whether a piece ends between two characters. */
const SPARE_BYTES = 16;
const MARKS: readonly (readonly [RegExp, Buffer])[] = [
  [/^utf-8$/, Buffer.from([0xef, 0xbb, 0xbf])],
  [/^(?:utf16le|ucs2)$/, Buffer.from([0xff, 0xfe])],
  [/^utf16be$/, Buffer.from([0xfe, 0xff])],
  [/^gb18030$/, Buffer.from([0x84, 0x31, 0x95, 0x33])],
];

/** Lines in a buffer. */
interface Cut {
  readonly start: number;
  readonly end: number;
}

export class FileLines {
  readonly #options: FileLinesOptions;
  #offset: number;
  #carried: Buffer = Buffer.alloc(0);
  #isAtEnd = false;
  #bytesExpected: number;

  constructor(options: FileLinesOptions) {
    this.#options = options;
    this.#bytesExpected = options.bytesExpected;
    this.#offset = options.start;
  }

  /** "end": nothing came after what was given before. undefined: the signal asked to stop. */
  async next(signal: AbortSignal): Promise<FileText | "end" | undefined> {
    const { pool, encoding, lineBytesMax } = this.#options;
    for (;;) {
      const capacity = Math.max(this.#carried.length, Math.min(Math.max(READ_BYTES, lineBytesMax + SPARE_BYTES), this.#bytesExpected + SPARE_BYTES));
      await pool.room((capacity + SPARE_BYTES) * (encoding.isUtf8 ? 1 : 4), signal);
      if (signal.aborted) return undefined;
      const chunk = pool.take(capacity + SPARE_BYTES);
      let text: Cut | "more" | "end" | undefined;
      try {
        const held = await this.#fill(chunk.bytes, capacity, signal);
        if (held !== undefined) text = this.#cut(chunk, held);
      } catch (error) {
        chunk.release();
        throw error;
      }
      if (typeof text === "object") return this.#finished(chunk, text);
      chunk.release();
      if (text !== "more") return text;
    }
  }

  async #fill(bytes: Buffer, capacity: number, signal: AbortSignal): Promise<number | undefined> {
    const { source } = this.#options;
    let held = this.#carried.copy(bytes);
    while (held < capacity && !this.#isAtEnd) {
      const got = await source.read(bytes.subarray(held, capacity), signal);
      if (got === undefined) {
        this.#carried = Buffer.from(bytes.subarray(0, held)); // The next read goes on with it.
        return undefined;
      }
      held += got;
      if (got === 0 || (await source.available(signal)) === 0) this.#isAtEnd = true;
    }
    return held;
  }

  /** Finds the whole lines in the buffer; what comes after them is carried. "more": the file is larger than expected. */
  #cut(chunk: Chunk, held: number): Cut | "more" | "end" {
    const { encoding, lineBytesMax } = this.#options;
    const { bytes } = chunk;
    const start = this.#offset === 0 ? markOf(encoding, bytes.subarray(0, held)) : 0;
    // Half of a two-byte unit at the end of a file is no text.
    const units = held - (held % encoding.unit);
    const body = bytes.subarray(start, units);
    const afterLast = start + Math.max(0, encoding.afterLastNewline(body));
    let end = afterLast;
    if (this.#isAtEnd) end = units;
    else if (end === start) {
      if (body.length <= lineBytesMax) {
        this.#bytesExpected = Number.POSITIVE_INFINITY;
        this.#carried = Buffer.from(bytes.subarray(0, held));
        return "more";
      }
      end = start + encoding.characterEnd(body, lineBytesMax);
    }
    const most = start + this.#afterLines(body.subarray(0, end - start), chunk.pointer + start);
    const isCutShort = most < end;
    if (isCutShort) end = most;
    const taken = this.#isAtEnd && !isCutShort ? held : end;
    this.#carried = Buffer.from(bytes.subarray(taken, held));
    this.#offset += taken;
    if (end === start) return "end";
    return { start, end: isCutShort || end === afterLast ? end : end + encoding.newline.copy(bytes, end) };
  }

  /** Just after the last line that one batch may have; the text's length when it has no more. */
  #afterLines(text: Buffer, pointer: number): number {
    const { encoding, pool } = this.#options;
    if (pool.memory.kernels.countLines(pointer, text.length) <= BATCH_LINES_MAX) return text.length;
    let lines = 0;
    for (let at = text.indexOf(encoding.newline); at !== -1; at = text.indexOf(encoding.newline, at + 1)) {
      if (at % encoding.unit !== 0) continue;
      lines += 1;
      if (lines === BATCH_LINES_MAX) return at + encoding.unit;
    }
    return text.length;
  }

  /** Without lines that are too long, and as UTF-8. Takes over the chunk. */
  #finished(given: Chunk, { start, end }: Cut): FileText {
    const { pool, encoding, lineBytesMax } = this.#options;
    let chunk = given;
    try {
      if (0 < start) chunk.bytes.copyWithin(0, start, end);
      let length = end - start;
      const limited = limitLines(chunk.bytes.subarray(0, length), pool, encoding, { lineBytesMax, longLines: "split" });
      if (limited !== undefined) {
        chunk.release();
        ({ chunk, length } = limited);
      }
      let invalid = 0;
      if (!encoding.isUtf8) {
        const decoded = encoding.decode(pool, chunk.pointer, length);
        chunk.release();
        ({ chunk, length, invalid } = decoded);
      }
      return { chunk, length, end: this.#offset, isLast: this.#isAtEnd && this.#carried.length === 0, longLines: limited?.longLines ?? 0, invalid };
    } catch (error) {
      chunk.release();
      throw error;
    }
  }
}

function markOf(encoding: Encoding, bytes: Buffer): number {
  const mark = MARKS.find(([name]) => name.test(encoding.name))?.[1];
  return mark !== undefined && bytes.subarray(0, mark.length).equals(mark) ? mark.length : 0;
}
