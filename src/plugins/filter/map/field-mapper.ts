// What filter.Map does to a batch of either form.
import { Batch } from "#dataplane/batch.ts";
import type { Column } from "#dataplane/columns.ts";
import { KIND, NO_TIME, ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import type { Chunk } from "#dataplane/memory.ts";
import { rewriteEntries } from "#dataplane/rewrite-entries.ts";
import { readExpression } from "#sdk/expression.ts";
import type { Expression } from "#sdk/expression.ts";
import type { PluginContext } from "#sdk/plugin.ts";

export interface Changes {
  readonly set: Readonly<Record<string, string>>;
  readonly rename: Readonly<Record<string, string>>;
  readonly keep?: readonly string[] | undefined;
  readonly remove: readonly string[];
}

export class FieldMapper {
  readonly #context: PluginContext;
  readonly #set: readonly (readonly [string, Expression])[];
  readonly #renames: ReadonlyMap<string, string>;
  readonly #kept: ReadonlySet<string> | undefined;
  readonly #removed: ReadonlySet<string>;
  readonly #newNames: ReadonlySet<string>;
  #hasFailed = false;

  constructor({ set, rename, keep, remove }: Changes, context: PluginContext) {
    this.#context = context;
    this.#set = Object.entries(set).map(([name, source]) => [name, readExpression(source)]);
    this.#renames = new Map(Object.entries(rename));
    this.#kept = keep === undefined ? undefined : new Set(keep);
    this.#removed = new Set(remove);
    this.#newNames = new Set(this.#renames.values());
  }

  /** Consumes the batch. */
  apply(batch: Batch): Batch {
    return batch.form === "entries" ? this.#mapEntries(batch) : this.#mapFields(batch);
  }

  /** What a field is called from now on; undefined when it leaves. What is set or takes a new name displaces what had the name. */
  #nameOf(name: string): string | undefined {
    const renamed = this.#renames.get(name);
    const next = renamed ?? name;
    if (this.#set.some(([set]) => set === next)) return undefined;
    if (renamed !== undefined) return renamed;
    if (this.#newNames.has(name) || this.#removed.has(name) || this.#kept?.has(name) === false) return undefined;
    return name;
  }

  /** The value an expression has for a row; a failure is counted, and the field is left out. */
  #evaluators(batch: Batch): ((row: number) => unknown)[] {
    return this.#set.map(([name, expression]) => {
      const value = expression.bind(batch);
      return (row) => {
        try {
          return value(row);
        } catch (error) {
          this.#context.count("filter_errors_total");
          if (!this.#hasFailed) this.#context.log.warn("expression failed; such fields are left out and counted", { field: name, error: String(error) });
          this.#hasFailed = true;
          return undefined;
        }
      };
    });
  }

  #mapEntries(batch: Batch): Batch {
    const evaluators = this.#evaluators(batch);
    return rewriteEntries(batch, {
      rename: (name) => this.#nameOf(name),
      added: (row) => this.#set.flatMap(([name], index) => {
        const value = evaluators[index]?.(row);
        return value === undefined ? [] : [[name, value] as const];
      }),
    });
  }

  /** A new table over the same bytes: columns that stay are copied cell by cell, set values are written beside as JSON. */
  #mapFields(batch: Batch): Batch {
    const { words } = batch.pool.memory;
    const source = batch.form === "fields" ? tableOf(batch) : lineTableOf(batch);
    const evaluators = this.#evaluators(batch);
    const columns: Column[] = [];
    /** For each column that stays: the word of its cell in the old row. LINE_CELL stands for the line itself. */
    const cells: number[] = [];
    for (const [index, column] of source.columns.entries()) {
      const name = this.#nameOf(column.name);
      if (name === undefined) continue;
      columns.push({ name, kind: column.kind });
      cells.push(ROW.columns + 2 * index);
    }
    // Rows that matched no pattern are `{message: line}`; as rows of the new table they have that as a field.
    const lineName = this.#nameOf(LINE_KEY);
    const lineColumn = lineName === undefined || !source.hasUnmatched ? -1 : columns.findIndex(({ name }) => name === lineName) === -1 ? columns.push({ name: lineName, kind: KIND.string }) - 1 : columns.findIndex(({ name }) => name === lineName);
    const firstSet = columns.length;
    for (const [name] of this.#set) columns.push({ name, kind: KIND.json });

    const table = batch.pool.take(batch.rows * rowWords(columns.length) * 4);
    const texts = new TextWriter(batch);
    const width = rowWords(columns.length);
    for (let row = 0; row < batch.rows; row += 1) {
      const from = source.start + row * source.width;
      const to = (table.pointer >>> 2) + row * width;
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
        for (const [index, cell] of cells.entries()) {
          words[to + ROW.columns + 2 * index] = words[from + cell] ?? 0;
          words[to + ROW.columns + 2 * index + 1] = words[from + cell + 1] ?? 0;
        }
      }
      for (const [index, evaluate] of evaluators.entries()) texts.write(evaluate(row), to + ROW.columns + 2 * (firstSet + index));
    }
    source.release();
    return Batch.fields(batch, table, { rows: batch.rows, columns, dropped: batch.rows - batch.count, more: texts.chunks });
  }
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
  const { words, kernels } = batch.pool.memory;
  const lines = batch.pool.take(batch.rows * 8);
  kernels.lineTable(batch.pointer, batch.length, lines.pointer);
  const table = batch.pool.take(batch.rows * ROW.columns * 4);
  const start = table.pointer >>> 2;
  for (let row = 0; row < batch.rows; row += 1) {
    const at = start + row * ROW.columns;
    words[at + ROW.linePointer] = words[(lines.pointer >>> 2) + row * 2] ?? 0;
    words[at + ROW.lineLength] = words[(lines.pointer >>> 2) + row * 2 + 1] ?? 0;
    words[at + ROW.status] = STATUS.unmatched;
    words[at + ROW.seconds] = 0;
    words[at + ROW.nanoseconds] = NO_TIME;
  }
  lines.release();
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
