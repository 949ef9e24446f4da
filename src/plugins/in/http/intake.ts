// Between the requests and `read`: what was understood and waits to become a batch. Small requests of one tag that wait here become one
// batch together, so that a client which sends one event a request is not held up by the pipeline's turns.
import { Bell } from "#base/bell.ts";
import { Batch } from "#dataplane/batch.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import type { Delivery, PluginContext } from "#sdk/plugin.ts";
import { PIECE_LINES } from "./packed.ts";
import type { Packed, Piece } from "./packed.ts";

/** What one request brought, or a piece of it. */
export interface Arrival {
  readonly tag: string;
  readonly source: string;
  readonly form: Packed["form"];
  readonly piece: Piece;
  /** The last of its request. */
  readonly isLast: boolean;
  /** It lies in a batch now: its bytes are held no longer. */
  taken(): void;
  /** The far side has it. */
  written(): void;
  /** It comes to nothing: the client has to send it again. */
  dropped(): void;
}

const TOGETHER_BYTES = 1 << 20;
const FULL_PAUSE_MS = 20;

export class Intake {
  readonly #context: PluginContext;
  readonly #arrivals: Arrival[] = [];
  #isClosed = false;
  #isRefusing = false;
  readonly #bell = new Bell();

  constructor(context: PluginContext) {
    this.#context = context;
  }

  push(arrival: Arrival): void {
    if (this.#isClosed || this.#isRefusing) return arrival.dropped();
    this.#arrivals.push(arrival);
    this.wake();
  }

  /** What comes from now on is to be sent again; what is here can be had still. */
  refuse(): void {
    this.#isRefusing = true;
  }

  get isEmpty(): boolean {
    return this.#arrivals.length === 0;
  }

  /** The next batch, when something waits and memory has room for it. */
  async next(signal: AbortSignal): Promise<Delivery | undefined> {
    const { pool, clock } = this.#context;
    const [first] = this.#arrivals;
    if (first === undefined) return undefined;
    let count = 1;
    let bytes = first.piece.bytes.length;
    let rows = first.piece.rows;
    for (; count < this.#arrivals.length; count += 1) {
      const more = this.#arrivals[count];
      if (more === undefined || more.tag !== first.tag || more.form !== first.form || TOGETHER_BYTES < bytes + more.piece.bytes.length || PIECE_LINES < rows + more.piece.rows) break;
      rows += more.piece.rows;
      bytes += more.piece.bytes.length;
    }
    await pool.room(bytes, signal);
    if (signal.aborted || this.#isClosed) return undefined;
    const arrivals = this.#arrivals.slice(0, count);
    let batch: Batch;
    try {
      batch = this.#batchOf(arrivals, bytes);
    } catch (error) {
      if (!(error instanceof MemoryFullError)) throw error;
      await clock.pause(FULL_PAUSE_MS, signal); // Other pipelines have it for now.
      return undefined;
    }
    this.#arrivals.splice(0, count);
    for (const arrival of arrivals) arrival.taken();
    // A client sends a request again as a whole.
    return { batch, isPartial: arrivals.at(-1)?.isLast === false, ack: () => arrivals.forEach((arrival) => arrival.written()), nack: () => arrivals.forEach((arrival) => arrival.dropped()) };
  }

  /** Waits until something is there, or the signal, or the end. */
  async ready(signal: AbortSignal): Promise<void> {
    if (0 < this.#arrivals.length || signal.aborted || this.#isClosed) return;
    await this.#bell.rung(signal);
  }

  /** For whoever changed what a reader looks at. */
  wake(): void {
    this.#bell.ring();
  }

  close(): void {
    this.#isClosed = true;
    for (const arrival of this.#arrivals.splice(0)) arrival.dropped();
    this.wake();
  }

  #batchOf(arrivals: readonly Arrival[], bytes: number): Batch {
    const { pool, clock } = this.#context;
    const [first] = arrivals as [Arrival];
    const now = clock.now();
    const facts = { tag: first.tag, seconds: Math.floor(now / 1000), nanoseconds: Math.floor((now % 1000) * 1e6), source: arrivals.every(({ source }) => source === first.source) ? first.source : undefined };
    const chunk = pool.take(bytes);
    let [end, rows] = [0, 0];
    for (const { piece } of arrivals) {
      chunk.bytes.set(piece.bytes, end);
      end += piece.bytes.length;
      rows += piece.rows;
    }
    return first.form === "entries" ? Batch.entries(chunk, 0, end, rows, facts) : Batch.lines(chunk, 0, end, facts);
  }
}
