// A batch is a chunk of bytes and what is known of it, not a list of records. It has one of three forms:
//   lines    text as it was read; every line ends with "\n"
//   fields   the same text and a table that says where each field of each line lies (layout.ts)
//   entries  Fluentd forward entries: `[EventTime, {…}]` in MessagePack, one after the other
// Stages that need another form ask for it (`json`, `entries`, `column`, `record`) and pay only then.
//
// Ownership: a batch is born with one reference. A transform consumes the batch it is given: it returns the same
// one, or releases it and returns another. An output leaves it alone: whoever runs the pipeline releases it.
import { assert } from "#base/assert.ts";
import { SLACK_BYTES } from "./memory.ts";
import type { Chunk, ChunkPool } from "./memory.ts";
import { WHOLE_RECORD, columnReader } from "./columns.ts";
import type { Column, ColumnReader } from "./columns.ts";
import { emitProgram, timeProgram } from "./emit.ts";
import type { TimeStyle } from "./emit.ts";
import { KIND, ROW, STATUS, NO_TIME, rowWords } from "./layout.ts";

export type Form = "lines" | "fields" | "entries";

/** What a batch carries besides its bytes. Times are of records that have none of their own. */
export interface Facts {
  readonly tag: string;
  /** Seconds since 1970 (UTC). */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Where the bytes came from, for people: a path, a table, a peer. */
  readonly source?: string | undefined;
  /**
   * Names the records the batch was made of: the same whenever those are given out again, also after a crash, and never that of others.
   * Given by a disk buffer. Who makes one batch of another keeps it (what of those records is left has the same name); who makes a
   * batch of several, or several of one, leaves it out.
   */
  readonly id?: string | undefined;
}

/** The facts of a batch whose records come from more than one, or are not all of one. */
export function withoutId(facts: Facts): Facts {
  return facts.id === undefined ? facts : { ...facts, id: undefined };
}

/** Ready bytes in chunk memory; release them once. */
export interface Slice {
  readonly pointer: number;
  readonly length: number;
  /** A view, not a copy. */
  readonly bytes: Buffer;
  /** The chunk the bytes begin, when they have one of their own: whoever takes it over does not release the slice. */
  readonly chunk?: Chunk;
  release(): void;
}

/** What a table over lines holds. */
interface FieldTable {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** Rows of status `dropped`. */
  readonly dropped: number;
  /** No two spans share a byte of the text, and none lies elsewhere. */
  readonly isDisjoint?: boolean;
  /** Chunks that spans point to besides the text. */
  readonly more?: readonly Chunk[];
}

interface Parts {
  readonly facts: Facts;
  readonly form: Form;
  readonly pool: ChunkPool;
  /** Text or entries. */
  readonly pointer: number;
  readonly length: number;
  /** Rows of the table, or lines, or entries. */
  readonly rows: number;
  readonly columns?: readonly Column[];
  readonly dropped?: number;
  readonly isDisjoint?: boolean;
  /** Field table (fields) or entry table (entries, made when asked). */
  readonly table?: number;
  /** What the batch owns and gives back at the end; the list is its own. */
  readonly chunks: Owned[];
}

/** A chunk, or another batch whose bytes this one points into. */
type Owned = Chunk | Batch;

const ENTRY_ROW_WORDS = 5;
const LINE_ROW_WORDS = 2;
const NO_COLUMNS: readonly Column[] = [];
/** A control byte is written in six. Room that is not used costs nothing: its pages are never touched. */
const JSON_GROWTH = 6;

export class Batch {
  #facts: Facts;
  readonly form: Form;
  readonly pool: ChunkPool;
  readonly pointer: number;
  readonly length: number;
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly #chunks: Owned[];
  #readers: Map<string, ColumnReader> | undefined;
  #values: Map<string, number> | undefined;
  #table: number;
  #references = 1;
  #dropped: number;
  readonly #isDisjoint: boolean;

  private constructor({ facts, form, pool, pointer, length, rows, columns = NO_COLUMNS, dropped = 0, isDisjoint = false, table = 0, chunks }: Parts) {
    this.#facts = facts;
    this.form = form;
    this.pool = pool;
    this.pointer = pointer;
    this.length = length;
    this.rows = rows;
    this.columns = columns;
    this.#table = table;
    this.#dropped = dropped;
    this.#isDisjoint = isDisjoint;
    this.#chunks = chunks;
  }

  /** Text in `chunk` from byte `start` (of the chunk) on; every line ends with "\n". The batch owns the chunk. Who has counted the lines says so. */
  static lines(chunk: Chunk, start: number, length: number, facts: Facts, knownRows?: number): Batch {
    const pointer = chunk.pointer + start;
    const rows = knownRows ?? chunk.pool.memory.kernels.countLines(pointer, length);
    return new Batch({ facts, form: "lines", pool: chunk.pool, pointer, length, rows, chunks: [chunk] });
  }

  /** Forward entries in `chunk` from byte `start` on. The batch owns the chunk. */
  static entries(chunk: Chunk, start: number, length: number, rows: number, facts: Facts): Batch {
    return new Batch({ facts, form: "entries", pool: chunk.pool, pointer: chunk.pointer + start, length, rows, chunks: [chunk] });
  }

  /** A lines batch with a field table over it. Takes over the lines batch and the table's chunk (and `more`, where spans may point to). */
  static fields(lines: Batch, table: Chunk, { rows, columns, dropped, isDisjoint = false, more = [] }: FieldTable): Batch {
    assert(lines.form === "lines" || lines.form === "fields");
    return new Batch({ facts: lines.facts, form: "fields", pool: lines.pool, pointer: lines.pointer, length: lines.length, rows, columns, dropped, isDisjoint, table: table.pointer, chunks: [...lines.#giveUp(), table, ...more] });
  }

  get facts(): Facts {
    return this.#facts;
  }
  get tag(): string {
    return this.#facts.tag;
  }

  /** Gives the batch this id (Facts.id), or takes it away. */
  identify(id: string | undefined): void {
    if (this.#facts.id !== id) this.#facts = { ...this.#facts, id };
  }

  /** Records that are still in: rows without the dropped ones. */
  get count(): number {
    return this.rows - this.#dropped;
  }

  /** Pointer of the field table, or of the table of entries or lines (made now if it is not there). */
  get table(): number {
    if (this.#table !== 0 || this.rows === 0) return this.#table;
    const { kernels } = this.pool.memory;
    const chunk = this.pool.take(this.rows * (this.form === "lines" ? LINE_ROW_WORDS : ENTRY_ROW_WORDS) * 4);
    this.#chunks.push(chunk);
    if (this.form === "lines") kernels.lineTable(this.pointer, this.length, chunk.pointer);
    else {
      const found = kernels.entryTable(this.pointer, this.length, chunk.pointer);
      assert(found === this.rows, `the entries of a batch are well formed (${found} of ${this.rows})`);
    }
    this.#table = chunk.pointer;
    return this.#table;
  }

  /** Of entries: where the values of one top-level field lie, (pointer, 0) for each row; 0 where there is none. */
  values(name: string): number {
    const known = this.#values?.get(name);
    if (known !== undefined) return known;
    const { table } = this;
    const key = Buffer.from(name);
    const chunk = this.pool.take(this.rows * 8 + key.length + 8);
    this.#chunks.push(chunk);
    const keyAt = chunk.pointer + this.rows * 8;
    this.pool.memory.bytes.set(key, keyAt);
    this.pool.memory.kernels.findValues(table, this.rows, keyAt, key.length, chunk.pointer);
    (this.#values ??= new Map()).set(name, chunk.pointer);
    return chunk.pointer;
  }

  /** The values of one top-level field, decoded when asked for. Lines have the field `message`. */
  column(name: string): ColumnReader {
    const readers = (this.#readers ??= new Map());
    let reader = readers.get(name);
    if (reader === undefined) {
      reader = columnReader(this, name);
      readers.set(name, reader);
    }
    return reader;
  }

  /** Whether row `row` is still in (filters drop rows without moving the rest). */
  isKept(row: number): boolean {
    return this.form !== "fields" || this.pool.memory.words[this.#word(row, ROW.status)] !== STATUS.dropped;
  }

  /** The row as an object of its own. Costly: for plugins in JavaScript, tests and people. */
  record(row: number): Record<string, unknown> {
    return this.column(WHOLE_RECORD).get(row) as Record<string, unknown>;
  }

  /** Event time of a row, in milliseconds since 1970 (with a fraction). */
  timeMs(row: number): number {
    let seconds = this.facts.seconds;
    let nanoseconds = this.facts.nanoseconds;
    const { words } = this.pool.memory;
    if (this.form === "fields" && words[this.#word(row, ROW.nanoseconds)] !== NO_TIME) {
      seconds = words[this.#word(row, ROW.seconds)] ?? 0;
      nanoseconds = words[this.#word(row, ROW.nanoseconds)] ?? 0;
    } else if (this.form === "entries") {
      const at = (this.table >>> 2) + row * ENTRY_ROW_WORDS;
      seconds = words[at + 3] ?? 0;
      nanoseconds = words[at + 4] ?? 0;
    }
    return seconds * 1000 + nanoseconds / 1e6;
  }

  /**
   * Keeps the rows for which `keep` says so. Consumes this batch. A fields batch is marked in place; lines and
   * entries are moved together. Returns undefined when nothing is left.
   */
  filter(keep: (row: number) => boolean): Batch | undefined {
    if (this.form === "fields") return this.#markDropped(keep);
    const spans = this.#rowSpans();
    const { bytes } = this.pool.memory;
    // Only the owner may move bytes; with other holders a copy is made.
    const target = this.#references === 1 ? undefined : this.pool.take(this.length);
    const start = target?.pointer ?? this.pointer;
    let end = start;
    let rows = 0;
    for (let row = 0; row < this.rows; row += 1) {
      if (!keep(row)) continue;
      const from = spans(row);
      const to = row + 1 < this.rows ? spans(row + 1) : this.pointer + this.length;
      if (end !== from) bytes.copyWithin(end, from, to);
      end += to - from;
      rows += 1;
    }
    if (rows === this.rows) {
      target?.release();
      return this;
    }
    const chunks = target === undefined ? this.#giveUp() : [target];
    if (target !== undefined) this.release();
    if (rows === 0) {
      for (const chunk of chunks) chunk.release();
      return undefined;
    }
    return new Batch({ facts: this.facts, form: this.form, pool: this.pool, pointer: start, length: end - start, rows, chunks });
  }

  /** A batch of its own with the rows for which `choose` says so; this one stays as it is. undefined when there are none. */
  select(choose: (row: number) => boolean): Batch | undefined {
    const rows: number[] = [];
    for (let row = 0; row < this.rows; row += 1) if (this.isKept(row) && choose(row)) rows.push(row);
    if (rows.length === 0) return undefined;
    return this.form === "fields" ? this.#selectFields(rows) : this.#selectSpans(rows);
  }

  /** The batch as JSON lines. */
  json(style: TimeStyle): Slice {
    const { kernels } = this.pool.memory;
    const time = timeProgram(this.pool, style, this.facts);
    const perRow = time.literalLength + 64;
    try {
      if (this.form === "entries") {
        const table = this.table;
        return this.#slice(this.length * JSON_GROWTH + this.rows * perRow, (out) => kernels.entriesToJson(table, this.rows, time.pointer, out));
      }
      if (this.form === "lines") {
        const key = emitProgram(this.pool, "json", this.columns);
        const escapes = kernels.countEscapes(this.pointer, this.length);
        return this.#slice(this.length + escapes + this.rows * (perRow + key.lineKeyLength), (out) => kernels.linesToJson(this.pointer, this.length, out, key.lineKey, key.lineKeyLength, time.pointer));
      }
      const program = emitProgram(this.pool, "json", this.columns, style.key);
      return this.#slice(this.#spanBytes() * JSON_GROWTH + this.rows * (perRow + program.literalBytes + program.lineKeyLength + this.columns.length * 5), (out) => kernels.fieldsToJson(this.#table, this.rows, this.columns.length, program.pointer, time.pointer, out));
    } finally {
      time.release();
    }
  }

  /** The batch as forward entries. A batch that has this form already gives its own bytes. */
  entries(): Slice {
    const { kernels, bytes } = this.pool.memory;
    const { seconds, nanoseconds } = this.facts;
    if (this.form === "entries") {
      this.retain();
      return { pointer: this.pointer, length: this.length, bytes: bytes.subarray(this.pointer, this.pointer + this.length), release: () => this.release() };
    }
    if (this.form === "lines") {
      const key = emitProgram(this.pool, "entries", this.columns);
      return this.#slice(this.length + this.rows * (17 + key.lineKeyLength), (out) => kernels.packLines(this.pointer, this.length, out, key.lineKey, key.lineKeyLength, seconds, nanoseconds));
    }
    const program = emitProgram(this.pool, "entries", this.columns);
    // A short decimal becomes a double of nine bytes, and JSON may grow to twice its text (kernels.ts).
    const growth = this.columns.some((column) => column.kind === KIND.json) ? 2 : 1;
    const perRow = 32 + program.literalBytes + program.lineKeyLength + this.columns.length * 9;
    return this.#slice(this.#spanBytes() * growth + this.rows * perRow, (out) => kernels.fieldsToEntries(this.#table, this.rows, this.columns.length, program.pointer, seconds, nanoseconds, out));
  }

  /** The text of a lines batch as it is. */
  text(): Slice {
    assert(this.form === "lines", "only lines have a text");
    this.retain();
    return { pointer: this.pointer, length: this.length, bytes: this.pool.memory.bytes.subarray(this.pointer, this.pointer + this.length), release: () => this.release() };
  }

  /** Chunk memory that it keeps from others. */
  get chunkBytes(): number {
    return this.#chunks.reduce((bytes, owned) => bytes + (owned instanceof Batch ? owned.chunkBytes : owned.capacity + SLACK_BYTES), 0);
  }

  /** Nobody holds it any more: its bytes are gone. */
  get isReleased(): boolean {
    return this.#references === 0;
  }

  retain(): this {
    assert(0 < this.#references, "a released batch is gone");
    this.#references += 1;
    return this;
  }

  release(): void {
    assert(0 < this.#references, "a batch is released as often as it was retained");
    this.#references -= 1;
    if (this.#references === 0) for (const chunk of this.#chunks.splice(0)) chunk.release();
  }

  /** The chunk stays with the batch until its end: where spans of added columns point to. */
  adopt(chunk: Chunk): void {
    this.#chunks.push(chunk);
  }

  /** A table of the rows alone; the text they point into stays where it is and is held by both. */
  #selectFields(rows: readonly number[]): Batch {
    const width = rowWords(this.columns.length);
    const table = this.pool.take(Math.max(1, rows.length) * width * 4);
    const { words } = this.pool.memory;
    rows.forEach((row, index) => words.copyWithin((table.pointer >>> 2) + index * width, this.#word(row, 0), this.#word(row, 0) + width));
    const { facts, pool, pointer, length, columns } = this;
    return new Batch({ facts, form: "fields", pool, pointer, length, rows: rows.length, columns, isDisjoint: this.#isDisjoint, table: table.pointer, chunks: [this.retain(), table] });
  }

  #selectSpans(rows: readonly number[]): Batch {
    const spans = this.#rowSpans();
    const end = (row: number): number => (row + 1 < this.rows ? spans(row + 1) : this.pointer + this.length);
    const chunk = this.pool.take(rows.reduce((bytes, row) => bytes + end(row) - spans(row), 0));
    const { bytes } = this.pool.memory;
    let at = chunk.pointer;
    for (const row of rows) {
      bytes.copyWithin(at, spans(row), end(row));
      at += end(row) - spans(row);
    }
    const { facts, form, pool } = this;
    return new Batch({ facts, form, pool, pointer: chunk.pointer, length: at - chunk.pointer, rows: rows.length, chunks: [chunk] });
  }

  #markDropped(keep: (row: number) => boolean): Batch | undefined {
    const { words } = this.pool.memory;
    for (let row = 0; row < this.rows; row += 1) {
      const status = this.#word(row, ROW.status);
      if (words[status] === STATUS.dropped || keep(row)) continue;
      words[status] = STATUS.dropped;
      this.#dropped += 1;
    }
    if (0 < this.count) return this;
    this.release();
    return undefined;
  }

  /** Where row `row` begins, for lines and entries. */
  #rowSpans(): (row: number) => number {
    const { words } = this.pool.memory;
    const width = this.form === "entries" ? ENTRY_ROW_WORDS : LINE_ROW_WORDS;
    const table = this.table >>> 2;
    return (row) => words[table + row * width] ?? 0;
  }

  #word(row: number, word: number): number {
    return (this.#table >>> 2) + row * rowWords(this.columns.length) + word;
  }

  /** What the rows' spans hold together (they may overlap), or their lines where those are longer. */
  #spanBytes(): number {
    return this.#isDisjoint ? this.length : this.pool.memory.kernels.spanBytes(this.#table, this.rows, this.columns.length);
  }

  #slice(room: number, write: (out: number) => number): Slice {
    const chunk = this.pool.take(room + 64);
    const length = write(chunk.pointer);
    assert(length <= chunk.capacity, "a kernel stays inside its room");
    return { pointer: chunk.pointer, length, bytes: this.pool.memory.bytes.subarray(chunk.pointer, chunk.pointer + length), chunk, release: () => chunk.release() };
  }

  /** Hands the chunks to a successor; this batch is gone then. */
  #giveUp(): Owned[] {
    assert(this.#references === 1, "only the last holder hands a batch over");
    this.#references = 0;
    return this.#chunks.splice(0);
  }
}
