// One who reads what we send as it comes, at his own pace. Who leaves too much unread gets no more events until he has read, and is then told
// how many he missed; who does not read for long is sent away, so that he takes no memory from the others.
import type { JsonValue } from "#base/json.ts";

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
  #refused: JsonValue | undefined;
  #fullSinceMs: number | undefined;

  constructor(limits: ReaderLimits, unreadBytes: () => number, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#unreadBytes = unreadBytes;
    this.#now = now;
  }

  /**
   * Whether the event may be sent now, and how many were not since the last one; undefined: it may not, and is counted. What is offered until it is
   * taken, as by who follows what is kept, is not lost.
   */
  offer(event: JsonValue): number | undefined {
    const isAgain = event === this.#refused;
    const lost = this.#lost - (isAgain ? 1 : 0);
    const isFull = this.#isFull();
    this.#refused = isFull ? event : undefined;
    this.#lost = isFull ? lost + 1 : 0;
    return isFull ? undefined : lost;
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
