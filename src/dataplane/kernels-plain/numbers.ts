// Numbers as text: the grammar of JSON (RFC 8259) and how such a text becomes a MessagePack number.
import { textOf } from "./space.ts";
import type { Space } from "./space.ts";
import { writeDouble, writeInteger } from "./writing.ts";

/** More digits than these may not fit 64 bits. */
const DIGITS_MAX = 18;
/** Up to here every integer is a double, so that digits / 10^n is rounded once and is what JavaScript reads. */
const EXACT_MAX = 2n ** 53n;

export interface NumberText {
  readonly pointer: number;
  readonly length: number;
  /** Without exponent and fraction. */
  readonly isIntegral: boolean;
  readonly hasExponent: boolean;
  /** Digits before and after the point. */
  readonly digits: number;
  readonly isNegativeZero: boolean;
}

/** The number that begins at `pointer`, as long as it goes, or undefined. */
export function scanNumber({ bytes }: Space, pointer: number, end: number): NumberText | undefined {
  const digitsFrom = (from: number): number => {
    let at = from;
    while (at < end && isDigit(bytes[at])) at += 1;
    return at;
  };
  const first = bytes[pointer] === 0x2d && pointer < end ? pointer + 1 : pointer;
  let at = digitsFrom(first);
  let digits = at - first;
  if (digits === 0 || (1 < digits && bytes[first] === 0x30)) return undefined;
  const isNegativeZero = first !== pointer && digits === 1 && bytes[first] === 0x30;
  let isIntegral = true;
  let hasExponent = false;
  if (at < end && bytes[at] === 0x2e) {
    const fraction = at + 1;
    at = digitsFrom(fraction);
    if (at === fraction) return undefined;
    digits += at - fraction;
    isIntegral = false;
  }
  if (at < end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    let power = at + 1;
    if (power < end && (bytes[power] === 0x2b || bytes[power] === 0x2d)) power += 1;
    at = digitsFrom(power);
    if (at === power) return undefined;
    hasExponent = true;
    isIntegral = false;
  }
  return { pointer, length: at - pointer, isIntegral, hasExponent, digits, isNegativeZero: isNegativeZero && isIntegral };
}

/** The number that fills the span, or undefined. */
export function wholeNumber(space: Space, pointer: number, length: number): NumberText | undefined {
  const number = scanNumber(space, pointer, pointer + length);
  return number?.length === length ? number : undefined;
}

/** Written as an integer: "-0" is none, its sign would be lost. */
export function isInteger({ isIntegral, digits, isNegativeZero }: NumberText): boolean {
  return isIntegral && digits <= DIGITS_MAX && !isNegativeZero;
}

/** A decimal that the fast way takes: one exact division. Every other number is left to the host. */
export function isPlainDecimal(space: Space, { pointer, length, isIntegral, hasExponent, digits }: NumberText): boolean {
  if (isIntegral || hasExponent || DIGITS_MAX < digits) return false;
  return digits <= 15 || BigInt(textOf(space, pointer, length).replace(/[-.]/g, "")) <= EXACT_MAX;
}

/** Writes the number; returns `out` itself when no double is near it. */
export function writeNumber(space: Space, out: number, number: NumberText): number {
  const text = textOf(space, number.pointer, number.length);
  if (isInteger(number)) return writeInteger(space, out, BigInt(text));
  const value = Number(text);
  return Number.isFinite(value) ? writeDouble(space, out, value) : out;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && 0x30 <= byte && byte <= 0x39;
}
