// One message handed over as a job: its lease is the connection that it came on, and ends with it.
import type { ConsumeMessage } from "amqplib";
import type { Intake } from "#sdk/intake.ts";
import type { Delivery, Outcome, QueuedJob } from "#sdk/queue.ts";
import type { Epoch } from "./link.ts";

/** Tells the broker what came of a delivery, before the message is acknowledged. */
export interface SettlingDesk {
  settle(delivery: MessageDelivery, outcome: Outcome): Promise<boolean>;
}

export class MessageDelivery implements Delivery {
  readonly epoch: Epoch;
  readonly message: ConsumeMessage;
  readonly job: QueuedJob;
  readonly intake: Intake | undefined;
  /** Where it goes when it is begun once more. */
  readonly home: string;
  readonly sinceMs = performance.now();
  readonly #desk: SettlingDesk;

  constructor(desk: SettlingDesk, epoch: Epoch, { message, job, intake, home }: Pick<MessageDelivery, "message" | "job" | "intake" | "home">) {
    this.#desk = desk;
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
    return this.#desk.settle(this, outcome);
  }

  /** The broker's lease is the connection. */
  extend(): void {}
}
