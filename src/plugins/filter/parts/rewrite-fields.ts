// New records out of old ones, whatever the batch's form: fields leave or get another name, values join. What stays is never
// decoded: of lines and fields only the table changes, of entries the bytes are copied.
import { Batch } from "#dataplane/batch.ts";
import type { Column } from "#dataplane/columns.ts";
import { KIND, NO_TIME, ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import type { Chunk } from "#dataplane/memory.ts";
import { rewriteEntries } from "#dataplane/rewrite-entries.ts";

export interface FieldChanges {
  /** What a field is called from now on; undefined: it leaves. Never the name of one that joins. A renamed field takes the place of one that has its new name. */
  nameOf(name: string): string | undefined;
  /** Fields that join, with their value in each row; undefined leaves the field out of the row. */
  readonly added: readonly AddedField[];
}

export interface AddedField {
  readonly name: string;
  value(row: number): unknown;
}

/** Consumes the batch, unless it throws: then that is as it was. */
export function rewriteFields(batch: Batch, changes: FieldChanges): Batch {
  return batch.form === "entries" ? mapEntries(batch, changes) : mapTable(batch, changes);
}

function mapEntries(batch: Batch, { nameOf, added }: FieldChanges): Batch {
  return rewriteEntries(batch, {
    rename: nameOf,
    added: (row) => added.flatMap(({ name, value }) => {
      const found = value(row);
      // JSON has no NaN and no infinity: like a table, entries have null there.
      return found === undefined ? [] : [[name, typeof found === "number" && !Number.isFinite(found) ? null : found] as const];
    }),
  });
}

/** A new table over the same bytes: columns that stay are copied cell by cell, set values are written beside as JSON. */
function mapTable(batch: Batch, { nameOf, added }: FieldChanges): Batch {
  const { words } = batch.pool.memory;
  const source = batch.form === "fields" ? tableOf(batch) : lineTableOf(batch);
  const places = columnPlaces(source.columns, nameOf);
  const isAsItWas = added.length === 0 && places.length === source.columns.length && places.every(({ column, cells }, index) => column.name === source.columns[index]?.name && cells.length === 1);
  if (isAsItWas && (!source.hasUnmatched || nameOf(LINE_KEY) === LINE_KEY)) {
    source.release();
    return batch;
  }
  const columns = places.map(({ column }) => column);
  // Rows that matched no pattern are `{message: line}`; as rows of the new table they have that as a field.
  const lineName = nameOf(LINE_KEY);
  const lineColumn = lineName === undefined || !source.hasUnmatched ? -1 : columns.findIndex(({ name }) => name === lineName) === -1 ? columns.push({ name: lineName, kind: KIND.string }) - 1 : columns.findIndex(({ name }) => name === lineName);
  const firstSet = columns.length;
  for (const { name } of added) columns.push({ name, kind: KIND.json });

  const width = rowWords(columns.length);
  const texts = new TextWriter(batch);
  let table: Chunk | undefined;
  try {
    table = batch.pool.take(batch.rows * width * 4);
    fillTable(table.pointer >>> 2);
  } catch (error) {
    for (const chunk of [...texts.chunks, ...(table === undefined ? [] : [table])]) chunk.release();
    throw error;
  } finally {
    source.release();
  }
  return Batch.fields(batch, table, { rows: batch.rows, columns, dropped: batch.rows - batch.count, more: texts.chunks });

  function fillTable(start: number): void {
    for (let row = 0; row < batch.rows; row += 1) {
      const from = source.start + row * source.width;
      const to = start + row * width;
      const status = words[from + ROW.status] ?? 0;
      words.copyWithin(to, from, from + ROW.columns);
      words.fill(0, to + ROW.columns, to + width);
      if (status === STATUS.dropped) continue;
      words[to + ROW.status] = STATUS.parsed;
      if (status === STATUS.unmatched) {
        if (lineColumn !== -1) {
          words[to + ROW.columns + 2 * lineColumn] = words[from + ROW.linePointer] ?? 0;
          words[to + ROW.columns + 2 * lineColumn + 1] = words[from + ROW.lineLength] ?? 0;
        }
      } else {
        for (const [index, { cells }] of places.entries()) {
          const cell = cells.find((each) => words[from + each] !== 0);
          if (cell === undefined) continue;
          words[to + ROW.columns + 2 * index] = words[from + cell] ?? 0;
          words[to + ROW.columns + 2 * index + 1] = words[from + cell + 1] ?? 0;
        }
      }
      for (const [index, { value }] of added.entries()) texts.write(value(row), to + ROW.columns + 2 * (firstSet + index));
    }
  }
}

interface ColumnPlace {
  readonly column: Column;
  /** Words of the old row that may hold it, what was renamed first: the first that is there does. */
  readonly cells: number[];
}

function columnPlaces(old: readonly Column[], nameOf: (name: string) => string | undefined): ColumnPlace[] {
  const places = new Map<string, ColumnPlace & { isRenamed: boolean }>();
  for (const [index, { name: oldName, kind }] of old.entries()) {
    const name = nameOf(oldName);
    if (name === undefined) continue;
    const cell = ROW.columns + 2 * index;
    const isRenamed = name !== oldName;
    const known = places.get(name);
    if (known === undefined) places.set(name, { column: { name, kind }, cells: [cell], isRenamed });
    else if (known.isRenamed || !isRenamed) {
      // Of columns of two kinds one stays: a span is read as its column says.
      if (known.column.kind === kind) known.cells.push(cell);
    } else places.set(name, { column: { name, kind }, cells: known.column.kind === kind ? [cell, ...known.cells] : [cell], isRenamed });
  }
  return [...places.values()];
}

interface FieldTable {
  readonly columns: readonly Column[];
  /** Index of the first word. */
  readonly start: number;
  readonly width: number;
  readonly hasUnmatched: boolean;
  release(): void;
}

function tableOf(batch: Batch): FieldTable {
  const { words } = batch.pool.memory;
  const start = batch.table >>> 2;
  const width = rowWords(batch.columns.length);
  let hasUnmatched = false;
  for (let row = 0; row < batch.rows && !hasUnmatched; row += 1) hasUnmatched = words[start + row * width + ROW.status] === STATUS.unmatched;
  return { columns: batch.columns, start, width, hasUnmatched, release: () => undefined };
}

/** Lines as a table without columns, all unmatched. */
function lineTableOf(batch: Batch): FieldTable {
  const { words } = batch.pool.memory;
  const lines = batch.table >>> 2;
  const table = batch.pool.take(batch.rows * ROW.columns * 4);
  const start = table.pointer >>> 2;
  for (let row = 0; row < batch.rows; row += 1) {
    const at = start + row * ROW.columns;
    words[at + ROW.linePointer] = words[lines + row * 2] ?? 0;
    words[at + ROW.lineLength] = words[lines + row * 2 + 1] ?? 0;
    words[at + ROW.status] = STATUS.unmatched;
    words[at + ROW.seconds] = 0;
    words[at + ROW.nanoseconds] = NO_TIME;
  }
  return { columns: [], start, width: ROW.columns, hasUnmatched: true, release: () => table.release() };
}

/** Writes values as JSON into chunks beside the batch. */
class TextWriter {
  readonly chunks: Chunk[] = [];
  readonly #batch: Batch;
  #chunk: Chunk | undefined;
  #end = 0;

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  /** Writes the value and its place to the cell at word `cell`; nothing for undefined. */
  write(value: unknown, cell: number): void {
    const text = jsonOf(value);
    if (text === undefined) return;
    const room = text.length * 3;
    if (this.#chunk === undefined || this.#chunk.capacity < this.#end + room) {
      this.#chunk = this.#batch.pool.take(Math.max(room, 32_768));
      this.chunks.push(this.#chunk);
      this.#end = 0;
    }
    const { memory } = this.#batch.pool;
    const pointer = this.#chunk.pointer + this.#end;
    const length = memory.bytes.write(text, pointer);
    memory.words[cell] = pointer;
    memory.words[cell + 1] = length;
    this.#end += length;
  }
}

function jsonOf(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  if (typeof value === "bigint") return String(value);
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner)) as string | undefined;
}
