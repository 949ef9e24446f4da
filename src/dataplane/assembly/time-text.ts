// Event times as ISO 8601 text.
import { civilDay, civilMonth, civilYear, setCivil } from "./calendar";
import { NANOSECONDS_MAX, NONE } from "./layout";
import { QUOTE } from "./scan";
import { copyShort, writeByte, writeDigits } from "./write";

/** `YYYY-MM-DDThh:mm:ss` of the last time written: most rows of a chunk share a second with the row before. */
let knownSecond: i64 = i64.MIN_VALUE;
let knownStart: v128 = i64x2.splat(0);
let knownRest: u32 = 0;
const DATE_TIME_LENGTH: usize = 19;

/** The time field by the time words at `time` (../layout.ts): literal, then the text in quotes. Nothing when the literal is empty. */
export function writeTimeField(to: usize, time: usize, ownSeconds: u32, ownNanoseconds: u32): usize {
  const literalLength = load<u32>(time, 4);
  if (literalLength == 0) return to;
  const isOwn = ownNanoseconds != NONE;
  const seconds = isOwn ? ownSeconds : load<u32>(time, 16);
  const nanoseconds = isOwn ? ownNanoseconds : load<u32>(time, 20);
  const offsetMinutes = load<i32>(time, 8);
  const digits = load<u32>(time, 12);

  to = copyShort(to, load<u32>(time), literalLength);
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
  to += DATE_TIME_LENGTH;
  if (digits) {
    to = writeByte(to, 0x2e);
    to = writeFraction(to, min(nanoseconds, NANOSECONDS_MAX), digits);
  }
  to = offsetMinutes == 0 ? writeByte(to, 0x5a) : writeZone(to, offsetMinutes);
  return writeByte(to, QUOTE);
}

function writeDateTime(to: usize, second: i64): void {
  // Offsets reach a day before 1970: floor, not truncate.
  const days = <i32>((second + 86_400 * 1000) / 86_400 - 1000);
  const ofDay = <u32>(second - <i64>days * 86_400);
  setCivil(days);
  writeDigits(to, civilYear, 4);
  store<u8>(to, 0x2d, 4);
  writeDigits(to + 5, civilMonth, 2);
  store<u8>(to, 0x2d, 7);
  writeDigits(to + 8, civilDay, 2);
  store<u8>(to, 0x54, 10);
  writeDigits(to + 11, ofDay / 3600, 2);
  store<u8>(to, 0x3a, 13);
  writeDigits(to + 14, (ofDay / 60) % 60, 2);
  store<u8>(to, 0x3a, 16);
  writeDigits(to + 17, ofDay % 60, 2);
}

/** The first `digits` (3, 6 or 9) of nine. */
@inline
function writeFraction(to: usize, nanoseconds: u32, digits: u32): usize {
  if (digits == 3) return writeDigits(to, nanoseconds / 1_000_000, 3);
  if (digits == 6) return writeDigits(to, nanoseconds / 1000, 6);
  return writeDigits(to, nanoseconds, 9);
}

function writeZone(to: usize, offsetMinutes: i32): usize {
  const away = <u32>abs(offsetMinutes);
  to = writeByte(to, offsetMinutes < 0 ? 0x2d : 0x2b);
  to = writeDigits(to, away / 60, 2);
  to = writeByte(to, 0x3a);
  return writeDigits(to, away % 60, 2);
}
