// MessagePack for single values: keys, records of JavaScript plugins, decoded fields. Whole batches go through the kernels.
// https://github.com/msgpack/msgpack/blob/master/spec.md; EventTime: Fluentd forward protocol v1.

const encoder = new TextEncoder();

/** A str with its header. */
export function strKey(text: string): Buffer {
  const writer = new ValueWriter(Buffer.alloc(text.length * 3 + 5));
  writer.string(text);
  return writer.buffer.subarray(0, writer.end);
}

/** A key that is no text, as one: `1`, or the JSON of a list. A map may hold a `toString` that is none. */
export function keyText(key: unknown): string {
  if (typeof key !== "object" || key === null) return String(key);
  return JSON.stringify(key, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
}

/** Thrown when the room given does not suffice; the caller gives more and starts the record again. */
export class RoomError extends Error {
  override readonly name = "RoomError";
}

/** Deeper values are written as null: a record is data, not a graph. */
const DEPTH_MAX = 64;

/** Writes JavaScript values into a buffer from `end` on. */
export class ValueWriter {
  buffer: Buffer;
  end: number;
  readonly #grow: ((written: Buffer, bytes: number) => Buffer) | undefined;

  /** `grow` gives a buffer of at least `bytes` that begins with what is written; without it a full buffer throws RoomError. */
  constructor(buffer: Buffer, end = 0, grow?: (written: Buffer, bytes: number) => Buffer) {
    this.buffer = buffer;
    this.end = end;
    this.#grow = grow;
  }

  /** A writer on the heap that is never full. */
  static growing(bytes: number): ValueWriter {
    return new ValueWriter(Buffer.allocUnsafeSlow(bytes), 0, (written, needed) => {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, written.length * 2));
      written.copy(grown);
      return grown;
    });
  }

  /** `[EventTime, record]`; throws RoomError and leaves `end` where it was. */
  entry(seconds: number, nanoseconds: number, record: Record<string, unknown>): void {
    const start = this.end;
    try {
      this.head(seconds, nanoseconds);
      this.value(record);
    } catch (error) {
      this.end = start;
      throw error;
    }
  }

  /** What an entry begins with: `[EventTime,`. */
  head(seconds: number, nanoseconds: number): void {
    this.#need(11);
    this.buffer[this.end] = 0x92;
    this.buffer.writeUInt16BE(0xd700, this.end + 1);
    this.buffer.writeUInt32BE(seconds >>> 0, this.end + 3);
    this.buffer.writeUInt32BE(nanoseconds >>> 0, this.end + 7);
    this.end += 11;
  }

  /** The header of a map of so many pairs. */
  map(count: number): void {
    this.#header(count, 0x80, 0xde);
  }

  /** Bytes that are MessagePack already. */
  raw(bytes: Buffer, from: number, to: number): void {
    this.#need(to - from);
    bytes.copy(this.buffer, this.end, from, to);
    this.end += to - from;
  }

  value(value: unknown, depth = 0): void {
    if (typeof value === "string") this.string(value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "boolean") this.#byte(value ? 0xc3 : 0xc2);
    else if (typeof value === "bigint") this.#bigint(value);
    else if (value === null || value === undefined || typeof value === "function" || typeof value === "symbol" || DEPTH_MAX < depth) this.#byte(0xc0);
    else if (value instanceof Date) this.string(Number.isNaN(value.getTime()) ? "" : value.toISOString());
    else if (ArrayBuffer.isView(value)) this.#binary(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    else if (Array.isArray(value)) {
      this.#header(value.length, 0x90, 0xdc);
      for (const item of value) this.value(item, depth + 1);
    } else {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined && typeof item !== "function");
      this.#header(entries.length, 0x80, 0xde);
      for (const [key, item] of entries) {
        this.string(key);
        this.value(item, depth + 1);
      }
    }
  }

  string(text: string): void {
    // Three bytes a UTF-16 unit is the most UTF-8 takes; the header is sized by what it took.
    this.#need(text.length * 3 + 5);
    const guess = text.length < 32 ? 1 : text.length < 256 ? 2 : text.length < 65_536 ? 3 : 5;
    const { written } = encoder.encodeInto(text, this.buffer.subarray(this.end + guess));
    const size = written < 32 ? 1 : written < 256 ? 2 : written < 65_536 ? 3 : 5;
    if (size !== guess) this.buffer.copyWithin(this.end + size, this.end + guess, this.end + guess + written);
    if (size === 1) this.buffer[this.end] = 0xa0 | written;
    else if (size === 2) this.buffer.writeUInt16BE(0xd900 | written, this.end);
    else if (size === 3) {
      this.buffer[this.end] = 0xda;
      this.buffer.writeUInt16BE(written, this.end + 1);
    } else {
      this.buffer[this.end] = 0xdb;
      this.buffer.writeUInt32BE(written, this.end + 1);
    }
    this.end += size + written;
  }

  #number(value: number): void {
    if (Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) {
      if (0 <= value) this.#unsigned(value);
      else if (-32 <= value) this.#byte(value & 0xff);
      else {
        this.#need(9);
        this.buffer[this.end] = 0xd3;
        this.buffer.writeBigInt64BE(BigInt(value), this.end + 1);
        this.end += 9;
      }
      return;
    }
    this.#need(9);
    this.buffer[this.end] = 0xcb;
    this.buffer.writeDoubleBE(value, this.end + 1);
    this.end += 9;
  }

  #unsigned(value: number): void {
    this.#need(9);
    if (value < 128) this.buffer[this.end++] = value;
    else if (value < 256) {
      this.buffer.writeUInt16BE(0xcc00 | value, this.end);
      this.end += 2;
    } else if (value < 65_536) {
      this.buffer[this.end] = 0xcd;
      this.buffer.writeUInt16BE(value, this.end + 1);
      this.end += 3;
    } else if (value < 4_294_967_296) {
      this.buffer[this.end] = 0xce;
      this.buffer.writeUInt32BE(value, this.end + 1);
      this.end += 5;
    } else {
      this.buffer[this.end] = 0xcf;
      this.buffer.writeBigUInt64BE(BigInt(value), this.end + 1);
      this.end += 9;
    }
  }

  #bigint(value: bigint): void {
    if (value < -(1n << 63n) || 1n << 64n <= value) return this.string(value.toString());
    this.#need(9);
    this.buffer[this.end] = value < 0n ? 0xd3 : 0xcf;
    if (value < 0n) this.buffer.writeBigInt64BE(value, this.end + 1);
    else this.buffer.writeBigUInt64BE(value, this.end + 1);
    this.end += 9;
  }

  #binary(bytes: Buffer): void {
    this.#need(bytes.length + 5);
    this.buffer[this.end] = 0xc6;
    this.buffer.writeUInt32BE(bytes.length, this.end + 1);
    bytes.copy(this.buffer, this.end + 5);
    this.end += 5 + bytes.length;
  }

  #header(count: number, fix: number, wide: number): void {
    this.#need(5);
    if (count < 16) this.buffer[this.end++] = fix | count;
    else if (count < 65_536) {
      this.buffer[this.end] = wide;
      this.buffer.writeUInt16BE(count, this.end + 1);
      this.end += 3;
    } else {
      this.buffer[this.end] = wide + 1;
      this.buffer.writeUInt32BE(count, this.end + 1);
      this.end += 5;
    }
  }

  #byte(byte: number): void {
    this.#need(1);
    this.buffer[this.end++] = byte;
  }

  #need(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    if (this.#grow === undefined) throw new RoomError(`no room for ${bytes} more bytes`);
    this.buffer = this.#grow(this.buffer.subarray(0, this.end), this.end + bytes);
  }
}

/** Reads one MessagePack value; integers beyond 2^53 become bigint, ext values EventTime (a number of seconds) or undefined. Throws RangeError on a truncated or invalid value. */
export class ValueReader {
  readonly #bytes: Buffer;
  at: number;
  readonly #end: number;
  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  value(): unknown {
    const first = this.#take(1);
    const code = this.#bytes[first] ?? 0;
    if (code < 0x80) return code;
    if (code < 0x90) return this.#map(code & 15);
    if (code < 0xa0) return this.#array(code & 15);
    if (code < 0xc0) return this.#string(code & 31);
    if (0xe0 <= code) return code - 256;
    switch (code) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.#binary(this.#bytes.readUInt8(this.#take(1)));
      case 0xc5: return this.#binary(this.#bytes.readUInt16BE(this.#take(2)));
      case 0xc6: return this.#binary(this.#bytes.readUInt32BE(this.#take(4)));
      case 0xc7: return this.#extension(this.#bytes.readUInt8(this.#take(1)));
      case 0xc8: return this.#extension(this.#bytes.readUInt16BE(this.#take(2)));
      case 0xc9: return this.#extension(this.#bytes.readUInt32BE(this.#take(4)));
      case 0xca: return this.#bytes.readFloatBE(this.#take(4));
      case 0xcb: return this.#bytes.readDoubleBE(this.#take(8));
      case 0xcc: return this.#bytes.readUInt8(this.#take(1));
      case 0xcd: return this.#bytes.readUInt16BE(this.#take(2));
      case 0xce: return this.#bytes.readUInt32BE(this.#take(4));
      case 0xcf: return narrow(this.#bytes.readBigUInt64BE(this.#take(8)));
      case 0xd0: return this.#bytes.readInt8(this.#take(1));
      case 0xd1: return this.#bytes.readInt16BE(this.#take(2));
      case 0xd2: return this.#bytes.readInt32BE(this.#take(4));
      case 0xd3: return narrow(this.#bytes.readBigInt64BE(this.#take(8)));
      case 0xd4: return this.#extension(1);
      case 0xd5: return this.#extension(2);
      case 0xd6: return this.#extension(4);
      case 0xd7: return this.#extension(8);
      case 0xd8: return this.#extension(16);
      case 0xd9: return this.#string(this.#bytes.readUInt8(this.#take(1)));
      case 0xda: return this.#string(this.#bytes.readUInt16BE(this.#take(2)));
      case 0xdb: return this.#string(this.#bytes.readUInt32BE(this.#take(4)));
      case 0xdc: return this.#array(this.#bytes.readUInt16BE(this.#take(2)));
      case 0xdd: return this.#array(this.#bytes.readUInt32BE(this.#take(4)));
      case 0xde: return this.#map(this.#bytes.readUInt16BE(this.#take(2)));
      case 0xdf: return this.#map(this.#bytes.readUInt32BE(this.#take(4)));
      default: throw new RangeError(`0x${code.toString(16)} begins no MessagePack value`);
    }
  }

  #take(bytes: number): number {
    const at = this.at;
    if (this.#end < at + bytes) throw new RangeError("the MessagePack value is cut off");
    this.at = at + bytes;
    return at;
  }
  #string(length: number): string {
    const at = this.#take(length);
    return this.#bytes.toString("utf8", at, at + length);
  }
  #binary(length: number): string {
    return this.#string(length); // Fluentd peers of the old spec (raw) send text as bin.
  }
  #array(count: number): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < count; index += 1) items.push(this.value());
    return items;
  }
  #map(count: number): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    for (let index = 0; index < count; index += 1) {
      const key = this.value();
      const value = this.value();
      const name = typeof key === "string" ? key : keyText(key);
      // `__proto__` as a key is data, not the object's prototype; to define every field so would take thrice the time.
      if (name === "__proto__") Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
      else record[name] = value;
    }
    return record;
  }
  #extension(length: number): unknown {
    const type = this.#bytes.readInt8(this.#take(1));
    const at = this.#take(length);
    return type === 0 && length === 8 ? this.#bytes.readUInt32BE(at) + this.#bytes.readUInt32BE(at + 4) / 1e9 : undefined;
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
