// Events that wait, in memory: as the chunks of whole lines that they came in. Each has a number (grows by one), which is what the journal knows it by.
import { endOfLines } from "./line-bytes.ts";

/** Events that were taken and are not settled: following each other, as whole lines. */
export interface Taken {
  readonly firstSeq: number;
  readonly count: number;
  readonly bytes: Buffer;
  /** How often it was given before, and its consumer failed. Of a single event. */
  readonly failures: number;
}

export interface QueueBounds {
  readonly eventsMax: number;
  readonly bytesMax: number;
}

interface Piece {
  seq: number;
  count: number;
  bytes: Buffer;
  start: number;
  end: number;
  /** The block is the queue's own: more may be written behind `end`. */
  readonly isOurs: boolean;
}

/** Small chunks are written one behind the other into blocks of this size: an object for each would be many times as big. */
const BLOCK_BYTES = 16 << 10;
const SMALL_BYTES = 2 << 10;
/** A queue that was full is so until it is down to this. */
const FREE_SHARE = 0.75;

export class EventQueue {
  /** `own:NAME`, `shared:NAME`, `tap:…`. */
  readonly key: string;
  nextSeq: number;
  bounds: QueueBounds;
  /** Called when it is full, and when it no longer is. */
  onFullness: (isFull: boolean) => void = () => {};
  /** Called after a step that put something into it. */
  onPut: () => void = () => {};
  #pieces: Piece[] = [];
  #head = 0;
  #events = 0;
  #bytes = 0;
  #isFull = false;
  /** Taken and not settled, by the number of its first event. */
  readonly #taken = new Map<number, Taken>();
  /** Given back; in order. They come before everything else. */
  #returned: Taken[] = [];
  /** Of events that are neither done nor set aside. */
  readonly #failures = new Map<number, number>();
  readonly #waiting = new Set<() => void>();

  constructor(key: string, nextSeq: number, bounds: QueueBounds) {
    this.key = key;
    this.nextSeq = nextSeq;
    this.bounds = bounds;
  }

  /** That wait. */
  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  get eventsTaken(): number {
    let count = 0;
    for (const taken of this.#taken.values()) count += taken.count;
    return count;
  }

  /** Calls back once when the queue is no longer full. */
  whenFree(tell: () => void): () => void {
    this.#waiting.add(tell);
    return () => void this.#waiting.delete(tell);
  }

  put(bytes: Buffer, count: number): void {
    const last = this.#pieces[this.#pieces.length - 1];
    if (last !== undefined && last.isOurs && last.end + bytes.length <= last.bytes.length && last.seq + last.count === this.nextSeq) {
      bytes.copy(last.bytes, last.end);
      last.end += bytes.length;
      last.count += count;
    } else if (SMALL_BYTES < bytes.length || this.#head === this.#pieces.length) {
      this.#pieces.push({ seq: this.nextSeq, count, bytes, start: 0, end: bytes.length, isOurs: false });
    } else {
      const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      bytes.copy(block);
      this.#pieces.push({ seq: this.nextSeq, count, bytes: block, start: 0, end: bytes.length, isOurs: true });
    }
    this.nextSeq += count;
    this.#changed(count, bytes.length);
  }

  /** The next one, or as many as fit the bounds and lie together. */
  take(eventsMax: number, bytesMax: number): Taken | undefined {
    const returned = this.#returned.shift();
    const taken = returned ?? this.#takeOfPieces(eventsMax, bytesMax);
    if (taken === undefined) return undefined;
    this.#taken.set(taken.firstSeq, taken);
    this.#changed(-taken.count, -taken.bytes.length);
    return taken;
  }

  /** What was taken is done, or set aside. */
  settle(taken: Taken): void {
    this.#taken.delete(taken.firstSeq);
    if (taken.failures !== 0) this.#failures.delete(taken.firstSeq);
  }

  /** What was taken goes to the front again. */
  giveBack(taken: Taken, failures: number): void {
    this.#taken.delete(taken.firstSeq);
    if (failures !== 0) this.#failures.set(taken.firstSeq, failures);
    const at = this.#returned.findIndex((other) => taken.firstSeq < other.firstSeq);
    this.#returned.splice(at < 0 ? this.#returned.length : at, 0, { ...taken, failures });
    this.#changed(taken.count, taken.bytes.length);
  }

  /** Drops all that waits; what is taken stays taken. */
  dropWaiting(): void {
    this.#returned = [];
    this.#pieces = [];
    this.#head = 0;
    this.#failures.clear();
    this.#changed(-this.#events, -this.#bytes);
  }

  /** All that nobody has taken, in order. */
  waiting(): Taken[] {
    const pieces = this.#pieces.slice(this.#head).map(({ seq, count, bytes, start, end }) => ({ firstSeq: seq, count, bytes: bytes.subarray(start, end), failures: 0 }));
    return [...this.#returned, ...pieces];
  }

  /** All that is not settled, in order. */
  held(): Taken[] {
    return [...this.#taken.values(), ...this.waiting()].sort((one, other) => one.firstSeq - other.firstSeq);
  }

  failures(): ReadonlyMap<number, number> {
    return this.#failures;
  }

  /** What a journal says of events that nobody has taken: these are done. */
  forget(firstSeq: number, count: number): void {
    let left = count;
    for (let seq = firstSeq; 0 < left; ) {
      this.#failures.delete(seq);
      const at = this.#pieceOf(seq);
      const piece = this.#pieces[at];
      if (piece === undefined) return;
      if (seq < piece.seq) {
        left -= piece.seq - seq;
        seq = piece.seq;
        continue;
      }
      const skipped = seq - piece.seq;
      const gone = Math.min(left, piece.count - skipped);
      const from = endOfLines(piece.bytes, piece.start, skipped);
      const to = skipped + gone === piece.count ? piece.end : endOfLines(piece.bytes, from, gone);
      if (skipped === 0) {
        piece.start = to;
        piece.seq += gone;
        piece.count -= gone;
        if (piece.count === 0) this.#removePiece(at);
      } else {
        const behind = { ...piece, seq: seq + gone, count: piece.count - skipped - gone, start: to, isOurs: false };
        piece.end = from;
        piece.count = skipped;
        // Behind a piece that ends earlier now nothing more may be written, for what comes next has other numbers.
        if (0 < behind.count) this.#pieces.splice(at + 1, 0, behind);
      }
      this.#changed(-gone, from - to);
      seq += gone;
      left -= gone;
    }
  }

  /** What a journal says of an event that nobody has taken: so often its consumer failed. */
  recall(seq: number, failures: number): void {
    this.#failures.set(seq, failures);
  }

  #takeOfPieces(eventsMax: number, bytesMax: number): Taken | undefined {
    const piece = this.#pieces[this.#head];
    if (piece === undefined) return undefined;
    const failures = this.#failures.size === 0 ? 0 : (this.#failures.get(piece.seq) ?? 0);
    const { start, seq } = piece;
    const isWhole = piece.count <= eventsMax && piece.end - start <= bytesMax && this.#failures.size === 0;
    const [count, end] = isWhole ? [piece.count, piece.end] : this.#cut(piece, failures === 0 ? eventsMax : 1, bytesMax);
    piece.start = end;
    piece.seq += count;
    piece.count -= count;
    if (piece.count === 0) this.#removePiece(this.#head);
    return { firstSeq: seq, count, bytes: piece.bytes.subarray(start, end), failures };
  }

  /** How many of a piece's events, and where they end. */
  #cut({ bytes, start, end, count, seq }: Piece, eventsMax: number, bytesMax: number): [number, number] {
    let at = bytes.indexOf(10, start) + 1;
    let taken = 1;
    for (; taken < eventsMax && taken < count; taken += 1) {
      if (this.#failures.has(seq + taken)) break;
      const next = bytes.indexOf(10, at) + 1;
      if (bytesMax < next - start) break;
      at = next;
    }
    return [taken, Math.min(at, end)];
  }

  #pieceOf(seq: number): number {
    let low = this.#head;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const piece = this.#pieces[middle] as Piece;
      if (piece.seq + piece.count <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #removePiece(at: number): void {
    if (at !== this.#head) {
      this.#pieces.splice(at, 1);
      return;
    }
    this.#head += 1;
    if (this.#head === this.#pieces.length) this.#pieces = [];
    else if (this.#head < 1024) return;
    else this.#pieces = this.#pieces.slice(this.#head);
    this.#head = 0;
  }

  #changed(events: number, bytes: number): void {
    this.#events += events;
    this.#bytes += bytes;
    const { eventsMax, bytesMax } = this.bounds;
    const isFull = this.#isFull
      ? eventsMax * FREE_SHARE < this.#events || bytesMax * FREE_SHARE < this.#bytes
      : eventsMax <= this.#events || bytesMax <= this.#bytes;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.onFullness(isFull);
    if (isFull) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const tell of waiting) tell();
  }

  /** Other bounds than before: it may be full now, or no longer. */
  bound(bounds: QueueBounds): void {
    this.bounds = bounds;
    this.#changed(0, 0);
  }
}
