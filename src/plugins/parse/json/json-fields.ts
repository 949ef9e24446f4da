// One text field of records as JSON: docker's `log`, what a forward peer sends, a message behind a syslog head.
import type { Batch } from "#dataplane/batch.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { JsonTimes } from "./json-times.ts";
import { parseObject } from "./parse-object.ts";

export class JsonFields {
  readonly #key: string;
  readonly #times: JsonTimes;
  readonly #isDropping: boolean;
  readonly #context: PluginContext;

  constructor({ key, times, isDropping }: { key: string; times: JsonTimes; isDropping: boolean }, context: PluginContext) {
    this.#key = key;
    this.#times = times;
    this.#isDropping = isDropping;
    this.#context = context;
  }

  /** Consumes the batch. What is parsed wins over fields of the same name; a record without JSON stays as it is. */
  apply(batch: Batch): Batch | undefined {
    const records: Record<string, unknown>[] = [];
    const times: number[] = [];
    let unmatched = 0;
    for (let row = 0; row < batch.rows; row += 1) {
      if (!batch.isKept(row)) continue;
      const record = batch.record(row);
      const text = record[this.#key];
      const found = typeof text === "string" ? parseObject(text) : undefined;
      if (found === undefined) unmatched += 1;
      if (found === undefined && this.#isDropping) continue;
      const instant = found === undefined ? undefined : this.#times.take(found);
      const { [this.#key]: _, ...rest } = record;
      records.push(found === undefined ? record : { ...rest, ...found });
      times.push(instant === undefined ? batch.timeMs(row) : instant.seconds * 1000 + instant.nanoseconds / 1e6);
    }
    if (0 < unmatched) this.#context.count("lines_unmatched_total", unmatched);
    const parsed = records.length === 0 ? undefined : batchOfRecords(batch.pool, records, batch.facts, (index) => times[index]);
    batch.release();
    return parsed;
  }
}
