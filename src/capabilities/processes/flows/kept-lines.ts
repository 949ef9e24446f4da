// The last lines that passed, as the chunks they came in: nothing is done for a single line until somebody looks.
import { countLines, linesOf } from "./line-bytes.ts";

export interface KeptChunk<About> {
  readonly about: About;
  readonly atMs: number;
  /** Whole lines. */
  readonly bytes: Buffer;
  readonly count: number;
  /** Of its first line. */
  readonly firstId: number;
}

export interface KeptLine<About> {
  readonly about: About;
  readonly atMs: number;
  readonly id: number;
  /** Without its end. */
  readonly line: Buffer;
}

interface Piece<About> extends KeptChunk<About> {
  bytes: Buffer;
  count: number;
  /** Where `bytes` begins in the present block; -1: it is not in it. */
  readonly start: number;
}

/** Smaller chunks are written one behind the other into blocks, those of one moment as one: an object for each line would cost more than the lines. */
const SMALL_BYTES = 4 << 10;
const BLOCK_BYTES_MIN = 512;
const BLOCK_BYTES_MAX = 16 << 10;

export class KeptLines<About> {
  linesMax: number;
  readonly #bytesMax: number;
  #chunks: Piece<About>[] = [];
  /** Chunks before it have been dropped. */
  #first = 0;
  #lines = 0;
  #bytes = 0;
  #nextId = 1;
  #block = NOTHING;
  #blockEnd = 0;

  /** Lines beyond one bound or the other are dropped, the oldest first; the newest chunk stays. */
  constructor(linesMax: number, bytesMax: number) {
    this.linesMax = linesMax;
    this.#bytesMax = bytesMax;
  }

  /** `about` is kept as it is: chunks that follow each other with the same one need less room. */
  add(about: About, atMs: number, bytes: Buffer, count = countLines(bytes)): KeptChunk<About> {
    const chunk = { about, atMs, bytes, count, firstId: this.#nextId };
    this.#nextId += count;
    if (this.linesMax === 0) return chunk;
    if (SMALL_BYTES < bytes.length) this.#chunks.push({ ...chunk, start: -1 });
    else this.#addSmall(chunk);
    this.#lines += count;
    this.#bytes += bytes.length;
    this.#trim();
    return chunk;
  }

  #addSmall({ about, atMs, bytes, count, firstId }: KeptChunk<About>): void {
    if (this.#block.length < this.#blockEnd + bytes.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(bytes.length, BLOCK_BYTES_MIN, Math.min(BLOCK_BYTES_MAX, this.#block.length * 2)));
      this.#blockEnd = 0;
    }
    const start = this.#blockEnd;
    this.#blockEnd += bytes.copy(this.#block, start);
    const last = this.#chunks[this.#chunks.length - 1];
    if (last !== undefined && 0 < start && 0 <= last.start && last.about === about && last.atMs === atMs) {
      last.bytes = this.#block.subarray(last.start, this.#blockEnd);
      last.count += count;
    } else this.#chunks.push({ about, atMs, bytes: this.#block.subarray(start, this.#blockEnd), count, firstId, start });
  }

  /** The newest last. */
  last(limit: number): readonly KeptLine<About>[] {
    const wanted = Math.min(limit, this.linesMax);
    const groups: KeptLine<About>[][] = [];
    let left = wanted;
    for (let at = this.#chunks.length - 1; this.#first <= at && 0 < left; at -= 1) {
      const lines = linesIn(this.#chunks[at] as KeptChunk<About>);
      const newest = lines.slice(Math.max(0, lines.length - left));
      left -= newest.length;
      groups.push(newest);
    }
    return groups.toReversed().flat();
  }

  /** All of them, and none are left. */
  takeAll(): readonly KeptLine<About>[] {
    const all = this.last(this.linesMax);
    this.#chunks = [];
    this.#block = NOTHING;
    this.#blockEnd = 0;
    this.#first = 0;
    this.#lines = 0;
    this.#bytes = 0;
    return all;
  }

  #trim(): void {
    for (; this.#first < this.#chunks.length - 1; this.#first += 1) {
      const { count, bytes } = this.#chunks[this.#first] as KeptChunk<About>;
      if (this.#lines - count < this.linesMax && this.#bytes <= this.#bytesMax) break;
      this.#lines -= count;
      this.#bytes -= bytes.length;
    }
    if (this.#chunks.length < this.#first * 2 || 4096 < this.#first) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
  }
}

const NOTHING = Buffer.alloc(0);

export function linesIn<About>({ about, atMs, bytes, firstId }: KeptChunk<About>): KeptLine<About>[] {
  const lines: KeptLine<About>[] = [];
  for (const line of linesOf(bytes)) lines.push({ about, atMs, id: firstId + lines.length, line });
  return lines;
}
