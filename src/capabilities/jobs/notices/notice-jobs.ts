// A notice as a job: its rule is the notifier that brings it, its data the notice. So it is kept, tried again, listed, searched and replayed as any other.
import { HOUSE } from "#sdk/queue.ts";
import type { NewJob } from "#sdk/queue.ts";
import type { Notice } from "#sdk/notifier.ts";

export interface NoticeOrder {
  /** Handing over the same one again changes nothing. */
  readonly id: string;
  readonly notifier: string;
  readonly notice: Notice;
  /** `event`, `job:ID`, `cli:root`. */
  readonly from: string;
}

const MODULE = `${HOUSE}notifiers:`;

export function noticeJob({ id, notifier, notice, from }: NoticeOrder): NewJob {
  const { event } = notice;
  return { id, rule: noticeRule(notifier), data: JSON.stringify(notice), from, ...(event === undefined ? {} : { labels: { event } }) };
}

export function noticeRule(notifier: string): string {
  return MODULE + notifier;
}

/** Undefined: it is no such rule. */
export function notifierOf(rule: string): string | undefined {
  return rule.startsWith(MODULE) ? rule.slice(MODULE.length) : undefined;
}
