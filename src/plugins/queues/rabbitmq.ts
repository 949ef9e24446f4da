// Jobs over RabbitMQ: any number of agents take from the same queues. What is published is confirmed by the broker before anybody is told; what is handed over stays the
// broker's until what came of it is at the broker, too, and is only then acknowledged. A connection that is gone takes its leases with it: the broker gives the jobs to another.
//
// A job that is published again after a connection failed may come twice: the broker does not look at ids.
import type { ConsumeMessage } from "amqplib";
import { systemClock } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import { orderedId } from "#base/ordered-id.ts";
import type { BrokerPlace } from "#sdk/broker-place.ts";
import type { Intake, ManagementIntake } from "#sdk/intake.ts";
import { USUAL_PRIORITY } from "#sdk/queue.ts";
import type { Consumer, Consuming, JobError, NewJob, Outcome, Published, Queue, QueueDepth, QueueState, QueuedJob } from "#sdk/queue.ts";
import { Acknowledgements } from "./rabbitmq/acknowledgements.ts";
import { again } from "./rabbitmq/again.ts";
import type { AgainOutcome } from "./rabbitmq/again.ts";
import { listenForAnswers } from "./rabbitmq/answers.ts";
import type { Answer } from "./rabbitmq/answers.ts";
import { MessageDelivery } from "./rabbitmq/delivery.ts";
import type { SettlingDesk } from "./rabbitmq/delivery.ts";
import { Link, placeOf } from "./rabbitmq/link.ts";
import type { Epoch } from "./rabbitmq/link.ts";
import { LONG_JOB_TIMES, LongJobs } from "./rabbitmq/long-jobs.ts";
import type { LongJobTimes } from "./rabbitmq/long-jobs.ts";
import { openManagementDesk } from "./rabbitmq/management-desk.ts";
import { replyOptions, replyQueue } from "./rabbitmq/replies.ts";
import { MUST_BE_THERE, Sender } from "./rabbitmq/sender.ts";
import { countIn, declareOwn, delayQueue, takeQueue } from "./rabbitmq/topology.ts";
import type { Names } from "./rabbitmq/topology.ts";
import { factsOf, idOf, jobOf, messageOf } from "./rabbitmq/wire.ts";

export interface RabbitMqQueueOptions extends BrokerPlace {
  /** Answers come to a queue of this agent's own. */
  readonly agentId: string;
  readonly intakes?: readonly Intake[];
  readonly management?: ManagementIntake;
  readonly onAnswer?: (id: string, answer: Answer) => void;
  /** What is known here of a job that the broker says was lost before: a job that ends its agents is told from one whose connections went. */
  readonly lossesOf?: (id: string) => number;
  readonly longJobs?: LongJobTimes;
  readonly clock?: Clock;
}

/** Who publishes while there is no connection waits so long for one. */
const PUBLISH_WAIT_MS = 5000;
/** Of what becomes of jobs on its way to the broker. */
const PREFETCH_MAX = 65_535;

/** Opens at once, and connects in the background: a broker that is away is a state, not a failure. */
export function openRabbitMqQueue(options: RabbitMqQueueOptions): Queue {
  return new RabbitMqQueue(options);
}

interface Source {
  readonly queue: string;
  readonly intake: Intake | undefined;
}

class RabbitMqQueue implements Queue, SettlingDesk {
  readonly backend = "rabbitmq";
  readonly place: string;
  readonly #options: RabbitMqQueueOptions;
  readonly #clock: Clock;
  readonly #link: Link;
  readonly #sender: Sender;
  readonly #held = new Set<MessageDelivery>();
  readonly #cancelled = new Map<string, string>();
  #consumer: Consumer | undefined;
  #slots = 0;
  #names: Names | undefined;
  #acks: Acknowledgements | undefined;
  #long: LongJobs<MessageDelivery> | undefined;
  #consumerTags: string[] = [];
  /** One change of what is taken after the other. */
  #retaking: Promise<void> = Promise.resolve();
  #state: QueueState;
  #tellState: (state: QueueState) => void = () => {};

  constructor(options: RabbitMqQueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.place = placeOf(options.urls, options.name);
    this.#state = { is: "away", why: "not connected yet", sinceMs: this.#clock.now() };
    this.#sender = new Sender(this.place, () => this.#state);
    this.#link = new Link({
      options,
      opened: (epoch) => this.#opened(epoch),
      over: () => this.#over(),
      state: (state) => {
        this.#state = state;
        this.#tellState(state);
      },
      now: () => this.#clock.now(),
    });
    this.#link.start();
  }

  get state(): QueueState {
    return this.#state;
  }

  onState(tell: (state: QueueState) => void): void {
    this.#tellState = tell;
  }

  async publish(jobs: readonly NewJob[]): Promise<readonly Published[]> {
    const epoch = this.#link.epoch ?? (await this.#link.open(PUBLISH_WAIT_MS));
    const names = this.#names;
    if (epoch === undefined || names === undefined) throw this.#sender.away();
    const nowMs = this.#clock.now();
    const sent = jobs.map(async (job) => {
      const ready = { ...job, id: job.id ?? orderedId(nowMs) };
      const { content, options } = messageOf(ready, nowMs, names.answers);
      await this.#sender.send(epoch, await this.#targetOf(epoch, names, ready, nowMs), content, { ...options, ...MUST_BE_THERE });
      return { id: ready.id, isNew: true };
    });
    return Promise.all(sent);
  }

  consume(consumer: Consumer): Consuming {
    this.#consumer = consumer;
    this.#slots = consumer.slots;
    this.#retake();
    return {
      setSlots: (slots) => {
        if (slots === this.#slots) return;
        this.#slots = slots;
        this.#retake();
      },
      setLimits: () => {}, // A broker cannot pick.
      setHeldBack: () => {},
      stop: async () => {
        this.#consumer = undefined;
        this.#retake();
        await this.#retaking;
      },
    };
  }

  async depth(): Promise<QueueDepth | undefined> {
    const epoch = this.#link.epoch;
    const names = this.#names;
    if (epoch === undefined || names === undefined) return undefined;
    const queues = [names.main, names.high, ...(this.#options.intakes ?? []).map(({ queueIn }) => queueIn)];
    const [waiting, dead] = await Promise.all([Promise.all(queues.map((queue) => countIn(epoch.model, queue))), countIn(epoch.model, names.dead)]);
    return { queued: waiting.reduce((sum, count) => sum + count, 0), delayed: 0, running: this.#held.size, failed: dead };
  }

  /** What waits at the broker cannot be picked out of it: it is refused when it comes to this agent. */
  async cancel(ids: readonly string[], by: string): Promise<readonly string[]> {
    for (const id of ids) this.#cancelled.set(id, by);
    while (CANCELLED_MAX < this.#cancelled.size) this.#cancelled.delete(this.#cancelled.keys().next().value ?? "");
    return [];
  }

  async close(): Promise<void> {
    this.#consumer = undefined;
    this.#acks?.flush();
    await this.#link.close();
  }

  settle(delivery: MessageDelivery, outcome: Outcome): Promise<boolean> {
    if (!this.#held.has(delivery) || delivery.epoch.isOver) return Promise.resolve(false);
    // The connection may go meanwhile: then the broker has the job still.
    return this.#tellBroker(delivery, outcome).then(() => this.#release(delivery), () => false);
  }

  #release(delivery: MessageDelivery): Promise<boolean> | boolean {
    const long = this.#long;
    return long?.has(delivery) === true ? this.#endLong(long, delivery) : this.#acknowledge(delivery);
  }

  async #endLong(long: LongJobs<MessageDelivery>, delivery: MessageDelivery): Promise<boolean> {
    this.#held.delete(delivery);
    try {
      return await long.ended(delivery);
    } catch {
      return false; // The connection went now, and its ticket is there still.
    } finally {
      this.#retake();
    }
  }

  async #opened(epoch: Epoch): Promise<void> {
    const options = this.#options;
    this.#names = await declareOwn(epoch, options, options.agentId);
    for (const { queueIn, queueOut } of options.intakes ?? []) {
      await takeQueue(epoch.model, queueIn);
      await takeQueue(epoch.model, queueOut);
    }
    this.#acks = new Acknowledgements(epoch.channel, () => this.#slots);
    this.#consumerTags = [];
    if (options.onAnswer !== undefined) await listenForAnswers(epoch, this.#names.answers, options.onAnswer);
    if (options.management !== undefined) await openManagementDesk(epoch, options.management);
    this.#long = await this.#openLongJobs(epoch, this.#names);
    await this.#take(epoch);
  }

  #openLongJobs(epoch: Epoch, names: Names): Promise<LongJobs<MessageDelivery>> {
    return LongJobs.open<MessageDelivery>({
      epoch,
      times: this.#options.longJobs ?? LONG_JOB_TIMES,
      prefix: names.held,
      homes: [...(this.#options.intakes ?? []).map(({ queueIn }) => queueIn), names.high, names.main],
      held: () => this.#held,
      ticketOf: ({ message, job, intake }) => again(message, job, intake, "lost", this.#clock.now()),
      ticketed: ({ message }) => this.#acks?.done(message.fields.deliveryTag, () => {}),
      lost: (delivery) => {
        this.#held.delete(delivery);
        this.#consumer?.lost(delivery);
      },
      changed: () => this.#retake(),
    });
  }

  #over(): void {
    this.#names = undefined;
    this.#long?.close();
    this.#long = undefined;
    this.#acks?.giveUp();
    this.#acks = undefined;
    this.#consumerTags = [];
    const lost = [...this.#held];
    this.#held.clear();
    for (const delivery of lost) this.#consumer?.lost(delivery);
  }

  #retake(): void {
    this.#retaking = this.#retaking.then(async () => {
      const epoch = this.#link.epoch;
      if (epoch === undefined) return; // It takes when it opens.
      try {
        for (const tag of this.#consumerTags.splice(0)) await epoch.channel.cancel(tag);
        await this.#take(epoch);
      } catch {
        // The connection went meanwhile, and begins anew.
      }
    });
  }

  async #take(epoch: Epoch): Promise<void> {
    const names = this.#names;
    // Whose ticket the agent holds is acknowledged, and runs all the same.
    const slots = this.#slots - (this.#long?.count ?? 0);
    if (this.#consumer === undefined || slots <= 0 || names === undefined) return;
    const sources: Source[] = [...(this.#options.intakes ?? []).map((intake) => ({ queue: intake.queueIn, intake })), { queue: names.high, intake: undefined }, { queue: names.main, intake: undefined }];
    const { channel } = epoch;
    // Of all consumers of the channel together there is no bound for quorum queues: each has its share, and one queue all of it.
    await channel.prefetch(Math.min(PREFETCH_MAX, slots));
    for (const source of sources) {
      const { consumerTag } = await channel.consume(source.queue, (message) => {
        if (message === null) void epoch.model.close().catch(() => {}); // The queue was deleted: all is declared anew.
        else this.#hear(epoch, source, message);
      });
      this.#consumerTags.push(consumerTag);
    }
  }

  #hear(epoch: Epoch, { queue, intake }: Source, message: ConsumeMessage): void {
    if (epoch.isOver) return;
    this.#acks?.came(message.fields.deliveryTag);
    const nowMs = this.#clock.now();
    const reading = intake?.codec.read(message.content);
    if (reading !== undefined && reading.do !== "run") {
      const body = reading.do === "forward" ? message.content : reading.do === "answer" ? reading.body : undefined;
      const isSent = body === undefined ? Promise.resolve() : this.#sender.sendUntilTaken(epoch, reading.do === "forward" ? (intake?.queueOut ?? "") : replyQueue(message, intake?.queueOut), body, reading.do === "forward" ? { ...replyOptions(message), ...MUST_BE_THERE } : replyOptions(message));
      isSent.then(() => this.#acks?.done(message.fields.deliveryTag, () => {}), () => {});
      return;
    }
    const read = reading === undefined ? jobOf(message, nowMs, queue) : { priority: USUAL_PRIORITY, ...factsOf(message, nowMs), ...reading.job, id: reading.job.id ?? idOf(message, nowMs) };
    if (read === undefined) {
      // Nobody could ever run it: among the dead letters somebody can look at it.
      void this.#sender.sendUntilTaken(epoch, this.#names?.dead ?? "", message.content, { ...message.properties, ...MUST_BE_THERE, persistent: true, headers: { ...(message.properties.headers as object | undefined), reason: "no job: its `type` has to be the rule, its body JSON" } }).then(() => this.#acks?.done(message.fields.deliveryTag, () => {}), () => {});
      return;
    }
    const job = read.losses === 0 ? read : { ...read, losses: Math.max(read.losses, this.#options.lossesOf?.(read.id) ?? 0) };
    const home = intake?.queueIn ?? (this.#names === undefined ? queue : homeOf(this.#names, job));
    const delivery = new MessageDelivery(this, epoch, { message, job, intake, home });
    this.#held.add(delivery);
    const by = this.#cancelled.get(job.id);
    if (by !== undefined) return void delivery.settle({ type: "cancelled", by });
    if (job.runAtMs !== undefined && nowMs < job.runAtMs) return void delivery.settle({ type: "released", afterMs: job.runAtMs - nowMs });
    if (this.#consumer === undefined) return void delivery.settle({ type: "released" }); // It was under way when we stopped taking.
    this.#consumer.take(delivery);
  }

  /** Everything that is to be at the broker before the message is acknowledged. */
  async #tellBroker(delivery: MessageDelivery, outcome: Outcome): Promise<void> {
    const { epoch, message, job, intake } = delivery;
    const names = this.#names;
    if (names === undefined) throw this.#sender.away();
    if (outcome.type === "retry" || outcome.type === "lost" || outcome.type === "released") return this.#sendAgain(delivery, outcome);
    if (outcome.type === "failed" && intake === undefined) await this.#bury(epoch, job, outcome.error);
    const body = intake === undefined ? JSON.stringify(outcome) : intake.codec.answer(job, outcome);
    const target = replyQueue(message, intake?.queueOut);
    // What we asked for ourselves we know already.
    if (body === undefined || target === "" || target === names.answers) return;
    await this.#sender.sendUntilTaken(epoch, target, body, replyOptions(message));
  }

  async #sendAgain({ epoch, message, job, intake, home }: MessageDelivery, { type, afterMs = 0 }: AgainOutcome): Promise<void> {
    const { content, options } = again(message, job, intake, type, this.#clock.now(), afterMs);
    const target = afterMs <= 0 ? home : await delayQueue(epoch.channel, this.#options.name, home, afterMs);
    await this.#sender.sendUntilTaken(epoch, target, content, { ...options, ...MUST_BE_THERE });
  }

  async #bury(epoch: Epoch, job: QueuedJob, error: JobError): Promise<void> {
    const { content, options } = messageOf(job, this.#clock.now(), undefined);
    await this.#sender.sendUntilTaken(epoch, this.#names?.dead ?? "", content, { ...options, ...MUST_BE_THERE, headers: { ...(options.headers as object), reason: `${error.kind}: ${error.message}`.slice(0, 1000) } });
  }

  #acknowledge(delivery: MessageDelivery): Promise<boolean> | boolean {
    const acks = this.#acks;
    if (!this.#held.delete(delivery) || acks === undefined || delivery.epoch.isOver) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    acks.done(delivery.message.fields.deliveryTag, (isTold) => resolve(isTold && !delivery.epoch.isOver));
    return promise;
  }

  #targetOf(epoch: Epoch, names: Names, job: NewJob, nowMs: number): Promise<string> | string {
    const home = homeOf(names, job);
    return job.runAtMs === undefined || job.runAtMs <= nowMs ? home : delayQueue(epoch.channel, this.#options.name, home, job.runAtMs - nowMs);
  }
}

function homeOf({ main, high }: Names, { priority = USUAL_PRIORITY }: Pick<NewJob, "priority">): string {
  return USUAL_PRIORITY < priority ? high : main;
}

const CANCELLED_MAX = 100_000;
