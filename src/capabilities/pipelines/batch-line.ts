// At which of several outputs each batch is, in the order of the batches. A place where the order matters takes a batch when each before it
// is there already, or is done: one that is turned away elsewhere may still have to be written there first.
import type { Batch } from "#dataplane/batch.ts";

export interface Entry<Place> {
  readonly ticket: number;
  /** Where it was started last; undefined while nobody has chosen. */
  at: Place | undefined;
}

export class BatchLine<Place extends object> {
  /** A batch that is tried again stands where it stood. */
  readonly #tickets = new WeakMap<Batch, number>();
  /** By ticket. */
  readonly #line: Entry<Place>[] = [];
  #nextTicket = 1;
  #change = Promise.withResolvers<void>();

  enter(batch: Batch): Entry<Place> {
    const ticket = this.#tickets.get(batch) ?? this.#nextTicket++;
    this.#tickets.set(batch, ticket);
    const entry: Entry<Place> = { ticket, at: undefined };
    const behind = this.#line.findIndex((other) => ticket < other.ticket);
    this.#line.splice(behind === -1 ? this.#line.length : behind, 0, entry);
    return entry;
  }

  /** Resolves when it may be started there. */
  async goTo(entry: Entry<Place>, place: Place, { isInOrder }: { readonly isInOrder: boolean }): Promise<void> {
    while (isInOrder && this.#line.some(({ ticket, at }) => ticket < entry.ticket && at !== place)) await this.#change.promise;
    entry.at = place;
    this.#changed();
  }

  /** It is written, or given back to whoever brought it. */
  leave(entry: Entry<Place>): void {
    this.#line.splice(this.#line.indexOf(entry), 1);
    this.#changed();
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
