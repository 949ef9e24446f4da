// Answers words for the agent itself, one after the other, in the order they came: each is acknowledged when its answer is at the broker.
import type { ConsumeMessage } from "amqplib";
import type { ManagementIntake } from "#sdk/intake.ts";
import type { Epoch } from "./link.ts";
import { correlation, replyQueue } from "./replies.ts";
import { takeQueue } from "./topology.ts";

export async function openManagementDesk({ model }: Epoch, { queueIn, queueOut, answer }: ManagementIntake): Promise<void> {
  await takeQueue(model, queueIn);
  await takeQueue(model, queueOut);
  const channel = await model.createConfirmChannel();
  channel.on("error", () => {}); // The connection goes with it.
  channel.on("close", () => void model.close().catch(() => {}));
  await channel.prefetch(1);
  const serve = async (message: ConsumeMessage): Promise<void> => {
    const { body, after } = await answer(message.content);
    if (body !== undefined) {
      channel.sendToQueue(replyQueue(message, queueOut), Buffer.from(body), { persistent: true, contentType: "application/json", ...correlation(message) });
      await channel.waitForConfirms();
    }
    channel.ack(message);
    after?.();
  };
  await channel.consume(queueIn, (message) => {
    if (message === null) void model.close().catch(() => {}); // The queue was deleted: all is declared anew.
    else serve(message).catch(() => void model.close().catch(() => {}));
  });
}
