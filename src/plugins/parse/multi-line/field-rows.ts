// Which rows of a fields batch make one event, and the joining of them in place: the first row of an event gets the text of all, the
// others leave. Nothing is decoded but the event that is open at the end.
import { assert } from "#base/assert.ts";
import type { Batch } from "#dataplane/batch.ts";
import { ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import { BEGINS } from "./event-rules.ts";
import type { EventRules } from "./event-rules.ts";
import { NO_STREAM, STREAM_KEY, streamAt } from "./streams.ts";
import type { EventLimits } from "./text-events.ts";

/** Rows of one event; the first has its fields. */
export interface EventOfRows {
  readonly rows: number[];
  bytes: number;
  /** Lines, those that were held before among them. */
  lines: number;
  state: number;
}

export interface FoundEvents {
  /** What goes on with the event that was held, which may be nothing; undefined: none was. */
  readonly head: EventOfRows | undefined;
  /** The held event ends in this batch. */
  readonly isHeadComplete: boolean;
  /** Complete events of more than one row, without the head. */
  readonly joined: readonly EventOfRows[];
  /** The event open at the end, when it is not the head. */
  readonly tail: EventOfRows | undefined;
  readonly cuts: number;
}

export class FieldRows {
  readonly #batch: Batch;
  readonly #width: number;
  readonly #start: number;
  readonly #column: number;
  readonly #isLineText: boolean;
  readonly #streamColumn: number;

  /** `key` names the field that holds the line. */
  constructor(batch: Batch, key: string) {
    assert(batch.form === "fields");
    this.#batch = batch;
    this.#width = rowWords(batch.columns.length);
    this.#start = batch.table >>> 2;
    this.#column = batch.columns.findIndex(({ name }) => name === key);
    this.#isLineText = key === LINE_KEY;
    this.#streamColumn = batch.columns.findIndex(({ name }) => name === STREAM_KEY);
  }

  /** The streams that rows are of. */
  streams(): ReadonlySet<string> {
    if (this.#streamColumn === -1) return new Set([NO_STREAM]);
    const found = new Set<string>();
    for (let row = 0; row < this.#batch.rows; row += 1) if (this.#batch.isKept(row)) found.add(this.#streamOf(row));
    return found;
  }

  /** The events of one stream, behind the one that was held of it. */
  find(stream: string, held: { readonly bytes: number; readonly lines: number; readonly state: number } | undefined, rules: EventRules, { linesMax, bytesMax }: EventLimits): FoundEvents {
    const { words, bytes } = this.#batch.pool.memory;
    const head: EventOfRows | undefined = held === undefined ? undefined : { rows: [], bytes: held.bytes, lines: held.lines, state: held.state };
    const joined: EventOfRows[] = [];
    let open = head;
    let cuts = 0;
    const end = (): void => {
      if (open !== undefined && open !== head && 1 < open.rows.length) joined.push(open);
      open = undefined;
    };
    for (let row = 0; row < this.#batch.rows; row += 1) {
      if (!this.#batch.isKept(row) || this.#streamOf(row) !== stream) continue;
      const cell = this.cellOf(row);
      if (cell === -1) {
        end();
        continue;
      }
      const pointer = words[cell] ?? 0;
      const length = words[cell + 1] ?? 0;
      let state = open === undefined ? BEGINS : rules.next(open.state, bytes, pointer, length);
      if (open !== undefined && state !== BEGINS && (linesMax <= open.lines || bytesMax < open.bytes + length + 1)) {
        cuts += 1;
        end();
      } else if (state === BEGINS) {
        end();
        state = rules.first(bytes, pointer, length);
      }
      open ??= { rows: [], bytes: -1, lines: 0, state };
      open.rows.push(row);
      open.bytes += length + 1;
      open.lines += 1;
      open.state = state;
      if (rules.hasEnds && rules.isEnd(bytes, pointer, length)) end();
    }
    const isHeadOpen = open !== undefined && open === head;
    return { head, isHeadComplete: head !== undefined && !isHeadOpen, joined, tail: isHeadOpen ? undefined : open, cuts };
  }

  #streamOf(row: number): string {
    const { words, bytes } = this.#batch.pool.memory;
    const at = this.#start + row * this.#width;
    if (this.#streamColumn === -1 || words[at + ROW.status] === STATUS.unmatched) return NO_STREAM;
    const cell = at + ROW.columns + this.#streamColumn * 2;
    return streamAt(bytes, words[cell] ?? 0, words[cell + 1] ?? 0);
  }

  /** The word that has the pointer of the row's line; -1: it has none. */
  cellOf(row: number): number {
    const { words } = this.#batch.pool.memory;
    const at = this.#start + row * this.#width;
    if (words[at + ROW.status] === STATUS.unmatched) return this.#isLineText ? at + ROW.linePointer : -1;
    const cell = at + ROW.columns + this.#column * 2;
    return this.#column === -1 || words[cell] === 0 ? -1 : cell;
  }

  textOf({ rows }: EventOfRows): string {
    const { words, bytes } = this.#batch.pool.memory;
    return rows.map((row) => this.cellOf(row)).map((cell) => bytes.toString("utf8", words[cell], (words[cell] ?? 0) + (words[cell + 1] ?? 0))).join("\n");
  }

  /** Joins the events in place, by memory at `pointer` that is as large as they are together. */
  join(events: readonly EventOfRows[], pointer: number): void {
    const { words, bytes } = this.#batch.pool.memory;
    let end = pointer;
    for (const { rows } of events) {
      const start = end;
      for (const row of rows) {
        const cell = this.cellOf(row);
        if (start < end) bytes[end++] = 10;
        const from = words[cell] ?? 0;
        const length = words[cell + 1] ?? 0;
        bytes.copyWithin(end, from, from + length);
        end += length;
      }
      const cell = this.cellOf(rows[0] ?? 0);
      const line = this.#start + (rows[0] ?? 0) * this.#width + ROW.linePointer;
      // Where the line is nothing but its text, the event's line is the event.
      if (words[line] === words[cell] && words[line + 1] === words[cell + 1]) words.set([start, end - start], line);
      words.set([start, end - start], cell);
    }
  }
}
