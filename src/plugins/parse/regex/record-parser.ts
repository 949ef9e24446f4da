// One text field of records: for inputs that bring records (Fluentd's forward protocol, docker's `log`) and for a second
// pattern behind a first. What is found takes the field's place; a record the pattern does not fit stays as it is.
import type { Batch } from "#dataplane/batch.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import { timeFormat } from "#dataplane/time-format.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { ParseSettings } from "./field-splitter.ts";
import { valueOf } from "./kinds.ts";
import { LineMatcher } from "./line-matcher.ts";

export class RecordParser {
  readonly #settings: ParseSettings;
  readonly #context: PluginContext;
  readonly #matcher: LineMatcher;
  readonly #format: ReturnType<typeof timeFormat> | undefined;

  constructor(settings: ParseSettings, context: PluginContext) {
    this.#settings = settings;
    this.#context = context;
    this.#matcher = new LineMatcher(context.pool.memory, settings.pattern);
    this.#format = settings.time === undefined ? undefined : timeFormat(settings.time.format, settings.time.zone);
  }

  /** Consumes the batch. */
  apply(batch: Batch): Batch | undefined {
    const records: Record<string, unknown>[] = [];
    const times: number[] = [];
    let unmatched = 0;
    for (let row = 0; row < batch.rows; row += 1) {
      if (!batch.isKept(row)) continue;
      const record = batch.record(row);
      const text = record[this.#settings.key];
      const found = typeof text === "string" ? this.#parse(text) : undefined;
      if (found === undefined) unmatched += 1;
      if (found === undefined && this.#settings.isDropping) continue;
      const { [this.#settings.key]: _, ...rest } = record;
      records.push(found === undefined ? record : { ...rest, ...found.fields });
      times.push(found?.timeMs ?? batch.timeMs(row));
    }
    if (0 < unmatched) this.#context.count("lines_unmatched_total", unmatched);
    const parsed = records.length === 0 ? undefined : batchOfRecords(batch.pool, records, batch.facts, (index) => times[index]);
    batch.release();
    return parsed;
  }

  #parse(text: string): { fields: Record<string, unknown>; timeMs: number | undefined } | undefined {
    const { pattern, types, time } = this.#settings;
    const values = this.#matcher.matchText(text);
    if (values === undefined) return undefined;
    const fields: Record<string, unknown> = {};
    let timeMs: number | undefined;
    for (const [column, name] of pattern.names.entries()) {
      const value = values[column];
      if (value === undefined) continue;
      if (name === time?.key) {
        const instant = this.#format?.parse(value, this.#context.clock.now() / 1000);
        if (instant !== undefined) timeMs = instant.seconds * 1000 + instant.nanoseconds / 1e6;
        if (instant !== undefined && !time.isKept) continue;
      }
      fields[name] = valueOf(value, types[name] ?? "string");
    }
    return { fields, timeMs };
  }
}
