// The client of all that is behind RabbitMQ: persistent messages, confirmed; answers acknowledged together, once a turn.
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "amqplib";
import type { ConsumeMessage, Options } from "amqplib";

export interface Message {
  readonly body: string;
  readonly options?: Options.Publish;
}

export interface AmqpClient {
  /** Resolves when the broker has confirmed all of them. */
  send(queue: string, messages: readonly Message[]): Promise<void>;
  onAnswer(tell: (body: string, properties: { readonly correlationId?: string }) => void): void;
  /** Until somebody has declared it: what is sent before is nobody's. */
  untilThere(queue: string): Promise<void>;
  close(): Promise<void>;
}

const THERE_MS = 30_000;

export async function amqpClient(port: number, { answers, isQuorum }: { readonly answers: string; readonly isQuorum: boolean }): Promise<AmqpClient> {
  const connection = await connect(`amqp://guest:guest@127.0.0.1:${port}`, { noDelay: true });
  connection.on("error", (error: Error) => console.error(`the bench's connection: ${error.message}`));
  const sending = await connection.createConfirmChannel();
  const receiving = await connection.createChannel();
  const queue = { durable: true, ...(isQuorum ? { arguments: { "x-queue-type": "quorum" } } : {}) };
  await sending.assertQueue(answers, queue);
  await receiving.prefetch(2000);
  let tell: (body: string, properties: { readonly correlationId?: string }) => void = () => {};
  let isClosing = false;
  let last: ConsumeMessage | undefined;
  await receiving.consume(answers, (message) => {
    if (message === null) return;
    if (last === undefined) setImmediate(() => {
      if (last !== undefined && !isClosing) receiving.ack(last, true);
      last = undefined;
    });
    last = message;
    const { correlationId } = message.properties as { correlationId?: string };
    tell(message.content.toString("utf8"), correlationId === undefined ? {} : { correlationId });
  });
  return {
    send: (to, messages) =>
      new Promise((resolve, reject) => {
        let missing = messages.length;
        for (const { body, options } of messages)
          sending.sendToQueue(to, Buffer.from(body), { persistent: true, ...options }, (error: Error | null) => {
            if (error !== null) reject(error);
            else if ((missing -= 1) === 0) resolve();
          });
      }),
    async untilThere(name) {
      for (const until = Date.now() + THERE_MS; ; await delay(100)) {
        const probe = await connection.createChannel();
        probe.on("error", () => {}); // The question rejects.
        try {
          await probe.checkQueue(name);
          return await probe.close();
        } catch (error) {
          if (until < Date.now()) throw error;
        }
      }
    },
    onAnswer: (listener) => (tell = listener),
    close: () => {
      isClosing = true;
      return connection.close();
    },
  };
}
