// What the processes do now, for the whole page: one stream of `processes.watch`, whoever shows it. Two looks together are rates.
import { computed, effect, signal } from "@preact/signals";
import type { EventOf } from "#edges/all-commands.ts";
import { stream } from "../agent/agent.ts";
import { session } from "../agent/session.ts";

export type ProcessLook = EventOf<"processes.watch">;
export type ProcessStatus = ProcessLook["processes"][number];
export type ExitRecord = NonNullable<ProcessStatus["lastExit"]>;

export interface ProcessRates {
  readonly eventsIn: number;
  readonly eventsOut: number;
}

/** undefined until the first look came. */
export const processLook = signal<ProcessLook | undefined>(undefined);
export const processFailure = signal<unknown>(undefined);
/** By process; empty until there are two looks. */
export const processRates = signal<ReadonlyMap<string, ProcessRates>>(new Map());

export const processes = computed(() => processLook.value?.processes);

export function processNamed(name: string): ProcessStatus | undefined {
  return processes.value?.find((each) => each.name === name);
}

const TRENDS_KEPT = 60;
const trends = new Map<string, number[]>();
/** Processors at work over the last minute, one figure a look. */
export function cpuTrend(name: string): readonly number[] {
  return trends.get(name) ?? [];
}

const userName = computed(() => session.value?.user?.name);
/** Looks as long as somebody is logged in. */
export function watchProcesses(): () => void {
  return effect(() => {
    if (userName.value === undefined) return;
    const end = stream("processes.watch", {}, takeLook, { onFailure: (failure) => (processFailure.value = failure) });
    return () => {
      end();
      processLook.value = undefined;
      processRates.value = new Map();
      trends.clear();
    };
  });
}

function takeLook(next: ProcessLook): void {
  processFailure.value = undefined;
  const before = processLook.peek();
  processLook.value = next;
  if (before !== undefined) processRates.value = ratesBetween(before, next);
  for (const each of next.processes) {
    const trend = trends.get(each.name) ?? [];
    trend.push(cpuOf(each) ?? 0);
    if (TRENDS_KEPT < trend.length) trend.shift();
    trends.set(each.name, trend);
  }
  for (const name of trends.keys()) if (!next.processes.some((each) => each.name === name)) trends.delete(name);
}

export function ratesBetween(before: ProcessLook, now: ProcessLook): ReadonlyMap<string, ProcessRates> {
  const seconds = (now.atMs - before.atMs) / 1000;
  if (seconds <= 0) return new Map();
  const earlier = new Map(before.processes.map((each) => [each.name, each.queue]));
  return new Map(
    now.processes.flatMap(({ name, queue }) => {
      const then = earlier.get(name);
      if (then === undefined) return [];
      const perSecond = (count: number, was: number): number => Math.max(0, (count - was) / seconds); // Counts begin anew with the agent.
      return [[name, { eventsIn: perSecond(queue.eventsIn, then.eventsIn), eventsOut: perSecond(queue.eventsOut, then.eventsOut) }] as const];
    }),
  );
}

/** In percent of one processor, over all instances. */
export function cpuOf({ instances }: Pick<ProcessStatus, "instances">): number | undefined {
  return summed(instances.map(({ cpuPercent }) => cpuPercent));
}

export function memoryOf({ instances }: Pick<ProcessStatus, "instances">): number | undefined {
  return summed(instances.map(({ residentBytes }) => residentBytes));
}

/** Since when the eldest of those that run does. */
export function startedMsOf({ instances }: Pick<ProcessStatus, "instances">): number | undefined {
  const starts = instances.flatMap(({ startedMs, pid }) => (startedMs === null || pid === null ? [] : [startedMs]));
  return starts.length === 0 ? undefined : Math.min(...starts);
}

function summed(values: readonly (number | null)[]): number | undefined {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0);
}
