// The text of one field, row by row: where its bytes lie, so that a filter can look at them before it makes a string of them.
import type { Batch } from "#dataplane/batch.ts";
import { KIND, ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";

export class FieldTexts {
  /** Where the text of the row looked at last lies; only after `look` said so. */
  pointer = 0;
  length = 0;
  readonly #batch: Batch;
  readonly #name: string;
  readonly #find: (row: number) => boolean;

  constructor(batch: Batch, name: string) {
    this.#batch = batch;
    this.#name = name;
    this.#find = batch.form === "lines" ? this.#lineFinder() : batch.form === "fields" ? this.#cellFinder() : this.#valueFinder();
  }

  /** Whether the field is text in this row, at `pointer` and `length`. When not it may be another value, or not there. */
  look(row: number): boolean {
    return this.#find(row);
  }

  /** The value as text: what is text as it is, numbers and booleans as written, lists and maps as JSON; undefined for null and what is not there. */
  text(row: number): string | undefined {
    if (this.#find(row)) return this.#batch.pool.memory.bytes.toString("utf8", this.pointer, this.pointer + this.length);
    return this.#batch.form === "lines" ? undefined : textOf(this.#batch.column(this.#name).get(row));
  }

  #lineFinder(): (row: number) => boolean {
    if (this.#name !== LINE_KEY) return () => false;
    const { words } = this.#batch.pool.memory;
    const table = this.#batch.table >>> 2;
    return (row) => this.#at(words[table + row * 2] ?? 0, words[table + row * 2 + 1] ?? 0);
  }

  #cellFinder(): (row: number) => boolean {
    const { words } = this.#batch.pool.memory;
    const width = rowWords(this.#batch.columns.length);
    const table = this.#batch.table >>> 2;
    const index = this.#batch.columns.findIndex(({ name, kind }) => name === this.#name && kind === KIND.string);
    const isLine = this.#name === LINE_KEY;
    return (row) => {
      const at = table + row * width;
      if (words[at + ROW.status] === STATUS.unmatched) return isLine && this.#at(words[at + ROW.linePointer] ?? 0, words[at + ROW.lineLength] ?? 0);
      const cell = at + ROW.columns + 2 * index;
      return index !== -1 && words[cell] !== 0 && this.#at(words[cell] ?? 0, words[cell + 1] ?? 0);
    };
  }

  #valueFinder(): (row: number) => boolean {
    const { bytes, words } = this.#batch.pool.memory;
    const found = this.#batch.values(this.#name) >>> 2;
    return (row) => {
      const pointer = words[found + row * 2] ?? 0;
      if (pointer === 0) return false;
      const code = bytes[pointer] ?? 0;
      if (0xa0 <= code && code < 0xc0) return this.#at(pointer + 1, code & 31);
      if (code === 0xd9) return this.#at(pointer + 2, bytes[pointer + 1] ?? 0);
      if (code === 0xda) return this.#at(pointer + 3, bytes.readUInt16BE(pointer + 1));
      return code === 0xdb && this.#at(pointer + 5, bytes.readUInt32BE(pointer + 1));
    };
  }

  #at(pointer: number, length: number): true {
    this.pointer = pointer;
    this.length = length;
    return true;
  }
}

/** A value as text, as in FieldTexts.text. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object") return String(value);
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner));
}
