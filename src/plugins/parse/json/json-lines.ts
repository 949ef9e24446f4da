// JSON lines to entries: the kernel runs until a line it leaves to us, we do that one, and it goes on.
import { Batch } from "#dataplane/batch.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import type { Chunk } from "#dataplane/memory.ts";
import { RoomError, ValueWriter } from "#dataplane/msgpack.ts";
import { rewriteEntries } from "#dataplane/rewrite-entries.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { FieldTimes } from "../parts/field-times.ts";
import { parseObject } from "./parse-object.ts";

const RESULT_BYTES = 8;

export class JsonLines {
  readonly #context: PluginContext;
  readonly #times: FieldTimes;
  readonly #isKernelTime: boolean;
  readonly #isDropping: boolean;
  /** The kernel's result, and behind it the time's key. */
  readonly #memo: Chunk;
  readonly #keyLength: number;
  #isClosed = false;

  constructor({ times, isKernelTime, isDropping }: { times: FieldTimes; isKernelTime: boolean; isDropping: boolean }, context: PluginContext) {
    this.#context = context;
    this.#times = times;
    this.#isKernelTime = isKernelTime;
    this.#isDropping = isDropping;
    const key = Buffer.from(times.key);
    this.#memo = context.pool.take(RESULT_BYTES + key.length);
    this.#memo.bytes.set(key, RESULT_BYTES);
    this.#keyLength = key.length;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#memo.release();
  }

  /** Consumes the lines, unless it throws: then they are as they were. */
  apply(lines: Batch): Batch | undefined {
    const { entries, unmatched } = this.#entries(lines);
    const timed = entries === undefined || this.#isKernelTime || this.#keyLength === 0 ? entries : this.#withTimes(entries);
    if (0 < unmatched) this.#context.count("lines_unmatched_total", unmatched);
    lines.release();
    return timed;
  }

  #entries(lines: Batch): { entries: Batch | undefined; unmatched: number } {
    for (let room = 2 * lines.length + lines.rows * 16 + 256; ; room *= 2) {
      const out = this.#context.pool.take(room);
      try {
        const { length, rows, unmatched } = this.#convert(lines, out);
        if (0 < rows) return { entries: Batch.entries(out, 0, length, rows, lines.facts), unmatched };
        out.release();
        return { entries: undefined, unmatched };
      } catch (error) {
        out.release();
        if (!(error instanceof RoomError)) throw error;
      }
    }
  }

  /** Throws RoomError. */
  #convert(lines: Batch, out: Chunk): { length: number; rows: number; unmatched: number } {
    const { kernels, words, bytes } = this.#context.pool.memory;
    const { seconds, nanoseconds } = lines.facts;
    const result = this.#memo.pointer;
    const keyLength = this.#isKernelTime ? this.#keyLength : 0;
    const end = lines.pointer + lines.length;
    const writer = new ValueWriter(out.bytes);
    let at = lines.pointer;
    let done = 0;
    let rows = 0;
    let unmatched = 0;
    while (at < end) {
      // What we write ourselves may be longer than what the kernel reckons with.
      if (out.capacity - writer.end < 2 * (end - at) + (lines.rows - done) * 16) throw new RoomError("no room for the lines that are left");
      writer.end += kernels.jsonToEntries(at, end - at, out.pointer + writer.end, result + RESULT_BYTES, keyLength, this.#times.isKept ? 1 : 0, seconds, nanoseconds, result);
      at += words[result >>> 2] ?? 0;
      const written = words[(result >>> 2) + 1] ?? 0;
      done += written;
      rows += written;
      if (at === end) break;
      const newline = bytes.indexOf(10, at);
      const text = bytes.toString("utf8", at, bytes[newline - 1] === 13 && at < newline ? newline - 1 : newline);
      at = newline + 1;
      done += 1;
      const record = parseObject(text);
      if (record === undefined) unmatched += 1;
      if (record === undefined && this.#isDropping) continue;
      const time = record === undefined || !this.#isKernelTime ? undefined : this.#times.take(record);
      writer.entry(time?.seconds ?? seconds, time?.nanoseconds ?? nanoseconds, record ?? { [LINE_KEY]: text });
      rows += 1;
    }
    return { length: writer.end, rows, unmatched };
  }

  #withTimes(entries: Batch): Batch {
    try {
      return this.#timed(entries);
    } catch (error) {
      entries.release();
      throw error;
    }
  }

  /** Gives entries the times the kernel could not read. */
  #timed(entries: Batch): Batch {
    const values = entries.column(this.#times.key);
    const instants = Array.from({ length: entries.rows }, (_, row) => this.#times.read(values.get(row)));
    const { key, isKept } = this.#times;
    // A field that could not be read stays, so only in records whose time was read does it leave.
    if (isKept || instants.every((instant) => instant === undefined)) return rewriteEntries(entries, { rename: (name) => name, time: (row) => instants[row] });
    if (instants.every((instant) => instant !== undefined)) return rewriteEntries(entries, { rename: (name) => (name === key ? undefined : name), time: (row) => instants[row] });
    return rewriteEntries(entries, {
      rename: (name) => (name === key ? undefined : name),
      time: (row) => instants[row],
      added: (row) => (instants[row] === undefined && values.get(row) !== undefined ? [[key, values.get(row)]] : []),
    });
  }
}
