// One who reads what we send as it comes, at his own pace. Who leaves too much unread gets no more events until he has read, and is then told
// how many he missed; who does not read for long is sent away, so that he takes no memory from the others.

export interface ReaderLimits {
  /** A reader that leaves so much unread gets no more for now. */
  readonly unreadBytesMax: number;
  /** One that has been so for this long is dropped. */
  readonly stalledMs: number;
  /** How often that is looked at, and a word sent that keeps the connection open. */
  readonly beatMs: number;
}

/** A thousand of them that read nothing hold 256 MB at the very most, for half a minute; of events that go to all, one copy. */
export const usualLimits: ReaderLimits = { unreadBytesMax: 256 << 10, stalledMs: 30_000, beatMs: 15_000 };

export class SlowReader {
  readonly #limits: ReaderLimits;
  readonly #unreadBytes: () => number;
  readonly #now: () => number;
  #lost = 0;
  #fullSinceMs: number | undefined;

  constructor(limits: ReaderLimits, unreadBytes: () => number, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#unreadBytes = unreadBytes;
    this.#now = now;
  }

  /** Whether an event may be sent now, and how many were not since the last one; undefined: it may not, and is counted. */
  offer(): number | undefined {
    if (this.#isFull()) {
      this.#lost += 1;
      return undefined;
    }
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** He has read nothing for too long. */
  isStalled(): boolean {
    return this.#isFull() && this.#limits.stalledMs <= this.#now() - (this.#fullSinceMs ?? this.#now());
  }

  #isFull(): boolean {
    const isFull = this.#limits.unreadBytesMax < this.#unreadBytes();
    if (!isFull) this.#fullSinceMs = undefined;
    else this.#fullSinceMs ??= this.#now();
    return isFull;
  }
}
