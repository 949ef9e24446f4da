// Event times out of text: time programs (../layout.ts), ISO 8601, seconds since 1970.
// The reader is a cursor in globals: each instance of the module has its own, and one thread.
import { civilYear, daysOf, isDate, setCivil } from "./calendar";
import {
  ROW_NANOSECONDS, ROW_SECONDS, ROW_SPANS, ROW_STATUS, rowBytes, SPAN_BYTES, STATUS_PARSED,
  TIME_DAY2, TIME_DAY_SPACE2, TIME_EPOCH_MILLISECONDS, TIME_EPOCH_SECONDS, TIME_FRACTION, TIME_HOUR2, TIME_LITERAL, TIME_MINUTE2,
  TIME_MONTH2, TIME_MONTH_NAME, TIME_SECOND2, TIME_WEEKDAY_NAME, TIME_YEAR2, TIME_YEAR4, TIME_YEAR_NEAR, TIME_ZONE,
} from "./layout";
import { isEqual } from "./scan";

/** Three lower-case letters each, as words of four bytes. */
const MONTHS = memory.data<u32>([0x6e616a, 0x626566, 0x72616d, 0x727061, 0x79616d, 0x6e756a, 0x6c756a, 0x677561, 0x706573, 0x74636f, 0x766f6e, 0x636564]);
const WEEKDAYS = memory.data<u32>([0x6e7573, 0x6e6f6d, 0x657574, 0x646577, 0x756874, 0x697266, 0x746173]);
const POWERS = memory.data<u32>([1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1]);
const SECONDS_MAX: i64 = 0xffff_ffff;
const MISSING: i64 = i64.MIN_VALUE;

let at: usize = 0;
let end: usize = 0;
let hasFailed: bool = false;
let year: i32 = 0;
let month: i32 = 0;
let day: i32 = 0;
let hour: i32 = 0;
let minute: i32 = 0;
let second: i32 = 0;
let offsetMinutes: i32 = 0;
let nanoseconds: u32 = 0;
/** Set by the epoch steps: the whole time at once. */
let epoch: i64 = MISSING;
/** The year is not written: the one that brings the time nearest to this second. */
let nearSeconds: i64 = MISSING;
/** The ISO text read last in this call, and its second before the zone counts; address 0 = none. */
let knownIso: usize = 0;
let knownIsoSeconds: i64 = 0;
const DATE_TIME_LENGTH: u32 = 19;

/** Digits that `readRun` read. */
let runDigits: u32 = 0;

/** What was found, when a reader says so. */
export let foundSeconds: u32 = 0;
export let foundNanoseconds: u32 = 0;

export function parseTimes(table: usize, rows: u32, columns: u32, column: u32, program: usize, isTaken: u32): u32 {
  let failed: u32 = 0;
  let knownText: usize = 0;
  let knownLength: u32 = 0;
  let isKnownGood = false;
  const width = rowBytes(columns);
  const spanAt = <u32>ROW_SPANS + column * SPAN_BYTES;
  for (let row = table, tableEnd = table + rows * width; row < tableEnd; row += width) {
    if (load<u32>(row, ROW_STATUS) != STATUS_PARSED) continue;
    const text = <usize>load<u32>(row + spanAt);
    const length = load<u32>(row + spanAt, 4);
    if (text == 0) {
      failed += 1;
      continue;
    }
    // Lines of the same second follow each other: their text is compared, not read again.
    if (knownText == 0 || length != knownLength || !isEqual(text, knownText, length)) {
      isKnownGood = readByProgram(text, length, program);
      knownText = text;
      knownLength = length;
    }
    if (isKnownGood) {
      store<u32>(row, foundSeconds, ROW_SECONDS);
      store<u32>(row, foundNanoseconds, ROW_NANOSECONDS);
      if (isTaken) store<u32>(row + spanAt, 0);
    } else failed += 1;
  }
  return failed;
}

function readByProgram(text: usize, length: u32, program: usize): bool {
  start(text, length);
  offsetMinutes = load<i32>(program);
  for (let step = program + 4; !hasFailed; step += 8) {
    const operation = load<u32>(step);
    const operand = load<u32>(step, 4);
    if (operation == TIME_LITERAL) readLiteral(operand & 0xff);
    else if (operation == TIME_YEAR4) year = readNumber(4, 0, 9999);
    else if (operation == TIME_YEAR2) {
      const short = readNumber(2, 0, 99);
      year = short < 69 ? 2000 + short : 1900 + short; // As POSIX has it.
    } else if (operation == TIME_YEAR_NEAR) nearSeconds = <i64>operand;
    else if (operation == TIME_MONTH2) month = readNumber(2, 1, 12);
    else if (operation == TIME_MONTH_NAME) month = readName(MONTHS, 12) + 1;
    else if (operation == TIME_WEEKDAY_NAME) readName(WEEKDAYS, 7);
    else if (operation == TIME_DAY2) day = readNumber(2, 1, 31);
    else if (operation == TIME_DAY_SPACE2) day = readSpacedNumber(1, 31);
    else if (operation == TIME_HOUR2) hour = readNumber(2, 0, 23);
    else if (operation == TIME_MINUTE2) minute = readNumber(2, 0, 59);
    else if (operation == TIME_SECOND2) second = readNumber(2, 0, 60); // 60: a leap second.
    else if (operation == TIME_FRACTION) readFraction();
    else if (operation == TIME_ZONE) readZone();
    else if (operation == TIME_EPOCH_SECONDS) epoch = readRun(10);
    else if (operation == TIME_EPOCH_MILLISECONDS) {
      const value = readRun(13);
      epoch = value / 1000;
      nanoseconds = <u32>(value % 1000) * 1_000_000;
    } else return finish();
  }
  return false;
}

/** To be called at the start of each kernel that reads ISO texts: those of an earlier call may be gone. */
export function startIsoTexts(): void {
  knownIso = 0;
}

/** `YYYY-MM-DD`, "T" or a space, `hh:mm:ss`, then perhaps a fraction of 1 to 9 digits and a zone; UTC without one. */
export function readIso(text: usize, length: u32): bool {
  start(text, length);
  // Records of the same second follow each other: up to the fraction their texts are compared, not read again.
  const isKnown = knownIso && length >= DATE_TIME_LENGTH && isEqual(text, knownIso, DATE_TIME_LENGTH);
  if (isKnown) at += DATE_TIME_LENGTH;
  else if (!readDateTime(text)) return false;
  if (peek() == 0x2e) {
    at += 1;
    readFraction();
  }
  if (at < end) readZone();
  const seconds = knownIsoSeconds - offsetMinutes * 60;
  if (hasFailed || at != end || seconds < 0 || SECONDS_MAX < seconds) return false;
  foundSeconds = <u32>seconds;
  foundNanoseconds = nanoseconds;
  return true;
}

function readDateTime(text: usize): bool {
  year = readNumber(4, 0, 9999);
  readLiteral(0x2d);
  month = readNumber(2, 1, 12);
  readLiteral(0x2d);
  day = readNumber(2, 1, 31);
  readLiteral(peek() == 0x20 ? 0x20 : 0x54);
  hour = readNumber(2, 0, 23);
  readLiteral(0x3a);
  minute = readNumber(2, 0, 59);
  readLiteral(0x3a);
  second = readNumber(2, 0, 60);
  const seconds = secondsIn(year);
  if (hasFailed || seconds == MISSING) return false;
  knownIso = text;
  knownIsoSeconds = seconds;
  return true;
}

/** Seconds since 1970 in at most ten digits, with a fraction of 1 to 9 digits. */
export function readEpoch(text: usize, length: u32): bool {
  start(text, length);
  epoch = readRun(10);
  if (peek() == 0x2e) {
    at += 1;
    readFraction();
  }
  return finish();
}

function start(text: usize, length: u32): void {
  at = text;
  end = text + length;
  hasFailed = false;
  year = 1970;
  month = 1;
  day = 1;
  hour = 0;
  minute = 0;
  second = 0;
  offsetMinutes = 0;
  nanoseconds = 0;
  epoch = MISSING;
  nearSeconds = MISSING;
}

/** Whether the whole text was read and lies in the 32 bits of an EventTime (1970 to 2106). */
function finish(): bool {
  if (hasFailed || at != end) return false;
  let seconds = epoch;
  if (seconds == MISSING) seconds = nearSeconds == MISSING ? secondsIn(year) : secondsNear(nearSeconds);
  if (seconds < 0 || SECONDS_MAX < seconds) return false;
  foundSeconds = <u32>seconds;
  foundNanoseconds = nanoseconds;
  return true;
}

function secondsIn(candidate: i32): i64 {
  if (!isDate(candidate, month, day)) return MISSING;
  return <i64>daysOf(candidate, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offsetMinutes * 60;
}

function secondsNear(near: i64): i64 {
  setCivil(<i32>(near / 86_400));
  let best = MISSING;
  for (let candidate = civilYear - 1, last = civilYear + 1; candidate <= last; candidate += 1) {
    const seconds = secondsIn(candidate);
    if (seconds != MISSING && (best == MISSING || abs(seconds - near) < abs(best - near))) best = seconds;
  }
  return best;
}

/** The next byte; 0 at the end. */
@inline
function peek(): u32 {
  return at < end ? load<u8>(at) : 0;
}

function readLiteral(byte: u32): void {
  if (at < end && load<u8>(at) == byte) at += 1;
  else hasFailed = true;
}

/** A number of exactly `digits` digits within the bounds. */
function readNumber(digits: u32, low: i32, high: i32): i32 {
  let value: i32 = 0;
  for (let left = digits; left > 0; left -= 1) {
    const digit = <i32>peek() - 0x30;
    if (<u32>digit < 10) {
      value = value * 10 + digit;
      at += 1;
    } else hasFailed = true;
  }
  if (value < low || high < value) hasFailed = true;
  return value;
}

/** As `readNumber(2, …)`, with a space allowed for the leading zero. */
function readSpacedNumber(low: i32, high: i32): i32 {
  if (peek() != 0x20) return readNumber(2, low, high);
  at += 1;
  return readNumber(1, low, high);
}

/** 1 to `digitsMax` digits. */
function readRun(digitsMax: u32): i64 {
  let value: i64 = 0;
  runDigits = 0;
  while (runDigits < digitsMax) {
    const digit = peek() - 0x30;
    if (digit >= 10) break;
    value = value * 10 + digit;
    runDigits += 1;
    at += 1;
  }
  if (runDigits == 0) hasFailed = true;
  return value;
}

function readFraction(): void {
  const value = <u32>readRun(9);
  nanoseconds = value * load<u32>(POWERS + (runDigits << 2));
}

/** Place in a list of `count` names of three letters, in either case. */
function readName(names: usize, count: i32): i32 {
  const text = (load<u32>(at) | 0x0020_2020) & 0x00ff_ffff;
  at += 3;
  for (let place = 0; place < count; place += 1) if (load<u32>(names + (place << 2)) == text && at <= end) return place;
  hasFailed = true;
  return -1;
}

/** `Z`, `±hh`, `±hhmm` or `±hh:mm`. */
function readZone(): void {
  const sign = peek();
  at += 1;
  offsetMinutes = 0;
  if (sign == 0x5a) return;
  if (sign != 0x2b && sign != 0x2d) {
    hasFailed = true;
    return;
  }
  const hours = readNumber(2, 0, 23);
  let minutes = 0;
  const digits = peek() == 0x3a ? at + 1 : at;
  if (digits + 2 <= end && <u32>load<u8>(digits) - 0x30 < 10 && <u32>load<u8>(digits, 1) - 0x30 < 10) {
    at = digits;
    minutes = readNumber(2, 0, 59);
  }
  offsetMinutes = (hours * 60 + minutes) * (sign == 0x2d ? -1 : 1);
}
