// What came of the jobs that this agent has published, wherever they ran: told in a queue of its own.
import type { Outcome } from "#sdk/queue.ts";
import type { Epoch } from "./link.ts";

export type Answer = Extract<Outcome, { readonly type: "succeeded" | "failed" | "cancelled" }>;

/** On a channel of its own: messages that nobody acknowledges are numbered all the same. */
export async function listenForAnswers({ model }: Epoch, queue: string, onAnswer: (id: string, answer: Answer) => void): Promise<void> {
  const channel = await model.createChannel();
  channel.on("error", () => {}); // The connection goes with it.
  channel.on("close", () => void model.close().catch(() => {}));
  await channel.consume(
    queue,
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
