// What is done is told to the broker together, at the end of a turn: all up to the first that is not done with one word, the others one by one. A long job at the front
// holds nobody up.
import type { Channel } from "amqplib";

export class Acknowledgements {
  readonly #channel: Channel;
  readonly #done = new Set<number>();
  /** Acknowledged by themselves, for others before them are not done. */
  readonly #alone = new Set<number>();
  #first = 1;
  #last = 0;
  #timer: NodeJS.Immediate | undefined;
  #tellers: ((isTold: boolean) => void)[] = [];

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** A message came: its number, which grows by one on a channel. */
  came(tag: number): void {
    this.#last = tag;
  }

  /** `told` is called when the broker has been, or cannot be any more. */
  done(tag: number, told: (isTold: boolean) => void): void {
    this.#done.add(tag);
    this.#tellers.push(told);
    this.#timer ??= setImmediate(() => this.flush());
  }

  flush(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    try {
      this.#tell();
      for (const told of this.#tellers.splice(0)) told(true);
    } catch {
      this.giveUp(); // The channel is closed, and nobody has said so yet.
    }
  }

  /** The channel is gone: what was not told will not be. */
  giveUp(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    for (const told of this.#tellers.splice(0)) told(false);
  }

  #tell(): void {
    let upTo = this.#first - 1;
    while (upTo < this.#last && (this.#done.has(upTo + 1) || this.#alone.has(upTo + 1))) upTo += 1;
    let last = upTo;
    while (this.#first <= last && this.#alone.has(last)) last -= 1; // Acknowledging one twice would be an error of ours.
    if (this.#first <= last) this.#acknowledge(last, true);
    for (let tag = this.#first; tag <= upTo; tag += 1) {
      this.#done.delete(tag);
      this.#alone.delete(tag);
    }
    this.#first = upTo + 1;
    for (const tag of this.#done) {
      this.#acknowledge(tag, false);
      this.#alone.add(tag);
    }
    this.#done.clear();
  }

  #acknowledge(deliveryTag: number, isAllUpTo: boolean): void {
    this.#channel.ack({ fields: { deliveryTag } } as Parameters<Channel["ack"]>[0], isAllUpTo);
  }
}
