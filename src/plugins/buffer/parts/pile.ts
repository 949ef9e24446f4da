// One merged batch in the making: bytes behind bytes in one region of chunk memory.
import { Batch, withoutId } from "#dataplane/batch.ts";
import type { Facts } from "#dataplane/batch.ts";
import { SLACK_BYTES } from "#dataplane/memory.ts";
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import type { Piece } from "./cutter.ts";
import type { Cut } from "./segments.ts";

/** A batch from this size on is kept as it is until more comes; smaller ones are copied, since their chunk may be much larger than they. */
const KEEP_BYTES_MIN = 64 << 10;

/** Batches of one key may become one. */
export function pileKey({ form, tag }: Batch): string {
  return `${form} ${tag}`;
}

export class Pile {
  readonly key: string;
  /** Given on: what arrived in it counts as delivered. */
  isGivenOn = false;
  length = 0;
  rows = 0;
  /** Where its first record begins and its last one ends, when they come from files. */
  from: Cut | undefined;
  to: Cut | undefined;
  readonly #form: "lines" | "entries";
  readonly #pool: ChunkPool;
  #facts: Facts;
  #sinceMs: number;
  /** The only batch so far, as it came. */
  #kept: Batch | undefined;
  #chunk: Chunk | undefined;

  /** For batches like `first`. Lines have no time of their own: theirs is the first batch's. */
  constructor(key: string, first: Batch, pool: ChunkPool, sinceMs: number) {
    this.key = key;
    this.#sinceMs = sinceMs;
    this.#form = first.form === "lines" ? "lines" : "entries";
    this.#pool = pool;
    this.#facts = withoutId(first.facts);
  }

  /** When it was begun; anew where the clock was set back since, for it would wait for as long as that was. */
  since(nowMs: number): number {
    return (this.#sinceMs = Math.min(this.#sinceMs, nowMs));
  }

  get isEmpty(): boolean {
    return this.rows === 0;
  }

  /** Chunk memory that it keeps from others: much more than its bytes, where those are few. */
  get chunkBytes(): number {
    return this.#kept?.chunkBytes ?? (this.#chunk === undefined ? 0 : this.#chunk.capacity + SLACK_BYTES);
  }

  /** Adds records; true when the pile took over the batch itself. Throws MemoryFullError and is as it was then. */
  add(batch: Batch, piece: Piece): boolean {
    const isWhole = this.isEmpty && piece.length === batch.length && KEEP_BYTES_MIN <= batch.length;
    if (isWhole) this.#kept = batch;
    else this.#copy(batch.pointer + piece.start, piece.length);
    if (this.#facts.source !== batch.facts.source) this.#facts = { ...this.#facts, source: undefined };
    this.length += piece.length;
    this.rows += piece.rows;
    return isWhole;
  }

  /** The merged batch; the pile is empty-handed then. */
  batch(): Batch {
    const [kept, chunk] = [this.#kept, this.#chunk];
    this.#kept = undefined;
    this.#chunk = undefined;
    if (kept !== undefined) return kept;
    if (chunk === undefined) throw new Error("an empty pile gives no batch");
    return this.#form === "lines" ? Batch.lines(chunk, 0, this.length, this.#facts) : Batch.entries(chunk, 0, this.length, this.rows, this.#facts);
  }

  release(): void {
    this.#kept?.release();
    this.#chunk?.release();
  }

  #copy(pointer: number, length: number): void {
    const { bytes } = this.#pool.memory;
    if (this.#chunk === undefined || this.#chunk.capacity < this.length + length) {
      // Chunks come in powers of two: a pile is moved only each time it has doubled.
      const larger = this.#pool.take(this.length + length);
      const from = this.#kept?.pointer ?? this.#chunk?.pointer ?? 0;
      bytes.copyWithin(larger.pointer, from, from + this.length);
      this.release();
      this.#kept = undefined;
      this.#chunk = larger;
    }
    bytes.copyWithin(this.#chunk.pointer + this.length, pointer, pointer + length);
  }
}
