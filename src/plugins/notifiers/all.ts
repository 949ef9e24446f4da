// Opens a notifier of its kind; its library is loaded with the first one.
import type { Clock } from "#base/clock.ts";
import type { Notifier, NotifierTarget } from "#sdk/notifier.ts";
import type { Log } from "#sdk/plugin.ts";

export interface NotifierContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Longest wait for a connection, and for an answer. */
  readonly timeoutMs: number;
  /** How many notices are under way at a time. */
  readonly concurrency: number;
}

export async function openNotifier(target: NotifierTarget, context: NotifierContext): Promise<Notifier> {
  if (target.type === "webhook") return new (await import("./webhook.ts")).Webhook(target, context);
  if (target.type === "mail") return new (await import("./mail.ts")).Mail(target, context);
  return new (await import("./amqp.ts")).Amqp(target, context);
}
