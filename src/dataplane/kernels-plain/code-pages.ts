// A double-byte code page to UTF-8.
import { setWord } from "./space.ts";
import type { Space } from "./space.ts";

const REPLACEMENT = 0xfffd;
/** Units of the table that stand for single bytes, before those of pairs. */
const SINGLE_UNITS = 256;

/** After a bad lead byte reading goes on with the very next byte, so that no newline is ever swallowed. */
export function decodeDoubleByte(space: Space, pointer: number, length: number, table: number, out: number, result: number): number {
  const { bytes, view } = space;
  const end = pointer + length;
  let to = out;
  let bad = 0;
  for (let at = pointer; at < end; ) {
    const byte = bytes[at++] ?? 0;
    let unit = view.getUint16(table + byte * 2, true);
    if (unit === 0 && byte !== 0) {
      if (at < end) unit = view.getUint16(table + (SINGLE_UNITS + byte * 256 + (bytes[at] ?? 0)) * 2, true);
      if (unit === 0) {
        unit = REPLACEMENT;
        bad += 1;
      } else at += 1;
    }
    to = writeUtf8(bytes, to, unit);
  }
  setWord(space, result, 0, bad);
  return to - out;
}

export function writeUtf8(bytes: Uint8Array, out: number, code: number): number {
  let to = out;
  if (code < 0x80) {
    bytes[to++] = code;
    return to;
  }
  if (code < 0x800) bytes[to++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x1_0000) bytes[to++] = 0xe0 | (code >> 12);
    else {
      bytes[to++] = 0xf0 | (code >> 18);
      bytes[to++] = 0x80 | ((code >> 12) & 0x3f);
    }
    bytes[to++] = 0x80 | ((code >> 6) & 0x3f);
  }
  bytes[to++] = 0x80 | (code & 0x3f);
  return to;
}
