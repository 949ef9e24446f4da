// One text field of records: for inputs that bring records (Fluentd's forward protocol, docker's `log`) and for a second parser
// behind a first. What is found takes the field's place and wins over fields of the same name; a record it is not found in stays as it is.
import type { Batch } from "#dataplane/batch.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { Instant } from "#dataplane/time-format.ts";
import type { PluginContext } from "#sdk/plugin.ts";

export interface FieldParser {
  readonly key: string;
  readonly isDropping: boolean;
  /** What a text holds, and its time; undefined when it cannot be parsed; "nothing" when there is to be no record. */
  parse(text: string): { readonly fields: Readonly<Record<string, unknown>>; readonly instant: Instant | undefined } | undefined | "nothing";
}

/** Consumes the batch, unless it throws: then that is as it was. */
export function parseField(batch: Batch, parser: FieldParser, context: Pick<PluginContext, "count">): Batch | undefined {
  const records: Record<string, unknown>[] = [];
  const times: number[] = [];
  let unmatched = 0;
  for (let row = 0; row < batch.rows; row += 1) {
    if (!batch.isKept(row)) continue;
    const record = batch.record(row);
    const text = record[parser.key];
    const found = typeof text === "string" ? parser.parse(text) : undefined;
    if (found === "nothing") continue;
    if (found === undefined) {
      unmatched += 1;
      if (parser.isDropping) continue;
      records.push(record);
      times.push(batch.timeMs(row));
      continue;
    }
    const { [parser.key]: _, ...rest } = record;
    records.push({ ...rest, ...found.fields });
    times.push(found.instant === undefined ? batch.timeMs(row) : found.instant.seconds * 1000 + found.instant.nanoseconds / 1e6);
  }
  const parsed = records.length === 0 ? undefined : batchOfRecords(batch.pool, records, batch.facts, (index) => times[index]);
  if (0 < unmatched) context.count("lines_unmatched_total", unmatched);
  batch.release();
  return parsed;
}
