import { zoneOffsets } from "../parts/time-style.ts";

const PERIOD_MS = { hourly: 3_600_000, daily: 86_400_000 } as const;

/** Whether a file begun at `sinceMs` has had its time: the hour or day of the zone is another one, or it is as old as said. */
export function isPeriodOver(every: "hourly" | "daily" | number, { sinceMs, nowMs, zone }: { sinceMs: number; nowMs: number; zone: string }): boolean {
  if (typeof every === "number") return every <= nowMs - sinceMs;
  const offsetAt = zoneOffsets(zone);
  const periodOf = (ms: number): number => Math.floor((ms + offsetAt(ms / 1000) * 60_000) / PERIOD_MS[every]);
  return periodOf(sinceMs) !== periodOf(nowMs);
}
