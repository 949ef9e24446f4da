// Batches just written that are given on from memory instead of being read back: the reader comes to the first one next.
//
// While the output keeps up, its source goes no faster: what stays in memory need not be read back and checked. An output that stalls
// holds nobody up: after one wait in vain batches go to the files alone, until something is taken again.
import { Bell } from "#base/bell.ts";
import type { Clock } from "#base/clock.ts";
import type { Batch } from "#dataplane/batch.ts";
import { isSame } from "./segments.ts";
import type { Place } from "./segments.ts";

const BYTES_MAX = 3 << 20;
/** How long a source is held back for an output that keeps up. */
const PACE_MS = 50;

/** What is given on: read from a file, or still in memory. */
export interface HeldFrame {
  readonly head: Place;
  readonly batch: Batch;
  readonly end: Place;
}

export class Tail {
  readonly #bytesMax: number;
  readonly #clock: Clock;
  readonly #frames: HeldFrame[] = [];
  #bytes = 0;
  /** Rung when something was taken. */
  readonly #taken = new Bell();
  #takenBatches = 0;
  /** Nothing was taken while somebody waited for it. */
  #isStalled = false;

  constructor(bytesMax: number, clock: Clock) {
    this.#bytesMax = Math.min(BYTES_MAX, bytesMax);
    this.#clock = clock;
  }

  /** Behind the last batch. */
  get end(): Place | undefined {
    return this.#frames.at(-1)?.end;
  }

  /** Takes the batch over if there is room; says whether it did. */
  add(frame: HeldFrame): boolean {
    if (this.#bytesMax < this.#bytes + frame.batch.length) return false;
    this.#bytes += frame.batch.length;
    this.#frames.push(frame);
    return true;
  }

  /** The batch at the place, if it is the first. */
  take(place: Place | undefined): HeldFrame | undefined {
    const [first] = this.#frames;
    if (first === undefined || !isSame(place, first.head)) return undefined;
    this.#frames.shift();
    this.#bytes -= first.batch.length;
    this.#isStalled = false;
    this.#takenBatches += 1;
    this.#taken.ring();
    return first;
  }

  /** Waits a little while much is held and something is taken. */
  async pace(): Promise<void> {
    if (this.#isStalled || this.#bytes < BYTES_MAX / 2) return;
    const before = this.#takenBatches;
    await this.#taken.rung(undefined, { clock: this.#clock, ms: PACE_MS });
    this.#isStalled = before === this.#takenBatches;
  }

  release(): void {
    for (const { batch } of this.#frames.splice(0)) batch.release();
  }
}
