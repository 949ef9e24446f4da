// JSON to MessagePack. What it takes is a strict subset of JSON: everything else is "odd" and left to the host, so
// that nothing invalid ever becomes a record. Odd, besides all that is not JSON (RFC 8259): numbers with an exponent,
// with more than 18 digits, decimals of more than 2^53 units, -0, and values deeper than 64.
// Bytes that are not UTF-8 are passed on as they are; a lone surrogate (\ud800) becomes U+FFFD; equal keys stay.
import type { Kernels } from "../kernels.ts";
import { writeUtf8 } from "./code-pages.ts";
import { isInteger, isPlainDecimal, scanNumber, writeNumber } from "./numbers.ts";
import { NEWLINE, setWord } from "./space.ts";
import type { Space } from "./space.ts";
import { parseEpoch, parseIso } from "./times.ts";
import type { Instant } from "./times.ts";
import { ARRAY, containerHeaderSize, MAP, strHeaderSize, writeContainerHeader, writeEntryHead, writeStrHeader } from "./writing.ts";

const DEPTH_MAX = 64;
/** Output may take this many bytes beyond twice the input read so far: what the callers' room is reckoned from. */
const ROOM_BYTES = 16;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const REPLACEMENT = 0xfffd;
const ESCAPES = new Map([..."\"\\/bfnrt"].map((letter, index) => [letter.charCodeAt(0), "\"\\/\b\f\n\r\t".charCodeAt(index)]));
const WORDS = [[0x74, "true", 0xc3], [0x66, "false", 0xc2], [0x6e, "null", 0xc0]] as const;

export function jsonKernels(space: Space): Pick<Kernels, "jsonToEntries"> {
  const { bytes } = space;
  return {
    jsonToEntries(pointer, length, out, timeKey, timeKeyLength, keepTime, seconds, nanoseconds, result) {
      const end = pointer + length;
      const key = { pointer: timeKey, length: timeKeyLength, isKept: keepTime !== 0 };
      let at = pointer;
      let to = out;
      let rows = 0;
      for (;;) {
        const newline = bytes.indexOf(NEWLINE, at);
        if (newline < 0 || end <= newline) break;
        const transcoder = new JsonTranscoder(space, at, newline, to);
        if (!transcoder.entry(key, { seconds, nanoseconds })) break;
        to = transcoder.out;
        at = newline + 1;
        rows += 1;
      }
      setWord(space, result, 0, at - pointer);
      setWord(space, result, 1, rows);
      return to - out;
    },
  };
}

/** Transcodes a span that is one JSON value. Returns where the next byte goes, or -1 when the span is odd; then bytes from `out` on are rubbish. */
export function transcodeJson(space: Space, out: number, pointer: number, length: number): number {
  const transcoder = new JsonTranscoder(space, pointer, pointer + length, out);
  return transcoder.whole() ? transcoder.out : -1;
}

interface TimeKey {
  readonly pointer: number;
  readonly length: number;
  readonly isKept: boolean;
}

class JsonTranscoder {
  readonly #space: Space;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #outStart: number;
  readonly #end: number;
  #at: number;
  /** Bytes of the string written last. */
  #stringLength = 0;
  out: number;

  constructor(space: Space, pointer: number, end: number, out: number) {
    this.#space = space;
    this.#bytes = space.bytes;
    this.#start = pointer;
    this.#at = pointer;
    this.#end = end;
    this.#outStart = out;
    this.out = out;
  }

  /** `[EventTime, {…}]` from an object. */
  entry(timeKey: TimeKey, batchTime: Instant): boolean {
    const head = this.out;
    this.out += 11;
    this.#skipSpace();
    if (this.#peek() !== 0x7b) return false;
    let time: Instant | undefined = batchTime;
    const isDone = this.#members(1, (keyStart, keyPointer, keyLength) => {
      const isTime = 0 < timeKey.length && this.#equals(keyPointer, keyLength, timeKey);
      if (!isTime) return this.#value(2) ? "kept" : "odd";
      const valueStart = this.#at;
      if (!this.#value(2)) return "odd";
      time = this.#timeOf(valueStart, this.#at);
      if (time === undefined) return "odd";
      if (timeKey.isKept) return "kept";
      this.out = keyStart;
      return "taken";
    });
    if (!isDone || !this.#isAtEnd()) return false;
    writeEntryHead(this.#space, head, time.seconds, time.nanoseconds);
    return true;
  }

  whole(): boolean {
    this.#skipSpace();
    return this.#value(1) && this.#isAtEnd();
  }

  /** The value at the cursor. `depth`: that of a container if it is one. */
  #value(depth: number): boolean {
    const byte = this.#peek();
    if (byte === QUOTE) return this.#string();
    if (byte === 0x7b) return this.#members(depth, () => (this.#value(depth + 1) ? "kept" : "odd"));
    if (byte === 0x5b) return this.#items(depth);
    for (const [first, text, code] of WORDS) {
      if (byte !== first) continue;
      for (let index = 0; index < text.length; index += 1) if (this.#peek(index) !== text.charCodeAt(index)) return false;
      this.#at += text.length;
      this.#bytes[this.out++] = code;
      return true;
    }
    return this.#number();
  }

  /** An object. `value` is called with the cursor at a value; it says whether the pair stays. */
  #members(depth: number, value: (keyStart: number, keyPointer: number, keyLength: number) => "kept" | "taken" | "odd"): boolean {
    if (DEPTH_MAX < depth) return false;
    const header = this.out;
    this.out += 1;
    this.#at += 1;
    this.#skipSpace();
    let count = 0;
    if (this.#peek() === 0x7d) this.#at += 1;
    else {
      for (;;) {
        const keyStart = this.out;
        if (this.#peek() !== QUOTE || !this.#string()) return false;
        const length = this.#stringLength;
        this.#skipSpace();
        if (this.#peek() !== 0x3a) return false;
        this.#at += 1;
        this.#skipSpace();
        const outcome = value(keyStart, keyStart + strHeaderSize(length), length);
        if (outcome === "odd") return false;
        if (outcome === "kept") count += 1;
        this.#skipSpace();
        const separator = this.#peek();
        this.#at += 1;
        if (separator === 0x7d) break;
        if (separator !== 0x2c) return false;
        this.#skipSpace();
      }
    }
    return this.#close(header, count, MAP);
  }

  #items(depth: number): boolean {
    if (DEPTH_MAX < depth) return false;
    const header = this.out;
    this.out += 1;
    this.#at += 1;
    this.#skipSpace();
    let count = 0;
    if (this.#peek() === 0x5d) this.#at += 1;
    else {
      for (;;) {
        if (!this.#value(depth + 1)) return false;
        count += 1;
        this.#skipSpace();
        const separator = this.#peek();
        this.#at += 1;
        if (separator === 0x5d) break;
        if (separator !== 0x2c) return false;
        this.#skipSpace();
      }
    }
    return this.#close(header, count, ARRAY);
  }

  /** Writes the header; for 16 or more the content makes room. */
  #close(header: number, count: number, kind: typeof MAP | typeof ARRAY): boolean {
    const extra = containerHeaderSize(count) - 1;
    if (0 < extra) {
      if (!this.#hasRoom(extra)) return false;
      this.#bytes.copyWithin(header + 1 + extra, header + 1, this.out);
      this.out += extra;
    }
    writeContainerHeader(this.#space, header, count, kind);
    return true;
  }

  /** A string; its bytes go behind the longest header first and move up when the length is known. */
  #string(): boolean {
    const bytes = this.#bytes;
    const content = this.out + 5;
    let to = content;
    let at = this.#at + 1;
    for (;;) {
      if (this.#end <= at) return false;
      const byte = bytes[at++] ?? 0;
      if (byte === QUOTE) break;
      if (byte < 0x20) return false;
      if (byte !== BACKSLASH) {
        bytes[to++] = byte;
        continue;
      }
      if (this.#end <= at) return false;
      const letter = bytes[at++] ?? 0;
      const plain = ESCAPES.get(letter);
      if (plain !== undefined) {
        bytes[to++] = plain;
        continue;
      }
      if (letter !== 0x75) return false;
      let code = this.#hex4(at);
      if (code < 0) return false;
      at += 4;
      if (0xd800 <= code && code < 0xe000) {
        const isPair = code < 0xdc00 && at + 1 < this.#end && bytes[at] === BACKSLASH && bytes[at + 1] === 0x75;
        const low = isPair ? this.#hex4(at + 2) : -1;
        if (0xdc00 <= low && low < 0xe000) {
          code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          at += 6;
        } else code = REPLACEMENT;
      }
      to = writeUtf8(bytes, to, code);
    }
    const length = to - content;
    const start = writeStrHeader(this.#space, this.out, length);
    bytes.copyWithin(start, content, to);
    this.out = start + length;
    this.#stringLength = length;
    this.#at = at;
    return true;
  }

  /** The four hexadecimal digits at `at`, or -1. */
  #hex4(at: number): number {
    if (this.#end < at + 4) return -1;
    let code = 0;
    for (let index = at; index < at + 4; index += 1) {
      const byte = this.#bytes[index] ?? 0;
      const letter = byte | 0x20;
      if (0x30 <= byte && byte <= 0x39) code = code * 16 + byte - 0x30;
      else if (0x61 <= letter && letter <= 0x66) code = code * 16 + letter - 0x57;
      else return -1;
    }
    return code;
  }

  #number(): boolean {
    const number = scanNumber(this.#space, this.#at, this.#end);
    if (number === undefined || !(isInteger(number) || isPlainDecimal(this.#space, number))) return false;
    this.#at += number.length;
    if (!number.isIntegral && !this.#hasRoom(9)) return false;
    this.out = writeNumber(this.#space, this.out, number);
    return true;
  }

  /** The event time that the JSON value between two cursors holds. */
  #timeOf(start: number, end: number): Instant | undefined {
    if (this.#bytes[start] === QUOTE) return parseIso(this.#space, start + 1, end - start - 2);
    return parseEpoch(this.#space, start, end - start);
  }

  #equals(pointer: number, length: number, key: TimeKey): boolean {
    if (length !== key.length) return false;
    for (let index = 0; index < length; index += 1) if (this.#bytes[pointer + index] !== this.#bytes[key.pointer + index]) return false;
    return true;
  }

  #hasRoom(more: number): boolean {
    return this.out + more <= this.#outStart + ROOM_BYTES + 2 * (this.#at - this.#start);
  }

  #isAtEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.#end;
  }

  #peek(ahead = 0): number {
    const at = this.#at + ahead;
    return at < this.#end ? (this.#bytes[at] ?? 0) : 0;
  }

  /** A newline ends the line and is no space here. */
  #skipSpace(): void {
    let byte = this.#peek();
    while (byte === 0x20 || byte === 0x09 || byte === 0x0d) {
      this.#at += 1;
      byte = this.#peek();
    }
  }
}
