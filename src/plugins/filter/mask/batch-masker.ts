// What filter.Mask does to a batch: of lines and entries the bytes are copied with other text in some places, of fields the cells
// that change point to text beside the batch. A batch in which nothing is masked goes on as it is.
import { Batch } from "#dataplane/batch.ts";
import { KIND, ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import type { Chunk } from "#dataplane/memory.ts";
import { exactBytes, exactText } from "./exact-text.ts";
import { entryEdits } from "./entry-edits.ts";
import { maskedJson } from "./masked-json.ts";
import type { TextMasker } from "./text-masker.ts";

/** Other bytes for those from `start` to `end`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
}

/** Consumes the batch. `isNamed`: whether a top-level field is to be looked at. */
export function maskBatch(batch: Batch, masker: TextMasker, isNamed: (name: string) => boolean): Batch {
  if (batch.form === "fields") return maskFields(batch, masker, isNamed);
  return edited(batch, batch.form === "entries" ? entryEdits(batch, masker, isNamed) : isNamed(LINE_KEY) ? lineEdits(batch, masker) : []);
}

function lineEdits(batch: Batch, masker: TextMasker): Edit[] {
  const { pool, rows } = batch;
  const { words } = pool.memory;
  const table = batch.table >>> 2;
  const edits: Edit[] = [];
  for (let row = 0; row < rows; row += 1) {
    const start = words[table + row * 2] ?? 0;
    const end = start + (words[table + row * 2 + 1] ?? 0);
    const text = exactText(pool.memory, start, end - start);
    const masked = masker.text(text);
    if (masked !== text) edits.push({ start, end, bytes: exactBytes(masked) });
  }
  return edits;
}

function edited(batch: Batch, edits: readonly Edit[]): Batch {
  if (edits.length === 0) return batch;
  const length = edits.reduce((sum, { start, end, bytes }) => sum + bytes.length - (end - start), batch.length);
  const chunk = batch.pool.take(length);
  const { bytes: memory } = batch.pool.memory;
  let from = batch.pointer;
  let to = chunk.pointer;
  for (const { start, end, bytes } of edits) {
    memory.copyWithin(to, from, start);
    to += start - from;
    memory.set(bytes, to);
    to += bytes.length;
    from = end;
  }
  memory.copyWithin(to, from, batch.pointer + batch.length);
  const { rows, facts } = batch;
  const result = batch.form === "lines" ? Batch.lines(chunk, 0, length, facts, rows) : Batch.entries(chunk, 0, length, rows, facts);
  batch.release();
  return result;
}

/** A chunk that is of use only together with another; where there is none that one goes, too. */
function takeBeside(chunk: Chunk, bytes: number): Chunk {
  try {
    return chunk.pool.take(bytes);
  } catch (error) {
    chunk.release();
    throw error;
  }
}

function maskFields(batch: Batch, masker: TextMasker, isNamed: (name: string) => boolean): Batch {
  const { pool, columns, rows } = batch;
  const { words } = pool.memory;
  const width = rowWords(columns.length);
  const table = batch.table >>> 2;
  const named = columns.map(({ name, kind }, index) => ({ name, kind, cell: ROW.columns + 2 * index })).filter(({ name }) => isNamed(name));
  const isLineNamed = isNamed(LINE_KEY);
  /** (word of the cell in the table, its new text), for each cell that changes. */
  const changes: { readonly word: number; readonly bytes: Buffer }[] = [];
  for (let row = 0; row < rows; row += 1) {
    const at = row * width;
    const status = words[table + at + ROW.status];
    if (status === STATUS.dropped) continue;
    const cells = status === STATUS.unmatched ? (isLineNamed ? [{ name: LINE_KEY, kind: KIND.string, cell: ROW.linePointer }] : []) : named;
    for (const { name, kind, cell } of cells) {
      const pointer = words[table + at + cell] ?? 0;
      if (pointer === 0) continue;
      const text = exactText(pool.memory, pointer, words[table + at + cell + 1] ?? 0);
      const masked = kind === KIND.json ? maskedJson(name, text, masker) : kind === KIND.string ? masker.value(name, text) : (masker.number(name, text) ?? text);
      if (masked !== text) changes.push({ word: at + cell, bytes: exactBytes(masked) });
    }
  }
  if (changes.length === 0) return batch;
  // A table of its own: the old one may say that no span lies outside the text.
  const copy = pool.take(rows * width * 4);
  const start = copy.pointer >>> 2;
  words.copyWithin(start, table, table + rows * width);
  const texts = takeBeside(copy, changes.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let end = texts.pointer;
  for (const { word, bytes } of changes) {
    pool.memory.bytes.set(bytes, end);
    words[start + word] = end;
    words[start + word + 1] = bytes.length;
    end += bytes.length;
  }
  return Batch.fields(batch, copy, { rows, columns, dropped: rows - batch.count, more: [texts] });
}
