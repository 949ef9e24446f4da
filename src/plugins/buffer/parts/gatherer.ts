// Merges the batches of a stream into the batches that a buffer gives on. Batches of the same tag and form become one, bytes
// behind bytes; fields become entries. A record is never cut, and records of one tag keep their order.
//
// Positions: a merged batch carries the positions of an arrived batch only when that one, and all that arrived before it, are in
// what was given on so far: otherwise a commit would pass over what is still held. A merged batch is partial when some of what was
// given on belongs to an arrival that its positions do not cover yet.
import type { Clock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import { framedForm } from "#dataplane/frames.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { Delivery } from "#sdk/plugin.ts";
import { Cutter } from "./cutter.ts";
import { Pile, pileKey } from "./pile.ts";
import type { Cut } from "./segments.ts";

/** When a merged batch is complete. Without any bound it is so when `flush` says so. */
export interface MergeRule {
  /** Exactly this many records. */
  readonly rows?: number;
  /** As many records as fit; one larger than this goes alone. */
  readonly bytes?: number;
  /** All that is held, this long after the first of it came. */
  readonly afterMs?: number;
}

/** What is given on. */
export interface Merged extends Delivery {
  /** What of a stream in files it is: all batches of this key between the two cuts. */
  readonly extent: { readonly key: string; readonly from: Cut; readonly to: Cut } | undefined;
}

/** How long to wait for memory that other pipelines hold. */
const MEMORY_PAUSE_MS = 20;
/** What is remembered of a pile that was given on counts as well: piles may be of one record each. */
const PILE_BYTES = 64;

/** What arrived in one delivery, or in several that ended in the same pile. */
interface Arrival {
  positions: Record<string, JsonValue>;
  readonly deliveries: Delivery[];
  /** The piles that have its first and its last record; undefined when it has none. */
  firstPile: Pile | undefined;
  pile: Pile | undefined;
  /** All of it is in piles. */
  isWhole: boolean;
}

export class Gatherer {
  readonly #rule: MergeRule;
  readonly #bytesMax: number;
  readonly #pool: ChunkPool;
  readonly #clock: Clock;
  /** Open piles by tag and form, the oldest first. */
  readonly #piles = new Map<string, Pile>();
  readonly #complete: Pile[] = [];
  /** What arrived and is not given on with its positions yet, in order of arrival. */
  readonly #arrivals: Arrival[] = [];
  #heldBytes = 0;
  /** Chunk memory of the open piles. */
  #openBytes = 0;
  /** Bytes given on whose positions wait for a pile that is still open. */
  #waitingBytes = 0;
  #isClosed = false;
  readonly #onLack: () => void;

  /** `onLack`: there is no memory for what comes, so what is held is complete, and should be taken. */
  constructor({ rule, bytesMax, pool, clock, onLack = () => undefined }: { rule: MergeRule; bytesMax: number; pool: ChunkPool; clock: Clock; onLack?: () => void }) {
    this.#rule = rule;
    this.#bytesMax = bytesMax;
    this.#pool = pool;
    this.#clock = clock;
    this.#onLack = onLack;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }
  /** Chunk memory of what is not complete. */
  get openBytes(): number {
    return this.#openBytes;
  }
  get heldBatches(): number {
    return this.#piles.size + this.#complete.length;
  }
  get isEmpty(): boolean {
    return this.heldBatches === 0;
  }
  /** When what is held has to go on, by the clock; undefined when nothing waits for a time. */
  get dueAt(): number | undefined {
    if (this.#rule.afterMs === undefined) return undefined;
    const [oldest] = this.#piles.values();
    return oldest === undefined ? undefined : oldest.since(this.#clock.now()) + this.#rule.afterMs;
  }

  /**
   * Takes over a delivery, or what of it lies behind the cut, when it comes from a file. Waits only when the thread has no memory left;
   * what is held becomes complete then.
   */
  async add(delivery: Delivery, cut?: Cut): Promise<void> {
    const arrival: Arrival = { positions: { ...delivery.positions }, deliveries: [delivery], firstPile: undefined, pile: undefined, isWhole: false };
    this.#arrivals.push(arrival);
    const batch = await this.#framed(delivery.batch);
    if (batch === undefined) return;
    const cutter = new Cutter(batch);
    if (cut !== undefined) cutter.take(cutter.before(cut.byte));
    let isHandedOver = false;
    while (cutter.bytesLeft !== 0 && !this.#isClosed) {
      const pile = this.#pileOf(batch);
      const piece = cutter.next(pile.isEmpty, this.#rowsRoom(pile), this.#bytesRoom(pile));
      if (piece === undefined) {
        this.#completePile(pile);
        continue;
      }
      const openBefore = pile.chunkBytes;
      try {
        isHandedOver = pile.add(batch, piece);
      } catch (error) {
        await this.#memory(error);
        continue;
      }
      this.#openBytes += pile.chunkBytes - openBefore;
      cutter.take(piece);
      if (cut !== undefined) {
        pile.from ??= { place: cut.place, byte: piece.start };
        pile.to = { place: cut.place, byte: piece.start + piece.length };
      }
      this.#heldBytes += piece.length;
      arrival.firstPile ??= pile;
      arrival.pile = pile;
      if (this.#rowsRoom(pile) === 0 || this.#bytesRoom(pile) <= 0) this.#completePile(pile);
    }
    if (!isHandedOver) batch.release();
    arrival.isWhole = true;
    this.#joinArrivals(arrival);
  }

  /** In a form whose bytes can be joined; undefined when closed before there was memory for that. Consumes the batch, whatever happens. */
  async #framed(batch: Batch): Promise<Batch | undefined> {
    try {
      while (!this.#isClosed) {
        try {
          return framedForm(batch);
        } catch (error) {
          const isHopeless = error instanceof MemoryFullError && this.#pool.memory.bytesMax < error.chunkBytes + batch.chunkBytes;
          await this.#memory(isHopeless ? new Error(`a batch of ${batch.length} bytes cannot be held in ${this.#pool.memory.bytesMax} bytes of chunk memory`, { cause: error }) : error);
        }
      }
    } catch (error) {
      batch.release();
      throw error;
    }
    batch.release();
    return undefined;
  }

  /** Others hold the memory, or what waits here: that goes on. Rejects with the error where that is another. */
  async #memory(error: unknown): Promise<void> {
    if (!(error instanceof MemoryFullError)) throw error;
    this.flush();
    this.#onLack();
    await this.#clock.pause(MEMORY_PAUSE_MS);
  }

  /** All that is held is complete now. */
  flush(): void {
    for (const pile of [...this.#piles.values()]) this.#completePile(pile);
  }

  /** Completes what has to be given on before the positions of all that was given on in part can be. */
  finishPartial(): void {
    const last = this.#arrivals.findLastIndex(isGivenInPart);
    if (this.#arrivals.slice(0, last + 1).some(({ pile }) => pile !== undefined && this.#piles.get(pile.key) === pile)) this.flush();
  }

  /** The next complete batch. */
  take(): Merged | undefined {
    const pile = this.#complete.shift();
    if (pile === undefined) return undefined;
    this.#heldBytes -= pile.length;
    this.#waitingBytes += pile.length + PILE_BYTES;
    pile.isGivenOn = true;
    const done: Arrival[] = [];
    for (let first = this.#arrivals[0]; first?.isWhole === true && first.pile?.isGivenOn !== false; first = this.#arrivals[0]) {
      done.push(first);
      this.#arrivals.shift();
    }
    if (0 < done.length || this.#arrivals.length === 0) this.#waitingBytes = 0;
    // One record of a rare tag must not hold back the positions of a busy one for ever.
    if (this.#bytesMax < this.#waitingBytes) this.flush();
    return mergedOf(pile, done, this.#arrivals.some(isGivenInPart));
  }

  /** Drops what is held and says so to whoever sent it. */
  close(): void {
    this.#isClosed = true;
    for (const pile of [...this.#piles.values(), ...this.#complete]) pile.release();
    this.#piles.clear();
    this.#complete.length = 0;
    this.#heldBytes = 0;
    this.#openBytes = 0;
    for (const arrival of this.#arrivals.splice(0)) for (const delivery of arrival.deliveries) delivery.nack?.();
  }

  #pileOf(batch: Batch): Pile {
    const key = pileKey(batch);
    let pile = this.#piles.get(key);
    if (pile === undefined) {
      pile = new Pile(key, batch, this.#pool, this.#clock.now());
      this.#piles.set(key, pile);
    }
    return pile;
  }

  #completePile(pile: Pile): void {
    this.#piles.delete(pile.key);
    this.#openBytes -= pile.chunkBytes;
    if (!pile.isEmpty) this.#complete.push(pile);
  }

  #rowsRoom(pile: Pile): number {
    return (this.#rule.rows ?? Number.POSITIVE_INFINITY) - pile.rows;
  }
  #bytesRoom(pile: Pile): number {
    return (this.#rule.bytes ?? Number.POSITIVE_INFINITY) - pile.length;
  }

  /** Many small arrivals in one pile become one, so that a slow trickle needs no memory but its bytes. */
  #joinArrivals(arrival: Arrival): void {
    const before = this.#arrivals.at(-2);
    if (this.#arrivals.at(-1) !== arrival || before === undefined) return;
    // An arrival without records is as far as the one before it.
    if (before.pile !== arrival.pile && arrival.pile !== undefined) return;
    this.#arrivals.pop();
    Object.assign(before.positions, arrival.positions);
    before.firstPile ??= arrival.firstPile;
    const [delivery] = arrival.deliveries;
    if (delivery?.ack !== undefined || delivery?.nack !== undefined) before.deliveries.push(delivery);
  }
}

/** Some of it was given on, and its source would send all of it again. */
function isGivenInPart({ firstPile, positions }: Arrival): boolean {
  return firstPile?.isGivenOn === true && 0 < Object.keys(positions).length;
}

function mergedOf(pile: Pile, arrivals: readonly Arrival[], isPartial: boolean): Merged {
  const { key, from, to } = pile;
  const positions: Record<string, JsonValue> = {};
  for (const arrival of arrivals) Object.assign(positions, arrival.positions);
  const deliveries = arrivals.flatMap((arrival) => arrival.deliveries);
  return {
    batch: pile.batch(),
    extent: from === undefined || to === undefined ? undefined : { key, from, to },
    positions,
    isPartial,
    async ack() {
      for (const delivery of deliveries) await delivery.ack?.();
    },
    nack() {
      for (const delivery of deliveries) delivery.nack?.();
    },
  };
}
