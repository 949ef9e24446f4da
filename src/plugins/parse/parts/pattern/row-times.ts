// Event times of a field table out of one of its columns: by a kernel where it can, text by text for what it leaves.
import type { Clock } from "#base/clock.ts";
import { NO_TIME, ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import { fixedOffsetMinutes } from "#dataplane/time-zone.ts";
import { timeFormat } from "#dataplane/time-format.ts";
import type { Instant, TimeFormat, TimeProgram } from "#dataplane/time-format.ts";

interface Loaded extends TimeProgram {
  readonly chunk: Chunk;
}

export class RowTimes {
  readonly #pool: ChunkPool;
  readonly #clock: Clock;
  readonly #format: TimeFormat;
  readonly #zone: string;
  readonly #programs: readonly Loaded[];
  /** The program that fitted last. */
  #preferred = 0;

  constructor(pool: ChunkPool, clock: Clock, format: string, zone: string) {
    this.#pool = pool;
    this.#clock = clock;
    this.#zone = zone;
    this.#format = timeFormat(format, zone);
    this.#programs = this.#format.programs.map((program) => {
      const chunk = pool.take(program.words.byteLength);
      pool.memory.words.set(program.words, chunk.pointer >>> 2);
      return { ...program, chunk };
    });
  }

  close(): void {
    for (const { chunk } of this.#programs) chunk.release();
  }

  /** Gives the parsed rows of the table their times; returns how many have none. Where `isTaken`, a text that became the time leaves its row. */
  apply(table: number, rows: number, columns: number, column: number, isTaken: boolean): number {
    const { words, bytes, kernels } = this.#pool.memory;
    const width = rowWords(columns);
    const cell = ROW.columns + 2 * column;
    const start = table >>> 2;
    const end = start + rows * width;
    const program = this.#fitting(table, start, end, columns, column);
    let failed = program === undefined ? rows : kernels.parseTimes(table, rows, columns, column, program.chunk.pointer, isTaken && !program.isWallClock ? 1 : 0);
    if (program?.isWallClock === true) {
      const { toUtc } = this.#format;
      for (let at = start; at < end; at += width) {
        if (words[at + ROW.nanoseconds] === NO_TIME) continue;
        const seconds = toUtc(words[at + ROW.seconds] ?? 0);
        if (seconds < 0) {
          // Before 1970 in UTC: a time that no row can hold.
          words[at + ROW.nanoseconds] = NO_TIME;
          failed += 1;
        } else {
          words[at + ROW.seconds] = seconds;
          if (isTaken) words[at + cell] = 0;
        }
      }
    }
    let without = 0;
    if (0 < failed) {
      const nearSeconds = this.#clock.now() / 1000;
      let lastText = "";
      let last: Instant | undefined;
      for (let at = start; at < end; at += width) {
        const pointer = words[at + cell] ?? 0;
        if (words[at + ROW.status] !== STATUS.parsed || words[at + ROW.nanoseconds] !== NO_TIME) continue;
        const text = pointer === 0 ? "" : bytes.toString("latin1", pointer, pointer + (words[at + cell + 1] ?? 0));
        if (text !== lastText) {
          lastText = text;
          last = this.#format.parse(text, nearSeconds);
        }
        if (text === "" || last === undefined) without += 1;
        else {
          words[at + ROW.seconds] = last.seconds;
          words[at + ROW.nanoseconds] = last.nanoseconds;
          if (isTaken) words[at + cell] = 0;
        }
      }
    }
    return without;
  }

  /** The program that takes the first parsed row's text; logs seldom change their format in the middle. */
  #fitting(table: number, start: number, end: number, columns: number, column: number): Loaded | undefined {
    const { words, kernels } = this.#pool.memory;
    const width = rowWords(columns);
    let first = start;
    while (first < end && (words[first + ROW.status] !== STATUS.parsed || words[first + ROW.columns + 2 * column] === 0)) first += width;
    if (first === end) return undefined;
    for (let turn = 0; turn < this.#programs.length; turn += 1) {
      const index = (this.#preferred + turn) % this.#programs.length;
      const program = this.#programs[index];
      if (program === undefined) continue;
      if (program.nearAt !== -1) words[(program.chunk.pointer >>> 2) + program.nearAt] = this.#wallNow();
      if (kernels.parseTimes(table + (first - start) * 4, 1, columns, column, program.chunk.pointer, 0) !== 0) continue;
      words[first + ROW.nanoseconds] = NO_TIME;
      this.#preferred = index;
      return program;
    }
    return undefined;
  }

  /** Now on the clock the program counts by: the wall's where it is corrected afterwards, UTC otherwise. */
  #wallNow(): number {
    const now = Math.floor(this.#clock.now() / 1000);
    return fixedOffsetMinutes(this.#zone) === undefined ? now + (now - this.#format.toUtc(now)) : now;
  }
}
