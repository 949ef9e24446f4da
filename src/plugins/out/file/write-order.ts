// Keeps the order of batches when writes fail. Positions in a file only mean something when the file holds the batches in
// the order in which the pipeline commits them; but a batch whose write failed comes again on its own, perhaps after the
// one behind it. So a later batch waits here until every earlier one is in, or is given up by whoever holds it.
import { PermanentError } from "#base/errors.ts";
import type { Clock } from "#base/clock.ts";
import type { Batch } from "#dataplane/batch.ts";

/** How often a waiting batch looks whether an earlier one was given up; that happens in seconds, not in milliseconds. */
const LOOK_MS = 20;
/** A batch that is neither tried again nor released for this long is held by somebody who waits for us: give way. */
const WAIT_MOST_MS = 60_000;

export class WriteOrder {
  readonly #clock: Clock;
  readonly #tickets = new WeakMap<Batch, number>();
  /** Let in, and not yet good. */
  readonly #inside = new Map<number, Batch>();
  /** They failed, or they wait for one that did. */
  readonly #outside = new Map<number, Batch>();
  #nextTicket = 1;
  #lastGood = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets the batch in behind all that are in; undefined when that is now, else a promise. */
  enter(batch: Batch, signal: AbortSignal): Promise<void> | undefined {
    const known = this.#tickets.get(batch);
    const ticket = known ?? this.#nextTicket++;
    this.#tickets.set(batch, ticket);
    if (known === undefined && this.#outside.size === 0) {
      this.#inside.set(ticket, batch);
      return undefined;
    }
    this.#outside.set(ticket, batch);
    return this.#wait(ticket, batch, signal);
  }

  /** Nothing is in, and nothing will come again. */
  get isIdle(): boolean {
    return this.#inside.size === 0 && [...this.#outside.values()].every((batch) => batch.isReleased);
  }

  /** False when the batch was put out because an earlier one failed. */
  isInside(batch: Batch): boolean {
    return this.#inside.has(this.#tickets.get(batch) ?? 0);
  }

  /** Puts out the batch and all behind it, at once: whoever comes now has to wait for them. */
  failed(batch: Batch): void {
    const ticket = this.#tickets.get(batch) ?? 0;
    for (const [other, each] of this.#inside) {
      if (other < ticket) continue;
      this.#inside.delete(other);
      this.#outside.set(other, each);
    }
  }

  good(batch: Batch): void {
    const ticket = this.#tickets.get(batch) ?? 0;
    this.#inside.delete(ticket);
    this.#lastGood = Math.max(this.#lastGood, ticket);
  }

  async #wait(ticket: number, batch: Batch, signal: AbortSignal): Promise<void> {
    for (let waitedMs = 0; this.#isBehindAnother(ticket) && waitedMs < WAIT_MOST_MS; waitedMs += LOOK_MS) {
      await this.#clock.pause(LOOK_MS, signal);
      if (signal.aborted) throw new Error("stopped while an earlier batch was waited for");
    }
    this.#outside.delete(ticket);
    const isTooLate = ticket < this.#lastGood || [...this.#inside.keys()].some((other) => ticket < other);
    if (isTooLate)
      throw new PermanentError("a later batch was written meanwhile; in its old place this one could not be committed", {
        hint: "Replay it from the dead letters.",
      });
    this.#inside.set(ticket, batch);
  }

  #isBehindAnother(ticket: number): boolean {
    for (const [other, batch] of this.#outside) {
      if (ticket <= other) continue;
      if (!batch.isReleased) return true;
      this.#outside.delete(other); // Dead-lettered, or taken by another output: it does not come again.
    }
    return false;
  }
}
