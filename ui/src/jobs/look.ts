// How the jobs are now, for the whole page: one stream, whoever shows it; and what the queue was like over the last minutes.
import { computed, effect, signal } from "@preact/signals";
import type { JobsLook } from "#capabilities/jobs/jobs.ts";
import { session } from "../agent/session.ts";
import { jobs } from "./ask.ts";

/** undefined until the first look came, and where there are no jobs. */
export const jobsLook = signal<JobsLook | undefined>(undefined);
export const jobsFailure = signal<unknown>(undefined);

export interface DepthAt {
  readonly atMs: number;
  readonly queued: number;
  readonly running: number;
  /** Ended since the agent's start. */
  readonly ended: number;
}

const TREND_MAX = 600;
const AGAIN_MS = 10_000;
export const depthTrend = signal<readonly DepthAt[]>([]);

/** Jobs that end a second, by the last looks. */
export const endedRate = computed(() => {
  const trend = depthTrend.value;
  const [first, last] = [trend.at(-6) ?? trend[0], trend.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
  return Math.max(0, ((last.ended - first.ended) * 1000) / (last.atMs - first.atMs));
});

/** Changes whenever something has become of a job, and at no other time: what makes a list ask again. */
export const jobsTurn = computed(() => {
  const look = jobsLook.value;
  return look === undefined ? "" : JSON.stringify([look.queue.depth, look.done]);
});

const userName = computed(() => session.value?.user?.name);
/** Looks as long as somebody is logged in. */
export function watchJobs(): () => void {
  return effect(() => {
    if (userName.value === undefined) return;
    let again: ReturnType<typeof setTimeout> | undefined;
    let end = (): void => undefined;
    const begin = (): void => {
      end();
      end = jobs.watch(takeLook, (failure) => {
        // The agent may run no jobs, until its config says otherwise.
        jobsFailure.value = failure;
        jobsLook.value = undefined;
        again = setTimeout(begin, AGAIN_MS);
      });
    };
    begin();
    return () => {
      clearTimeout(again);
      end();
      jobsLook.value = undefined;
      depthTrend.value = [];
    };
  });
}

function takeLook(next: JobsLook): void {
  jobsFailure.value = undefined;
  jobsLook.value = next;
  const { succeeded, failed, cancelled } = next.done;
  const trend = depthTrend.peek();
  const before = trend.at(-1);
  const { depth } = next.queue;
  // While the broker is away the line goes on as it was.
  const { queued, running } = depth === undefined ? (before ?? { queued: 0, running: 0 }) : { queued: depth.queued + depth.delayed, running: depth.running };
  const ended = succeeded + failed + cancelled;
  // Another run of the agent counts from nothing.
  const kept = before !== undefined && ended < before.ended ? [] : trend;
  depthTrend.value = [...kept, { atMs: next.atMs, queued, running, ended }].slice(-TREND_MAX);
}
