// What is done is told to the broker together, at the end of a turn: all up to the first that is not done with one word. What is done behind it waits a moment, for mostly the one in
// front is done then and the broker has one word less to read; but no longer, and no more of it than a share of what may be under way, so that a long job at the front holds nobody up.
import type { Channel } from "amqplib";

/** So long, and so large a share. */
const BEHIND_MS = 10;
const BEHIND_SHARE = 0.25;

export class Acknowledgements {
  readonly #channel: Channel;
  /** How many may be under way. */
  readonly #slots: () => number;
  readonly #done = new Map<number, (isTold: boolean) => void>();
  /** Acknowledged by themselves, for others before them are not done. */
  readonly #alone = new Set<number>();
  #first = 1;
  #last = 0;
  #timer: NodeJS.Immediate | undefined;
  #behindTimer: NodeJS.Timeout | undefined;

  constructor(channel: Channel, slots: () => number) {
    this.#channel = channel;
    this.#slots = slots;
  }

  /** A message came: its number, which grows by one on a channel. */
  came(tag: number): void {
    this.#last = tag;
  }

  /** `told` is called when the broker has been, or cannot be any more. */
  done(tag: number, told: (isTold: boolean) => void): void {
    this.#done.set(tag, told);
    this.#timer ??= setImmediate(() => {
      this.#timer = undefined;
      this.#attempt(() => this.#tellInOrder());
    });
  }

  /** All that is done, now. */
  flush(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    this.#attempt(() => {
      this.#tellInOrder();
      this.#tellBehind();
    });
  }

  /** The channel is gone: what was not told will not be. */
  giveUp(): void {
    clearImmediate(this.#timer);
    clearTimeout(this.#behindTimer);
    this.#timer = undefined;
    const tellers = [...this.#done.values()];
    this.#done.clear();
    for (const told of tellers) told(false);
  }

  #attempt(tell: () => void): void {
    try {
      tell();
    } catch {
      this.giveUp(); // The channel is closed, and nobody has said so yet.
    }
  }

  #tellInOrder(): void {
    let upTo = this.#first - 1;
    while (upTo < this.#last && (this.#done.has(upTo + 1) || this.#alone.has(upTo + 1))) upTo += 1;
    let last = upTo;
    while (this.#first <= last && this.#alone.has(last)) last -= 1; // Acknowledging one twice would be an error of ours.
    if (this.#first <= last) this.#acknowledge(last, true);
    const first = this.#first;
    this.#first = upTo + 1;
    for (let tag = first; tag <= upTo; tag += 1) if (!this.#alone.delete(tag)) this.#tell(tag);
    if (this.#done.size === 0) return;
    if (this.#slots() * BEHIND_SHARE <= this.#done.size) this.#tellBehind();
    else this.#behindTimer ??= setTimeout(() => this.#attempt(() => this.#tellBehind()), BEHIND_MS);
  }

  #tellBehind(): void {
    clearTimeout(this.#behindTimer);
    this.#behindTimer = undefined;
    for (const tag of [...this.#done.keys()]) {
      this.#acknowledge(tag, false);
      this.#alone.add(tag);
      this.#tell(tag);
    }
  }

  #tell(tag: number): void {
    const told = this.#done.get(tag);
    this.#done.delete(tag);
    told?.(true);
  }

  #acknowledge(deliveryTag: number, isAllUpTo: boolean): void {
    this.#channel.ack({ fields: { deliveryTag } } as Parameters<Channel["ack"]>[0], isAllUpTo);
  }
}
