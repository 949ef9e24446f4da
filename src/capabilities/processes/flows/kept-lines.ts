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

/** A chunk this big is not worth a copy of its own. */
const COPIED_BYTES_MAX = 4 << 10;

export class KeptLines<About> {
  linesMax: number;
  readonly #bytesMax: number;
  #chunks: KeptChunk<About>[] = [];
  /** Chunks before it have been dropped. */
  #first = 0;
  #lines = 0;
  #bytes = 0;
  #nextId = 1;

  /** Lines beyond one bound or the other are dropped, the oldest first; the newest chunk stays. */
  constructor(linesMax: number, bytesMax: number) {
    this.linesMax = linesMax;
    this.#bytesMax = bytesMax;
  }

  add(about: About, atMs: number, bytes: Buffer, count = countLines(bytes)): KeptChunk<About> {
    // A few bytes of a big block would keep all of it in memory.
    const own = bytes.length <= COPIED_BYTES_MAX && bytes.length * 2 < bytes.buffer.byteLength ? Buffer.from(bytes) : bytes;
    const chunk = { about, atMs, bytes: own, count, firstId: this.#nextId };
    this.#nextId += count;
    if (this.linesMax === 0) return chunk;
    this.#chunks.push(chunk);
    this.#lines += count;
    this.#bytes += own.length;
    this.#trim();
    return chunk;
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

export function linesIn<About>({ about, atMs, bytes, firstId }: KeptChunk<About>): KeptLine<About>[] {
  const lines: KeptLine<About>[] = [];
  for (const line of linesOf(bytes)) lines.push({ about, atMs, id: firstId + lines.length, line });
  return lines;
}
