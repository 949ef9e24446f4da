// Event times out of text: the time program of layout.ts, and the two forms a JSON field may have.
import type { Kernels } from "../kernels.ts";
import { ROW, STATUS, TIME, rowWords } from "../layout.ts";
import { civilOf, daysOf, isDate } from "./calendar.ts";
import { isDigit } from "./numbers.ts";
import { setWord, word } from "./space.ts";
import type { Space } from "./space.ts";

export interface Instant {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const SECONDS_MAX = 0xffff_ffff;

export function timeKernels(space: Space): Pick<Kernels, "parseTimes"> {
  return {
    parseTimes(table, rows, columns, column, program, isTaken) {
      let failed = 0;
      for (let row = 0; row < rows; row += 1) {
        const at = table + row * rowWords(columns) * 4;
        if (word(space, at, ROW.status) !== STATUS.parsed) continue;
        const pointer = word(space, at, ROW.columns + column * 2);
        const found = pointer === 0 ? undefined : parseByProgram(space, pointer, word(space, at, ROW.columns + column * 2 + 1), program);
        if (found === undefined) failed += 1;
        else {
          setWord(space, at, ROW.seconds, found.seconds);
          setWord(space, at, ROW.nanoseconds, found.nanoseconds);
          if (isTaken === 1) setWord(space, at, ROW.columns + column * 2, 0);
        }
      }
      return failed;
    },
  };
}

/** Reads the parts of a time from a span; after a part that does not fit, `hasFailed` stays. */
class TimeReader {
  readonly #space: Space;
  readonly #end: number;
  #at: number;
  hasFailed = false;
  year = 1970;
  month = 1;
  day = 1;
  hour = 0;
  minute = 0;
  second = 0;
  nanoseconds = 0;
  offsetMinutes = 0;
  /** Set by the epoch steps: the whole time at once. */
  epoch: number | undefined;
  /** The year is not written: the one that brings the time nearest to this second. */
  nearSeconds: number | undefined;

  constructor(space: Space, pointer: number, length: number) {
    this.#space = space;
    this.#at = pointer;
    this.#end = pointer + length;
  }

  get next(): number | undefined {
    return this.#at < this.#end ? this.#space.bytes[this.#at] : undefined;
  }

  literal(byte: number): void {
    if (this.next === byte) this.#at += 1;
    else this.hasFailed = true;
  }

  /** A number of exactly `digits` digits within the bounds. */
  number(digits: number, low: number, high: number): number {
    let value = 0;
    for (let index = 0; index < digits; index += 1) value = value * 10 + this.#digit();
    if (value < low || high < value) this.hasFailed = true;
    return value;
  }

  /** As `number(2, …)`, with a space allowed for the leading zero. */
  spacedNumber(low: number, high: number): number {
    if (this.next !== 0x20) return this.number(2, low, high);
    this.#at += 1;
    return this.number(1, low, high);
  }

  /** 1 to `digitsMax` digits. */
  run(digitsMax: number): { value: number; digits: number } {
    let value = 0;
    let digits = 0;
    while (digits < digitsMax && isDigit(this.next)) {
      value = value * 10 + this.#digit();
      digits += 1;
    }
    if (digits === 0) this.hasFailed = true;
    return { value, digits };
  }

  fraction(): void {
    const { value, digits } = this.run(9);
    this.nanoseconds = value * 10 ** (9 - digits);
  }

  /** Place in the list of a name of three letters, in either case. */
  name(names: readonly string[]): number {
    let text = "";
    for (let index = 0; index < 3; index += 1) {
      text += String.fromCharCode((this.next ?? 0) | 0x20);
      this.#at += 1;
    }
    const place = this.#end < this.#at ? -1 : names.indexOf(text);
    if (place < 0) this.hasFailed = true;
    return place;
  }

  /** `Z`, `±hh`, `±hhmm` or `±hh:mm`. */
  zone(): void {
    const sign = this.next;
    this.#at += 1;
    this.offsetMinutes = 0;
    if (sign === 0x5a) return;
    if (sign !== 0x2b && sign !== 0x2d) {
      this.hasFailed = true;
      return;
    }
    const hours = this.number(2, 0, 23);
    let minutes = 0;
    const { bytes } = this.#space;
    const digits = this.next === 0x3a ? this.#at + 1 : this.#at;
    if (digits + 2 <= this.#end && isDigit(bytes[digits]) && isDigit(bytes[digits + 1])) {
      this.#at = digits;
      minutes = this.number(2, 0, 59);
    }
    this.offsetMinutes = (sign === 0x2d ? -1 : 1) * (hours * 60 + minutes);
  }

  /** The instant, when the whole text was read and lies in the 32 bits of an EventTime (1970 to 2106). */
  finish(): Instant | undefined {
    if (this.hasFailed || this.#at !== this.#end) return undefined;
    const seconds = this.epoch ?? (this.nearSeconds === undefined ? this.#secondsIn(this.year) : this.#secondsNear(this.nearSeconds));
    if (seconds === undefined || seconds < 0 || SECONDS_MAX < seconds) return undefined;
    return { seconds, nanoseconds: this.nanoseconds };
  }

  #secondsIn(year: number): number | undefined {
    if (!isDate(year, this.month, this.day)) return undefined;
    return daysOf(year, this.month, this.day) * 86_400 + this.hour * 3600 + this.minute * 60 + this.second - this.offsetMinutes * 60;
  }

  #secondsNear(near: number): number | undefined {
    const { year } = civilOf(near);
    let best: number | undefined;
    for (const candidate of [year - 1, year, year + 1]) {
      const seconds = this.#secondsIn(candidate);
      if (seconds !== undefined && (best === undefined || Math.abs(seconds - near) < Math.abs(best - near))) best = seconds;
    }
    return best;
  }

  #digit(): number {
    const byte = this.next;
    if (!isDigit(byte)) {
      this.hasFailed = true;
      return 0;
    }
    this.#at += 1;
    return (byte ?? 0) - 0x30;
  }
}

function parseByProgram(space: Space, pointer: number, length: number, program: number): Instant | undefined {
  const reader = new TimeReader(space, pointer, length);
  reader.offsetMinutes = word(space, program, 0) | 0;
  for (let step = program + 4; !reader.hasFailed; step += 8) {
    const operand = word(space, step, 1);
    switch (word(space, step, 0)) {
      case TIME.literal: reader.literal(operand & 0xff); break;
      case TIME.year4: reader.year = reader.number(4, 0, 9999); break;
      case TIME.year2: {
        const year = reader.number(2, 0, 99);
        reader.year = year < 69 ? 2000 + year : 1900 + year; // As POSIX has it.
        break;
      }
      case TIME.yearNear: reader.nearSeconds = operand; break;
      case TIME.month2: reader.month = reader.number(2, 1, 12); break;
      case TIME.monthName: reader.month = reader.name(MONTHS) + 1; break;
      case TIME.weekdayName: reader.name(WEEKDAYS); break;
      case TIME.day2: reader.day = reader.number(2, 1, 31); break;
      case TIME.daySpace2: reader.day = reader.spacedNumber(1, 31); break;
      case TIME.hour2: reader.hour = reader.number(2, 0, 23); break;
      case TIME.minute2: reader.minute = reader.number(2, 0, 59); break;
      case TIME.second2: reader.second = reader.number(2, 0, 60); break; // 60: a leap second.
      case TIME.fraction: reader.fraction(); break;
      case TIME.zone: reader.zone(); break;
      case TIME.epochSeconds: reader.epoch = reader.run(10).value; break;
      case TIME.epochMilliseconds: {
        const { value } = reader.run(13);
        reader.epoch = Math.floor(value / 1000);
        reader.nanoseconds = (value % 1000) * 1e6;
        break;
      }
      default: return reader.finish();
    }
  }
  return undefined;
}

/** `YYYY-MM-DD`, "T" or a space, `hh:mm:ss`, then perhaps a fraction of 1 to 9 digits and a zone; UTC without one. */
export function parseIso(space: Space, pointer: number, length: number): Instant | undefined {
  const reader = new TimeReader(space, pointer, length);
  reader.year = reader.number(4, 0, 9999);
  reader.literal(0x2d);
  reader.month = reader.number(2, 1, 12);
  reader.literal(0x2d);
  reader.day = reader.number(2, 1, 31);
  reader.literal(reader.next === 0x20 ? 0x20 : 0x54);
  reader.hour = reader.number(2, 0, 23);
  reader.literal(0x3a);
  reader.minute = reader.number(2, 0, 59);
  reader.literal(0x3a);
  reader.second = reader.number(2, 0, 60);
  if (reader.next === 0x2e) {
    reader.literal(0x2e);
    reader.fraction();
  }
  if (reader.next !== undefined) reader.zone();
  return reader.finish();
}

/** Seconds since 1970 in at most ten digits, with a fraction of 1 to 9 digits. */
export function parseEpoch(space: Space, pointer: number, length: number): Instant | undefined {
  const reader = new TimeReader(space, pointer, length);
  reader.epoch = reader.run(10).value;
  if (reader.next === 0x2e) {
    reader.literal(0x2e);
    reader.fraction();
  }
  return reader.finish();
}
