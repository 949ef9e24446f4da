// What both ends of the Fluentd forward protocol share: frames, options and acks.
// https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
import { AppError } from "#base/errors.ts";
import { nodeCrypto } from "#base/on-demand.ts";
import { ValueWriter } from "./msgpack.ts";

export type Compression = "gzip" | "zstd";

/** The peer sent what the protocol does not allow. */
export class ProtocolError extends AppError {
  override readonly name = "ProtocolError";
  readonly code = "FORWARD_PROTOCOL";
}

/** The bytes end inside a value: more of them are needed. One value for all, as it is thrown at every frame that comes in pieces. */
export class CutOff extends Error {
  static readonly thrown = new CutOff("the value is cut off");
  override readonly name = "CutOff";
}

/** What a PackedForward frame begins with: `[tag, bin`, up to the four bytes that say how long the entries are. */
export function packedHead(tag: string): Buffer {
  const writer = new ValueWriter(Buffer.allocUnsafe(tag.length * 3 + 8));
  writer.buffer[writer.end++] = 0x93;
  writer.string(tag);
  writer.buffer[writer.end] = 0xc6;
  return writer.buffer.subarray(0, writer.end + 1);
}

export interface FrameOption {
  /** Entries in the frame. */
  readonly size: number;
  /** Asks for an ack that names it; one of `newChunkId`. */
  readonly chunk?: string | undefined;
  readonly compressed?: Compression | undefined;
}

/** What `writeOption` takes at most. */
export const OPTION_BYTES_MAX = 64;

/** Writes the end of a frame at `at`; returns the place behind it. By hand: a frame of one line has little else to cost time. */
export function writeOption(out: Buffer, at: number, { size, chunk, compressed }: FrameOption): number {
  out[at] = 0x81 + (chunk === undefined ? 0 : 1) + (compressed === undefined ? 0 : 1);
  out.set(SIZE_KEY, at + 1);
  let end = out.writeUInt32BE(size, at + 1 + SIZE_KEY.length);
  if (chunk !== undefined) end += out.write(`\xa5chunk${shortHead(chunk)}${chunk}`, end, "latin1");
  if (compressed !== undefined) end += out.write(`\xaacompressed${shortHead(compressed)}${compressed}`, end, "latin1");
  return end;
}
/** `"size"` and the first byte of a number of four bytes. */
const SIZE_KEY = Buffer.from("\xa4size\xce", "latin1");

/** The first byte of a str below 32 bytes. */
function shortHead(text: string): string {
  return String.fromCharCode(0xa0 | text.length);
}

/** As the protocol wants it: 128 bits nobody else has, in base64. */
export function newChunkId(): string {
  if (randomLeft.length < CHUNK_ID_BYTES) randomLeft = nodeCrypto().randomBytes(CHUNK_ID_BYTES * 256);
  const id = randomLeft.toString("base64", 0, CHUNK_ID_BYTES);
  randomLeft = randomLeft.subarray(CHUNK_ID_BYTES);
  return id;
}
const CHUNK_ID_BYTES = 16;
/** Drawn for many ids at a time: a draw costs as much as all else a small frame needs. */
let randomLeft: Buffer = Buffer.alloc(0);

/** `chunk` is the MessagePack value as it came: it goes back byte for byte. */
export function ackMessage(chunk: Buffer): Buffer {
  return Buffer.concat([ACK_HEAD, chunk]);
}
const ACK_HEAD = Buffer.from("\x81\xa3ack", "latin1");

export function encoded(value: unknown, room = 1024): Buffer {
  const writer = new ValueWriter(Buffer.allocUnsafe(room));
  writer.value(value);
  return writer.buffer.subarray(0, writer.end);
}

/** Reads control values one by one, texts as bytes (nonces need not be UTF-8). Throws CutOff and ProtocolError. */
export class WireReader {
  readonly bytes: Buffer;
  readonly end: number;
  at: number;
  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** The next byte, left where it is. */
  peek(): number {
    if (this.end <= this.at) throw CutOff.thrown;
    return this.bytes[this.at] ?? 0;
  }

  arrayCount(what: string): number {
    const code = this.peek();
    if (0x90 <= code && code <= 0x9f) return this.#take(1), code & 15;
    if (code === 0xdc) return this.bytes.readUInt16BE(this.#take(3) + 1);
    if (code === 0xdd) return this.bytes.readUInt32BE(this.#take(5) + 1);
    throw new ProtocolError(`${what} is ${kindOf(code)}, not an array`);
  }

  mapCount(what: string): number {
    const code = this.peek();
    if (0x80 <= code && code <= 0x8f) return this.#take(1), code & 15;
    if (code === 0xde) return this.bytes.readUInt16BE(this.#take(3) + 1);
    if (code === 0xdf) return this.bytes.readUInt32BE(this.#take(5) + 1);
    throw new ProtocolError(`${what} is ${kindOf(code)}, not a map`);
  }

  /** Whether str or bin comes next. */
  isText(): boolean {
    const code = this.peek();
    return (0xa0 <= code && code <= 0xbf) || (0xc4 <= code && code <= 0xc6) || (0xd9 <= code && code <= 0xdb);
  }

  /** The length of a str or bin; goes on to its first byte. */
  textLength(what: string): number {
    const code = this.peek();
    if (0xa0 <= code && code <= 0xbf) return this.#take(1), code & 31;
    if (code === 0xc4 || code === 0xd9) return this.bytes.readUInt8(this.#take(2) + 1);
    if (code === 0xc5 || code === 0xda) return this.bytes.readUInt16BE(this.#take(3) + 1);
    if (code === 0xc6 || code === 0xdb) return this.bytes.readUInt32BE(this.#take(5) + 1);
    throw new ProtocolError(`${what} is ${kindOf(code)}, not a text`);
  }

  /** A str or bin; a view. */
  raw(what: string, bytesMax = 65_536): Buffer {
    const length = this.textLength(what);
    if (bytesMax < length) throw new ProtocolError(`${what} has ${length} bytes; ${bytesMax} are allowed`);
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  text(what: string): string {
    return this.raw(what).toString("utf8");
  }

  boolean(what: string): boolean {
    const code = this.peek();
    if (code !== 0xc2 && code !== 0xc3) throw new ProtocolError(`${what} is ${kindOf(code)}, not true or false`);
    this.at += 1;
    return code === 0xc3;
  }

  #take(bytes: number): number {
    const at = this.at;
    if (this.end < at + bytes) throw CutOff.thrown;
    this.at = at + bytes;
    return at;
  }
}

/** What a first byte begins, for people. */
export function kindOf(code: number): string {
  if (code < 0x80 || 0xe0 <= code || (0xcc <= code && code <= 0xd3)) return "an integer";
  if (code < 0x90 || code === 0xde || code === 0xdf) return "a map";
  if (code < 0xa0 || code === 0xdc || code === 0xdd) return "an array";
  if (code < 0xc0 || (0xd9 <= code && code <= 0xdb)) return "a str";
  if (code === 0xc0) return "nil";
  if (code === 0xc2 || code === 0xc3) return "a boolean";
  if (0xc4 <= code && code <= 0xc6) return "a bin";
  if (code === 0xca || code === 0xcb) return "a float";
  return code === 0xc1 ? "the byte c1, which begins nothing" : "an ext";
}
