// What a checked config says of one who is told. Plain JSON: it travels to the thread of the jobs.
import type { Lang } from "#base/lang.ts";
import type { NotifierTarget } from "#sdk/notifier.ts";
import type { Place } from "./plan.ts";

export interface NotifierPlan {
  readonly name: string;
  readonly target: NotifierTarget;
  /** Events that are told: `job.failed`, `pipeline.*`, `*`. */
  readonly on: readonly string[];
  /** Of subject and text; undefined: the agent's. */
  readonly lang?: Lang;
  /** Longest wait for a connection, and for an answer. */
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly backoff: { readonly firstMs: number; readonly mostMs: number };
  /** Notices under way at a time. */
  readonly concurrency: number;
  /** Notices that are begun in a time; null: as they come. */
  readonly rate: { readonly count: number; readonly perMs: number } | null;
  readonly place: Place;
}

/** A job that failed for good: told in the commit of the job itself, and so by nobody who keeps or hears events. */
export const JOB_FAILED = "job.failed";

/** Whether an event of this name is told where events are kept. */
export function tellsEvent(plan: Pick<NotifierPlan, "on">, event: string): boolean {
  return event !== JOB_FAILED && tells(plan, event);
}

/** Whether an event of this name is to be told. */
export function tells({ on }: Pick<NotifierPlan, "on">, event: string): boolean {
  return on.some((pattern) => pattern === "*" || pattern === event || (pattern.endsWith(".*") && event.startsWith(pattern.slice(0, -1))));
}

/** What may be shown of where its notices go: neither path nor password, for both hold secrets. */
export function shownPlace({ target }: Pick<NotifierPlan, "target">): string {
  if (target.type === "mail") return target.to.join(", ");
  const { protocol, host } = new URL(target.url);
  return target.type === "webhook" ? `${protocol}//${host}` : `${protocol}//${host} ${target.exchange}${target.exchange === "" ? "" : " "}${target.routingKey}`;
}
