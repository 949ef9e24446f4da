// Figures for people: short, of steady width, in their language.
import { language } from "../words/say.ts";
import { placeTime } from "./time-zone.ts";

/** `1,204`, `12.4k`, `3.1M`; below ten with one decimal where there is one. */
export function count(value: number): string {
  if (value < 10 && value % 1 !== 0) return trimmed(value, 1);
  if (value < 100_000) return Math.round(value).toLocaleString("en");
  if (value < 1e6) return `${trimmed(value / 1e3, value < 1e5 ? 1 : 0)}k`;
  if (value < 1e9) return `${trimmed(value / 1e6, value < 1e8 ? 1 : 0)}M`;
  return `${trimmed(value / 1e9, 1)}G`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(value: number): string {
  let unit = 0;
  let shown = value;
  while (1024 <= shown && unit < UNITS.length - 1) {
    shown /= 1024;
    unit += 1;
  }
  return `${trimmed(shown, unit > 0 && shown < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

export function percent(part: number): string {
  return `${Math.round(part * 100)}%`;
}

const STEPS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 365],
] as const;

/** `3 minutes ago`, `3분 전`. */
export function ago(atMs: number, nowMs = Date.now()): string {
  let value = Math.round((atMs - nowMs) / 1000);
  const format = new Intl.RelativeTimeFormat(language.value, { numeric: "auto", style: "short" });
  for (const [unit, most] of STEPS) {
    if (Math.abs(value) < most) return format.format(value, unit);
    value = Math.round(value / most);
  }
  return format.format(value, "year");
}

/** The time of day, with milliseconds: for what comes many times a second. */
export function clock(atMs: number): string {
  return placeTime(atMs).clock;
}

/** Date and time by the chosen clock, seconds and all. */
export function time(atMs: number, { isWhole = false }: { readonly isWhole?: boolean } = {}): string {
  const { date, clock: exact } = placeTime(atMs);
  const toSeconds = exact.slice(0, 8);
  return !isWhole && date === placeTime(Date.now()).date ? toSeconds : `${date} ${toSeconds}`;
}

function trimmed(value: number, decimals: number): string {
  return value.toFixed(decimals).replace(/\.0+$/, "");
}
