// Files of container runtimes: each line has its time and stream in front of it or around it, and a long line is cut into parts. The
// parts of a stream are joined; what comes out are records with `message` and `stream` whose time is that of their first part.
import type { JsonValue } from "#base/json.ts";
import { Batch } from "#dataplane/batch.ts";
import type { Facts } from "#dataplane/batch.ts";
import type { Column } from "#dataplane/columns.ts";
import { KIND, NO_TIME, ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import type { Chunk, ChunkPool } from "#dataplane/memory.ts";
import type { Gathering } from "#sdk/gathering.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { ContainerFormat } from "./container-format.ts";
import type { ContainerLine } from "./container-format.ts";
import { factsAsJson, factsOf } from "./facts-of.ts";
import { OpenEvents } from "./open-events.ts";
import { STREAMS } from "./streams.ts";
import type { EventLimits } from "./text-events.ts";

interface OpenParts {
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  readonly stream: number;
  readonly attrs: string;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly facts: Facts;
}

const COLUMNS: readonly Column[] = [{ name: "message", kind: KIND.string }, { name: "stream", kind: KIND.string }, { name: "attrs", kind: KIND.json }];
const WIDTH = rowWords(COLUMNS.length);
const NEWLINE = 10;
const NAMES = Buffer.from(STREAMS.join(""));

export class ContainerLines implements Gathering {
  readonly #format: ContainerFormat;
  readonly #limits: EventLimits;
  readonly #context: PluginContext;
  readonly #open: OpenEvents<OpenParts>;
  #hasSaidRecords = false;

  constructor(preset: "cri" | "docker", limits: EventLimits & { readonly timeoutMs: number }, context: PluginContext) {
    this.#format = new ContainerFormat(preset);
    this.#limits = limits;
    this.#context = context;
    this.#open = new OpenEvents("parts", limits.timeoutMs, { toJson, fromJson }, context);
  }

  get dueAt(): number | undefined {
    return this.#open.dueAt;
  }

  add(batch: Batch): Batch[] {
    if (batch.form !== "lines") {
      if (!this.#hasSaidRecords) this.#context.log.warn("records come in, not lines of a container's file: they go on as they are", {});
      this.#hasSaidRecords = true;
      return [batch];
    }
    const { pool } = batch;
    const source = `${batch.tag}\n${batch.facts.source ?? ""}`;
    const keys = STREAMS.map((name) => `${source}\n${name}`);
    const open = keys.map((key) => this.#open.get(key));
    const heldBytes = open.reduce((sum, parts) => sum + (parts?.bytes ?? 0), 0);
    const chunks: Chunk[] = [];
    try {
      const lines = pool.take(batch.rows * 8);
      chunks.push(lines);
      // Text of JSON whose bytes are no UTF-8 may become three times as long.
      const rows = new EventRows(pool, { bytes: batch.length * (this.#format.growth + 1) + heldBytes + 64, rows: batch.rows }, chunks);
      const counts = this.#join(batch, lines, open, rows);
      for (const [index, key] of keys.entries()) if (open[index] !== undefined || this.#open.get(key) !== undefined) this.#open.set(key, open[index]);
      if (0 < counts.unmatched) this.#context.count("lines_unmatched_total", counts.unmatched);
      if (0 < counts.cuts) this.#context.count("events_cut_total", counts.cuts);
      lines.release();
      const complete = rows.batch(batch.facts);
      batch.release();
      return complete === undefined ? [] : [complete];
    } catch (error) {
      for (const chunk of chunks) chunk.release();
      throw error;
    }
  }

  flush(now: number): Batch[] {
    const { pool } = this.#context;
    const [key] = this.#open.due(now);
    const parts = key === undefined ? undefined : this.#open.get(key);
    if (key === undefined || parts === undefined) return [];
    const chunks: Chunk[] = [];
    try {
      const rows = new EventRows(pool, { bytes: parts.bytes + parts.attrs.length * 3 + 64, rows: 1 }, chunks);
      rows.add(parts);
      const batch = rows.batch(parts.facts);
      this.#open.set(key, undefined);
      return batch === undefined ? [] : [batch];
    } catch (error) {
      for (const chunk of chunks) chunk.release();
      throw error;
    }
  }

  changes(): Record<string, JsonValue> {
    return this.#open.changes();
  }

  held(): { bytes: number; batches: number } {
    return { bytes: this.#open.bytes, batches: this.#open.size };
  }

  /** Changes `open`, by stream, and adds the complete events. */
  #join(batch: Batch, lines: Chunk, open: (OpenParts | undefined)[], rows: EventRows): { readonly unmatched: number; readonly cuts: number } {
    const { words, bytes, kernels } = batch.pool.memory;
    const count = kernels.lineTable(batch.pointer, batch.length, lines.pointer);
    const table = lines.pointer >>> 2;
    let unmatched = 0;
    let cuts = 0;
    for (let row = 0; row < count; row += 1) {
      const pointer = words[table + row * 2] ?? 0;
      const length = words[table + row * 2 + 1] ?? 0;
      const line = this.#format.read(bytes, pointer, length);
      if (line === undefined) {
        unmatched += 1;
        rows.addUnmatched(bytes.subarray(pointer, pointer + length));
        continue;
      }
      const before = open[line.stream];
      if (before === undefined && !line.isPartial) {
        rows.addLine(line);
        continue;
      }
      const joined = joinedParts(before, line, batch.facts);
      const isFull = line.isPartial && (this.#limits.bytesMax <= joined.bytes || this.#limits.linesMax <= joined.pieces.length);
      if (isFull) cuts += 1;
      if (isFull || !line.isPartial) rows.add(joined);
      open[line.stream] = isFull || !line.isPartial ? undefined : joined;
    }
    return { unmatched, cuts };
  }
}

function joinedParts(before: OpenParts | undefined, { bytes, from, to, stream, seconds, nanoseconds, attrs }: ContainerLine, facts: Facts): OpenParts {
  const piece = Buffer.from(bytes.subarray(from, to));
  if (before === undefined) return { pieces: [piece], bytes: piece.length, stream, attrs, seconds, nanoseconds, facts };
  return { ...before, pieces: [...before.pieces, piece], bytes: before.bytes + piece.length };
}

/** The rows of complete events in the making. */
class EventRows {
  readonly #text: Chunk;
  readonly #table: Chunk;
  readonly #names: Chunk;
  #end = 0;
  #rows = 0;

  /** What it takes it adds to `chunks`, for whoever gives up. */
  constructor(pool: ChunkPool, most: { readonly bytes: number; readonly rows: number }, chunks: Chunk[]) {
    const take = (bytes: number): Chunk => {
      const chunk = pool.take(bytes);
      chunks.push(chunk);
      return chunk;
    };
    this.#text = take(most.bytes);
    this.#table = take(most.rows * WIDTH * 4);
    this.#names = take(NAMES.length);
    this.#names.bytes.set(NAMES);
  }

  addLine({ bytes, from, to, stream, attrs, seconds, nanoseconds }: ContainerLine): void {
    const start = this.#end;
    const { memory } = this.#text.pool;
    if (bytes === memory.bytes) bytes.copyWithin(this.#text.pointer + start, from, to);
    else memory.bytes.set(bytes.subarray(from, to), this.#text.pointer + start);
    this.#end += to - from;
    this.#row({ start, length: to - from, stream, attrs, seconds, nanoseconds });
  }

  add({ pieces, bytes, stream, attrs, seconds, nanoseconds }: OpenParts): void {
    const start = this.#end;
    for (const piece of pieces) this.#put(piece);
    this.#row({ start, length: bytes, stream, attrs, seconds, nanoseconds });
  }

  addUnmatched(line: Buffer): void {
    const start = this.#end;
    this.#put(line);
    this.#head(start, line.length, STATUS.unmatched, 0, NO_TIME);
  }

  /** undefined when there is none; all memory is given back then. */
  batch(facts: Facts): Batch | undefined {
    if (0 < this.#rows) {
      const lines = Batch.lines(this.#text, 0, this.#end, facts, this.#rows);
      return Batch.fields(lines, this.#table, { rows: this.#rows, columns: COLUMNS, dropped: 0, more: [this.#names] });
    }
    for (const chunk of [this.#text, this.#table, this.#names]) chunk.release();
    return undefined;
  }

  #row({ start, length, stream, attrs, seconds, nanoseconds }: { start: number; length: number; stream: number; attrs: string; seconds: number; nanoseconds: number }): void {
    const { words, bytes } = this.#text.pool.memory;
    const at = this.#head(start, length, STATUS.parsed, seconds, nanoseconds) + ROW.columns;
    words[at] = this.#text.pointer + start;
    words[at + 1] = length;
    words[at + 2] = this.#names.pointer + (stream === 0 ? 0 : (STREAMS[0]?.length ?? 0));
    words[at + 3] = STREAMS[stream]?.length ?? 0;
    words[at + 4] = attrs === "" ? 0 : this.#text.pointer + this.#end;
    words[at + 5] = attrs === "" ? 0 : bytes.write(attrs, this.#text.pointer + this.#end);
    this.#end += words[at + 5] ?? 0;
  }

  /** Ends the line; the row's first word. */
  #head(start: number, length: number, status: number, seconds: number, nanoseconds: number): number {
    const { words } = this.#text.pool.memory;
    const at = (this.#table.pointer >>> 2) + this.#rows * WIDTH;
    words.fill(0, at, at + WIDTH);
    words[at + ROW.linePointer] = this.#text.pointer + start;
    words[at + ROW.lineLength] = length;
    words[at + ROW.status] = status;
    words[at + ROW.seconds] = seconds;
    words[at + ROW.nanoseconds] = nanoseconds;
    this.#text.pool.memory.bytes[this.#text.pointer + this.#end] = NEWLINE;
    this.#end += 1;
    this.#rows += 1;
    return at;
  }

  #put(piece: Buffer): void {
    this.#end += piece.copy(this.#text.pool.memory.bytes, this.#text.pointer + this.#end);
  }
}

function toJson({ pieces, stream, attrs, seconds, nanoseconds, facts }: OpenParts): JsonValue {
  return { text: Buffer.concat(pieces).toString("latin1"), stream, attrs, seconds, nanoseconds, facts: factsAsJson(facts) };
}

function fromJson({ text, stream, attrs, seconds, nanoseconds, facts }: { readonly [key: string]: JsonValue }): OpenParts | undefined {
  const known = factsOf(facts);
  if (known === undefined || typeof text !== "string" || typeof stream !== "number" || typeof attrs !== "string" || typeof seconds !== "number" || typeof nanoseconds !== "number") return undefined;
  const bytes = Buffer.from(text, "latin1");
  return { pieces: [bytes], bytes: bytes.length, stream, attrs, seconds, nanoseconds, facts: known };
}
