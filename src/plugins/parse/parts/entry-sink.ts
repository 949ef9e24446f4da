// Where parsed lines are written: one chunk of entries, which a larger one replaces when it is full. Most texts are short and ASCII;
// those are written character by character, which takes a fraction of what a call into the encoder does.
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import { RoomError, ValueWriter } from "#dataplane/msgpack.ts";
import type { FieldName, Found } from "./found.ts";

const SHORT_MAX = 64;
/** Deeper objects than parsers commonly find are left to the writer, which knows its bound. */
const NESTED_MAX = 8;
/** The header of the longest text. */
const HEADER_MAX = 5;

export class EntrySink {
  readonly #pool: ChunkPool;
  #chunk: Chunk;
  #writer: ValueWriter;
  rows = 0;

  constructor(pool: ChunkPool, bytes: number) {
    this.#pool = pool;
    this.#chunk = pool.take(bytes);
    this.#writer = new ValueWriter(this.#chunk.bytes);
  }

  /** What is written lies in here from the start on; the chunk is the caller's now. */
  get chunk(): Chunk {
    return this.#chunk;
  }

  get length(): number {
    return this.#writer.end;
  }

  /** Writes the fields found, without the one at place `without` (-1: all of them). */
  found(seconds: number, nanoseconds: number, found: Found, without: number): void {
    this.#fitting((writer) => {
      writer.head(seconds, nanoseconds);
      writer.map(without === -1 ? found.count : found.count - 1);
      for (let place = 0; place < found.count; place += 1) {
        if (place === without) continue;
        const name = found.names[place];
        if (name !== undefined) writeKey(writer, name);
        writeValue(writer, found.values[place], 0);
      }
    });
  }

  /** Writes a record of one text. */
  text(seconds: number, nanoseconds: number, key: string, text: string): void {
    this.#fitting((writer) => {
      writer.head(seconds, nanoseconds);
      writer.map(1);
      writer.string(key);
      writeText(writer, text);
    });
  }

  /** Writes a row; where it does not fit, again into a larger chunk. */
  #fitting(write: (writer: ValueWriter) => void): void {
    for (;;) {
      const start = this.#writer.end;
      try {
        write(this.#writer);
        this.rows += 1;
        return;
      } catch (error) {
        this.#writer.end = start;
        if (!(error instanceof RoomError)) throw error;
        this.#grow();
      }
    }
  }

  #grow(): void {
    const larger = this.#pool.take(this.#chunk.capacity * 2);
    const end = this.#writer.end;
    this.#pool.memory.bytes.copyWithin(larger.pointer, this.#chunk.pointer, this.#chunk.pointer + end);
    this.#chunk.release();
    this.#chunk = larger;
    this.#writer = new ValueWriter(larger.bytes, end);
  }
}

function writeValue(writer: ValueWriter, value: unknown, depth: number): void {
  if (typeof value === "string") return writeText(writer, value);
  if (typeof value === "number" && (value & 127) === value && !Object.is(value, -0) && writer.end < writer.buffer.length) {
    writer.buffer[writer.end++] = value; // Codes and statuses need no writer.
    return;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || NESTED_MAX < depth) return writer.value(value, depth);
  const entries = Object.entries(value);
  writer.map(entries.length);
  for (const [key, item] of entries) {
    writeText(writer, key);
    writeValue(writer, item, depth + 1);
  }
}

function writeKey(writer: ValueWriter, { packed, text }: FieldName): void {
  if (packed === undefined) return writeText(writer, text);
  const { length } = packed;
  const { buffer, end } = writer;
  if (SHORT_MAX < length || buffer.length < end + length) return writer.raw(packed, 0, length);
  for (let index = 0; index < length; index += 1) buffer[end + index] = packed[index] ?? 0;
  writer.end = end + length;
}

function writeText(writer: ValueWriter, text: string): void {
  const { length } = text;
  const { buffer } = writer;
  if (SHORT_MAX < length || buffer.length < writer.end + length + HEADER_MAX) return writeLongText(writer, text);
  let at = writer.end;
  if (length < 32) buffer[at++] = 0xa0 | length;
  else {
    buffer[at] = 0xd9;
    buffer[at + 1] = length;
    at += 2;
  }
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (127 < code) return writeLongText(writer, text);
    buffer[at + index] = code;
  }
  writer.end = at + length;
}

function writeLongText(writer: ValueWriter, text: string): void {
  const { buffer } = writer;
  const size = Buffer.byteLength(text);
  if (buffer.length < writer.end + size + HEADER_MAX) throw new RoomError(`no room for ${size} more bytes`);
  let at = writer.end;
  if (size < 32) buffer[at++] = 0xa0 | size;
  else if (size < 256) {
    buffer[at] = 0xd9;
    buffer[at + 1] = size;
    at += 2;
  } else if (size < 65_536) {
    buffer[at] = 0xda;
    at = buffer.writeUInt16BE(size, at + 1);
  } else {
    buffer[at] = 0xdb;
    at = buffer.writeUInt32BE(size, at + 1);
  }
  buffer.write(text, at, size);
  writer.end = at + size;
}
