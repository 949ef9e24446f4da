// Entries on their way into batches. A part is one chunk of whole entries, of the size a batch has; a frame becomes
// one or more of them, and nothing of it goes on before all of it has been looked at.
import { EntryScan, EntryTime, ValueWalk, withTextKeys } from "#dataplane/forward-entries.ts";
import { ProtocolError } from "#dataplane/forward-protocol.ts";
import { SLACK_BYTES } from "#dataplane/memory.ts";
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";

export interface Part {
  readonly chunk: Chunk;
  readonly length: number;
  readonly rows: number;
}

/** `isOdd`: some of its entries have not the form that batches hold. */
interface OddPart extends Part {
  readonly isOdd: boolean;
}

/** A frame made of 1 MiB of text stays in one piece; one byte more would take twice the memory. */
export const PART_BYTES = 2 * 1024 * 1024 - SLACK_BYTES;
export const PART_ROWS = 16_384;

export function releaseParts(parts: readonly Part[]): void {
  for (const part of parts) part.chunk.release();
}

/** The body of a PackedForward frame: copied once from the socket into chunk memory, and cut where entries end. */
export class PackedParts {
  readonly #pool: ChunkPool;
  readonly #parts: OddPart[] = [];
  #chunk: Chunk | undefined;
  #filled = 0;
  /** Of the body before the chunk. */
  #bytesBefore = 0;
  #bytesLeft: number;

  /** `bytes` of body are to come. */
  constructor(pool: ChunkPool, bytes: number) {
    this.#pool = pool;
    this.#bytesLeft = bytes;
  }

  /** Throws ProtocolError when what came is no entries. */
  add(piece: Buffer): void {
    for (let from = 0; from < piece.length; ) {
      const chunk = (this.#chunk ??= this.#pool.take(Math.min(this.#bytesLeft, PART_BYTES)));
      const count = Math.min(piece.length - from, chunk.capacity - this.#filled);
      piece.copy(this.#pool.memory.bytes, chunk.pointer + this.#filled, from, from + count);
      this.#filled += count;
      this.#bytesLeft -= count;
      from += count;
      if (this.#filled === chunk.capacity && 0 < this.#bytesLeft) this.#cut(chunk);
    }
  }

  /** All bytes came: gives the parts away. Throws ProtocolError when they are no entries. */
  finish(nowSeconds: number): Part[] {
    if (this.#chunk !== undefined) this.#cut(this.#chunk);
    const parts: Part[] = [];
    try {
      for (let part = this.#parts.shift(); part !== undefined; part = this.#parts.shift()) {
        if (part.isOdd) parts.push(...rewritten(part, nowSeconds));
        else parts.push(part);
      }
    } catch (error) {
      releaseParts(parts); // Those that were not looked at go with `release`.
      throw error;
    }
    return parts;
  }

  /** Gives back what was not given away. */
  release(): void {
    this.#chunk?.release();
    this.#chunk = undefined;
    releaseParts(this.#parts.splice(0));
  }

  /** The first part keeps the chunk, more of them (many small entries) get chunks of their own, and what is left begins the next. */
  #cut(chunk: Chunk): void {
    const filled = this.#filled;
    const { bytes } = this.#pool.memory;
    const scan = SCAN;
    const end = chunk.pointer + filled;
    let from = chunk.pointer;
    while (from < end) {
      scan.begin(from, chunk.pointer - this.#bytesBefore);
      scan.scan(bytes, end, PART_ROWS);
      const length = scan.at - from;
      if (length === 0) break;
      const isFirst = from === chunk.pointer;
      this.#parts.push({ chunk: isFirst ? chunk : this.#copy(from, length, length), length, rows: scan.rows, isOdd: scan.isOdd });
      if (isFirst) this.#chunk = undefined;
      from = scan.at;
    }
    const rest = end - from;
    this.#filled = rest;
    this.#bytesBefore += filled - rest;
    if (0 < rest && this.#bytesLeft === 0) throw new ProtocolError(`the last entry is cut off: ${rest} bytes of it came`);
    if (rest === 0) return;
    const isWithoutEnd = rest === filled;
    this.#chunk = this.#copy(from, rest, isWithoutEnd ? chunk.capacity * 2 : Math.min(rest + this.#bytesLeft, PART_BYTES));
    if (isWithoutEnd) chunk.release();
  }

  #copy(from: number, length: number, room: number): Chunk {
    const chunk = this.#pool.take(room);
    this.#pool.memory.bytes.copyWithin(chunk.pointer, from, from + length);
    return chunk;
  }
}

/** Holds nothing between two calls. */
const SCAN = new EntryScan();

/** Writes entries one by one, in the form that batches hold. */
export class PartsWriter {
  readonly #pool: ChunkPool;
  readonly #nowSeconds: number;
  readonly #parts: Part[] = [];
  readonly #time = new EntryTime();
  readonly #walk = new ValueWalk();
  #chunk: Chunk | undefined;
  #filled = 0;
  #rows = 0;

  constructor(pool: ChunkPool, nowSeconds: number) {
    this.#pool = pool;
    this.#nowSeconds = nowSeconds;
  }

  /** The whole values `time, record` that begin at `at`; gives where the record ends. */
  pair(source: Buffer, at: number, end: number): number {
    const walk = this.#walk;
    this.#time.read(source, at);
    walk.begin(at);
    walk.walk(source, end);
    const from = walk.at;
    walk.begin(from);
    walk.walk(source, end);
    if (walk.hasOddKeys) {
      const record = withTextKeys(source, from);
      this.#entry(record, 0, record.length);
    } else this.#entry(source, from, walk.at);
    return walk.at;
  }

  finish(): Part[] {
    this.#close();
    return this.#parts.splice(0);
  }

  release(): void {
    this.#chunk?.release();
    this.#chunk = undefined;
    releaseParts(this.#parts.splice(0));
  }

  #entry(source: Buffer, from: number, to: number): void {
    const { view, bytes } = this.#pool.memory;
    const at = this.#room(11 + to - from);
    const time = this.#time;
    bytes[at] = 0x92;
    view.setUint16(at + 1, 0xd700);
    view.setUint32(at + 3, time.isKnown ? time.seconds : this.#nowSeconds);
    view.setUint32(at + 7, time.isKnown ? time.nanoseconds : 0);
    source.copy(bytes, at + 11, from, to);
    this.#rows += 1;
  }

  #room(size: number): number {
    if (this.#rows === PART_ROWS || PART_BYTES < this.#filled + size) this.#close();
    let chunk = (this.#chunk ??= this.#pool.take(Math.max(size, 4096 - SLACK_BYTES)));
    if (chunk.capacity < this.#filled + size) {
      const grown = this.#pool.take(Math.max(this.#filled + size, chunk.capacity * 2));
      this.#pool.memory.bytes.copyWithin(grown.pointer, chunk.pointer, chunk.pointer + this.#filled);
      chunk.release();
      chunk = this.#chunk = grown;
    }
    const at = chunk.pointer + this.#filled;
    this.#filled += size;
    return at;
  }

  #close(): void {
    if (this.#chunk !== undefined) this.#parts.push({ chunk: this.#chunk, length: this.#filled, rows: this.#rows });
    this.#chunk = undefined;
    this.#filled = 0;
    this.#rows = 0;
  }
}

/** Odd times become EventTimes, odd keys texts. Consumes the part. */
function rewritten({ chunk, length }: Part, nowSeconds: number): Part[] {
  const writer = new PartsWriter(chunk.pool, nowSeconds);
  const { bytes } = chunk.pool.memory;
  const end = chunk.pointer + length;
  try {
    for (let at = chunk.pointer; at < end; ) {
      const head = bytes[at] === 0xdc ? 3 : bytes[at] === 0xdd ? 5 : 1;
      at = writer.pair(bytes, at + head, end);
    }
    return writer.finish();
  } catch (error) {
    writer.release();
    throw error;
  } finally {
    chunk.release();
  }
}
