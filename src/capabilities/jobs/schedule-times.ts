// When the job of a schedule is due, and what it is then: the same for one agent and for a fleet of them.
import type { JobSchedulePlan } from "#kernel/config/jobs-plan.ts";
import { parseSchedule } from "#kernel/schedule.ts";
import type { Schedule } from "#kernel/schedule.ts";
import type { NewJob } from "#sdk/queue.ts";

export interface ScheduledJob {
  readonly plan: JobSchedulePlan;
  readonly times: Schedule;
  /** What it says: one that says something else begins anew. */
  readonly says: string;
}

export interface Due {
  /** To be submitted, the oldest first. */
  readonly minutes: readonly number[];
  /** All up to here are done with them; undefined: nothing is due. */
  readonly lastMs: number | undefined;
  /** Some are too long ago, and are left out. */
  readonly isLate: boolean;
}

export const MISSED_MS_MAX = 3_600_000;
/** The clock may be set meanwhile. */
export const LOOK_MS_MAX = 15_000;
const DATE_TIME = "##DATE_TIME##";

export function scheduledJob(plan: JobSchedulePlan): ScheduledJob {
  return { plan, says: JSON.stringify([plan.cron, plan.timeZone ?? null, plan.rule, plan.data]), times: parseSchedule(plan.cron, plan.timeZone) };
}

/** A time far ahead was of a clock that was wrong. */
export function doneOf(doneMs: number, nowMs: number): number {
  return nowMs + MISSED_MS_MAX < doneMs ? nowMs : doneMs;
}

/** Each minute that was missed where the data says which it is, else the last of them. */
export function dueOf({ plan, times }: ScheduledJob, doneMs: number, nowMs: number): Due {
  const fromMs = Math.max(doneMs, nowMs - MISSED_MS_MAX);
  const isLate = doneMs < fromMs && (times.next(doneMs) ?? nowMs) <= fromMs;
  const due: number[] = [];
  for (let atMs = times.next(fromMs); atMs !== null && atMs <= nowMs; atMs = times.next(atMs)) due.push(atMs);
  return { minutes: plan.data.includes(DATE_TIME) ? due : due.slice(-1), lastMs: due.at(-1), isLate };
}

export function waitMsOf(schedules: readonly (ScheduledJob & { readonly doneMs: number })[], nowMs: number): number {
  const nextMs = Math.min(...schedules.map(({ times, doneMs }) => times.next(Math.max(doneMs, nowMs - MISSED_MS_MAX)) ?? Number.POSITIVE_INFINITY));
  return Math.min(Math.max(nextMs - nowMs, 0), LOOK_MS_MAX);
}

export function jobAt({ plan: { name, rule, data, priority }, times }: ScheduledJob, atMs: number, mark = ""): NewJob & { readonly key: string } {
  const stamp = times.stamp(atMs);
  return { rule, data: data.replaceAll(DATE_TIME, stamp), key: `schedule/${name}/${mark}${stamp}`, from: `schedule:${name}`, ...(priority === undefined ? {} : { priority }) };
}
