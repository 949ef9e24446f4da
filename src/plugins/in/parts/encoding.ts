// What must be known of an encoding to cut a file at its lines and to turn the lines into UTF-8. Text is cut at newlines
// of the source before it is decoded, so decoding has no state: a character is never torn by the edge of a chunk.
// (Node's own TextDecoder is not used: it decodes the extension of CP949 wrongly.)
import iconv from "iconv-lite";
import type { Chunk, ChunkMemory, ChunkPool } from "#dataplane/memory.ts";
import { plainEncoding } from "#sdk/encoding-option.ts";
import { codeTable } from "./code-table.ts";

export interface Decoded {
  readonly chunk: Chunk;
  readonly length: number;
  /** Bytes, or sequences of them, that became U+FFFD. */
  readonly invalid: number;
}

export interface Encoding {
  readonly name: string;
  /** The text is UTF-8 already and goes on as it is. */
  readonly isUtf8: boolean;
  /** Bytes of a newline, and what offsets are multiples of: 1, 2 or 4. */
  readonly unit: 1 | 2 | 4;
  readonly newline: Buffer;
  /** Just after the first or last newline of the bytes, or -1. The bytes begin at a character. */
  afterFirstNewline(bytes: Buffer): number;
  afterLastNewline(bytes: Buffer): number;
  /** Bytes of the whole lines that a span of chunk memory begins with. */
  wholeLines(memory: ChunkMemory, pointer: number, length: number): number;
  /** The largest place up to `most` that does not cut a character in two. The bytes begin at a character. */
  characterEnd(bytes: Buffer, most: number): number;
  decode(pool: ChunkPool, pointer: number, length: number): Decoded;
}

const WIDE: Readonly<Record<string, 2 | 4>> = { utf16le: 2, ucs2: 2, utf16be: 2, utf32le: 4, ucs4le: 4, utf32be: 4, ucs4be: 4 };
const BIG_ENDIAN = new Set(["utf16be", "utf32be", "ucs4be"]);

/** The encoding of a file. `utf-16` without an end named is told by the file's first bytes. */
export function encodingOf(name: string, head: Uint8Array): Encoding {
  const key = plainEncoding(name);
  if (key === "utf8" || key === "unicode11utf8") return UTF8;
  if (key === "utf16") return wide(head[0] === 0xfe && head[1] === 0xff ? "utf16be" : "utf16le", 2);
  const unit = WIDE[key];
  if (unit !== undefined) return wide(key, unit);
  return key === "gb18030" || key === "eucjp" || key.startsWith("big5") || key === "cp950" ? multiByte(key) : tabled(key);
}

const narrow = {
  unit: 1,
  newline: Buffer.from("\n"),
  afterFirstNewline: (bytes: Buffer) => bytes.indexOf(10) + 1 || -1,
  afterLastNewline: (bytes: Buffer) => bytes.lastIndexOf(10) + 1 || -1,
  wholeLines: (memory: ChunkMemory, pointer: number, length: number) => memory.kernels.wholeLines(pointer, length),
} as const;

const UTF8: Encoding = {
  ...narrow,
  name: "utf-8",
  isUtf8: true,
  characterEnd(bytes, most) {
    if (bytes.length <= most) return bytes.length;
    let end = most;
    while (most - 4 < end && 0 < end && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
    return most - 4 < end && 0 < end ? end : most; // No character is that long: these are no characters.
  },
  decode() {
    throw new Error("UTF-8 needs no decoding");
  },
};

/** Code pages of one or two bytes a character, by a table in the kernel. */
function tabled(name: string): Encoding {
  return {
    ...narrow,
    name,
    isUtf8: false,
    characterEnd: (bytes, most) => walkCharacters(bytes, most, (at) => (0x80 <= (bytes[at] ?? 0) && 0x30 <= (bytes[at + 1] ?? 0) && iconv.decode(bytes.subarray(at, at + 1), name) === "\ufffd" ? 2 : 1)),
    decode(pool, pointer, length) {
      const table = codeTable(pool.memory, name);
      const chunk = pool.take(3 * length);
      const written = pool.memory.kernels.decodeDoubleByte(pointer, length, table.pointer, chunk.pointer, table.result);
      return { chunk, length: written, invalid: pool.memory.words[table.result >>> 2] ?? 0 };
    },
  };
}

/** Encodings with characters of three or four bytes, or of more than 16 bits. */
function multiByte(name: string): Encoding {
  return {
    ...narrow,
    name,
    isUtf8: false,
    characterEnd: (bytes, most) =>
      walkCharacters(bytes, most, (at) => {
        const [lead = 0, second = 0] = [bytes[at], bytes[at + 1]];
        if (lead < 0x80) return 1;
        if (name === "gb18030") return 0x30 <= second && second <= 0x39 ? 4 : 2;
        return name === "eucjp" && lead === 0x8f ? 3 : 2;
      }),
    decode: (pool, pointer, length) => decodeWhole(name, pool, pointer, length),
  };
}

function wide(name: string, unit: 2 | 4): Encoding {
  const isBig = BIG_ENDIAN.has(name);
  const newline = Buffer.alloc(unit);
  newline[isBig ? unit - 1 : 0] = 10;
  const whole = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - (bytes.length % unit));
  return {
    name,
    isUtf8: false,
    unit,
    newline,
    afterFirstNewline(bytes) {
      for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) if (at % unit === 0) return at + unit;
      return -1;
    },
    afterLastNewline(bytes) {
      for (let at = whole(bytes).lastIndexOf(newline); at !== -1; at = at === 0 ? -1 : bytes.lastIndexOf(newline, at - 1)) if (at % unit === 0) return at + unit;
      return -1;
    },
    wholeLines(memory, pointer, length) {
      return Math.max(0, this.afterLastNewline(memory.bytes.subarray(pointer, pointer + length)));
    },
    characterEnd(bytes, most) {
      const end = Math.min(bytes.length, most) & ~(unit - 1);
      if (unit === 4 || end < 4) return end;
      const before = isBig ? bytes.readUInt16BE(end - 2) : bytes.readUInt16LE(end - 2);
      return 0xd800 <= before && before < 0xdc00 ? end - 2 : end;
    },
    decode: (pool, pointer, length) => decodeWhole(name, pool, pointer, length),
  };
}

function decodeWhole(name: string, pool: ChunkPool, pointer: number, length: number): Decoded {
  // A byte order mark inside is a character like any other; the one at a file's start is dealt with by the reader.
  const text = iconv.decode(pool.memory.bytes.subarray(pointer, pointer + length), name, { stripBOM: false });
  const chunk = pool.take(Buffer.byteLength(text));
  let invalid = 0;
  for (let at = text.indexOf("\ufffd"); at !== -1; at = text.indexOf("\ufffd", at + 1)) invalid += 1;
  return { chunk, length: pool.memory.bytes.write(text, chunk.pointer), invalid };
}

function walkCharacters(bytes: Buffer, most: number, lengthAt: (at: number) => number): number {
  if (bytes.length <= most) return bytes.length;
  let end = 0;
  for (let at = 0; at <= most; at += lengthAt(at)) end = at;
  return end === 0 ? most : end;
}
