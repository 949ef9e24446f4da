// Jobs that run for long. A broker takes a message back from whoever does not acknowledge it for half an hour (`consumer_timeout`), and closes his channel with all else he holds:
// a longer job would be run again without end. So after some minutes the agent leaves a ticket for the job in a queue of its own, and acknowledges the message. The ticket is
// the job as it would be tried again, with one more loss. While the job runs the agent renews it; when it has ended, it takes it out. One that nobody renews, for its agent is gone,
// goes home by itself: the broker moves it to the queue that the job came from. So the job is the broker's all the time, and no more than one has its lease.
import type { ConfirmChannel, GetMessage, Options } from "amqplib";
import type { Epoch } from "./link.ts";

export interface LongJobTimes {
  /** After so long a job is a long one. */
  readonly afterMs: number;
  /** Tickets are renewed this often. */
  readonly everyMs: number;
  /** One that was not renewed for so long goes home. */
  readonly goneMs: number;
}

/** Brokers have been seen with a `consumer_timeout` of 15 minutes. */
export const LONG_JOB_TIMES: LongJobTimes = { afterMs: 300_000, everyMs: 30_000, goneMs: 180_000 };

export interface HeldJob {
  readonly id: string;
  /** The queue that it goes back to. */
  readonly home: string;
  /** On the steady clock. */
  readonly sinceMs: number;
}

export interface LongJobsParts<Held extends HeldJob> {
  readonly epoch: Epoch;
  readonly times: LongJobTimes;
  /** Prefix of the queues of tickets, of this agent alone. */
  readonly prefix: string;
  readonly homes: readonly string[];
  readonly held: () => Iterable<Held>;
  readonly ticketOf: (job: Held) => { readonly content: Buffer; readonly options: Options.Publish };
  /** The broker has its ticket: its message is acknowledged. */
  readonly ticketed: (job: Held) => void;
  /** Its ticket went home: somebody else has it. */
  readonly lost: (job: Held) => void;
  /** There are more tickets, or fewer. */
  readonly changed: () => void;
}

const EXPIRE_MS = 7 * 86_400_000;
const PERSISTENT = { persistent: true, mandatory: true } as const;

export class LongJobs<Held extends HeldJob> {
  readonly #parts: LongJobsParts<Held>;
  readonly #channel: ConfirmChannel;
  readonly #tickets = new Map<string, Held>();
  /** Of jobs that have ended: to be taken out. */
  readonly #used = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  /** One round after the other. */
  #working: Promise<unknown> = Promise.resolve();

  /** Jobs whose tickets an agent before left are sent home at once. */
  static async open<Held extends HeldJob>(parts: LongJobsParts<Held>): Promise<LongJobs<Held>> {
    const { epoch: { model }, times, prefix, homes } = parts;
    const channel = await model.createConfirmChannel();
    channel.on("error", () => {}); // The connection goes with it.
    channel.on("close", () => void model.close().catch(() => {}));
    for (const home of homes) await channel.assertQueue(`${prefix}.${home}`, { durable: true, arguments: { "x-message-ttl": times.goneMs, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": home, "x-expires": EXPIRE_MS } });
    const made = new LongJobs(parts, channel);
    for (const home of homes) await made.#goThrough(home);
    return made;
  }

  constructor(parts: LongJobsParts<Held>, channel: ConfirmChannel) {
    this.#parts = parts;
    this.#channel = channel;
    this.#timer = setInterval(() => this.#inTurn(() => this.#renew()).catch(() => {}), parts.times.everyMs).unref();
  }

  /** How many are held by their tickets. */
  get count(): number {
    return this.#tickets.size;
  }

  has(job: Held): boolean {
    return this.#tickets.get(job.id) === job;
  }

  /** It has ended, and whoever is to know does. False: its ticket was not there any more. Rejects when the connection goes. */
  async ended(job: Held): Promise<boolean> {
    this.#tickets.delete(job.id);
    this.#used.add(job.id);
    await this.#inTurn(() => this.#goThrough(job.home));
    return !this.#used.delete(job.id);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #inTurn(work: () => Promise<unknown>): Promise<unknown> {
    const done = this.#working.then(work);
    this.#working = done.catch(() => {});
    return done;
  }

  async #renew(): Promise<void> {
    const { epoch, times, prefix, homes, held, ticketOf, ticketed, lost, changed } = this.#parts;
    if (epoch.isOver) return this.close();
    const before = this.count;
    const isHeld = (job: Held): boolean => [...held()].includes(job);
    for (const home of homes) {
      const own = [...this.#tickets.values()].filter((job) => job.home === home);
      if (own.length === 0) continue;
      const seen = await this.#goThrough(home);
      for (const job of own) {
        if (seen.has(job.id) || !this.has(job)) continue;
        this.#tickets.delete(job.id);
        lost(job);
      }
    }
    const nowMs = performance.now();
    const long = [...held()].filter((job) => times.afterMs <= nowMs - job.sinceMs && !this.#tickets.has(job.id));
    for (const job of long) {
      if (!isHeld(job) || this.#tickets.has(job.id)) continue; // It has ended meanwhile, or there are two of its id.
      const { content, options } = ticketOf(job);
      await this.#put(`${prefix}.${job.home}`, content, options);
      if (isHeld(job)) {
        this.#tickets.set(job.id, job);
        ticketed(job);
      } else {
        this.#used.add(job.id);
        await this.#goThrough(job.home);
      }
    }
    if (this.count !== before) changed();
  }

  /** Takes each ticket of a home once, and puts back those of jobs that run, with their time from the beginning. Gives their ids. */
  async #goThrough(home: string): Promise<ReadonlySet<string>> {
    const queue = `${this.#parts.prefix}.${home}`;
    const seen = new Set<string>();
    const { messageCount } = await this.#channel.checkQueue(queue);
    for (let left = messageCount; 0 < left; left -= 1) {
      const message = await this.#channel.get(queue);
      if (message === false) break;
      const id = String(message.properties.messageId);
      const isUsed = this.#used.delete(id);
      const isRunning = !isUsed && this.#tickets.has(id) && !seen.has(id);
      if (isRunning) seen.add(id);
      if (!isUsed) await this.#put(isRunning ? queue : home, message.content, propertiesOf(message));
      this.#channel.ack(message);
    }
    return seen;
  }

  #put(queue: string, content: Buffer, options: Options.Publish): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#channel.sendToQueue(queue, content, { ...options, ...PERSISTENT }, (error: unknown) => (error === null || error === undefined ? resolve() : reject(new Error(`the broker does not take a ticket into ${queue}`, { cause: error }))));
    return promise;
  }
}

function propertiesOf({ properties }: GetMessage): Options.Publish {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as Options.Publish;
}
