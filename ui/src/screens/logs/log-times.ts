// Times of log lines, by the chosen clock: to the millisecond, for the order of things is what one looks for.
import { msOfPlaceTime, placeTime, zoneAt } from "../../parts/time-zone.ts";

/** `14:03:22.118`, with the day before it when it is not today. */
export function shortTime(atMs: number, nowMs = Date.now()): string {
  const { date, clock } = placeTime(atMs);
  return date === placeTime(nowMs).date ? clock : `${date.slice(5)} ${clock}`;
}

/** `2026-11-22 14:03:22.118 UTC+09:00`. */
export function wholeTime(atMs: number): string {
  const { date, clock } = placeTime(atMs);
  return `${date} ${clock} ${zoneAt(atMs)}`;
}

/** What a field of the kind `datetime-local` shows and gives. */
export function fieldOf(atMs: number): string {
  const { date, clock } = placeTime(atMs);
  return `${date}T${clock.slice(0, 5)}`;
}

export function msOfField(value: string): number | undefined {
  return value === "" ? undefined : msOfPlaceTime(value);
}
