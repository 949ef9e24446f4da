// Plain twins of the kernels that look at raw text: counting, checking, and lines to their two output formats.
import type { Kernels } from "../kernels.ts";
import { NO_TIME } from "../layout.ts";
import { eachLine, NEWLINE, setWord } from "./space.ts";
import type { Space } from "./space.ts";
import { escapeCost, writeBytes, writeEntryHead, writeJsonString, writeStr, writeTimeField } from "./writing.ts";

type TextKernels = Pick<Kernels, "countLines" | "countEscapes" | "isAscii" | "findInvalidUtf8" | "skipLines" | "wholeLines" | "lineTable" | "packLines" | "linesToJson">;

export function textKernels(space: Space): TextKernels {
  const { bytes } = space;
  return {
    countLines(pointer, length) {
      let count = 0;
      for (let at = pointer; at < pointer + length; at += 1) if (bytes[at] === NEWLINE) count += 1;
      return count;
    },

    countEscapes(pointer, length) {
      let cost = 0;
      for (let at = pointer; at < pointer + length; at += 1) cost += escapeCost(bytes[at] ?? 0);
      return cost;
    },

    isAscii(pointer, length) {
      for (let at = pointer; at < pointer + length; at += 1) if (0x80 <= (bytes[at] ?? 0)) return 0;
      return 1;
    },

    findInvalidUtf8(pointer, length) {
      const end = pointer + length;
      let at = pointer;
      while (at < end) {
        const size = (bytes[at] ?? 0) < 0x80 ? 1 : characterSize(bytes, at, end);
        if (size === 0) return at - pointer;
        at += size;
      }
      return -1;
    },

    skipLines(pointer, length, count) {
      let at = pointer;
      for (let left = count; 0 < left; left -= 1) {
        const newline = bytes.indexOf(NEWLINE, at);
        if (newline < 0 || pointer + length <= newline) return length;
        at = newline + 1;
      }
      return at - pointer;
    },

    wholeLines(pointer, length) {
      let at = pointer + length;
      while (pointer < at && bytes[at - 1] !== NEWLINE) at -= 1;
      return at - pointer;
    },

    lineTable(pointer, length, table) {
      let rows = 0;
      eachLine(space, pointer, length, (start, end) => {
        setWord(space, table, rows * 2, start);
        setWord(space, table, rows * 2 + 1, end - start);
        rows += 1;
      });
      return rows;
    },

    packLines(pointer, length, out, key, keyLength, seconds, nanoseconds) {
      let to = out;
      eachLine(space, pointer, length, (start, end) => {
        to = writeEntryHead(space, to, seconds, nanoseconds);
        bytes[to++] = 0x81;
        to = writeBytes(space, to, key, keyLength);
        to = writeStr(space, to, start, end - start);
      });
      return to - out;
    },

    linesToJson(pointer, length, out, key, keyLength, time) {
      let to = out;
      eachLine(space, pointer, length, (start, end) => {
        to = writeLineAsJson(space, to, start, end - start, key, keyLength, time, 0, NO_TIME);
      });
      return to - out;
    },
  };
}

/** `{time…,"key":"line"}` and a newline. */
export function writeLineAsJson(space: Space, out: number, line: number, length: number, key: number, keyLength: number, time: number, seconds: number, nanoseconds: number): number {
  const { bytes } = space;
  bytes[out] = 0x7b;
  let to = writeTimeField(space, out + 1, time, seconds, nanoseconds);
  if (to !== out + 1) bytes[to++] = 0x2c;
  to = writeBytes(space, to, key, keyLength);
  to = writeJsonString(space, to, line, length);
  bytes[to++] = 0x7d;
  bytes[to++] = NEWLINE;
  return to;
}

/** Bytes of the character of two to four bytes at `at`, or 0 when it is not well formed (Unicode 15, table 3-7). */
function characterSize(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] ?? 0;
  const size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size === 0 || end < at + size) return 0;
  const second = bytes[at + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || high < second) return 0;
  for (let index = 2; index < size; index += 1) if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
}
