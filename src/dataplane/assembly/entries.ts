// Forward entries `[time, {…}]`: where they lie, what they hold, and as JSON lines.
import { DEPTH_MAX, ENTRY_BYTES, NANOSECONDS_MAX } from "./layout";
import { powerOfTen } from "./numbers";
import { isEqual, QUOTE } from "./scan";
import { startTimeFields, writeTimeField } from "./time-text";
import { copy, writeByte, writeDecimal, writeDigits, writeJsonString, writeNull } from "./write";

const KIND_BAD: u8 = 0;
const KIND_NIL: u8 = 1;
const KIND_FALSE: u8 = 2;
const KIND_TRUE: u8 = 3;
const KIND_UNSIGNED: u8 = 4;
const KIND_SIGNED: u8 = 5;
const KIND_FLOAT32: u8 = 6;
const KIND_FLOAT64: u8 = 7;
const KIND_TEXT: u8 = 8;
const KIND_EXTENSION: u8 = 9;
const KIND_ARRAY: u8 = 10;
const KIND_MAP: u8 = 11;

/** A row of SHAPES: kind, then what follows the first byte: bytes of a length, bytes of content besides that length. */
const SHAPE_BYTES: u32 = 4;
/** Of first bytes 0xc0 to 0xdf. */
const SHAPES = memory.data<u8>([
  KIND_NIL, 0, 0, 0, KIND_BAD, 0, 0, 0, KIND_FALSE, 0, 0, 0, KIND_TRUE, 0, 0, 0,
  KIND_TEXT, 1, 0, 0, KIND_TEXT, 2, 0, 0, KIND_TEXT, 4, 0, 0,
  KIND_EXTENSION, 1, 1, 0, KIND_EXTENSION, 2, 1, 0, KIND_EXTENSION, 4, 1, 0,
  KIND_FLOAT32, 0, 4, 0, KIND_FLOAT64, 0, 8, 0,
  KIND_UNSIGNED, 0, 1, 0, KIND_UNSIGNED, 0, 2, 0, KIND_UNSIGNED, 0, 4, 0, KIND_UNSIGNED, 0, 8, 0,
  KIND_SIGNED, 0, 1, 0, KIND_SIGNED, 0, 2, 0, KIND_SIGNED, 0, 4, 0, KIND_SIGNED, 0, 8, 0,
  KIND_EXTENSION, 0, 2, 0, KIND_EXTENSION, 0, 3, 0, KIND_EXTENSION, 0, 5, 0, KIND_EXTENSION, 0, 9, 0, KIND_EXTENSION, 0, 17, 0,
  KIND_TEXT, 1, 0, 0, KIND_TEXT, 2, 0, 0, KIND_TEXT, 4, 0, 0,
  KIND_ARRAY, 2, 0, 0, KIND_ARRAY, 4, 0, 0, KIND_MAP, 2, 0, 0, KIND_MAP, 4, 0, 0,
]);

/** The value that `readHead` looked at: its kind, where its content begins and ends, its items or pairs. */
let kind: u8 = 0;
let content: usize = 0;
let size: u32 = 0;
let count: u32 = 0;
/** Where a value ends, or the bad value inside it (`skipValue`). */
let reached: usize = 0;
const SHORT: u32 = 32;
/** How entries that are known to be well formed are read. */
const NO_END: usize = 0xffff_ffff;

/** Rows that the last call of `entriesToJson` wrote: it ends early at a float that only the host can write. */
export let entriesDone: u32 = 0;
/** Written by `writeValue` and its helpers. */
let to: usize = 0;

/** Looks at the value at `at`; false when it is invalid or cut off. */
@inline
function readHead(at: usize, end: usize): bool {
  if (end <= at) return false;
  const code = <u32>load<u8>(at);
  content = at + 1;
  size = 0;
  count = 0;
  if (code < 0x80 || code >= 0xe0) {
    // The number is in the first byte itself.
    kind = KIND_SIGNED;
    content = at;
    size = 1;
    return true;
  }
  if (code < 0xa0) {
    kind = code < 0x90 ? KIND_MAP : KIND_ARRAY;
    count = code & 15;
    return true;
  }
  if (code < 0xc0) {
    kind = KIND_TEXT;
    size = code & 31;
    return content + size <= end;
  }
  return readWideHead(code, end);
}

function readWideHead(code: u32, end: usize): bool {
  const shape = SHAPES + (code - 0xc0) * SHAPE_BYTES;
  kind = load<u8>(shape);
  const width = <usize>load<u8>(shape, 1);
  const more = <u32>load<u8>(shape, 2);
  const left = end - content;
  if (left < width) return false;
  let length: u32 = 0;
  if (width == 1) length = load<u8>(content);
  else if (width == 2) length = bswap<u16>(load<u16>(content));
  else if (width == 4) length = bswap<u32>(load<u32>(content));
  content += width;
  if (KIND_ARRAY <= kind) {
    count = length;
    return true;
  }
  size = more + length;
  return kind != KIND_BAD && <u64>more + length <= <u64>(left - width);
}

/** Moves `reached` to where the value ends; false and to the bad value when there is one. */
function skipValue(at: usize, end: usize): bool {
  let next = at;
  for (let pending: u64 = 1; pending > 0; pending -= 1) {
    if (!readHead(next, end)) {
      reached = next;
      return false;
    }
    pending += kind == KIND_MAP ? <u64>count * 2 : <u64>count;
    next = content + size;
  }
  reached = next;
  return true;
}

export function entryTable(pointer: usize, length: u32, table: usize): i32 {
  const end = pointer + length;
  let at = pointer;
  let row = table;
  while (at < end) {
    if (!readHead(at, end) || kind != KIND_ARRAY || count != 2) return badAt(at - pointer);
    const time = content;
    if (!readHead(time, end) || !storeTime(row, time)) return badAt(time - pointer);
    const map = content + size;
    if (!readHead(map, end) || kind != KIND_MAP) return badAt(map - pointer);
    if (!skipValue(map, end)) return badAt(reached - pointer);
    store<u32>(row, <u32>at);
    store<u32>(row, <u32>(reached - at), 4);
    store<u32>(row, <u32>map, 8);
    row += ENTRY_BYTES;
    at = reached;
  }
  return <i32>((row - table) / ENTRY_BYTES);
}

@inline
function badAt(offset: usize): i32 {
  return -1 - <i32>offset;
}

/** EventTime, or seconds since 1970 as a number that fits it. */
@inline
function storeTime(row: usize, at: usize): bool {
  let seconds: u32 = 0;
  let nanoseconds: u32 = 0;
  if (kind == KIND_EXTENSION) {
    if (load<u8>(content) != 0 || (load<u8>(at) != 0xd7 && load<u16>(at) != 0x08c7)) return false;
    seconds = bswap<u32>(load<u32>(content, 1));
    nanoseconds = min(bswap<u32>(load<u32>(content, 5)), NANOSECONDS_MAX);
  } else if (kind == KIND_UNSIGNED || kind == KIND_SIGNED) {
    const isNegative = kind == KIND_SIGNED && load<u8>(content) >= 0x80;
    if (isNegative || 0xffff_ffff < unsignedContent()) return false;
    seconds = <u32>unsignedContent();
  } else if (kind == KIND_FLOAT32 || kind == KIND_FLOAT64) {
    const number = floatContent();
    const whole = floor(number);
    if (!(0 <= whole && whole <= 4_294_967_295)) return false;
    seconds = <u32>whole;
    nanoseconds = min(<u32>((number - whole) * 1e9), NANOSECONDS_MAX);
  } else return false;
  store<u32>(row, seconds, 12);
  store<u32>(row, nanoseconds, 16);
  return true;
}

/** The bits of an integer of 1, 2, 4 or 8 bytes. */
@inline
function unsignedContent(): u64 {
  if (size == 1) return load<u8>(content);
  if (size == 2) return bswap<u16>(load<u16>(content));
  if (size == 4) return bswap<u32>(load<u32>(content));
  return bswap<u64>(load<u64>(content));
}

@inline
function floatContent(): f64 {
  return kind == KIND_FLOAT32 ? <f64>reinterpret<f32>(bswap<u32>(load<u32>(content))) : reinterpret<f64>(bswap<u64>(load<u64>(content)));
}

/** The first value under the key: text keys only, str or bin. */
export function findValues(table: usize, rows: u32, key: usize, keyLength: u32, out: usize): void {
  for (let row: u32 = 0; row < rows; row += 1) {
    let pointer: usize = 0;
    let length: u32 = 0;
    readHead(load<u32>(table + row * ENTRY_BYTES, 8), NO_END);
    let at = content;
    for (let pairs = count; pairs > 0; pairs -= 1) {
      readHead(at, NO_END);
      const isFound = kind == KIND_TEXT && size == keyLength && isEqual(content, key, keyLength);
      const value = skipKnown(at);
      at = skipKnown(value);
      if (isFound) {
        pointer = value;
        length = <u32>(at - value);
        break;
      }
    }
    store<u32>(out + row * 8, <u32>pointer);
    store<u32>(out + row * 8, length, 4);
  }
}

/** Where a value ends that is known to be well formed. */
@inline
function skipKnown(at: usize): usize {
  readHead(at, NO_END);
  if (count == 0) return content + size;
  skipValue(at, NO_END);
  return reached;
}

export function entriesToJson(table: usize, rows: u32, time: usize, out: usize): u32 {
  startTimeFields();
  to = out;
  for (entriesDone = 0; entriesDone < rows; entriesDone += 1) {
    const row = table + entriesDone * ENTRY_BYTES;
    const start = to;
    const pairsStart = (to = writeTimeField(writeByte(to, 0x7b), time, load<u32>(row, 12), load<u32>(row, 16)));
    let hasTime = false;
    readHead(load<u32>(row, 8), NO_END);
    let isFirst = to == start + 1;
    let at = content;
    for (let pairs = count; pairs > 0 && at != 0; pairs -= 1) {
      if (!isFirst) to = writeByte(to, 0x2c);
      isFirst = false;
      hasTime = hasTime || isText(at, load<u32>(time, 24), load<u32>(time, 28));
      at = writePair(at, 2);
    }
    // The record's own field of that name stays; what was written before it, with its comma, goes.
    if (hasTime && pairsStart != start + 1 && at != 0) {
      to = copy(start + 1, pairsStart + 1, <u32>(to - pairsStart - 1));
      startTimeFields();
    }
    if (at == 0) {
      to = start;
      break;
    }
    store<u16>(to, 0x0a7d); // "}\n"
    to += 2;
  }
  return <u32>(to - out);
}

/** Whether the value is this text. */
@inline
function isText(at: usize, text: usize, length: u32): bool {
  const short = shortTextLength(at);
  if (short < SHORT) return short == length && isEqual(at + 1, text, length);
  readHead(at, NO_END);
  return kind == KIND_TEXT && size == length && isEqual(content, text, length);
}

/** A key and its value. Returns where the next pair begins, or 0 when the host must write the row. */
function writePair(at: usize, depth: i32): usize {
  const length = shortTextLength(at);
  if (length < SHORT) {
    to = writeByte(writeJsonString(to, at + 1, length), 0x3a);
    return writeValue(at + 1 + length, depth);
  }
  readHead(at, NO_END);
  if (kind == KIND_TEXT) {
    const value = content + size;
    to = writeByte(writeJsonString(to, content, size), 0x3a);
    return writeValue(value, depth);
  }
  // Numbers can be keys in JSON, in quotes; any other key is written as the empty one.
  to = writeByte(to, QUOTE);
  const value = skipKnown(at);
  readHead(at, NO_END);
  if (KIND_UNSIGNED <= kind && kind <= KIND_SIGNED) to = writeIntegerContent(to);
  else if (KIND_FLOAT32 <= kind && kind <= KIND_FLOAT64 && isFinite(floatContent())) {
    to = writeFloatContent(to);
    if (to == 0) return 0;
  }
  store<u16>(to, 0x3a22); // `":`
  to += 2;
  return writeValue(value, depth);
}

/** `depth`: that of the value if it is a container. Returns where the next value begins, or 0. */
function writeValue(at: usize, depth: i32): usize {
  const length = shortTextLength(at);
  if (length < SHORT) {
    to = writeJsonString(to, at + 1, length);
    return at + 1 + length;
  }
  readHead(at, NO_END);
  const next = content + size;
  if (kind == KIND_TEXT) to = writeJsonString(to, content, size);
  else if (kind == KIND_UNSIGNED || kind == KIND_SIGNED) to = writeIntegerContent(to);
  else if (KIND_ARRAY <= kind) return depth <= DEPTH_MAX ? writeContainer(kind == KIND_MAP, content, count, depth) : writeTooDeep(at);
  else if (kind == KIND_TRUE) {
    store<u32>(to, 0x6575_7274);
    to += 4;
  } else if (kind == KIND_FALSE) {
    store<u32>(to, 0x736c_6166);
    store<u8>(to, 0x65, 4);
    to += 5;
  } else if (kind == KIND_FLOAT32 || kind == KIND_FLOAT64) {
    to = isFinite(floatContent()) ? writeFloatContent(to) : writeNull(to);
    if (to == 0) return 0;
  } else to = writeNull(to);
  return next;
}

/** Most keys and values are texts of one header byte: their length, else SHORT or more. */
@inline
function shortTextLength(at: usize): u32 {
  return <u32>load<u8>(at) - 0xa0;
}

function writeContainer(isMap: bool, first: usize, items: u32, depth: i32): usize {
  to = writeByte(to, isMap ? 0x7b : 0x5b);
  let at = first;
  for (let index: u32 = 0; index < items; index += 1) {
    if (index) to = writeByte(to, 0x2c);
    at = isMap ? writePair(at, depth + 1) : writeValue(at, depth + 1);
    if (at == 0) return 0;
  }
  to = writeByte(to, isMap ? 0x7d : 0x5d);
  return at;
}

function writeTooDeep(at: usize): usize {
  to = writeNull(to);
  return skipKnown(at);
}

function writeIntegerContent(out: usize): usize {
  let bits = unsignedContent();
  if (kind == KIND_SIGNED && load<u8>(content) >= 0x80) {
    const width = 64 - size * 8;
    bits = <u64>-(<i64>(bits << width) >> width);
    out = writeByte(out, 0x2d);
  }
  return writeDecimal(out, bits);
}

/**
 * A double that is m / 10^n with n ≤ 6 and m < 10^15, as JavaScript prints it; else 0.
 * At most 15 digits always survive the way through a double, so the decimal with the fewest digits after the point
 * that gives the same double back is the shortest, and the only one of its length.
 */
function writeFloatContent(out: usize): usize {
  const value = floatContent();
  const magnitude = abs(value);
  if (!(magnitude < 1e15)) return 0;
  for (let places: u32 = 0; places <= 6; places += 1) {
    const power = powerOfTen(places);
    const scaled = nearest(magnitude * power);
    if (1e15 <= scaled) return 0;
    if (scaled / power != magnitude) continue;
    if (value < 0) out = writeByte(out, 0x2d);
    const units = <u64>scaled;
    const divisor = <u64>power;
    out = writeDecimal(out, units / divisor);
    return places == 0 ? out : writeDigits(writeByte(out, 0x2e), units % divisor, places);
  }
  return 0;
}
