// One field of every row of a batch, decoded row by row and only when asked for.
import type { Batch } from "./batch.ts";
import { KIND, ROW, STATUS, rowWords } from "./layout.ts";
import type { Kind } from "./layout.ts";
import { LINE_KEY } from "./line-key.ts";
import { ValueReader } from "./msgpack.ts";

export interface Column {
  readonly name: string;
  readonly kind: Kind;
}

export interface ColumnReader {
  /** The value in this row; undefined where the row has no such field. */
  get(row: number): unknown;
}

/** The name that stands for the whole record. */
export const WHOLE_RECORD = "";
const ENTRY_ROW_WORDS = 5;

export function columnReader(batch: Batch, name: string): ColumnReader {
  if (batch.form === "lines") return lineReader(batch, name);
  return batch.form === "fields" ? fieldReader(batch, name) : entryReader(batch, name);
}

function lineReader(batch: Batch, name: string): ColumnReader {
  if (name !== LINE_KEY && name !== WHOLE_RECORD) return { get: () => undefined };
  const { words, bytes } = batch.pool.memory;
  const table = batch.table >>> 2;
  const line = (row: number): string => text(bytes, words[table + row * 2] ?? 0, words[table + row * 2 + 1] ?? 0);
  return { get: name === LINE_KEY ? line : (row) => ({ [LINE_KEY]: line(row) }) };
}

function fieldReader(batch: Batch, name: string): ColumnReader {
  const { words, bytes } = batch.pool.memory;
  const width = rowWords(batch.columns.length);
  const table = batch.table >>> 2;
  const line = (row: number): string => text(bytes, words[table + row * width + ROW.linePointer] ?? 0, words[table + row * width + ROW.lineLength] ?? 0);
  const isUnmatched = (row: number): boolean => words[table + row * width + ROW.status] === STATUS.unmatched;
  const cell = (row: number, index: number): unknown => {
    const at = table + row * width + ROW.columns + index * 2;
    const pointer = words[at] ?? 0;
    return pointer === 0 ? undefined : decode(bytes, pointer, words[at + 1] ?? 0, batch.columns[index]?.kind ?? KIND.string);
  };
  if (name === WHOLE_RECORD) {
    return {
      get(row) {
        if (isUnmatched(row)) return { [LINE_KEY]: line(row) };
        const record: Record<string, unknown> = {};
        batch.columns.forEach((column, index) => {
          const value = cell(row, index);
          if (value !== undefined) record[column.name] = value;
        });
        return record;
      },
    };
  }
  const index = batch.columns.findIndex((column) => column.name === name);
  return {
    get(row) {
      if (isUnmatched(row)) return name === LINE_KEY ? line(row) : undefined;
      return index === -1 ? undefined : cell(row, index);
    },
  };
}

function entryReader(batch: Batch, name: string): ColumnReader {
  const { words, bytes } = batch.pool.memory;
  if (name === WHOLE_RECORD) {
    const { table } = batch;
    return { get: (row) => new ValueReader(bytes, words[(table >>> 2) + row * ENTRY_ROW_WORDS + 2] ?? 0).value() };
  }
  const found = batch.values(name) >>> 2;
  return {
    get(row) {
      const pointer = words[found + row * 2] ?? 0;
      if (pointer === 0) return undefined;
      const first = bytes[pointer] ?? 0;
      if (first < 0x80) return first; // The commonest values need no reader.
      if (0xa0 <= first && first < 0xc0) return text(bytes, pointer + 1, first & 31);
      if (first === 0xcd) return bytes.readUInt16BE(pointer + 1);
      return new ValueReader(bytes, pointer).value();
    },
  };
}

function text(bytes: Buffer, pointer: number, length: number): string {
  return bytes.toString("utf8", pointer, pointer + length);
}

/** The value of a span, as the emit kernels write it (layout.ts, KIND). */
function decode(bytes: Buffer, pointer: number, length: number, kind: Kind): unknown {
  if (kind === KIND.string) return text(bytes, pointer, length);
  if (kind === KIND.integer) return integer(bytes, pointer, length);
  const written = text(bytes, pointer, length);
  if (kind === KIND.json) return jsonOrText(written);
  if (kind === KIND.boolean) return written === "true" ? true : written === "false" ? false : written;
  if (written === "" || written === "-") return null;
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(written) ? Number(written) : written;
}

/** A text that is no JSON stays a text, as in what the kernels write. */
function jsonOrText(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return written;
  }
}

function integer(bytes: Buffer, pointer: number, length: number): number | bigint | string | null {
  let at = pointer;
  const end = pointer + length;
  const isNegative = bytes[at] === 0x2d;
  if (isNegative) at += 1;
  if (at === end) return null; // "" and "-" stand for "no value" in access logs.
  const isCanonical = end - at === 1 || bytes[at] !== 0x30;
  if (!isCanonical || 18 < end - at) return text(bytes, pointer, length);
  let value = 0;
  for (; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || 9 < digit) return text(bytes, pointer, length);
    value = value * 10 + digit;
  }
  if (Number.MAX_SAFE_INTEGER < value) return BigInt(text(bytes, pointer, length));
  return isNegative ? -value : value;
}
