// Forward entries `[time, {…}]`: where they lie, what they hold, and as JSON lines.
import type { Kernels } from "../kernels.ts";
import { NEWLINE, setWord, word } from "./space.ts";
import type { Space } from "./space.ts";
import type { Instant } from "./times.ts";
import { writeAscii, writeJsonString, writeTimeField } from "./writing.ts";

const ENTRY_WORDS = 5;
/** Values deeper than this are written as null. */
const DEPTH_MAX = 64;
const NANOSECONDS_MAX = 999_999_999;

export function entryKernels(space: Space): Pick<Kernels, "entryTable" | "entriesToJson" | "findValues"> {
  const { bytes } = space;
  return {
    entryTable(pointer, length, table) {
      const end = pointer + length;
      let at = pointer;
      let rows = 0;
      while (at < end) {
        const entry = readEntry(space, at, end);
        if ("bad" in entry) return -1 - (entry.bad - pointer);
        [at, entry.end - at, entry.map, entry.time.seconds, entry.time.nanoseconds].forEach((value, index) => setWord(space, table, rows * ENTRY_WORDS + index, value));
        at = entry.end;
        rows += 1;
      }
      return rows;
    },

    entriesToJson(table, rows, time, out) {
      let to = out;
      for (let row = 0; row < rows; row += 1) {
        const entry = table + row * ENTRY_WORDS * 4;
        bytes[to] = 0x7b;
        const first = to + 1;
        // The record's own field of that name stays.
        const hasTime = findValue(space, word(space, entry, 2), word(space, time, 6), word(space, time, 7)).pointer !== 0;
        to = hasTime ? first : writeTimeField(space, first, time, word(space, entry, 3), word(space, entry, 4));
        const map = headOf(space, word(space, entry, 2), Infinity);
        let at = map.content;
        for (let pair = 0; pair < map.count; pair += 1) {
          if (to !== first) bytes[to++] = 0x2c;
          [at, to] = writePair(space, at, to, 2);
        }
        bytes[to++] = 0x7d;
        bytes[to++] = NEWLINE;
      }
      return to - out;
    },

    findValues(table, rows, key, keyLength, out) {
      for (let row = 0; row < rows; row += 1) {
        const found = findValue(space, word(space, table, row * ENTRY_WORDS + 2), key, keyLength);
        setWord(space, out, row * 2, found.pointer);
        setWord(space, out, row * 2 + 1, found.length);
      }
    },
  };
}

type Kind = "nil" | "boolean" | "integer" | "double" | "text" | "extension" | "array" | "map" | "bad";

/** A value's first bytes. */
interface Head {
  readonly kind: Kind;
  /** Where its content begins: text, number or first item. */
  readonly content: number;
  /** Bytes of content, for all but arrays and maps. */
  readonly size: number;
  /** Items of an array, pairs of a map. */
  readonly count: number;
  readonly value?: number | bigint | boolean;
}

function headOf({ bytes, view }: Space, at: number, end: number): Head {
  const code = bytes[at] ?? 0;
  /** A value of fixed size: `read` is called only when it is there. */
  const scalar = (kind: Kind, size: number, read: (content: number) => number | bigint): Head =>
    end < at + 1 + size ? BAD : { kind, content: at + 1, size, count: 0, value: read(at + 1) };
  /** Content that follows a length of `width` bytes (and the type byte of an extension). */
  const sized = (kind: Kind, width: 1 | 2 | 4, more = 0): Head => {
    if (end < at + 1 + width) return BAD;
    const length = width === 1 ? view.getUint8(at + 1) : width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
    if (kind === "array" || kind === "map") return { kind, content: at + 1 + width, size: 0, count: length };
    return end < at + 1 + width + more + length ? BAD : { kind, content: at + 1 + width, size: more + length, count: 0 };
  };
  const fixed = (kind: Kind, size: number): Head => (end < at + 1 + size ? BAD : { kind, content: at + 1, size, count: 0 });
  if (end <= at) return BAD;
  if (code < 0x80) return { kind: "integer", content: at + 1, size: 0, count: 0, value: code };
  if (code < 0x90) return { kind: "map", content: at + 1, size: 0, count: code & 15 };
  if (code < 0xa0) return { kind: "array", content: at + 1, size: 0, count: code & 15 };
  if (code < 0xc0) return fixed("text", code & 31);
  if (0xe0 <= code) return { kind: "integer", content: at + 1, size: 0, count: 0, value: code - 0x100 };
  switch (code) {
    case 0xc0: return fixed("nil", 0);
    case 0xc2: return { kind: "boolean", content: at + 1, size: 0, count: 0, value: false };
    case 0xc3: return { kind: "boolean", content: at + 1, size: 0, count: 0, value: true };
    case 0xc4: case 0xd9: return sized("text", 1);
    case 0xc5: case 0xda: return sized("text", 2);
    case 0xc6: case 0xdb: return sized("text", 4);
    case 0xc7: return sized("extension", 1, 1);
    case 0xc8: return sized("extension", 2, 1);
    case 0xc9: return sized("extension", 4, 1);
    case 0xca: return scalar("double", 4, (content) => view.getFloat32(content));
    case 0xcb: return scalar("double", 8, (content) => view.getFloat64(content));
    case 0xcc: return scalar("integer", 1, (content) => view.getUint8(content));
    case 0xcd: return scalar("integer", 2, (content) => view.getUint16(content));
    case 0xce: return scalar("integer", 4, (content) => view.getUint32(content));
    case 0xcf: return scalar("integer", 8, (content) => view.getBigUint64(content));
    case 0xd0: return scalar("integer", 1, (content) => view.getInt8(content));
    case 0xd1: return scalar("integer", 2, (content) => view.getInt16(content));
    case 0xd2: return scalar("integer", 4, (content) => view.getInt32(content));
    case 0xd3: return scalar("integer", 8, (content) => view.getBigInt64(content));
    case 0xd4: return fixed("extension", 2);
    case 0xd5: return fixed("extension", 3);
    case 0xd6: return fixed("extension", 5);
    case 0xd7: return fixed("extension", 9);
    case 0xd8: return fixed("extension", 17);
    case 0xdc: return sized("array", 2);
    case 0xdd: return sized("array", 4);
    case 0xde: return sized("map", 2);
    case 0xdf: return sized("map", 4);
    default: return BAD;
  }
}

const BAD: Head = { kind: "bad", content: 0, size: 0, count: 0 };

/** Where the value ends, or the bad value inside it: the first one that is invalid or cut off. */
function skipValue(space: Space, at: number, end: number): { end: number } | { bad: number } {
  let next = at;
  for (let pending = 1; 0 < pending; pending -= 1) {
    const head = headOf(space, next, end);
    if (head.kind === "bad") return { bad: next };
    pending += head.kind === "map" ? head.count * 2 : head.count;
    next = head.content + head.size;
  }
  return { end: next };
}

function readEntry(space: Space, at: number, end: number): { end: number; map: number; time: Instant } | { bad: number } {
  const head = headOf(space, at, end);
  if (head.kind !== "array" || head.count !== 2) return { bad: at };
  const timeHead = headOf(space, head.content, end);
  const time = instantOf(space, timeHead, head.content);
  if (time === undefined) return { bad: head.content };
  const map = timeHead.content + timeHead.size;
  if (headOf(space, map, end).kind !== "map") return { bad: map };
  const skipped = skipValue(space, map, end);
  return "bad" in skipped ? skipped : { end: skipped.end, map, time };
}

/** EventTime, or seconds since 1970 as a number that fits it. */
function instantOf({ bytes, view }: Space, { kind, content, value }: Head, at: number): Instant | undefined {
  if (kind === "extension") {
    const isEventTime = (bytes[at] === 0xd7 && bytes[content] === 0) || (bytes[at] === 0xc7 && bytes[at + 1] === 8 && bytes[content] === 0);
    return isEventTime ? { seconds: view.getUint32(content + 1), nanoseconds: Math.min(view.getUint32(content + 5), NANOSECONDS_MAX) } : undefined;
  }
  if (kind !== "integer" && kind !== "double") return undefined;
  const number = Number(value);
  const seconds = Math.floor(number);
  if (!(0 <= seconds && seconds <= 0xffff_ffff)) return undefined;
  return { seconds, nanoseconds: Math.min(Math.floor((number - seconds) * 1e9), NANOSECONDS_MAX) };
}

/** The first value under the key: text keys only, str or bin. */
function findValue(space: Space, map: number, key: number, keyLength: number): { pointer: number; length: number } {
  const { bytes } = space;
  const { count, content } = headOf(space, map, Infinity);
  let at = content;
  for (let pair = 0; pair < count; pair += 1) {
    const head = headOf(space, at, Infinity);
    const value = skipKnown(space, at);
    let isFound = head.kind === "text" && head.size === keyLength;
    for (let index = 0; isFound && index < keyLength; index += 1) isFound = bytes[head.content + index] === bytes[key + index];
    at = skipKnown(space, value);
    if (isFound) return { pointer: value, length: at - value };
  }
  return { pointer: 0, length: 0 };
}

/** Where a value ends that is known to be well formed. */
function skipKnown(space: Space, at: number): number {
  const skipped = skipValue(space, at, Infinity);
  return "end" in skipped ? skipped.end : at;
}

/** Writes a key and its value; returns where reading and writing go on. */
function writePair(space: Space, at: number, out: number, depth: number): [number, number] {
  const key = headOf(space, at, Infinity);
  let to = writeKey(space, key, out);
  space.bytes[to++] = 0x3a;
  return writeValue(space, skipKnown(space, at), to, depth);
}

/** Text and numbers can be keys in JSON; any other key is written as the empty one. */
function writeKey(space: Space, { kind, content, size, value }: Head, out: number): number {
  if (kind === "text") return writeJsonString(space, out, content, size);
  const text = kind === "integer" || (kind === "double" && Number.isFinite(value)) ? String(value) : "";
  return writeAscii(space, out, `"${text}"`);
}

/** `depth`: that of the value's container if it is one. */
function writeValue(space: Space, at: number, out: number, depth: number): [number, number] {
  const { bytes } = space;
  const { kind, content, size, count, value } = headOf(space, at, Infinity);
  const next = content + size;
  switch (kind) {
    case "text": return [next, writeJsonString(space, out, content, size)];
    case "integer": case "boolean": return [next, writeAscii(space, out, String(value))];
    case "double": return [next, writeAscii(space, out, Number.isFinite(value) ? String(value) : "null")];
    case "array": case "map": break;
    default: return [next, writeAscii(space, out, "null")];
  }
  if (DEPTH_MAX < depth) return [skipKnown(space, at), writeAscii(space, out, "null")];
  let from = content;
  let to = out;
  bytes[to++] = kind === "map" ? 0x7b : 0x5b;
  for (let index = 0; index < count; index += 1) {
    if (0 < index) bytes[to++] = 0x2c;
    [from, to] = kind === "map" ? writePair(space, from, to, depth + 1) : writeValue(space, from, to, depth + 1);
  }
  bytes[to++] = kind === "map" ? 0x7d : 0x5d;
  return [from, to];
}
