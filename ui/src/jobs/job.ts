// A job as the dashboard knows it, and where it stands here.
import type { JobMark, JobPage, JobQuery, JobRecord, JobRow, JobState } from "#sdk/job-store.ts";

export type { JobMark, JobPage, JobQuery, JobRecord, JobRow, JobState };

const NOTIFIERS = "@notifiers:";

/** In the order of a job's life. */
export const jobStates = ["delayed", "queued", "sent", "running", "succeeded", "failed", "cancelled"] as const satisfies readonly JobState[];

export function hrefOfJob(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`;
}

/** A notice is a job of the house, whose rule is the notifier; undefined: it is a job like others. */
export function notifierOf(rule: string): string | undefined {
  return rule.startsWith(NOTIFIERS) ? rule.slice(NOTIFIERS.length) : undefined;
}

export function ruleOfNotifier(name: string): string {
  return NOTIFIERS + name;
}

/** What can be run again: it is over. */
export function isOver({ state }: Pick<JobRow, "state">): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

/** How long it waited, and how long its last attempt ran; undefined: not yet. */
export function waitMsOf({ createdMs, startedMs }: JobRow): number | undefined {
  return startedMs === undefined ? undefined : Math.max(0, startedMs - createdMs);
}

export function runMsOf({ state, startedMs, endedMs }: JobRow, nowMs: number): number | undefined {
  if (startedMs === undefined) return undefined;
  if (endedMs !== undefined && startedMs <= endedMs) return endedMs - startedMs;
  return state === "running" ? Math.max(0, nowMs - startedMs) : undefined;
}

/** `company=1 channel=ABCD`, as one searches for it. */
export function labelWords(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${/\s|"/.test(value) ? JSON.stringify(value) : value}`);
}
