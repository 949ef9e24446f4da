// Where the answer to a message goes, and what it carries back: to the queue that its sender named, or else to the one that was agreed for all.
import type { ConsumeMessage, Options } from "amqplib";
import { MUST_BE_THERE } from "./sender.ts";

/** Empty: nobody is to be answered. */
export function replyQueue({ properties }: ConsumeMessage, agreed: string | undefined): string {
  const { replyTo } = properties as { readonly replyTo?: unknown };
  return typeof replyTo === "string" && replyTo !== "" ? replyTo : (agreed ?? "");
}

/** Whoever named a queue for his answer may be gone, and nobody minds; the one that was agreed has to be there. */
export function replyOptions(message: ConsumeMessage): Options.Publish {
  return { persistent: true, contentType: "application/json", ...correlation(message), ...(replyQueue(message, undefined) === "" ? MUST_BE_THERE : {}) };
}

/** For a message that takes the place of this one. */
export function replyAddress(message: ConsumeMessage): Pick<Options.Publish, "replyTo" | "correlationId"> {
  const { replyTo } = message.properties as { readonly replyTo?: unknown };
  return { ...(typeof replyTo === "string" ? { replyTo } : {}), ...correlation(message) };
}

export function correlation({ properties }: ConsumeMessage): Pick<Options.Publish, "correlationId"> {
  const { correlationId } = properties as { readonly correlationId?: unknown };
  return typeof correlationId === "string" ? { correlationId } : {};
}
