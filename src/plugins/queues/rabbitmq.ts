// Jobs over RabbitMQ: any number of agents take from the same queues. What is published is confirmed by the broker before anybody is told; what is handed over stays the
// broker's until what came of it is at the broker, too, and is only then acknowledged. A connection that is gone takes its leases with it: the broker gives the jobs to another.
//
// A job that is published again after a connection failed may come twice: the broker does not look at ids.
import type { ConsumeMessage, Options } from "amqplib";
import { backoffMs } from "#base/backoff.ts";
import { systemClock } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import { orderedId } from "#base/ordered-id.ts";
import type { BrokerPlace } from "#sdk/broker-place.ts";
import type { Intake, ManagementIntake } from "#sdk/intake.ts";
import { QueueFailure } from "#sdk/queue.ts";
import type { Consumer, Consuming, Delivery, JobError, NewJob, Outcome, Published, Queue, QueueDepth, QueueState, QueuedJob } from "#sdk/queue.ts";
import { Acknowledgements } from "./rabbitmq/acknowledgements.ts";
import { Link, placeOf } from "./rabbitmq/link.ts";
import type { Epoch } from "./rabbitmq/link.ts";
import { openManagementDesk } from "./rabbitmq/management-desk.ts";
import { LONG_JOB_TIMES, LongJobs } from "./rabbitmq/long-jobs.ts";
import type { LongJobTimes } from "./rabbitmq/long-jobs.ts";
import { countIn, declareOwn, delayQueue, takeQueue } from "./rabbitmq/topology.ts";
import type { Names } from "./rabbitmq/topology.ts";
import { USUAL_PRIORITY, deliveriesLost, factsOf, jobOf, messageOf } from "./rabbitmq/wire.ts";

/** What came of a job that this agent has published, wherever it ran. */
export type Answer = Extract<Outcome, { readonly type: "succeeded" | "failed" | "cancelled" }>;

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

class RabbitMqQueue implements Queue {
  readonly backend = "rabbitmq";
  readonly place: string;
  readonly #options: RabbitMqQueueOptions;
  readonly #clock: Clock;
  readonly #link: Link;
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
    if (epoch === undefined || names === undefined) throw this.#away();
    const nowMs = this.#clock.now();
    const sent = jobs.map(async (job) => {
      const ready = { ...job, id: job.id ?? orderedId(nowMs) };
      const { content, options } = messageOf(ready, nowMs, names.answers);
      await this.#send(epoch, await this.#targetOf(epoch, names, ready, nowMs), content, { ...options, ...MUST_BE_THERE });
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
    const queues = [names.main, ...(names.high === undefined ? [] : [names.high]), ...(this.#options.intakes ?? []).map(({ queueIn }) => queueIn)];
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

  async settle(delivery: MessageDelivery, outcome: Outcome): Promise<boolean> {
    const { epoch } = delivery;
    if (!this.#held.has(delivery) || epoch.isOver) return false;
    try {
      await this.#tellBroker(delivery, outcome);
    } catch {
      return false; // The connection went: the broker has the job still.
    }
    const long = this.#long;
    if (long?.has(delivery) !== true) return this.#acknowledge(delivery);
    this.#held.delete(delivery);
    try {
      return await long.ended(delivery);
    } catch {
      return false; // So did it now, and its ticket is there still.
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
    await this.#listenForAnswers(epoch, this.#names);
    if (options.management !== undefined) await openManagementDesk(epoch, options.management);
    this.#long = await this.#openLongJobs(epoch, this.#names);
    await this.#take(epoch);
  }

  #openLongJobs(epoch: Epoch, names: Names): Promise<LongJobs<MessageDelivery>> {
    return LongJobs.open<MessageDelivery>({
      epoch,
      times: this.#options.longJobs ?? LONG_JOB_TIMES,
      prefix: names.held,
      homes: [...(this.#options.intakes ?? []).map(({ queueIn }) => queueIn), ...(names.high === undefined ? [] : [names.high]), names.main],
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
    const sources: Source[] = [...(this.#options.intakes ?? []).map((intake) => ({ queue: intake.queueIn, intake })), ...(names.high === undefined ? [] : [{ queue: names.high, intake: undefined }]), { queue: names.main, intake: undefined }];
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
      const isSent = body === undefined ? Promise.resolve() : this.#sendUntilTaken(epoch, reading.do === "forward" ? (intake?.queueOut ?? "") : replyQueue(message, intake), body, { persistent: true, contentType: "application/json", ...correlation(message), ...(reading.do === "forward" ? MUST_BE_THERE : whereAnswersGo(message)) });
      isSent.then(() => this.#acks?.done(message.fields.deliveryTag, () => {}), () => {});
      return;
    }
    const read = reading === undefined ? jobOf(message, nowMs, queue) : { priority: USUAL_PRIORITY, ...factsOf(message, nowMs), ...reading.job, id: reading.job.id ?? idOf(message, nowMs) };
    if (read === undefined) {
      // Nobody could ever run it: among the dead letters somebody can look at it.
      void this.#sendUntilTaken(epoch, this.#names?.dead ?? "", message.content, { ...message.properties, ...MUST_BE_THERE, persistent: true, headers: { ...(message.properties.headers as object | undefined), reason: "no job: its `type` has to be the rule, its body JSON" } }).then(() => this.#acks?.done(message.fields.deliveryTag, () => {}), () => {});
      return;
    }
    const job = read.losses === 0 ? read : { ...read, losses: Math.max(read.losses, this.#options.lossesOf?.(read.id) ?? 0) };
    const home = intake?.queueIn ?? (this.#names?.high !== undefined && USUAL_PRIORITY < job.priority ? this.#names.high : (this.#names?.main ?? queue));
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
    if (names === undefined) throw this.#away();
    if (outcome.type === "retry" || outcome.type === "lost" || outcome.type === "released") return this.#sendAgain(delivery, outcome);
    if (outcome.type === "failed" && intake === undefined) await this.#bury(epoch, job, outcome.error);
    const body = intake === undefined ? JSON.stringify(outcome) : intake.codec.answer(job, outcome);
    const target = replyQueue(message, intake);
    // What we asked for ourselves we know already.
    if (body === undefined || target === "" || target === names.answers) return;
    await this.#sendUntilTaken(epoch, target, body, { persistent: true, contentType: "application/json", ...correlation(message), ...whereAnswersGo(message) });
  }

  async #sendAgain({ epoch, message, job, intake, home }: MessageDelivery, { type, afterMs = 0 }: Extract<Outcome, { readonly type: "retry" | "lost" | "released" }>): Promise<void> {
    const { content, options } = again(message, job, intake, type, this.#clock.now(), afterMs);
    const target = afterMs <= 0 ? home : await delayQueue(epoch.channel, this.#options.name, home, afterMs);
    await this.#sendUntilTaken(epoch, target, content, { ...options, ...MUST_BE_THERE });
  }

  async #bury(epoch: Epoch, job: QueuedJob, error: JobError): Promise<void> {
    const { content, options } = messageOf(job, this.#clock.now(), undefined);
    await this.#sendUntilTaken(epoch, this.#names?.dead ?? "", content, { ...options, ...MUST_BE_THERE, headers: { ...(options.headers as object), reason: `${error.kind}: ${error.message}`.slice(0, 1000) } });
  }

  #acknowledge(delivery: MessageDelivery): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const acks = this.#acks;
    if (!this.#held.delete(delivery) || acks === undefined || delivery.epoch.isOver) return Promise.resolve(false);
    acks.done(delivery.message.fields.deliveryTag, (isTold) => resolve(isTold && !delivery.epoch.isOver));
    return promise;
  }

  /** On a channel of its own: messages that nobody acknowledges are numbered all the same. */
  async #listenForAnswers({ model }: Epoch, { answers }: Names): Promise<void> {
    const { onAnswer } = this.#options;
    if (onAnswer === undefined) return;
    const channel = await model.createChannel();
    channel.on("error", () => {}); // The connection goes with it.
    channel.on("close", () => void model.close().catch(() => {}));
    await channel.consume(
      answers,
      (message) => {
        if (message === null) return;
        try {
          onAnswer(String(message.properties.correlationId), JSON.parse(message.content.toString("utf8")) as Answer);
        } catch {
          // Somebody else wrote into it.
        }
      },
      { noAck: true },
    );
  }

  #targetOf(epoch: Epoch, names: Names, job: NewJob, nowMs: number): Promise<string> | string {
    const home = names.high !== undefined && USUAL_PRIORITY < (job.priority ?? USUAL_PRIORITY) ? names.high : names.main;
    return job.runAtMs === undefined || job.runAtMs <= nowMs ? home : delayQueue(epoch.channel, this.#options.name, home, job.runAtMs - nowMs);
  }

  /** A queue that is full has room again some time; meanwhile the job is ours, and is not run again. */
  async #sendUntilTaken(epoch: Epoch, queue: string, body: Buffer | string, options: Options.Publish): Promise<void> {
    for (let refusals = 1; ; refusals += 1) {
      try {
        return await this.#send(epoch, queue, body, options);
      } catch (error) {
        if (!(error instanceof QueueFailure && error.fault === "full")) throw error;
      }
      await new Promise((go) => setTimeout(go, backoffMs(refusals, { firstMs: FULL_FIRST_MS, mostMs: FULL_MOST_MS })));
    }
  }

  #send(epoch: Epoch, queue: string, body: Buffer | string, options: Options.Publish): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (epoch.isOver) return Promise.reject(this.#away());
    try {
      epoch.channel.sendToQueue(queue, typeof body === "string" ? Buffer.from(body) : body, options, (error: unknown) => {
        if (epoch.isOver) reject(this.#away(error));
        else if (error === null || error === undefined) resolve();
        else reject(this.#full(queue, error));
      });
    } catch (error) {
      // Either its channel is closed, or what was given fits into no message.
      reject(error instanceof TypeError || error instanceof RangeError ? this.#unfit(error) : this.#away(error));
    }
    return promise;
  }

  #full(queue: string, cause: unknown): QueueFailure {
    return new QueueFailure("full", { message: `${this.place}: the broker takes nothing more into the queue ${queue}`, hint: "Start more workers, or raise the bound of the queue at the broker.", ko: { message: `${this.place}: 브로커가 큐 ${queue}에 더 받지 않습니다`, hint: "워커를 더 시작하거나 브로커에서 큐의 한도를 늘리세요." } }, cause);
  }

  #unfit(cause: Error): QueueFailure {
    return new QueueFailure("refused", { message: `no message can be made of the job: ${cause.message}`, hint: "Ids and names of rules have 255 bytes at most.", ko: { message: `작업을 메시지로 만들 수 없습니다: ${cause.message}`, hint: "ID와 규칙 이름은 255바이트까지입니다." } }, cause);
  }

  #away(cause?: unknown): QueueFailure {
    const why = this.#state.is === "open" ? "the connection was lost" : this.#state.why;
    return new QueueFailure("away", { message: `${this.place} cannot be reached: ${why}`, ko: { message: `${this.place}에 연결할 수 없습니다: ${why}` } }, cause);
  }
}

const CANCELLED_MAX = 100_000;
/** For the queues of our own name, and those that we stand for: one that was deleted says so. Whoever named a queue for his answer may be gone, and nobody minds. */
const MUST_BE_THERE = { mandatory: true } as const;
const FULL_FIRST_MS = 100;
const FULL_MOST_MS = 10_000;

class MessageDelivery implements Delivery {
  readonly epoch: Epoch;
  readonly message: ConsumeMessage;
  readonly job: QueuedJob;
  readonly intake: Intake | undefined;
  /** Where it goes when it is begun once more. */
  readonly home: string;
  readonly sinceMs = performance.now();
  readonly #queue: RabbitMqQueue;

  constructor(queue: RabbitMqQueue, epoch: Epoch, { message, job, intake, home }: Pick<MessageDelivery, "message" | "job" | "intake" | "home">) {
    this.#queue = queue;
    this.epoch = epoch;
    this.message = message;
    this.job = job;
    this.intake = intake;
    this.home = home;
  }

  get id(): string {
    return this.job.id;
  }

  /** Of the channel: with it goes the lease. */
  get lease(): number {
    return this.message.fields.deliveryTag;
  }

  settle(outcome: Outcome): Promise<boolean> {
    return this.#queue.settle(this, outcome);
  }

  /** The broker's lease is the connection. */
  extend(): void {}
}

/** The message of a job that is to be begun once more. */
function again(message: ConsumeMessage, job: QueuedJob, intake: Intake | undefined, type: "retry" | "lost" | "released", nowMs: number, afterMs = 0): { readonly content: Buffer; readonly options: Options.Publish } {
  const isCounted = type !== "released";
  // Delays are spent in steps: whoever gets it on the way has to know until when. What never began had no part in what its consumer came to.
  const losses = isCounted ? job.losses + (type === "lost" ? 1 : 0) : job.losses - deliveriesLost(message);
  const next = { ...job, ...(afterMs <= 0 ? {} : { runAtMs: nowMs + afterMs }), attempt: job.attempt + (isCounted ? 1 : 0), losses };
  const { key: _key, labels: _labels, envelope: _envelope, ...bare } = next;
  const { content, options } = messageOf(intake === undefined ? next : bare, nowMs, undefined); // A message of others says these itself.
  const { replyTo, correlationId } = message.properties as { replyTo?: unknown; correlationId?: unknown };
  return { content: intake === undefined ? content : message.content, options: { ...options, ...(typeof replyTo === "string" ? { replyTo } : {}), ...(typeof correlationId === "string" ? { correlationId } : {}) } };
}

function replyQueue({ properties }: ConsumeMessage, intake: Intake | undefined): string {
  const { replyTo } = properties as { replyTo?: unknown };
  return typeof replyTo === "string" && replyTo !== "" ? replyTo : (intake?.queueOut ?? "");
}

function whereAnswersGo(message: ConsumeMessage): Options.Publish {
  return replyQueue(message, undefined) === "" ? MUST_BE_THERE : {};
}

function correlation({ properties }: ConsumeMessage): { readonly correlationId?: string } {
  const { correlationId } = properties as { correlationId?: unknown };
  return typeof correlationId === "string" ? { correlationId } : {};
}

function idOf({ properties }: ConsumeMessage, nowMs: number): string {
  const { messageId } = properties as { messageId?: unknown };
  return typeof messageId === "string" && messageId !== "" ? messageId : orderedId(nowMs);
}
