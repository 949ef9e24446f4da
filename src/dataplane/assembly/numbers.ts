// Numbers as text: the grammar of JSON (RFC 8259) and how such a text becomes a MessagePack number.
import { lowBits } from "./scan";
import { writeDouble, writeInteger } from "./write";

/** More digits than these may not fit 64 bits. */
const DIGITS_MAX: u32 = 18;
/** Up to here every integer is a double, so that magnitude / 10^n is rounded once and is what JavaScript reads. */
const EXACT_MAX: u64 = 1 << 53;
const POWERS = memory.data<f64>([1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18]);

@inline
export function powerOfTen(exponent: u32): f64 {
  return load<f64>(POWERS + (exponent << 3));
}

/** What `scanNumber` saw. */
let magnitude: u64 = 0;
let digits: u32 = 0;
let fractionDigits: u32 = 0;
let isNegative: bool = false;
let hasExponent: bool = false;

/** Reads the number that begins at `at`, as long as it goes. Returns where it ends, or 0. */
export function scanNumber(at: usize, end: usize): usize {
  let value: u64 = 0;
  isNegative = load<u8>(at) == 0x2d;
  if (isNegative) at += 1;
  const first = at;
  let digit = <u32>load<u8>(at) - 0x30;
  while (digit < 10 && at < end) {
    value = value * 10 + digit;
    at += 1;
    digit = <u32>load<u8>(at) - 0x30;
  }
  digits = <u32>(at - first);
  if (digits == 0 || (1 < digits && load<u8>(first) == 0x30)) return 0;
  fractionDigits = 0;
  hasExponent = false;
  if (at < end && load<u8>(at) == 0x2e) {
    at += 1;
    const fraction = at;
    digit = <u32>load<u8>(at) - 0x30;
    while (digit < 10 && at < end) {
      value = value * 10 + digit;
      at += 1;
      digit = <u32>load<u8>(at) - 0x30;
    }
    fractionDigits = <u32>(at - fraction);
    if (fractionDigits == 0) return 0;
    digits += fractionDigits;
  }
  magnitude = value;
  return at < end && (load<u8>(at) | 0x20) == 0x65 ? scanExponent(at + 1, end) : at;
}

function scanExponent(at: usize, end: usize): usize {
  hasExponent = true;
  if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at += 1;
  const first = at;
  while (at < end && <u32>load<u8>(at) - 0x30 < 10) at += 1;
  return at == first ? 0 : at;
}

@inline
export function isIntegral(): bool {
  return fractionDigits == 0 && !hasExponent;
}

/** Writes the number scanned last. Returns 0 when that takes more than one exact division: the host's part. */
@inline
export function writeScanned(to: usize): usize {
  if (hasExponent || DIGITS_MAX < digits) return 0;
  if (fractionDigits == 0) return isNegative && magnitude == 0 ? 0 : writeInteger(to, magnitude, isNegative);
  if (EXACT_MAX < magnitude) return 0;
  const value = <f64>magnitude / powerOfTen(fractionDigits);
  return writeDouble(to, isNegative ? -value : value);
}

/** Whether the span is an integer in its one right spelling: no leading zeros, no "-0", at most 18 digits. */
@inline
export function isInteger(at: usize, length: u32): bool {
  const sign: u32 = load<u8>(at) == 0x2d ? 1 : 0;
  const first = at + sign;
  const count = length - sign;
  if (count - 1 >= DIGITS_MAX) return false;
  if (load<u8>(first) == 0x30 && (1 < count || sign)) return false;
  if (otherThanDigits(first) & lowBits(min<u32>(count, 16))) return false;
  return count <= 16 || (otherThanDigits(first + 16) & lowBits(count - 16)) == 0;
}

/** A bit for each of 16 bytes that is no digit. */
@inline
function otherThanDigits(at: usize): u32 {
  return ~(<u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(v128.load(at), i8x16.splat(0x30)), i8x16.splat(10))));
}

/** Writes a span for which `isInteger` holds. */
@inline
export function writeIntegerText(to: usize, at: usize, length: u32): usize {
  const end = at + length;
  const isBelowZero = load<u8>(at) == 0x2d;
  if (isBelowZero) at += 1;
  let value: u64 = 0;
  while (at < end) {
    value = value * 10 + (<u64>load<u8>(at) - 0x30);
    at += 1;
  }
  return writeInteger(to, value, isBelowZero);
}
