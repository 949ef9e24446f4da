// Lines to fields: split programs first, V8 for the rows they leave, then the event times.
import { Batch } from "#dataplane/batch.ts";
import type { Column } from "#dataplane/columns.ts";
import { ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { kindOf } from "../kinds.ts";
import type { KindName } from "../kinds.ts";
import { NO_JOINED_ROWS, withHiddenNewlines } from "./joined-rows.ts";
import type { JoinedRows } from "./joined-rows.ts";
import { LineMatcher } from "./line-matcher.ts";
import type { Pattern } from "#sdk/pattern.ts";
import { RowTimes } from "./row-times.ts";
import { loadSplitProgram, splitPrograms } from "./split-program.ts";
import type { SplitProgram } from "./split-program.ts";

export interface ParseSettings {
  readonly pattern: Pattern;
  readonly types: Readonly<Record<string, KindName>>;
  readonly time: { readonly key: string; readonly format: string; readonly zone: string; readonly isKept: boolean } | undefined;
  readonly isDropping: boolean;
  /** The field to parse of records. */
  readonly key: string;
  /** The field a group is for, where that is not its name; `types` and `time` go by fields. */
  readonly fieldOf?: (group: string) => string;
}

interface Loaded extends SplitProgram {
  readonly chunk: Chunk;
}

/** Fits no line: "\n" is in none. Its table has every row odd. */
const NOTHING_FITS: SplitProgram = { steps: [{ op: "literal", bytes: [10] }], needsNoBreaks: false, lengths: [] };

export class FieldSplitter {
  readonly #pool: ChunkPool;
  readonly #context: PluginContext;
  readonly #columns: readonly Column[];
  readonly #programs: readonly Loaded[];
  readonly #nothingFits: Loaded;
  readonly #matcher: LineMatcher;
  readonly #times: RowTimes | undefined;
  readonly #timeColumn: number;
  readonly #isTimeKept: boolean;
  readonly #isDropping: boolean;
  /** The program that left the fewest rows last time. */
  #preferred = 0;
  #isClosed = false;

  constructor({ pattern, types, time, isDropping, fieldOf = (group) => group }: ParseSettings, context: PluginContext) {
    this.#context = context;
    this.#pool = context.pool;
    const names = pattern.names.map(fieldOf);
    this.#columns = names.map((name) => ({ name, kind: kindOf(types[name]) }));
    const load = (program: SplitProgram): Loaded => ({ ...program, chunk: loadSplitProgram(this.#pool, program) });
    this.#programs = splitPrograms(pattern).map(load);
    this.#nothingFits = load(NOTHING_FITS);
    this.#matcher = new LineMatcher(this.#pool.memory, pattern);
    this.#times = time === undefined ? undefined : new RowTimes(this.#pool, context.clock, time.format, time.zone);
    this.#timeColumn = time === undefined ? -1 : names.indexOf(time.key);
    this.#isTimeKept = time?.isKept ?? true;
    this.#isDropping = isDropping;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { chunk } of [...this.#programs, this.#nothingFits]) chunk.release();
    this.#times?.close();
  }

  /** Consumes the lines; rows that are several lines are told of. */
  apply(lines: Batch, joined: JoinedRows = NO_JOINED_ROWS): Batch | undefined {
    if (lines.rows === 0) {
      lines.release();
      return undefined;
    }
    const table = this.#pool.take(lines.rows * rowWords(this.#columns.length) * 4);
    const odd = this.#split(lines, table, joined);
    const unmatched = 0 < odd ? this.#matchOdd(lines, table) : 0;
    if (this.#times !== undefined) {
      const without = this.#times.apply(table.pointer, lines.rows, this.#columns.length, this.#timeColumn, !this.#isTimeKept);
      if (unmatched < without) this.#context.count("times_unparsed_total", without - unmatched);
    }
    if (0 < unmatched) this.#context.count("lines_unmatched_total", unmatched);
    const batch = Batch.fields(lines, table, { rows: lines.rows, columns: this.#columns, dropped: this.#isDropping ? unmatched : 0, isDisjoint: odd === 0 });
    if (0 < batch.count) return batch;
    batch.release();
    return undefined;
  }

  /** Fills the table by the program that suits these lines; returns the rows that are left. */
  #split(lines: Batch, table: Chunk, joined: JoinedRows): number {
    const left = this.#run(this.#programs[this.#preferred], lines, table, joined);
    if (left * 2 <= lines.rows) return left;
    // The lines may go another way through the pattern's optional parts.
    let best = { index: this.#preferred, left };
    for (const [index, program] of this.#programs.entries()) {
      if (index === best.index) continue;
      const leftNow = this.#run(program, lines, table, joined);
      if (leftNow * 2 <= lines.rows) {
        this.#preferred = index;
        return leftNow;
      }
      if (leftNow < best.left) best = { index, left: leftNow };
    }
    return this.#run(best.left < lines.rows ? this.#programs[best.index] : undefined, lines, table, joined);
  }

  #run(program: Loaded | undefined, lines: Batch, table: Chunk, joined: JoinedRows): number {
    const { kernels, bytes } = this.#pool.memory;
    const usable = program !== undefined && (!program.needsNoBreaks || !hasBreaks(lines)) ? program : this.#nothingFits;
    const odd = withHiddenNewlines(joined, bytes, () => kernels.splitFields(lines.pointer, lines.length, usable.chunk.pointer, this.#columns.length, table.pointer));
    return odd + this.#refuseLengths(table, lines.rows, usable) + this.#refuseJoined(table, joined);
  }

  /** What the kernel made of rows of several lines does not count; returns how many more rows are left. */
  #refuseJoined(table: Chunk, { rows }: JoinedRows): number {
    const { words } = this.#pool.memory;
    const width = rowWords(this.#columns.length);
    let odd = 0;
    for (const row of rows) {
      const at = (table.pointer >>> 2) + row * width;
      if (words[at + ROW.status] === STATUS.odd) continue;
      words[at + ROW.status] = STATUS.odd;
      words.fill(0, at + ROW.columns, at + width);
      odd += 1;
    }
    return odd;
  }

  /** Looks at the lengths the kernel cannot; returns how many more rows do not fit. */
  #refuseLengths(table: Chunk, rows: number, { lengths }: SplitProgram): number {
    const { words } = this.#pool.memory;
    const width = rowWords(this.#columns.length);
    const start = table.pointer >>> 2;
    const end = start + rows * width;
    let odd = 0;
    for (const { column, least, most } of lengths) {
      const cell = ROW.columns + 2 * column + 1;
      for (let at = start; at < end; at += width) {
        const length = words[at + cell] ?? 0;
        if (words[at + ROW.status] !== STATUS.parsed || (least <= length && length <= most)) continue;
        words[at + ROW.status] = STATUS.odd;
        words.fill(0, at + ROW.columns, at + width);
        odd += 1;
      }
    }
    return odd;
  }

  /** Settles the odd rows; returns how many the pattern does not fit. */
  #matchOdd(lines: Batch, table: Chunk): number {
    const { words, kernels } = this.#pool.memory;
    const isAscii = kernels.isAscii(lines.pointer, lines.length) === 1;
    const width = rowWords(this.#columns.length);
    const start = table.pointer >>> 2;
    const end = start + lines.rows * width;
    let unmatched = 0;
    for (let at = start; at < end; at += width) {
      if (words[at + ROW.status] !== STATUS.odd) continue;
      this.#matcher.matchRow(at, isAscii);
      if (words[at + ROW.status] !== STATUS.unmatched) continue;
      unmatched += 1;
      if (this.#isDropping) words[at + ROW.status] = STATUS.dropped;
    }
    return unmatched;
  }
}

/** Whether a line holds what `.` does not take: a lone "\r", U+2028, U+2029. */
function hasBreaks(lines: Batch): boolean {
  const { bytes, kernels } = lines.pool.memory;
  const text = bytes.subarray(lines.pointer, lines.pointer + lines.length);
  for (let at = text.indexOf(13); at !== -1; at = text.indexOf(13, at + 1)) if (text[at + 1] !== 10) return true;
  if (kernels.isAscii(lines.pointer, lines.length) === 1) return false;
  return text.includes("\u2028") || text.includes("\u2029");
}
