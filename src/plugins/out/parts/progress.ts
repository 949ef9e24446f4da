// How far a batch has come at a server that takes it in parts: what it has is not sent again when the rest is tried again. Rows are
// counted as they are sent: dropped ones have no number.
import type { Batch } from "#dataplane/batch.ts";
import type { Written } from "#sdk/plugin.ts";

const STATE = { open: 0, written: 1, refused: 2 } as const;

export class Progress {
  readonly rows: number;
  readonly #states: Uint8Array;
  #open: number;
  #refused = 0;
  #reason: Error | undefined;

  constructor(rows: number) {
    this.rows = rows;
    this.#states = new Uint8Array(rows);
    this.#open = rows;
  }

  get isDone(): boolean {
    return this.#open === 0;
  }

  isOpen(row: number): boolean {
    return this.#states[row] === STATE.open;
  }

  written(row: number): void {
    this.#states[row] = STATE.written;
    this.#open -= 1;
  }

  /** Of several reasons the first is kept: it is said with how many there are. */
  refused(row: number, reason: Error): void {
    this.#states[row] = STATE.refused;
    this.#open -= 1;
    this.#refused += 1;
    this.#reason ??= reason;
  }

  /** The next row, from `row` on, that is open; `rows` when none is. */
  nextOpen(row: number): number {
    const found = this.#states.indexOf(STATE.open, row);
    return found === -1 ? this.rows : found;
  }

  /** What is to be told of a batch that is done. Throws the reason when all of it was refused. */
  outcome(batch: Batch): Pick<Written, "refused"> {
    if (this.#reason === undefined) return {};
    if (this.#refused === this.rows) throw this.#reason;
    // The batch asks for the rows that are in, in their order: so they were sent, and so they are counted here.
    let sent = 0;
    const left = batch.select(() => this.#states[sent++] === STATE.refused);
    return left === undefined ? {} : { refused: [{ batch: left, reason: this.#reason }] };
  }
}

/** The progress of batches under way: while the pipeline tries a batch again it is the same object. */
export class Progresses {
  readonly #of = new WeakMap<Batch, Progress>();

  of(batch: Batch): Progress {
    let progress = this.#of.get(batch);
    if (progress === undefined) this.#of.set(batch, (progress = new Progress(batch.count)));
    return progress;
  }
}
