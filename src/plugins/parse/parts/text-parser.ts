// Texts into records, whatever the format: a format says what fields one text holds, and this does the rest. Of lines the chunk is
// decoded once, and what is found is written straight into a chunk of entries; of records one text field is parsed in its place.
import { Batch } from "#dataplane/batch.ts";
import type { Facts } from "#dataplane/batch.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import type { Instant } from "#dataplane/time-format.ts";
import { SYSTEM_ZONE } from "#dataplane/time-zone.ts";
import type { PluginContext, Transform } from "#sdk/plugin.ts";
import { EntrySink } from "./entry-sink.ts";
import { parseField } from "./field-records.ts";
import type { FieldParser } from "./field-records.ts";
import { FieldTimes } from "./field-times.ts";
import { Found } from "./found.ts";
import type { FieldName } from "./found.ts";
import type { KindName } from "./kinds.ts";

export interface TextFormat {
  /** Called before the lines of a batch. */
  begin?(facts: Facts): void;
  /** Puts the fields of a text into `found`. false: the text is not of this format. "nothing": it is, and makes no record. Never throws. */
  parse(text: string, found: Found): boolean | "nothing";
}

/** What `textOptions` gives. */
export interface TextSettings {
  readonly key: string;
  readonly types: Readonly<Record<string, KindName>>;
  readonly time_key: string;
  readonly time_format?: string | undefined;
  readonly time_zone?: string | undefined;
  readonly keep_time: boolean;
  readonly unmatched: "keep" | "drop";
}

/** What begins an entry. */
const ROW_BYTES = 16;
/** More is not taken on suspicion: memory that is held, even if never touched, keeps inputs waiting. */
const GROWTH_MAX = 4;

export class TextParser implements Transform {
  readonly #context: PluginContext;
  readonly #format: TextFormat;
  readonly #found: Found;
  readonly #times: FieldTimes;
  readonly #timeName: FieldName | undefined;
  readonly #field: FieldParser;
  /** Bytes written for a byte read, besides what each row takes; the last batch says what to expect of the next. */
  #growth = 1.5;

  constructor(makeFormat: (found: Found) => TextFormat, given: TextSettings, context: PluginContext) {
    this.#context = context;
    this.#found = new Found(given.types);
    this.#timeName = given.time_key === "" ? undefined : this.#found.name(given.time_key);
    this.#format = makeFormat(this.#found);
    this.#times = new FieldTimes({ key: given.time_key, format: given.time_format, zone: given.time_zone ?? (given.time_format === undefined ? "UTC" : SYSTEM_ZONE), isKept: given.keep_time, clock: context.clock });
    this.#field = { key: given.key, isDropping: given.unmatched === "drop", parse: (text) => this.#parseField(text) };
  }

  apply(batch: Batch): Batch | undefined {
    this.#format.begin?.(batch.facts);
    if (batch.form !== "lines") return parseField(batch, this.#field, this.#context);
    const sink = new EntrySink(batch.pool, Math.ceil(batch.length * this.#growth) + batch.rows * ROW_BYTES + 256);
    let isDone = false;
    try {
      this.#parseLines(batch, sink);
      batch.release();
      isDone = 0 < sink.rows;
      if (!isDone) return undefined;
      this.#growth = Math.min(GROWTH_MAX, Math.max(1, (1.1 * (sink.length - sink.rows * ROW_BYTES)) / batch.length));
      return Batch.entries(sink.chunk, 0, sink.length, sink.rows, batch.facts);
    } finally {
      if (!isDone) sink.chunk.release();
    }
  }

  #parseLines(lines: Batch, sink: EntrySink): void {
    const { kernels, bytes } = lines.pool.memory;
    const { seconds, nanoseconds } = lines.facts;
    const text = bytes.toString(kernels.isAscii(lines.pointer, lines.length) === 1 ? "latin1" : "utf8", lines.pointer, lines.pointer + lines.length);
    const found = this.#found;
    let unmatched = 0;
    let untimed = 0;
    let end = 0;
    for (let at = 0; at < text.length; at = end + 1) {
      end = text.indexOf("\n", at);
      const line = text.slice(at, at < end && text.charCodeAt(end - 1) === 13 ? end - 1 : end);
      found.clear();
      const outcome = this.#format.parse(line, found);
      if (outcome === "nothing") continue;
      if (!outcome) {
        unmatched += 1;
        if (!this.#field.isDropping) sink.text(seconds, nanoseconds, LINE_KEY, line);
        continue;
      }
      const name = this.#time();
      const time = name === undefined ? undefined : this.#times.read(found.values[name.place]);
      if (name !== undefined && time === undefined) untimed += 1;
      sink.found(time?.seconds ?? seconds, time?.nanoseconds ?? nanoseconds, found, name !== undefined && time !== undefined && !this.#times.isKept ? name.place : -1);
    }
    found.end();
    if (0 < unmatched) this.#context.count("lines_unmatched_total", unmatched);
    if (0 < untimed) this.#context.count("times_unparsed_total", untimed);
  }

  #parseField(text: string): ReturnType<FieldParser["parse"]> {
    const found = this.#found;
    found.clear();
    // Docker's `log` ends as the line did.
    const outcome = this.#format.parse(text.replace(/\r?\n$/, ""), found);
    if (outcome === "nothing") return outcome;
    if (!outcome) return undefined;
    const name = this.#time();
    const instant: Instant | undefined = name === undefined ? undefined : this.#times.read(found.values[name.place]);
    if (name !== undefined && instant === undefined) this.#context.count("times_unparsed_total");
    return { fields: found.record(name !== undefined && instant !== undefined && !this.#times.isKept ? name.place : -1), instant };
  }

  /** The time's name, where this line has it. */
  #time(): FieldName | undefined {
    return this.#timeName !== undefined && this.#found.has(this.#timeName) ? this.#timeName : undefined;
  }
}
