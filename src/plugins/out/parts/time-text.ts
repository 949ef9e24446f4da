// Writes times in a format of strftime's letters, the ones that `time_format` of parsers reads.
import type { TimeStyle } from "#dataplane/emit.ts";

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

interface Moment {
  /** Its UTC fields are those of the zone's wall clock. */
  readonly wall: Date;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly offsetMinutes: number;
}

const two = (value: number): string => String(value).padStart(2, "0");
const digits = (nanoseconds: number, count: number): string => String(nanoseconds).padStart(9, "0").slice(0, count);
const LETTERS: Readonly<Record<string, (moment: Moment) => string>> = {
  Y: ({ wall }) => String(wall.getUTCFullYear()),
  y: ({ wall }) => two(wall.getUTCFullYear() % 100),
  m: ({ wall }) => two(wall.getUTCMonth() + 1),
  d: ({ wall }) => two(wall.getUTCDate()),
  e: ({ wall }) => String(wall.getUTCDate()).padStart(2),
  j: ({ wall }) => String(Math.floor((wall.getTime() - Date.UTC(wall.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(3, "0"),
  H: ({ wall }) => two(wall.getUTCHours()),
  I: ({ wall }) => two(wall.getUTCHours() % 12 || 12),
  p: ({ wall }) => (wall.getUTCHours() < 12 ? "AM" : "PM"),
  M: ({ wall }) => two(wall.getUTCMinutes()),
  S: ({ wall }) => two(wall.getUTCSeconds()),
  L: ({ nanoseconds }) => digits(nanoseconds, 3),
  f: ({ nanoseconds }) => digits(nanoseconds, 6),
  N: ({ nanoseconds }) => digits(nanoseconds, 9),
  b: ({ wall }) => (MONTHS[wall.getUTCMonth()] ?? "").slice(0, 3),
  B: ({ wall }) => MONTHS[wall.getUTCMonth()] ?? "",
  a: ({ wall }) => (DAYS[wall.getUTCDay()] ?? "").slice(0, 3),
  A: ({ wall }) => DAYS[wall.getUTCDay()] ?? "",
  z: ({ offsetMinutes }) => offsetText(offsetMinutes).replace(":", ""),
  s: ({ seconds }) => String(seconds),
  Q: ({ seconds, nanoseconds }) => `${seconds}${digits(nanoseconds, 3)}`,
  F: (moment) => withLetters("%Y-%m-%d", moment),
  T: (moment) => withLetters("%H:%M:%S", moment),
  R: (moment) => withLetters("%H:%M", moment),
  D: (moment) => withLetters("%m/%d/%y", moment),
  "%": () => "%",
};
const LETTER = /%([\s\S]?)/g;

/** The letters of a format that mean nothing. */
export function unknownLetters(format: string): string[] {
  return [...format.matchAll(LETTER)].filter(([, letter = ""]) => !Object.hasOwn(LETTERS, letter)).map(([whole]) => whole);
}

/** The time of a record in that format; ISO 8601 without one. */
export function timeText(ms: number, { offsetMinutes, digits: count }: TimeStyle, format: string | undefined): string {
  const wall = new Date(Math.floor(ms) + offsetMinutes * 60_000);
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = Math.floor((ms - seconds * 1000) * 1e6);
  if (format !== undefined) return withLetters(format, { wall, seconds, nanoseconds, offsetMinutes });
  const fraction = count === 0 ? "" : `.${digits(nanoseconds, count)}`;
  return `${wall.toISOString().slice(0, 19)}${fraction}${offsetMinutes === 0 ? "Z" : offsetText(offsetMinutes)}`;
}

function withLetters(format: string, moment: Moment): string {
  return format.replace(LETTER, (whole, letter: string) => LETTERS[letter]?.(moment) ?? whole);
}

function offsetText(offsetMinutes: number): string {
  const minutes = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
