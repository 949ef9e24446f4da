// What there is to say of each notifier: what waits for it, what it was given, and why it failed last.
import { shownPlace } from "#kernel/config/notifiers-plan.ts";
import type { NotifierPlan } from "#kernel/config/notifiers-plan.ts";
import type { JobRow, JobStore } from "#sdk/job-store.ts";
import type { NotifierLook } from "../jobs.ts";
import { noticeRule } from "./notice-jobs.ts";

/** The newest of a notifier: among them is the one that failed last. */
const FAILURES_LOOKED_AT = 20;

export async function notifierLooks(plans: readonly NotifierPlan[], store: JobStore): Promise<readonly NotifierLook[]> {
  const counts = await store.counts();
  return Promise.all(
    plans.map(async (plan) => {
      const rule = noticeRule(plan.name);
      const { queued, delayed, running, failed } = await store.depthOf((name) => name === rule);
      const delivered = counts.find((each) => each.rule === rule && each.state === "succeeded")?.count ?? 0;
      const amounts = { waiting: queued + delayed + running, delivered, failed };
      const last = amounts.waiting + amounts.failed === 0 ? undefined : await lastFailure(rule, store);
      return { name: plan.name, type: plan.target.type, address: shownPlace(plan), on: plan.on, ...amounts, ...last };
    }),
  );
}

async function lastFailure(rule: string, store: JobStore): Promise<Pick<NotifierLook, "lastFailure" | "lastFailedMs"> | undefined> {
  const { jobs } = await store.list({ rule, states: ["failed", "delayed"], limit: FAILURES_LOOKED_AT });
  const failed = jobs.filter(({ error, replayedAs }) => error !== undefined && replayedAs === undefined);
  const [last] = failed.toSorted((one, other) => momentOf(other) - momentOf(one));
  return last?.error === undefined ? undefined : { lastFailure: last.error.message, lastFailedMs: momentOf(last) };
}

function momentOf({ endedMs, startedMs, createdMs }: JobRow): number {
  return endedMs ?? startedMs ?? createdMs;
}
