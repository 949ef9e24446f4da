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
  /** Batches with a ticket that are not in: they failed, or they wait for one that did. */
  readonly #outside = new Map<number, Batch>();
  #nextTicket = 1;
  #lastIn = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the batch may be placed behind all that came in before; undefined when that is now. */
  enter(batch: Batch, signal: AbortSignal): Promise<void> | undefined {
    const known = this.#tickets.get(batch);
    const ticket = known ?? this.#nextTicket++;
    if (known === undefined) {
      this.#tickets.set(batch, ticket);
      if (this.#outside.size === 0) {
        this.#lastIn = ticket;
        return undefined;
      }
    }
    this.#outside.set(ticket, batch);
    return this.#wait(ticket, signal);
  }

  /** The batch is not in after all; it keeps its place. */
  failed(batch: Batch): void {
    const ticket = this.#tickets.get(batch);
    if (ticket === undefined) return;
    this.#outside.set(ticket, batch);
    // What was placed behind it has failed with it.
    this.#lastIn = Math.min(this.#lastIn, ticket - 1);
  }

  async #wait(ticket: number, signal: AbortSignal): Promise<void> {
    for (let waitedMs = 0; this.#isBehindAnother(ticket) && waitedMs < WAIT_MOST_MS; waitedMs += LOOK_MS) {
      await this.#clock.pause(LOOK_MS, signal);
      if (signal.aborted) throw new Error("stopped while an earlier batch was waited for");
    }
    this.#outside.delete(ticket);
    if (ticket < this.#lastIn) throw new PermanentError("a later batch was written meanwhile; in its old place this one could not be committed", { hint: "Replay it from the dead letters." });
    this.#lastIn = ticket;
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
