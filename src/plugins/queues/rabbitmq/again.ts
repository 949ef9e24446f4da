// The message of a job that is to be begun once more: what others asked for stays as they wrote it, what is to be known of the attempts goes into its headers.
import type { ConsumeMessage } from "amqplib";
import type { Intake } from "#sdk/intake.ts";
import type { Outcome, QueuedJob } from "#sdk/queue.ts";
import { replyAddress } from "./replies.ts";
import { deliveriesLost, messageOf } from "./wire.ts";
import type { Published } from "./wire.ts";

export type AgainOutcome = Extract<Outcome, { readonly type: "retry" | "lost" | "released" }>;

export function again(message: ConsumeMessage, job: QueuedJob, intake: Intake | undefined, type: AgainOutcome["type"], nowMs: number, afterMs = 0): Published {
  const isCounted = type !== "released";
  // Delays are spent in steps: whoever gets it on the way has to know until when. What never began had no part in what its consumer came to.
  const losses = isCounted ? job.losses + (type === "lost" ? 1 : 0) : job.losses - deliveriesLost(message);
  const next = { ...job, ...(afterMs <= 0 ? {} : { runAtMs: nowMs + afterMs }), attempt: job.attempt + (isCounted ? 1 : 0), losses };
  const { key: _key, labels: _labels, envelope: _envelope, ...bare } = next;
  const { content, options } = messageOf(intake === undefined ? next : bare, nowMs, undefined); // A message of others says these itself.
  return { content: intake === undefined ? content : message.content, options: { ...options, ...replyAddress(message) } };
}
