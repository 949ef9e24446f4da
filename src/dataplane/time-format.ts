// Formats of times in text (strptime's letters, ISO 8601, seconds since 1970), compiled twice: to a program for
// the kernel where it can do them, and to a parser for single texts, which can do all of them.
import { TIME } from "./layout.ts";
import { fixedOffsetMinutes, wallClock } from "./time-zone.ts";

export interface Instant {
  /** Seconds since 1970 (UTC). */
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Words of a time program (layout.ts). */
export interface TimeProgram {
  readonly words: Uint32Array;
  /** The times have no zone and the zone has summer times: each second goes through `toUtc` afterwards. */
  readonly isWallClock: boolean;
  /** Index of the word for the second (of the zone's clock) that a time without a year should be near to; -1 when it has a year. */
  readonly nearAt: number;
}

export interface TimeFormat {
  /** Usual shapes of the format first; a text none of them takes may still be one for `parse`. */
  readonly programs: readonly TimeProgram[];
  /** undefined when the text does not have the format. `nearSeconds`: what a time without a year should be near to. */
  parse(text: string, nearSeconds: number): Instant | undefined;
  toUtc(wallSeconds: number): number;
}

export class TimeFormatError extends Error {
  override readonly name = "TimeFormatError";
}

const SECONDS_MAX = 0xffff_ffff;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const EPOCHS: Readonly<Record<string, string>> = { epoch: "%s", epoch_ms: "%Q" };
/** Programs have no optional parts: these are the shapes seen most. */
const ISO_SHAPES = ["%Y-%m-%dT%H:%M:%S.%N%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S.%N", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S,%N", "%Y-%m-%dT%H:%M:%S.%N", "%Y-%m-%dT%H:%M:%S"];
/** Old syslog daemons write this; new ones RFC 3339. */
const SYSLOG_SHAPE = "%b %e %H:%M:%S";
const SHORT: Readonly<Record<string, string>> = { T: "%H:%M:%S", F: "%Y-%m-%d", R: "%H:%M", D: "%m/%d/%y" };

/** `zone` holds for texts that name none: `+09:00` or an IANA name. Throws TimeFormatError. */
export function timeFormat(format: string, zone: string): TimeFormat {
  const toUtc = wallClock(zone);
  const iso: TimeFormat["parse"] = (text) => parseIso(text, toUtc);
  if (format === "iso8601") return { programs: programs(ISO_SHAPES, zone), parse: iso, toUtc };
  if (format === "syslog") {
    const classic = parser(letters(SYSLOG_SHAPE), toUtc);
    return { programs: programs([SYSLOG_SHAPE, ...ISO_SHAPES], zone), parse: (text, nearSeconds) => classic(text, nearSeconds) ?? iso(text, nearSeconds), toUtc };
  }
  const shape = EPOCHS[format] ?? format;
  return { programs: programs([shape], zone), parse: parser(letters(shape), toUtc), toUtc };
}

function programs(shapes: readonly string[], zone: string): TimeProgram[] {
  return shapes.flatMap((shape) => program(letters(shape), zone) ?? []);
}

/** One conversion letter, or one literal character. */
type Part = { readonly letter: string } | { readonly literal: string };

function letters(format: string): Part[] {
  const parts: Part[] = [];
  for (const [found, letter] of format.matchAll(/%[-_0^#:]*([A-Za-z%])|[\s\S]/gu)) {
    if (found === "%") throw new TimeFormatError("a % stands alone; write %% for a percent sign");
    if (letter === undefined) parts.push({ literal: found });
    else if (letter === "%") parts.push({ literal: "%" });
    else if (SHORT[letter] !== undefined) parts.push(...letters(SHORT[letter]));
    else if (LETTERS[letter] === undefined) throw new TimeFormatError(`%${letter} is not known; known are ${Object.keys(LETTERS).map((name) => `%${name}`).join(" ")}`);
    else parts.push({ letter });
  }
  return parts;
}

interface Found {
  year: number | undefined;
  month: number;
  day: number;
  dayOfYear: number | undefined;
  hour: number;
  isAfternoon: boolean | undefined;
  minute: number;
  second: number;
  nanoseconds: number;
  offsetMinutes: number | undefined;
  epoch: number | undefined;
}

/** What a letter looks like, what it says, and the kernel's step for it (none: only the parser can do it). */
interface Letter {
  readonly looks: string;
  readonly step?: number;
  says(found: Found, text: string): void;
}

const fraction = (digits: string): number => Number(digits.padEnd(9, "0"));
const LETTERS: Readonly<Record<string, Letter>> = {
  Y: { looks: "\\d{4}", step: TIME.year4, says: (found, text) => void (found.year = Number(text)) },
  y: { looks: "\\d{2}", step: TIME.year2, says: (found, text) => void (found.year = Number(text) + (Number(text) < 69 ? 2000 : 1900)) },
  m: { looks: "\\d{1,2}", step: TIME.month2, says: (found, text) => void (found.month = Number(text)) },
  d: { looks: " ?\\d{1,2}", step: TIME.day2, says: (found, text) => void (found.day = Number(text)) },
  e: { looks: " ?\\d{1,2}", step: TIME.daySpace2, says: (found, text) => void (found.day = Number(text)) },
  H: { looks: "\\d{1,2}", step: TIME.hour2, says: (found, text) => void (found.hour = Number(text)) },
  I: { looks: "\\d{1,2}", says: (found, text) => void (found.hour = Number(text) % 12) },
  p: { looks: "[AaPp]\\.?[Mm]\\.?", says: (found, text) => void (found.isAfternoon = /^p/i.test(text)) },
  M: { looks: "\\d{1,2}", step: TIME.minute2, says: (found, text) => void (found.minute = Number(text)) },
  S: { looks: "\\d{1,2}", step: TIME.second2, says: (found, text) => void (found.second = Number(text)) },
  L: { looks: "\\d{1,9}", step: TIME.fraction, says: (found, text) => void (found.nanoseconds = fraction(text)) },
  f: { looks: "\\d{1,9}", step: TIME.fraction, says: (found, text) => void (found.nanoseconds = fraction(text)) },
  N: { looks: "\\d{1,9}", step: TIME.fraction, says: (found, text) => void (found.nanoseconds = fraction(text)) },
  b: { looks: "[A-Za-z]{3}", step: TIME.monthName, says: (found, text) => void (found.month = MONTHS.indexOf(text.toLowerCase()) + 1) },
  B: { looks: "[A-Za-z]{3,9}", says: (found, text) => void (found.month = MONTHS.indexOf(text.slice(0, 3).toLowerCase()) + 1) },
  a: { looks: "[A-Za-z]{3}", step: TIME.weekdayName, says: () => undefined },
  A: { looks: "[A-Za-z]{6,9}", says: () => undefined },
  j: { looks: "\\d{1,3}", says: (found, text) => void (found.dayOfYear = Number(text)) },
  z: { looks: "Z|[+-]\\d{2}(?::?\\d{2})?", step: TIME.zone, says: (found, text) => void (found.offsetMinutes = offsetOf(text)) },
  Z: { looks: "UTC|GMT|Z", says: (found) => void (found.offsetMinutes = 0) },
  s: { looks: "\\d{1,10}(?:\\.\\d{1,9})?", step: TIME.epochSeconds, says: sayEpoch },
  Q: { looks: "\\d{1,13}", step: TIME.epochMilliseconds, says: (found, text) => {
    found.epoch = Math.floor(Number(text) / 1000);
    found.nanoseconds = (Number(text) % 1000) * 1e6;
  } },
};

function sayEpoch(found: Found, text: string): void {
  const [whole = "", part = ""] = text.split(".");
  found.epoch = Number(whole);
  if (part !== "") found.nanoseconds = fraction(part);
}

function program(parts: readonly Part[], zone: string): TimeProgram | undefined {
  const names = parts.map((part) => ("letter" in part ? part.letter : ""));
  const isEpoch = names.includes("s") || names.includes("Q");
  const hasYear = isEpoch || names.includes("Y") || names.includes("y");
  const fixed = fixedOffsetMinutes(zone);
  const words = [fixed ?? 0];
  for (const part of parts) {
    if ("literal" in part) {
      for (const byte of Buffer.from(part.literal)) words.push(TIME.literal, byte);
    } else {
      const step = LETTERS[part.letter]?.step;
      if (step === undefined) return undefined;
      words.push(step, 0);
    }
  }
  if (!hasYear) words.push(TIME.yearNear, 0);
  const nearAt = hasYear ? -1 : words.length - 1;
  words.push(TIME.stop, 0);
  return { words: Uint32Array.from(words), isWallClock: !isEpoch && !names.includes("z") && fixed === undefined, nearAt };
}

function parser(parts: readonly Part[], toUtc: TimeFormat["toUtc"]): TimeFormat["parse"] {
  const names = parts.flatMap((part) => ("letter" in part ? [part.letter] : []));
  const source = parts.map((part) => ("letter" in part ? `(${LETTERS[part.letter]?.looks ?? ""})` : part.literal.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&").replace(/^ $/, " +")));
  const pattern = new RegExp(`^${source.join("")}$`);
  return (text, nearSeconds) => {
    const match = pattern.exec(text.trim());
    if (match === null) return undefined;
    const found: Found = { year: undefined, month: 1, day: 1, dayOfYear: undefined, hour: 0, isAfternoon: undefined, minute: 0, second: 0, nanoseconds: 0, offsetMinutes: undefined, epoch: undefined };
    names.forEach((name, index) => LETTERS[name]?.says(found, match[index + 1] ?? ""));
    return instantOf(found, toUtc, nearSeconds);
  };
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?)? ?(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?$/;

function parseIso(text: string, toUtc: TimeFormat["toUtc"]): Instant | undefined {
  const match = ISO.exec(text.trim());
  if (match === null) return undefined;
  const zone = match[8];
  return instantOf({ year: Number(match[1]), month: Number(match[2]), day: Number(match[3]), dayOfYear: undefined, hour: Number(match[4] ?? 0), isAfternoon: undefined, minute: Number(match[5] ?? 0), second: Number(match[6] ?? 0), nanoseconds: fraction(match[7] ?? ""), offsetMinutes: zone === undefined ? undefined : offsetOf(zone), epoch: undefined }, toUtc, 0);
}

function offsetOf(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  return match === null ? 0 : (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0));
}

function instantOf(found: Found, toUtc: TimeFormat["toUtc"], nearSeconds: number): Instant | undefined {
  const { nanoseconds, epoch } = found;
  if (epoch !== undefined) return epoch <= SECONDS_MAX ? { seconds: epoch, nanoseconds } : undefined;
  const years = found.year === undefined ? [-1, 0, 1].map((step) => new Date(nearSeconds * 1000).getUTCFullYear() + step) : [found.year];
  let best: number | undefined;
  for (const year of years) {
    const wall = wallSecondsOf(found, year);
    if (wall === undefined) continue;
    const seconds = found.offsetMinutes === undefined ? toUtc(wall) : wall - found.offsetMinutes * 60;
    if (best === undefined || Math.abs(seconds - nearSeconds) < Math.abs(best - nearSeconds)) best = seconds;
  }
  return best === undefined || best < 0 || SECONDS_MAX < best ? undefined : { seconds: best, nanoseconds };
}

/** undefined for a date that is not in the calendar. */
function wallSecondsOf(found: Found, year: number): number | undefined {
  const hour = found.hour + (found.isAfternoon === true && found.hour < 12 ? 12 : 0);
  if (23 < hour || 59 < found.minute || 60 < found.second) return undefined;
  const time = hour * 3600 + found.minute * 60 + found.second;
  const month = found.dayOfYear === undefined ? found.month : 1;
  const day = found.dayOfYear ?? found.day;
  const date = new Date(Date.UTC(year, month - 1, day));
  const isInCalendar = found.dayOfYear === undefined ? date.getUTCMonth() === month - 1 && date.getUTCDate() === day : 1 <= day && date.getUTCFullYear() === year;
  return isInCalendar ? date.getTime() / 1000 + time : undefined;
}
