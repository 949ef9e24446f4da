// Joins records by one text field of theirs: what comes from Fluentd, or from another joining step before. The event is its first
// record with the texts of all. Of a container's two streams, which lie mixed in one file, each has its events (`stream`).
import type { JsonValue } from "#base/json.ts";
import type { Batch, Facts } from "#dataplane/batch.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { Gathering } from "#sdk/gathering.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { BEGINS } from "./event-rules.ts";
import type { EventRules } from "./event-rules.ts";
import { factsAsJson, factsOf } from "./facts-of.ts";
import { FieldRows } from "./field-rows.ts";
import { OpenEvents } from "./open-events.ts";
import { packed, unpacked } from "./packed-record.ts";
import { NO_STREAM, STREAM_KEY, streamNamed } from "./streams.ts";
import type { EventLimits } from "./text-events.ts";

type Fields = Record<string, unknown>;

interface OpenRecord {
  readonly record: Fields;
  readonly text: string;
  readonly bytes: number;
  readonly lines: number;
  readonly state: number;
  readonly timeMs: number;
  readonly facts: Facts;
}

export class RecordEvents implements Gathering {
  readonly #rules: EventRules;
  readonly #limits: EventLimits;
  readonly #key: string;
  readonly #context: PluginContext;
  readonly #open: OpenEvents<OpenRecord>;

  constructor(rules: EventRules, { key, timeoutMs, ...limits }: EventLimits & { readonly timeoutMs: number; readonly key: string }, context: PluginContext) {
    this.#rules = rules;
    this.#limits = limits;
    this.#key = key;
    this.#context = context;
    this.#open = new OpenEvents("records", timeoutMs, { toJson, fromJson }, context);
  }

  get dueAt(): number | undefined {
    return this.#open.dueAt;
  }

  add(batch: Batch): Batch[] {
    const source = `${batch.tag}\n${batch.facts.source ?? ""}`;
    return batch.form === "fields" ? this.#addFields(batch, source) : this.#addEntries(batch, source);
  }

  #addFields(batch: Batch, source: string): Batch[] {
    const { pool } = batch;
    const rows = new FieldRows(batch, this.#key);
    const ways = [...rows.streams()].map((stream) => {
      const key = keyOf(source, stream);
      const held = this.#open.get(key);
      const found = rows.find(stream, held, this.#rules, this.#limits);
      const { head } = found;
      const headText = head === undefined || head.rows.length === 0 ? "" : `\n${rows.textOf(head)}`;
      const headEvent = held === undefined || head === undefined ? undefined : { ...held, text: held.text + headText, bytes: head.bytes, lines: head.lines, state: head.state };
      return { ...found, key, headEvent };
    });
    const joined = ways.flatMap((way) => way.joined);
    const chunk = joined.length === 0 ? undefined : pool.take(joined.reduce((sum, { bytes }) => sum + bytes, 0));
    const before: Batch[] = [];
    try {
      for (const { isHeadComplete, headEvent } of ways) if (isHeadComplete && headEvent !== undefined) before.push(batchOfRecords(pool, [this.#eventOf(headEvent)], headEvent.facts, () => headEvent.timeMs));
    } catch (error) {
      for (const each of before) each.release();
      chunk?.release();
      throw error;
    }
    const openAfter = ways.map(({ tail, isHeadComplete, headEvent }) => {
      if (tail === undefined) return isHeadComplete ? undefined : headEvent;
      const [first = 0] = tail.rows;
      return { record: batch.record(first), text: rows.textOf(tail), bytes: tail.bytes, lines: tail.lines, state: tail.state, timeMs: batch.timeMs(first), facts: batch.facts };
    });
    if (chunk !== undefined) {
      rows.join(joined, chunk.pointer);
      batch.adopt(chunk);
    }
    for (const [index, { key }] of ways.entries()) this.#open.set(key, openAfter[index]);
    const cuts = ways.reduce((sum, way) => sum + way.cuts, 0);
    if (0 < cuts) this.#context.count("events_cut_total", cuts);
    const leaving = new Set([...ways.flatMap(({ head, tail }) => [...(head?.rows ?? []), ...(tail?.rows ?? [])]), ...joined.flatMap((event) => event.rows.slice(1))]);
    const rest = batch.filter((row) => !leaving.has(row));
    return rest === undefined ? before : [...before, rest];
  }

  #addEntries(batch: Batch, source: string): Batch[] {
    const events: Fields[] = [];
    const times: number[] = [];
    let cuts = 0;
    /** By the key of each stream that a record here is of. */
    const openOf = new Map<string, OpenRecord | undefined>();
    for (let row = 0; row < batch.rows; row += 1) {
      if (!batch.isKept(row)) continue;
      const record = batch.record(row);
      const key = keyOf(source, streamNamed(record[STREAM_KEY]));
      let open = openOf.has(key) ? openOf.get(key) : this.#open.get(key);
      const end = (): void => {
        if (open === undefined) return;
        events.push(this.#eventOf(open));
        times.push(open.timeMs);
        open = undefined;
      };
      const text = record[this.#key];
      if (typeof text !== "string") {
        end();
        openOf.set(key, open);
        events.push(record);
        times.push(batch.timeMs(row));
        continue;
      }
      const line = Buffer.from(text);
      const length = line.length - (line.at(-1) !== 10 ? 0 : line.at(-2) === 13 ? 2 : 1);
      let state = open === undefined ? BEGINS : this.#rules.next(open.state, line, 0, length);
      if (open !== undefined && state !== BEGINS && (this.#limits.linesMax <= open.lines || this.#limits.bytesMax < open.bytes + length + 1)) {
        cuts += 1;
        end();
      } else if (state === BEGINS) {
        end();
        state = this.#rules.first(line, 0, length);
      }
      open =
        open === undefined
          ? { record, text, bytes: line.length, lines: 1, state, timeMs: batch.timeMs(row), facts: batch.facts }
          : { ...open, text: `${open.text}${open.text.endsWith("\n") ? "" : "\n"}${text}`, bytes: open.bytes + line.length + 1, lines: open.lines + 1, state };
      if (this.#rules.isEnd(line, 0, length)) end();
      openOf.set(key, open);
    }
    const complete = events.length === 0 ? [] : [batchOfRecords(batch.pool, events, batch.facts, (index) => times[index])];
    for (const [key, open] of openOf) this.#open.set(key, open);
    if (0 < cuts) this.#context.count("events_cut_total", cuts);
    batch.release();
    return complete;
  }

  flush(now: number): Batch[] {
    const batches: Batch[] = [];
    const [source] = this.#open.due(now);
    const open = source === undefined ? undefined : this.#open.get(source);
    if (source === undefined || open === undefined) return batches;
    batches.push(batchOfRecords(this.#context.pool, [this.#eventOf(open)], open.facts, () => open.timeMs));
    this.#open.set(source, undefined);
    return batches;
  }

  changes(): Record<string, JsonValue> {
    return this.#open.changes();
  }

  held(): { bytes: number; batches: number } {
    return { bytes: this.#open.bytes, batches: this.#open.size };
  }

  #eventOf({ record, text }: OpenRecord): Fields {
    return { ...record, [this.#key]: text };
  }
}

/** Records that say no stream keep the key they had before streams were told apart. */
function keyOf(source: string, stream: string): string {
  return stream === NO_STREAM ? source : `${source}\n${stream}`;
}

function toJson({ record, text, lines, state, timeMs, facts }: OpenRecord): JsonValue {
  return { record: packed(record), text, lines, state, timeMs, facts: factsAsJson(facts) };
}

function fromJson({ record, text, lines, state, timeMs, facts }: { readonly [key: string]: JsonValue }): OpenRecord | undefined {
  const known = factsOf(facts);
  const fields = unpacked(record);
  if (known === undefined || fields === undefined || typeof text !== "string" || typeof lines !== "number" || typeof state !== "number" || typeof timeMs !== "number") return undefined;
  return { record: fields, text, bytes: Buffer.byteLength(text), lines, state, timeMs, facts: known };
}
