// Cuts a batch of lines or entries between records, from its beginning to its end.
import { assert } from "#base/assert.ts";
import type { Batch } from "#dataplane/batch.ts";

/** Some records of a batch: `length` bytes from `start` (counted from the batch's first byte) on. */
export interface Piece {
  readonly start: number;
  readonly length: number;
  readonly rows: number;
}

const NEWLINE = 10;
const ENTRY_ROW_WORDS = 5;

export class Cutter {
  readonly #batch: Batch;
  #start = 0;
  #row = 0;

  constructor(batch: Batch) {
    assert(batch.form !== "fields");
    this.#batch = batch;
  }

  get bytesLeft(): number {
    return this.#batch.length - this.#start;
  }

  /**
   * The next records: `rowsMax` of them or what is left. A batch is cut for `bytesMax` only where it begins a pile (`isAlone`), since
   * filling up piles would move every byte; a single record goes alone, however large. undefined: it has to wait for a new pile.
   */
  next(isAlone: boolean, rowsMax: number, bytesMax: number): Piece | undefined {
    const rowsLeft = this.#batch.rows - this.#row;
    if (rowsLeft <= rowsMax && this.bytesLeft <= bytesMax) return { start: this.#start, length: this.bytesLeft, rows: rowsLeft };
    let rows = Math.min(rowsMax, rowsLeft);
    if (rows === 0) return undefined;
    if (bytesMax < this.#bytesOf(rows)) {
      if (!isAlone) return undefined;
      rows = Math.max(1, this.#rowsWithin(bytesMax));
    }
    return { start: this.#start, length: this.#bytesOf(rows), rows };
  }

  /** All whole records before byte `end` of the batch. */
  before(end: number): Piece {
    const bytes = end - this.#start;
    const rows = bytes <= 0 ? 0 : this.bytesLeft <= bytes ? this.#batch.rows - this.#row : this.#rowsWithin(bytes);
    return { start: this.#start, length: rows === 0 ? 0 : this.#bytesOf(rows), rows };
  }

  /** The piece is used: go on behind it. */
  take(piece: Piece): void {
    this.#start += piece.length;
    this.#row += piece.rows;
  }

  #bytesOf(rows: number): number {
    const batch = this.#batch;
    const at = batch.pointer + this.#start;
    if (batch.rows <= this.#row + rows) return this.bytesLeft;
    return batch.form === "lines" ? batch.pool.memory.kernels.skipLines(at, this.bytesLeft, rows) : this.#entryAt(this.#row + rows) - at;
  }

  /** Whole records in the next `bytes`. */
  #rowsWithin(bytes: number): number {
    const batch = this.#batch;
    const at = batch.pointer + this.#start;
    if (batch.form === "lines") {
      const end = batch.pool.memory.bytes.subarray(at, at + Math.min(bytes, this.bytesLeft)).lastIndexOf(NEWLINE) + 1;
      return end === 0 ? 0 : batch.pool.memory.kernels.countLines(at, end);
    }
    let [low, high] = [this.#row, batch.rows];
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if (this.#entryAt(middle) - at <= bytes) low = middle;
      else high = middle;
    }
    return low - this.#row;
  }

  #entryAt(row: number): number {
    return this.#batch.pool.memory.words[(this.#batch.table >>> 2) + row * ENTRY_ROW_WORDS] ?? 0;
  }
}
