// Settles deliveries in the order they were read: positions move over a batch only after all before it are written.
// What several finished deliveries ask to have committed goes into one record of the store. What an output leaves of a batch that ends
// inside what its source would send again (Delivery.isPartial) is held back until that is written whole, with its positions and acks.
import type { JsonValue } from "#base/json.ts";
import type { Delivery, Log, Written } from "#sdk/plugin.ts";
import type { PipelineStats } from "./stats.ts";

export interface Store {
  /** Writes all changes at once or none; null forgets a key. */
  commit(changes: Readonly<Record<string, JsonValue>>): void | Promise<void>;
}

interface QueuedPlace {
  readonly delivery: Delivery;
  /** undefined while under way. */
  written: Written | undefined;
  hasFailed: boolean;
  readonly settled: () => void;
}

/** What goes into one commit, and who is acked after it. */
interface Commit {
  readonly changes: Record<string, JsonValue>;
  readonly deliveries: Delivery[];
}

/** A delivery's place in line; exactly one of the two is called. */
export interface Place {
  done(written: Written): void;
  /** It was not written: nothing behind it is committed any more, for its lines come again. */
  failed(): void;
  /** The delivery is committed and acked, or held back, or never will be. */
  readonly settled: Promise<void>;
}

export class Settlement {
  readonly #store: Store;
  readonly #log: Log;
  readonly #stats: PipelineStats;
  /** Told after each commit: outputs may rotate then. */
  #onCommitted: () => Promise<void>;
  /** Told when something is held back: its end should come soon. */
  #onHeldBack: () => void;
  /** What waits for the end of something given on in part. */
  #heldBack: Commit & { hasState: boolean } = { changes: {}, deliveries: [], hasState: false };
  readonly #queue: QueuedPlace[] = [];
  /** Deliveries that are none of the source's. */
  readonly #asides = new WeakSet<Delivery>();
  #isBroken = false;
  #isSettling = false;
  #isFailing = false; // An outage of the store is said once, and its end.

  constructor(store: Store, log: Log, stats: PipelineStats, { onCommitted, onHeldBack }: { onCommitted(): Promise<void>; onHeldBack(): void }) {
    this.#store = store;
    this.#log = log;
    this.#stats = stats;
    this.#onCommitted = onCommitted;
    this.#onHeldBack = onHeldBack;
  }

  /** Another run of the segment goes on with it, with other outputs. */
  handTo({ onCommitted, onHeldBack }: { onCommitted(): Promise<void>; onHeldBack(): void }): void {
    this.#onCommitted = onCommitted;
    this.#onHeldBack = onHeldBack;
  }

  /** Something was written whose commit waits for what its source has not given on yet. */
  get holdsBack(): boolean {
    return 0 < this.#heldBack.deliveries.length;
  }

  /** Takes a place in line. */
  enter(delivery: Delivery): Place {
    const { promise, resolve } = Promise.withResolvers<void>();
    const place: QueuedPlace = { delivery, written: undefined, hasFailed: false, settled: resolve };
    this.#queue.push(place);
    const look = (): void => {
      if (this.#isBroken) resolve();
      else if (!this.#isSettling && this.#queue[0] === place) void this.#settle();
    };
    return {
      settled: promise,
      done: (written) => {
        place.written = written;
        look();
      },
      failed: () => {
        place.hasFailed = true;
        look();
      },
    };
  }

  /**
   * Takes a place in line for what the source has not given: it neither ends nor begins what that gave on in part, and is acked only when
   * what its output asked to have committed is on disk.
   */
  enterAside(delivery: Delivery): Place {
    this.#asides.add(delivery);
    return this.enter(delivery);
  }

  async #settle(): Promise<void> {
    this.#isSettling = true;
    while (this.#queue[0]?.written !== undefined) {
      const ready: QueuedPlace[] = [];
      const now: Commit = { changes: {}, deliveries: [] };
      while (this.#queue[0]?.written !== undefined) {
        const place = this.#queue.shift() as QueuedPlace;
        this.#addTo(now, place.delivery, place.written?.commit ?? {});
        ready.push(place);
      }
      let isSaved = true;
      if (0 < now.deliveries.length) {
        isSaved = await this.commit(now.changes);
        if (isSaved) await this.#onCommitted().catch((error: unknown) => this.#log.error("an output failed after a commit", { error }));
      }
      for (const delivery of now.deliveries) if (isSaved || !this.#asides.has(delivery)) await acked(delivery, this.#log);
      for (const place of ready) place.settled();
      if (0 < this.#heldBack.deliveries.length) this.#onHeldBack();
    }
    this.#isSettling = false;
    if (this.#queue[0]?.hasFailed !== true) return;
    this.#isBroken = true;
    for (const place of this.#queue.splice(0)) if (place.hasFailed || place.written !== undefined) place.settled();
  }

  /** The delivery and all that was held back before it, unless it has to be held back too. */
  #addTo(now: Commit, delivery: Delivery, state: Readonly<Record<string, JsonValue>>): void {
    const held = this.#heldBack;
    const isInPart = this.#asides.has(delivery) ? 0 < held.deliveries.length : delivery.isPartial === true;
    Object.assign(held.changes, delivery.positions, state);
    held.deliveries.push(delivery);
    held.hasState ||= 0 < Object.keys(state).length;
    if (isInPart && held.hasState) return;
    Object.assign(now.changes, held.changes);
    now.deliveries.push(...held.deliveries);
    this.#heldBack = { changes: {}, deliveries: [], hasState: false };
  }

  /** Whether it is on disk. A failed commit is not fatal: what is written stays written, and the store carries the changes on to the next one. */
  async commit(changes: Readonly<Record<string, JsonValue>>): Promise<boolean> {
    if (Object.keys(changes).length === 0) return true;
    try {
      const saving = this.#store.commit(changes);
      if (saving !== undefined) await saving;
      if (this.#isFailing) this.#log.info("positions are saved again");
      this.#isFailing = false;
      return true;
    } catch (error) {
      this.#stats.commitFailures += 1;
      if (!this.#isFailing) this.#log.warn("positions cannot be saved; after a crash now some records would come twice", { error });
      this.#isFailing = true;
      return false;
    }
  }
}

export async function acked(delivery: Delivery, log: Log): Promise<void> {
  try {
    await delivery.ack?.();
  } catch (error) {
    log.warn("an ack failed; its sender may send the batch again", { error });
  }
}
