// The clock by which times are shown: this browser's, or UTC, by which machines in several countries are compared.
import { signal } from "@preact/signals";

export type TimeZone = "local" | "utc";

export const timeZone = signal<TimeZone>("local");

export interface PlaceTime {
  /** `2026-11-22` */
  readonly date: string;
  /** `14:03:22.118` */
  readonly clock: string;
}

export function placeTime(atMs: number): PlaceTime {
  const shifted = new Date(atMs - offsetMinutes(atMs) * 60_000);
  if (Number.isNaN(shifted.getTime())) return { date: "–", clock: "–" };
  const [date = "", clock = ""] = shifted.toISOString().slice(0, -1).split("T");
  return { date, clock };
}

/** `UTC+09:00`; `UTC`, where that was chosen. */
export function zoneAt(atMs: number): string {
  if (timeZone.value === "utc") return "UTC";
  const minutes = -offsetMinutes(atMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/** `2026-11-22T14:03`, as a field for a time gives it. */
export function msOfPlaceTime(text: string): number | undefined {
  const atMs = new Date(timeZone.value === "utc" ? `${text}Z` : text).getTime();
  return Number.isNaN(atMs) ? undefined : atMs;
}

function offsetMinutes(atMs: number): number {
  return timeZone.value === "utc" ? 0 : new Date(atMs).getTimezoneOffset();
}
