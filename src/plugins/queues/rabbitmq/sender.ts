// Sends to the queues of the broker: done when the broker says that it has the message, and what it says instead is told in words of ours.
import type { Options } from "amqplib";
import { backoffMs } from "#base/backoff.ts";
import { QueueFailure } from "#sdk/queue.ts";
import type { QueueState } from "#sdk/queue.ts";
import type { Epoch } from "./link.ts";

/** For the queues of our own name, and those that we stand for: one that was deleted says so. */
export const MUST_BE_THERE = { mandatory: true } as const;

const FULL_FIRST_MS = 100;
const FULL_MOST_MS = 10_000;

export class Sender {
  readonly #place: string;
  readonly #state: () => QueueState;

  constructor(place: string, state: () => QueueState) {
    this.#place = place;
    this.#state = state;
  }

  send(epoch: Epoch, queue: string, body: Buffer | string, options: Options.Publish): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (epoch.isOver) return Promise.reject(this.away());
    try {
      epoch.channel.sendToQueue(queue, typeof body === "string" ? Buffer.from(body) : body, options, (error: unknown) => {
        if (epoch.isOver) reject(this.away(error));
        else if (error === null || error === undefined) resolve();
        else reject(this.#full(queue, error));
      });
    } catch (error) {
      // Either its channel is closed, or what was given fits into no message.
      reject(error instanceof TypeError || error instanceof RangeError ? this.#unfit(error) : this.away(error));
    }
    return promise;
  }

  /** A queue that is full has room again some time; meanwhile the job is ours, and is not run again. */
  async sendUntilTaken(epoch: Epoch, queue: string, body: Buffer | string, options: Options.Publish): Promise<void> {
    for (let refusals = 1; ; refusals += 1) {
      try {
        return await this.send(epoch, queue, body, options);
      } catch (error) {
        if (!(error instanceof QueueFailure && error.fault === "full")) throw error;
      }
      await new Promise((go) => setTimeout(go, backoffMs(refusals, { firstMs: FULL_FIRST_MS, mostMs: FULL_MOST_MS })));
    }
  }

  away(cause?: unknown): QueueFailure {
    const state = this.#state();
    const why = state.is === "open" ? "the connection was lost" : state.why;
    return new QueueFailure("away", { message: `${this.#place} cannot be reached: ${why}`, ko: { message: `${this.#place}에 연결할 수 없습니다: ${why}` } }, cause);
  }

  #full(queue: string, cause: unknown): QueueFailure {
    return new QueueFailure("full", { message: `${this.#place}: the broker takes nothing more into the queue ${queue}`, hint: "Start more workers, or raise the bound of the queue at the broker.", ko: { message: `${this.#place}: 브로커가 큐 ${queue}에 더 받지 않습니다`, hint: "워커를 더 시작하거나 브로커에서 큐의 한도를 늘리세요." } }, cause);
  }

  #unfit(cause: Error): QueueFailure {
    return new QueueFailure("refused", { message: `no message can be made of the job: ${cause.message}`, hint: "Ids and names of rules have 255 bytes at most.", ko: { message: `작업을 메시지로 만들 수 없습니다: ${cause.message}`, hint: "ID와 규칙 이름은 255바이트까지입니다." } }, cause);
  }
}
