// Pieces of JSON and MessagePack. Each function writes at `to` and returns where the next byte goes; each may write
// up to 15 bytes further, which the next piece or the slack behind every chunk takes.
import { BACKSLASH, lowBits, QUOTE } from "./scan";

const HEX = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);
/** The letter after the backslash for each byte below 0x20 that has one. */
const SHORT_ESCAPES = memory.data<u8>([0, 0, 0, 0, 0, 0, 0, 0, 98, 116, 110, 0, 102, 114, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** Copies in blocks of 16. Also right when the target overlaps the source from below. */
@inline
export function copy(to: usize, from: usize, length: u32): usize {
  let done: u32 = 0;
  while (done + 64 <= length) {
    const first = v128.load(from + done);
    const second = v128.load(from + done, 16);
    const third = v128.load(from + done, 32);
    const fourth = v128.load(from + done, 48);
    v128.store(to + done, first);
    v128.store(to + done, second, 16);
    v128.store(to + done, third, 32);
    v128.store(to + done, fourth, 48);
    done += 64;
  }
  while (done < length) {
    v128.store(to + done, v128.load(from + done));
    done += 16;
  }
  return to + length;
}

/** As `copy`, for what is 16 bytes or less most of the time: keys. */
@inline
export function copyShort(to: usize, from: usize, length: u32): usize {
  v128.store(to, v128.load(from));
  return length <= 16 ? to + length : copy(to, from, length);
}

@inline
export function writeByte(to: usize, byte: u32): usize {
  store<u8>(to, <u8>byte);
  return to + 1;
}

@inline
export function writeNull(to: usize): usize {
  store<u32>(to, 0x6c6c_756e); // "null"
  return to + 4;
}

/**
 * Bytes of a block that JSON must escape, a bit each. Flipping bit 1 puts the quote (0x22) right behind the control bytes,
 * so that one comparison finds both; "or equal" is the form of it that processors have.
 */
@inline
export function escapeBits(block: v128): u32 {
  const quotesAndControls = i8x16.le_u(v128.xor(block, i8x16.splat(2)), i8x16.splat(0x20));
  return <u32>i8x16.bitmask(v128.or(quotesAndControls, i8x16.eq(block, i8x16.splat(BACKSLASH))));
}

/** The span as a JSON string, quotes and all. */
@inline
export function writeJsonString(to: usize, from: usize, length: u32): usize {
  store<u8>(to, QUOTE);
  const end = from + length;
  to += 1;
  while (from < end) {
    const left = <u32>(end - from);
    const block = v128.load(from);
    v128.store(to, block);
    let escapes = escapeBits(block);
    let taken = min<u32>(left, 16);
    if (left >= 32) {
      // Twice as far in one step: long texts are mostly clean.
      const second = v128.load(from, 16);
      v128.store(to, second, 16);
      escapes |= escapeBits(second) << 16;
      taken = 32;
    } else if (left < 16) escapes &= lowBits(left);
    if (escapes == 0) {
      to += taken;
      from += taken;
      continue;
    }
    const clean = ctz(escapes);
    to = writeEscape(to + clean, load<u8>(from + clean));
    from += clean + 1;
  }
  store<u8>(to, QUOTE);
  return to + 1;
}

function writeEscape(to: usize, byte: u32): usize {
  store<u8>(to, BACKSLASH);
  const letter: u32 = byte < 0x20 ? load<u8>(SHORT_ESCAPES + byte) : byte;
  if (letter) {
    store<u8>(to, <u8>letter, 1);
    return to + 2;
  }
  store<u32>(to, 0x0030_3075, 1); // "u00"
  store<u8>(to, load<u8>(HEX + (byte >> 4)), 4);
  store<u8>(to, load<u8>(HEX + (byte & 15)), 5);
  return to + 6;
}

/** `[EventTime,` */
@inline
export function writeEntryHead(to: usize, seconds: u32, nanoseconds: u32): usize {
  store<u32>(to, 0x0000_d792);
  store<u32>(to, bswap<u32>(seconds), 3);
  store<u32>(to, bswap<u32>(nanoseconds), 7);
  return to + 11;
}

@inline
export function strHeaderSize(length: u32): u32 {
  return length < 32 ? 1 : length < 0x100 ? 2 : length < 0x1_0000 ? 3 : 5;
}

@inline
export function writeStrHeader(to: usize, length: u32): usize {
  if (length < 32) {
    store<u8>(to, <u8>(0xa0 | length));
    return to + 1;
  }
  if (length < 0x100) {
    store<u16>(to, <u16>(0xd9 | (length << 8)));
    return to + 2;
  }
  if (length < 0x1_0000) {
    store<u8>(to, 0xda);
    store<u16>(to, bswap<u16>(<u16>length), 1);
    return to + 3;
  }
  store<u8>(to, 0xdb);
  store<u32>(to, bswap<u32>(length), 1);
  return to + 5;
}

@inline
export function writeStr(to: usize, from: usize, length: u32): usize {
  return copy(writeStrHeader(to, length), from, length);
}

export const MAP_FIX: u32 = 0x80;
export const ARRAY_FIX: u32 = 0x90;

@inline
export function containerHeaderSize(count: u32): u32 {
  return count < 16 ? 1 : count < 0x1_0000 ? 3 : 5;
}

/** `fix`: MAP_FIX or ARRAY_FIX. */
export function writeContainerHeader(to: usize, count: u32, fix: u32): usize {
  const wide: u8 = fix == MAP_FIX ? 0xde : 0xdc;
  if (count < 16) {
    store<u8>(to, <u8>(fix | count));
    return to + 1;
  }
  if (count < 0x1_0000) {
    store<u8>(to, wide);
    store<u16>(to, bswap<u16>(<u16>count), 1);
    return to + 3;
  }
  store<u8>(to, wide + 1);
  store<u32>(to, bswap<u32>(count), 1);
  return to + 5;
}

/** The shortest form of ±magnitude (at most 2^63). Zero has no sign. */
export function writeInteger(to: usize, magnitude: u64, isNegative: bool): usize {
  if (!isNegative) {
    if (magnitude < 0x80) return writeByte(to, <u32>magnitude);
    if (magnitude < 0x100) {
      store<u16>(to, <u16>(0xcc | (magnitude << 8)));
      return to + 2;
    }
    if (magnitude < 0x1_0000) {
      store<u8>(to, 0xcd);
      store<u16>(to, bswap<u16>(<u16>magnitude), 1);
      return to + 3;
    }
    if (magnitude < 0x1_0000_0000) {
      store<u8>(to, 0xce);
      store<u32>(to, bswap<u32>(<u32>magnitude), 1);
      return to + 5;
    }
    store<u8>(to, 0xcf);
    store<u64>(to, bswap<u64>(magnitude), 1);
    return to + 9;
  }
  const value = -(<i64>magnitude);
  if (-32 <= value) return writeByte(to, <u32>value);
  if (-0x80 <= value) {
    store<u16>(to, <u16>(0xd0 | (<u32>value << 8)));
    return to + 2;
  }
  if (-0x8000 <= value) {
    store<u8>(to, 0xd1);
    store<u16>(to, bswap<u16>(<u16>value), 1);
    return to + 3;
  }
  if (-0x8000_0000 <= value) {
    store<u8>(to, 0xd2);
    store<u32>(to, bswap<u32>(<u32>value), 1);
    return to + 5;
  }
  store<u8>(to, 0xd3);
  store<u64>(to, bswap<u64>(<u64>value), 1);
  return to + 9;
}

@inline
export function writeDouble(to: usize, value: f64): usize {
  store<u8>(to, 0xcb);
  store<u64>(to, bswap<u64>(reinterpret<u64>(value)), 1);
  return to + 9;
}

/** The number in decimal. */
export function writeDecimal(to: usize, value: u64): usize {
  let digits: u32 = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits += 1;
  return writeDigits(to, value, digits);
}

/** The lowest `digits` decimal digits of the number, with leading zeros. */
@inline
export function writeDigits(to: usize, value: u64, digits: u32): usize {
  for (let place = digits; place > 0; place -= 1) {
    store<u8>(to + place - 1, <u8>(0x30 + value % 10));
    value /= 10;
  }
  return to + digits;
}

export function writeUtf8(to: usize, code: u32): usize {
  if (code < 0x80) return writeByte(to, code);
  if (code < 0x800) {
    store<u16>(to, <u16>(0x80c0 | (code >> 6) | ((code & 0x3f) << 8)));
    return to + 2;
  }
  if (code < 0x1_0000) {
    store<u32>(to, 0x0080_80e0 | (code >> 12) | (((code >> 6) & 0x3f) << 8) | ((code & 0x3f) << 16));
    return to + 3;
  }
  store<u32>(to, 0x8080_80f0 | (code >> 18) | (((code >> 12) & 0x3f) << 8) | (((code >> 6) & 0x3f) << 16) | ((code & 0x3f) << 24));
  return to + 4;
}
