// Event times as ISO 8601 text. Most rows of a chunk share a second with the row before, and many the whole time:
// what was written last is kept, and copied as far as it still holds.
import { civilDay, civilMonth, civilYear, setCivil } from "./calendar";
import { NANOSECONDS_MAX, NONE } from "./layout";
import { QUOTE } from "./scan";
import { copy, copyShort, writeByte } from "./write";

const DATE_TIME_LENGTH: usize = 19;

/** The field written last in this call, somewhere in the output, and its time; address 0 = none yet. */
let lastField: usize = 0;
let lastLength: u32 = 0;
let lastSeconds: u32 = 0;
let lastNanoseconds: u32 = 0;
/** `YYYY-MM-DDThh:mm:ss` of a second of local time. */
let knownSecond: i64 = i64.MIN_VALUE;
let knownStart: v128 = i64x2.splat(0);
let knownRest: u32 = 0;

/** To be called at the start of each kernel that writes times: other options may hold and the old output may be gone. */
export function startTimeFields(): void {
  lastField = 0;
}

/** The time field by the time words at `time` (../layout.ts): literal, then the text in quotes. Nothing when the literal is empty. */
@inline
export function writeTimeField(to: usize, time: usize, ownSeconds: u32, ownNanoseconds: u32): usize {
  if (load<u32>(time, 4) == 0) return to;
  const isOwn = ownNanoseconds != NONE;
  const seconds = isOwn ? ownSeconds : load<u32>(time, 16);
  const nanoseconds = isOwn ? ownNanoseconds : load<u32>(time, 20);
  if (lastField && seconds == lastSeconds && nanoseconds == lastNanoseconds) return copy(to, lastField, lastLength);
  const end = writeNewField(to, time, seconds, nanoseconds);
  lastField = to;
  lastLength = <u32>(end - to);
  lastSeconds = seconds;
  lastNanoseconds = nanoseconds;
  return end;
}

function writeNewField(to: usize, time: usize, seconds: u32, nanoseconds: u32): usize {
  const offsetMinutes = load<i32>(time, 8);
  to = copyShort(to, load<u32>(time), load<u32>(time, 4));
  to = writeByte(to, QUOTE);
  const second = <i64>seconds + <i64>offsetMinutes * 60;
  if (second != knownSecond) {
    writeDateTime(to, second);
    knownSecond = second;
    knownStart = v128.load(to);
    knownRest = load<u32>(to, 16);
  }
  v128.store(to, knownStart);
  store<u32>(to, knownRest, 16);
  to = writeFraction(to + DATE_TIME_LENGTH, min(nanoseconds, NANOSECONDS_MAX), load<u32>(time, 12));
  to = offsetMinutes == 0 ? writeByte(to, 0x5a) : writeZone(to, offsetMinutes);
  return writeByte(to, QUOTE);
}

function writeDateTime(to: usize, second: i64): void {
  // Offsets reach a day before 1970: floor, not truncate.
  const days = <i32>((second + 86_400 * 1000) / 86_400 - 1000);
  const ofDay = <u32>(second - <i64>days * 86_400);
  setCivil(days);
  writeTwo(to, civilYear / 100);
  writeTwo(to + 2, civilYear % 100);
  store<u8>(to, 0x2d, 4);
  writeTwo(to + 5, civilMonth);
  store<u8>(to, 0x2d, 7);
  writeTwo(to + 8, civilDay);
  store<u8>(to, 0x54, 10);
  writeTwo(to + 11, ofDay / 3600);
  store<u8>(to, 0x3a, 13);
  writeTwo(to + 14, (ofDay / 60) % 60);
  store<u8>(to, 0x3a, 16);
  writeTwo(to + 17, ofDay % 60);
}

@inline
function writeTwo(to: usize, value: u32): usize {
  const tens = value / 10;
  store<u16>(to, <u16>(0x3030 + tens + ((value - tens * 10) << 8)));
  return to + 2;
}

/** A point and the first `digits` (0, 3, 6 or 9) of nine; no point without digits. */
@inline
function writeFraction(to: usize, nanoseconds: u32, digits: u32): usize {
  if (digits == 0) return to;
  store<u8>(to, 0x2e);
  writeThree(to + 1, nanoseconds / 1_000_000);
  if (digits > 3) {
    const rest = nanoseconds % 1_000_000;
    writeThree(to + 4, rest / 1000);
    writeThree(to + 7, rest % 1000);
  }
  return to + 1 + digits;
}

@inline
function writeThree(to: usize, value: u32): void {
  const hundreds = value / 100;
  store<u8>(to, <u8>(0x30 + hundreds));
  writeTwo(to + 1, value - hundreds * 100);
}

function writeZone(to: usize, offsetMinutes: i32): usize {
  const away = <u32>abs(offsetMinutes);
  to = writeByte(to, offsetMinutes < 0 ? 0x2d : 0x2b);
  to = writeTwo(to, away / 60);
  to = writeByte(to, 0x3a);
  return writeTwo(to, away % 60);
}
