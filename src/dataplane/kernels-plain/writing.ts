// Pieces of JSON and MessagePack. Each function writes at `out` and returns where the next byte goes.
import { word } from "./space.ts";
import type { Space } from "./space.ts";
import { NO_TIME } from "../layout.ts";
import { civilOf } from "./calendar.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = [...Buffer.from("0123456789abcdef")];
/** The letter after the backslash, for bytes below 0x20 that have one. */
const SHORT_ESCAPES = new Map([[8, 0x62], [9, 0x74], [10, 0x6e], [12, 0x66], [13, 0x72]]);

export function writeBytes({ bytes }: Space, out: number, pointer: number, length: number): number {
  bytes.copyWithin(out, pointer, pointer + length);
  return out + length;
}

export function writeAscii({ bytes }: Space, out: number, text: string): number {
  for (let index = 0; index < text.length; index += 1) bytes[out + index] = text.charCodeAt(index);
  return out + text.length;
}

/** How many bytes more the byte takes in a JSON string. */
export function escapeCost(byte: number): number {
  if (byte === QUOTE || byte === BACKSLASH) return 1;
  if (0x20 <= byte) return 0;
  return SHORT_ESCAPES.has(byte) ? 1 : 5;
}

export function writeJsonString({ bytes }: Space, out: number, pointer: number, length: number): number {
  let to = out;
  bytes[to++] = QUOTE;
  for (let from = pointer; from < pointer + length; from += 1) {
    const byte = bytes[from] ?? 0;
    if (0x20 <= byte && byte !== QUOTE && byte !== BACKSLASH) {
      bytes[to++] = byte;
      continue;
    }
    bytes[to++] = BACKSLASH;
    const letter = 0x20 <= byte ? byte : SHORT_ESCAPES.get(byte);
    if (letter !== undefined) {
      bytes[to++] = letter;
      continue;
    }
    bytes.set([0x75, 0x30, 0x30, HEX[byte >> 4] ?? 0, HEX[byte & 15] ?? 0], to);
    to += 5;
  }
  bytes[to++] = QUOTE;
  return to;
}

/** The time field by the time words at `time`: literal, then ISO 8601 in quotes. Nothing when the literal is empty. */
export function writeTimeField(space: Space, out: number, time: number, ownSeconds: number, ownNanoseconds: number): number {
  const literalLength = word(space, time, 1);
  if (literalLength === 0) return out;
  const isOwn = ownNanoseconds !== NO_TIME;
  const seconds = isOwn ? ownSeconds : word(space, time, 4);
  const nanoseconds = Math.min(isOwn ? ownNanoseconds : word(space, time, 5), 999_999_999);
  const offsetMinutes = word(space, time, 2) | 0;
  const digits = word(space, time, 3);
  const { year, month, day, hour, minute, second } = civilOf(seconds + offsetMinutes * 60);
  const fraction = digits === 0 ? "" : `.${String(nanoseconds).padStart(9, "0").slice(0, digits)}`;
  const away = Math.abs(offsetMinutes);
  const zone = offsetMinutes === 0 ? "Z" : `${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(away / 60))}:${two(away % 60)}`;
  const to = writeBytes(space, out, word(space, time, 0), literalLength);
  return writeAscii(space, to, `"${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${fraction}${zone}"`);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `[EventTime, …` */
export function writeEntryHead({ bytes, view }: Space, out: number, seconds: number, nanoseconds: number): number {
  bytes[out] = 0x92;
  bytes[out + 1] = 0xd7;
  bytes[out + 2] = 0;
  view.setUint32(out + 3, seconds);
  view.setUint32(out + 7, nanoseconds);
  return out + 11;
}

export function writeStrHeader({ bytes, view }: Space, out: number, length: number): number {
  if (length < 32) bytes[out] = 0xa0 | length;
  else if (length < 0x100) {
    bytes[out] = 0xd9;
    bytes[out + 1] = length;
  } else if (length < 0x1_0000) {
    bytes[out] = 0xda;
    view.setUint16(out + 1, length);
  } else {
    bytes[out] = 0xdb;
    view.setUint32(out + 1, length);
  }
  return out + strHeaderSize(length);
}

export function strHeaderSize(length: number): number {
  return length < 32 ? 1 : length < 0x100 ? 2 : length < 0x1_0000 ? 3 : 5;
}

export function writeStr(space: Space, out: number, pointer: number, length: number): number {
  return writeBytes(space, writeStrHeader(space, out, length), pointer, length);
}

export const MAP = { fix: 0x80, wide: 0xde } as const;
export const ARRAY = { fix: 0x90, wide: 0xdc } as const;

export function containerHeaderSize(count: number): number {
  return count < 16 ? 1 : count < 0x1_0000 ? 3 : 5;
}

export function writeContainerHeader({ bytes, view }: Space, out: number, count: number, { fix, wide }: typeof MAP | typeof ARRAY): number {
  if (count < 16) bytes[out] = fix | count;
  else if (count < 0x1_0000) {
    bytes[out] = wide;
    view.setUint16(out + 1, count);
  } else {
    bytes[out] = wide + 1;
    view.setUint32(out + 1, count);
  }
  return out + containerHeaderSize(count);
}

/** The shortest form of an integer of at most 64 bits. */
export function writeInteger({ bytes, view }: Space, out: number, value: bigint): number {
  if (0n <= value) {
    if (value < 0x80n) {
      bytes[out] = Number(value);
      return out + 1;
    }
    if (value < 0x100n) {
      bytes[out] = 0xcc;
      bytes[out + 1] = Number(value);
      return out + 2;
    }
    if (value < 0x1_0000n) {
      bytes[out] = 0xcd;
      view.setUint16(out + 1, Number(value));
      return out + 3;
    }
    if (value < 0x1_0000_0000n) {
      bytes[out] = 0xce;
      view.setUint32(out + 1, Number(value));
      return out + 5;
    }
    bytes[out] = 0xcf;
    view.setBigUint64(out + 1, value);
    return out + 9;
  }
  if (-32n <= value) {
    bytes[out] = Number(value) & 0xff;
    return out + 1;
  }
  if (-0x80n <= value) {
    bytes[out] = 0xd0;
    view.setInt8(out + 1, Number(value));
    return out + 2;
  }
  if (-0x8000n <= value) {
    bytes[out] = 0xd1;
    view.setInt16(out + 1, Number(value));
    return out + 3;
  }
  if (-0x8000_0000n <= value) {
    bytes[out] = 0xd2;
    view.setInt32(out + 1, Number(value));
    return out + 5;
  }
  bytes[out] = 0xd3;
  view.setBigInt64(out + 1, value);
  return out + 9;
}

export function writeDouble({ bytes, view }: Space, out: number, value: number): number {
  bytes[out] = 0xcb;
  view.setFloat64(out + 1, value);
  return out + 9;
}
