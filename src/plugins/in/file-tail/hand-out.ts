// Turns lines that were read into deliveries: cut to the size that steps behind us can bear, decoded, with the
// position just after them.
import type { PluginContext } from "#sdk/plugin.ts";
import type { Chunk } from "#dataplane/memory.ts";
import { Batch } from "#dataplane/batch.ts";
import { guessEncoding } from "./guess-encoding.ts";
import { limitLines } from "../parts/long-lines.ts";
import type { LineLimits } from "../parts/long-lines.ts";
import { tailIn } from "./position.ts";
import type { Position } from "./position.ts";
import type { Cut } from "./read-plan.ts";
import type { TailFile } from "./tail-file.ts";

/** Steps behind us count on it. */
export const BATCH_LINES_MAX = 16_384;
const SAMPLE_BYTES = 4096;
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);

export interface HandedOut {
  readonly file: TailFile;
  /** undefined: all of the lines were left out. */
  readonly batch: Batch | undefined;
  readonly position: Position;
}

/** The lines of one read, given out piece by piece. */
export class Hand {
  readonly #cut: Cut;
  readonly #context: PluginContext;
  readonly #limits: LineLimits;
  /** Bytes of the cut that were given out. */
  #given = 0;

  constructor(cut: Cut, context: PluginContext, limits: LineLimits) {
    this.#cut = cut;
    this.#context = context;
    this.#limits = limits;
    const { file, chunk, start, length, isUnfinished } = cut;
    if (isUnfinished) file.encoding?.newline.copy(chunk.bytes, start + length);
  }

  get isEmpty(): boolean {
    return this.#given === this.#length;
  }

  /** Throws MemoryFullError and may be called again then. */
  next(): HandedOut {
    const { file, chunk, start, offset, position, isUnfinished } = this.#cut;
    const { length, lines } = this.#nextLength();
    const from = start + this.#given;
    const isLast = this.#given + length === this.#length;
    const text = this.#text(from, length, isLast, lines);
    this.#given += length;
    if (isLast) return { file, batch: text, position };
    const endsAt = from + length;
    const after = isUnfinished ? position.offset : offset + this.#given;
    return { file, batch: text, position: { ...position, offset: after, ...tailIn(chunk.pool.memory, chunk.pointer, chunk.pointer + endsAt) } };
  }

  /** Gives the memory back without handing out the rest. */
  release(): void {
    if (!this.isEmpty) this.#cut.chunk.release();
    this.#given = this.#length;
  }

  get #length(): number {
    return this.#cut.length + (this.#cut.isUnfinished ? (this.#cut.file.encoding?.unit ?? 1) : 0);
  }

  /** How much goes into the next batch, and its lines where they were counted. */
  #nextLength(): { readonly length: number; readonly lines?: number } {
    const { file, chunk, start } = this.#cut;
    const left = this.#length - this.#given;
    // Pieces of long lines count as lines, and there is at least half of the bound for them.
    const linesMax = this.#limits.lineBytesMax < left ? BATCH_LINES_MAX / 2 : BATCH_LINES_MAX;
    const { unit = 1, afterFirstNewline } = file.encoding ?? {};
    if (left <= linesMax * unit) return { length: left };
    if (unit === 1) {
      const { kernels } = chunk.pool.memory;
      const pointer = chunk.pointer + start + this.#given;
      // Counting is faster than going from line to line, and most reads have few enough.
      const lines = kernels.countLines(pointer, left);
      return lines <= linesMax ? { length: left, lines } : { length: kernels.skipLines(pointer, left, linesMax), lines: linesMax };
    }
    const bytes = chunk.bytes.subarray(start + this.#given, start + this.#length);
    let length = 0;
    for (let lines = 0; lines < linesMax && length < left; lines += 1) {
      const after = afterFirstNewline?.(bytes.subarray(length)) ?? -1;
      length = after === -1 ? left : length + after;
    }
    return { length };
  }

  #text(from: number, length: number, isLast: boolean, lines: number | undefined): Batch | undefined {
    const { file, chunk, offset } = this.#cut;
    const { encoding } = file;
    const pool = chunk.pool;
    let limited: { readonly chunk: Chunk; readonly length: number } | undefined;
    if (encoding !== undefined && this.#limits.lineBytesMax < length) {
      const found = limitLines(chunk.bytes.subarray(from, from + length), pool, encoding, this.#limits);
      file.longLines += found?.longLines ?? 0;
      limited = found;
    }
    let start = limited === undefined ? from : 0;
    let lengthOut = limited?.length ?? length;
    let owned = limited?.chunk ?? chunk;
    const pointer = owned.pointer + start;
    if (encoding?.isUtf8 === false) {
      try {
        const decoded = encoding.decode(pool, pointer, lengthOut);
        if (0 < decoded.invalid) this.#sayInvalid(from, length, decoded.invalid);
        [owned, start, lengthOut] = [decoded.chunk, 0, decoded.length];
      } finally {
        limited?.chunk.release();
      }
    } else {
      if (!file.said.has("encoding")) this.#checkUtf8(pointer, lengthOut, from, length);
      if (limited === undefined && !isLast) {
        owned = pool.take(length);
        chunk.bytes.copy(owned.bytes, 0, from, from + length);
        start = 0;
      }
    }
    if (isLast && owned !== chunk) chunk.release();
    if (offset === 0 && this.#given === 0 && 3 <= lengthOut && owned.bytes.subarray(start, start + 3).equals(UTF8_BOM)) [start, lengthOut] = [start + 3, lengthOut - 3];
    if (lengthOut === 0) {
      owned.release();
      return undefined;
    }
    const nowMs = this.#context.clock.now();
    const facts = { tag: file.tag, seconds: Math.floor(nowMs / 1000), nanoseconds: Math.floor(nowMs % 1000) * 1_000_000, source: file.name };
    // Cutting long lines and decoding may change how many there are.
    return Batch.lines(owned, start, lengthOut, facts, limited === undefined && encoding?.isUtf8 !== false ? lines : undefined);
  }

  #checkUtf8(pointer: number, length: number, from: number, sourceLength: number): void {
    const { kernels } = this.#cut.chunk.pool.memory;
    if (kernels.isAscii(pointer, length) === 1) return;
    const bad = kernels.findInvalidUtf8(pointer, length);
    if (bad === -1) return;
    this.#sayInvalid(from + Math.min(bad, sourceLength - 1), 1, 1);
  }

  /** Once a file, with the place of the first bad line and what the text looks like instead. */
  #sayInvalid(from: number, length: number, invalid: number): void {
    const { file, chunk, start, offset } = this.#cut;
    this.#context.count("invalid_characters_total", invalid);
    if (!file.isFirst("encoding")) return;
    const bytes = chunk.bytes.subarray(start, start + this.#length);
    const at = from - start;
    const lineStart = length === 1 && 0 < at ? bytes.lastIndexOf(10, at - 1) + 1 : at;
    const guessed = guessEncoding(Buffer.from(bytes.subarray(lineStart, lineStart + SAMPLE_BYTES)));
    this.#context.log.warn("text is not in the encoding that is set", {
      path: file.path,
      encoding: file.encoding?.name,
      lineOffset: offset + lineStart,
      ...(guessed === undefined || guessed === file.encoding?.name ? {} : { looksLike: guessed, hint: `the text looks like ${guessed}: set encoding: ${guessed}` }),
    });
  }
}
