// What is to be told when a job ends: what its rule asked for, or that it failed for good. They are published in the commit that records the end, so neither is without the other.
import { hostname } from "node:os";
import { lang as ownLang } from "#base/lang.ts";
import type { NotifierPlan } from "#kernel/config/notifiers-plan.ts";
import { JOB_FAILED, tells } from "#kernel/config/notifiers-plan.ts";
import { noticeOf, oneLine } from "#kernel/outbox/notice-text.ts";
import type { NewJob, Outcome } from "#sdk/queue.ts";
import type { Run } from "../run.ts";
import { noticeJob } from "./notice-jobs.ts";

const WHY_CHARACTERS_MAX = 500;
const NOBODY: readonly NewJob[] = [];

export function jobNotices({ delivery: { job }, notices = [] }: Run, outcome: Outcome, { notifiers, nowMs }: { readonly notifiers: readonly NotifierPlan[]; readonly nowMs: number }): readonly NewJob[] {
  if (outcome.type === "succeeded" ? notices.length === 0 : notifiers.length === 0) return NOBODY; // Nearly always.
  const from = `job:${job.id}`;
  const host = hostname();
  if (outcome.type === "succeeded") return notices.map(({ notifier, subject, text, data }, index) => noticeJob({ id: `${job.id}.${index + 1}`, notifier, from, notice: { subject: oneLine(subject), text, data, atMs: nowMs, host } }));
  if (outcome.type !== "failed") return [];
  const { kind, message } = outcome.error;
  const data = { rule: job.rule, id: job.id, attempt: job.attempt, kind, message: message.slice(0, WHY_CHARACTERS_MAX), ...job.labels };
  return notifiers
    .filter((plan) => tells(plan, JOB_FAILED))
    .map(({ name, lang = ownLang() }) => noticeJob({ id: `${job.id}.failed.${name}`, notifier: name, from, notice: noticeOf({ name: JOB_FAILED, atMs: nowMs, data }, { host, lang }) }));
}
