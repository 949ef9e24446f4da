// Joins the lines of text. A complete event is a span of its lines as they lie in the text, with the newlines inside: a row of a field
// table without columns, which is `{message: event}` to everyone (layout.ts, `unmatched`), costs five words and copies nothing. Where
// every event of a batch is one line the batch stays what it was, lines, so that all behind it goes its fastest way.
import type { JsonValue } from "#base/json.ts";
import { Batch } from "#dataplane/batch.ts";
import type { Facts } from "#dataplane/batch.ts";
import { NO_TIME, ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import type { Chunk } from "#dataplane/memory.ts";
import type { Gathering } from "#sdk/gathering.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { BEGINS } from "./event-rules.ts";
import type { EventRules } from "./event-rules.ts";
import { factsAsJson, factsOf } from "./facts-of.ts";
import { OpenEvents } from "./open-events.ts";

export interface EventLimits {
  readonly linesMax: number;
  readonly bytesMax: number;
}

interface OpenText {
  /** Whole lines, each with its newline. */
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  readonly lines: number;
  readonly state: number;
  readonly facts: Facts;
}

/** What a walk over a batch found. Offsets are of the text given on: what was held, then the batch. */
interface Walk {
  readonly events: number;
  /** Whether an event has more than one line. */
  readonly isJoined: boolean;
  /** Where the complete events end. */
  readonly end: number;
  /** Of the event that is open at the end; lines 0: there is none. */
  readonly state: number;
  readonly openLines: number;
  readonly cuts: number;
}

const WIDTH = rowWords(0);
const NO_COLUMNS: readonly never[] = [];
const NEWLINE = 10;
const RETURN = 13;

export class TextEvents implements Gathering {
  readonly #rules: EventRules;
  readonly #limits: EventLimits;
  readonly #context: PluginContext;
  readonly #open: OpenEvents<OpenText>;

  constructor(rules: EventRules, limits: EventLimits & { readonly timeoutMs: number }, context: PluginContext) {
    this.#rules = rules;
    this.#limits = limits;
    this.#context = context;
    this.#open = new OpenEvents("text", limits.timeoutMs, { toJson, fromJson }, context);
  }

  get dueAt(): number | undefined {
    return this.#open.dueAt;
  }

  add(batch: Batch): Batch[] {
    const { pool } = batch;
    const source = `${batch.tag}\n${batch.facts.source ?? ""}`;
    const held = this.#open.get(source);
    const chunks: Chunk[] = [];
    const take = (bytes: number): Chunk => {
      const chunk = pool.take(bytes);
      chunks.push(chunk);
      return chunk;
    };
    try {
      const table = take((batch.rows + 1) * 8);
      const walk = this.#walk(batch, held, table.pointer);
      const complete = walk.events === 0 ? undefined : this.#complete(batch, held, table, walk, take);
      this.#open.set(source, this.#rest(batch, held, walk));
      if (0 < walk.cuts) this.#context.count("events_cut_total", walk.cuts);
      table.release();
      batch.release();
      return complete === undefined ? [] : [complete];
    } catch (error) {
      for (const chunk of chunks) chunk.release();
      throw error;
    }
  }

  flush(now: number): Batch[] {
    return this.#due(this.#open.due(now));
  }

  changes(): Record<string, JsonValue> {
    return this.#open.changes();
  }

  held(): { bytes: number; batches: number } {
    return { bytes: this.#open.bytes, batches: this.#open.size };
  }

  /**
   * Goes from line to line. The table has the lines from its second place on, and gets the (start, end) of each complete event from its
   * first on: no event is written where a line has not been read yet.
   */
  #walk(batch: Batch, held: OpenText | undefined, tablePointer: number): Walk {
    const { words, bytes, kernels } = batch.pool.memory;
    const { linesMax, bytesMax } = this.#limits;
    const rules = this.#rules;
    const rows = kernels.lineTable(batch.pointer, batch.length, tablePointer + 8);
    const table = tablePointer >>> 2;
    /** From a place in memory to one in the text given on. */
    const shift = (held?.bytes ?? 0) - batch.pointer;
    let state = held?.state ?? 0;
    let openLines = held?.lines ?? 0;
    let start = 0;
    /** Where the open event's text ends, its last newline left out. */
    let end = held === undefined ? 0 : textLength(held);
    let events = 0;
    let isJoined = false;
    let completeEnd = 0;
    let cuts = 0;
    for (let row = 0; row < rows; row += 1) {
      const pointer = words[table + row * 2 + 2] ?? 0;
      const length = words[table + row * 2 + 3] ?? 0;
      let next = openLines === 0 ? BEGINS : rules.next(state, bytes, pointer, length);
      const isCut = next !== BEGINS && (linesMax <= openLines || bytesMax < pointer + length + shift - start);
      if (next === BEGINS || isCut) {
        if (0 < openLines) {
          words[table + events * 2] = start;
          words[table + events * 2 + 1] = end;
          events += 1;
          isJoined ||= 1 < openLines;
          completeEnd = pointer + shift;
        }
        if (isCut) cuts += 1;
        else next = rules.first(bytes, pointer, length);
        start = pointer + shift;
        openLines = 0;
      }
      state = next;
      openLines += 1;
      end = pointer + length + shift;
      if (!rules.hasEnds || !rules.isEnd(bytes, pointer, length)) continue;
      words[table + events * 2] = start;
      words[table + events * 2 + 1] = end;
      events += 1;
      isJoined ||= 1 < openLines;
      completeEnd = (row + 1 < rows ? (words[table + row * 2 + 4] ?? 0) : batch.pointer + batch.length) + shift;
      openLines = 0;
    }
    return { events, isJoined, end: completeEnd, state, openLines, cuts };
  }

  /** The complete events as a batch of their own: what was held, and the batch's text behind it. */
  #complete(batch: Batch, held: OpenText | undefined, events: Chunk, walk: Walk, take: (bytes: number) => Chunk): Batch {
    const { memory } = batch.pool;
    const text = take(walk.end);
    const table = walk.isJoined ? take(walk.events * WIDTH * 4) : undefined;
    const heldBytes = held === undefined ? 0 : copyPieces(held, memory.bytes, text.pointer);
    memory.bytes.copyWithin(text.pointer + heldBytes, batch.pointer, batch.pointer + walk.end - heldBytes);
    // Lines have no time of their own; theirs is when the first of them was read.
    const facts = held === undefined ? batch.facts : { ...batch.facts, seconds: held.facts.seconds, nanoseconds: held.facts.nanoseconds };
    if (table === undefined) return Batch.lines(text, 0, walk.end, facts, walk.events);
    const { words } = memory;
    const from = events.pointer >>> 2;
    for (let event = 0, at = table.pointer >>> 2; event < walk.events; event += 1, at += WIDTH) {
      const start = words[from + event * 2] ?? 0;
      words[at + ROW.linePointer] = text.pointer + start;
      words[at + ROW.lineLength] = (words[from + event * 2 + 1] ?? 0) - start;
      words[at + ROW.status] = STATUS.unmatched;
      words[at + ROW.seconds] = held !== undefined && event === 0 ? held.facts.seconds : batch.facts.seconds;
      words[at + ROW.nanoseconds] = held !== undefined && event === 0 ? held.facts.nanoseconds : batch.facts.nanoseconds;
    }
    return Batch.fields(Batch.lines(text, 0, walk.end, facts, walk.events), table, { rows: walk.events, columns: NO_COLUMNS, dropped: 0, isDisjoint: true });
  }

  /** What is open behind the batch. */
  #rest(batch: Batch, held: OpenText | undefined, { events, end, state, openLines }: Walk): OpenText | undefined {
    if (openLines === 0) return undefined;
    const from = batch.pointer + (events === 0 ? 0 : end - (held?.bytes ?? 0));
    const piece = Buffer.from(batch.pool.memory.bytes.subarray(from, batch.pointer + batch.length));
    if (events === 0 && held !== undefined) return { pieces: [...held.pieces, piece], bytes: held.bytes + piece.length, lines: openLines, state, facts: held.facts };
    return { pieces: [piece], bytes: piece.length, lines: openLines, state, facts: batch.facts };
  }

  /** These sources' open events, as they are. */
  #due(sources: readonly string[]): Batch[] {
    const batches: Batch[] = [];
    for (const source of sources) {
      const held = this.#open.get(source);
      if (held === undefined) continue;
      const chunks: Chunk[] = [];
      try {
        chunks.push(this.#context.pool.take(held.bytes));
        if (1 < held.lines) chunks.push(this.#context.pool.take(WIDTH * 4));
      } catch (error) {
        for (const chunk of chunks) chunk.release();
        // What is given on is not held any more: the others are due still.
        if (0 < batches.length) break;
        throw error;
      }
      const [text, table] = chunks as [Chunk, Chunk?];
      copyPieces(held, this.#context.pool.memory.bytes, text.pointer);
      const lines = Batch.lines(text, 0, held.bytes, held.facts, 1);
      if (table === undefined) batches.push(lines);
      else {
        this.#context.pool.memory.words.set([text.pointer, textLength(held), STATUS.unmatched, 0, NO_TIME], table.pointer >>> 2);
        batches.push(Batch.fields(lines, table, { rows: 1, columns: NO_COLUMNS, dropped: 0, isDisjoint: true }));
      }
      this.#open.set(source, undefined);
    }
    return batches;
  }
}

/** Without the newline at its end. */
function textLength({ pieces, bytes }: OpenText): number {
  const last = pieces.at(-1);
  return bytes - (last?.at(-1) !== NEWLINE ? 0 : last.at(-2) === RETURN ? 2 : 1);
}

function copyPieces({ pieces, bytes }: OpenText, memory: Buffer, pointer: number): number {
  let at = pointer;
  for (const piece of pieces) at += piece.copy(memory, at);
  return bytes;
}

function toJson({ pieces, lines, state, facts }: OpenText): JsonValue {
  return { text: Buffer.concat(pieces).toString("latin1"), lines, state, facts: factsAsJson(facts) };
}

function fromJson({ text, lines, state, facts }: { readonly [key: string]: JsonValue }): OpenText | undefined {
  const known = factsOf(facts);
  if (known === undefined || typeof text !== "string" || text === "" || typeof lines !== "number" || typeof state !== "number") return undefined;
  const bytes = Buffer.from(text, "latin1");
  return { pieces: [bytes], bytes: bytes.length, lines, state, facts: known };
}
