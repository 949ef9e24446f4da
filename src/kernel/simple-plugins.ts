// The short form of a plugin: a file with `parse(line)` or `filter(record)`. Text is decoded once for a whole chunk and the
// results become entries in one go; the function itself is what costs then.
import { toError } from "#base/errors.ts";
import type { Batch } from "#dataplane/batch.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import { defineFilter, defineParse, z } from "#sdk/plugin.ts";
import type { Plugin, PluginContext, Transform } from "#sdk/plugin.ts";
import { withMemory } from "#sdk/with-memory.ts";

type FieldMap = Record<string, unknown>;

/**
 * A parser from a function of one line. A line for which it gives nothing, or throws, goes on as `{ message: line }`: no line is
 * lost. A Date as the field `time` becomes the record's event time.
 */
export function simpleParse(name: string, parse: (line: string) => unknown): Plugin {
  return defineParse({
    name,
    summary: { en: "A parser of your own: a function of one line.", ko: "직접 만든 파서: 한 줄을 받는 함수." },
    options: z.strictObject({}),
    open: async (_, context): Promise<Transform> => ({
      apply(batch, signal) {
        const failures = new Failures(context, "the plugin's parse failed for some lines");
        let unmatchedCount = 0;
        const parsed = (line: string): FieldMap => {
          try {
            const record = parse(line);
            if (isFieldMap(record)) return record;
          } catch (error) {
            failures.add(error);
          }
          unmatchedCount += 1;
          return { [LINE_KEY]: line };
        };
        const { records, times } = batch.form === "lines" ? fromLines(batch, parsed) : fromRecords(batch, parsed);
        failures.say();
        if (0 < unmatchedCount) context.count("lines_unmatched_total", unmatchedCount);
        return replaced(batch, records, times, context, signal);
      },
    }),
  });
}

/** A filter from a function of one record: true keeps it, false drops it, a record takes its place. One for which it throws is kept. */
export function simpleFilter(name: string, filter: (record: FieldMap) => unknown): Plugin {
  return defineFilter({
    name,
    summary: { en: "A filter of your own: a function of one record.", ko: "직접 만든 필터: 레코드 하나를 받는 함수." },
    options: z.strictObject({}),
    open: async (_, context): Promise<Transform> => ({
      async apply(batch, signal) {
        // Before the function has seen a record: it may remember what it saw.
        await withMemory(() => batch.table, { batch, clock: context.clock, signal });
        const failures = new Failures(context, "the plugin's filter failed for some records");
        const verdicts: (boolean | FieldMap)[] = [];
        let isChanged = false;
        for (let row = 0; row < batch.rows; row += 1) {
          const verdict = batch.isKept(row) ? verdictOf(filter, batch.record(row), failures) : false;
          isChanged ||= typeof verdict === "object";
          verdicts.push(verdict);
        }
        failures.say();
        if (!isChanged) return batch.filter((row) => verdicts[row] === true);
        const records: FieldMap[] = [];
        const times: number[] = [];
        for (const [row, verdict] of verdicts.entries()) {
          if (verdict === false) continue;
          records.push(verdict === true ? batch.record(row) : verdict);
          times.push(batch.timeMs(row));
        }
        return replaced(batch, records, times, context, signal);
      },
    }),
  });
}

function verdictOf(filter: (record: FieldMap) => unknown, record: FieldMap, failures: Failures): boolean | FieldMap {
  try {
    const verdict = filter(record);
    return isFieldMap(verdict) ? verdict : Boolean(verdict);
  } catch (error) {
    failures.add(error);
    return true;
  }
}

interface Made {
  readonly records: FieldMap[];
  readonly times: readonly (number | undefined)[];
}

function fromLines(batch: Batch, parsed: (line: string) => FieldMap): Made {
  const slice = batch.text();
  const text = slice.bytes.toString("utf8");
  slice.release();
  const records: FieldMap[] = [];
  const times: (number | undefined)[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const record = parsed(text.slice(start, start < end && text.charCodeAt(end - 1) === 13 ? end - 1 : end));
    times.push(takeTime(record));
    records.push(record);
    start = end + 1;
  }
  return { records, times };
}

/** Records that have a text already: what is parsed from it is added to the rest of them. */
function fromRecords(batch: Batch, parsed: (line: string) => FieldMap): Made {
  const records: FieldMap[] = [];
  const times: (number | undefined)[] = [];
  for (let row = 0; row < batch.rows; row += 1) {
    if (!batch.isKept(row)) continue;
    const { [LINE_KEY]: line, ...rest } = batch.record(row);
    const record = typeof line === "string" ? { ...rest, ...parsed(line) } : { ...rest, ...(line === undefined ? {} : { [LINE_KEY]: line }) };
    times.push(takeTime(record) ?? batch.timeMs(row));
    records.push(record);
  }
  return { records, times };
}

function takeTime(record: FieldMap): number | undefined {
  const { time } = record;
  if (!(time instanceof Date) || Number.isNaN(time.getTime())) return undefined;
  delete record["time"];
  return time.getTime();
}

/** Consumes the batch. The function has seen its records, and is not to see them again. */
async function replaced(batch: Batch, records: readonly FieldMap[], times: readonly (number | undefined)[], { clock }: PluginContext, signal: AbortSignal): Promise<Batch | undefined> {
  try {
    return records.length === 0 ? undefined : await withMemory(() => batchOfRecords(batch.pool, records, batch.facts, (index) => times[index]), { batch, clock, signal });
  } finally {
    batch.release();
  }
}

function isFieldMap(value: unknown): value is FieldMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a plugin threw during one batch: said once, with its count. */
class Failures {
  readonly #context: PluginContext;
  readonly #message: string;
  #count = 0;
  #first: Error | undefined;

  constructor(context: PluginContext, message: string) {
    this.#context = context;
    this.#message = message;
  }

  add(error: unknown): void {
    this.#count += 1;
    this.#first ??= toError(error);
  }

  say(): void {
    if (this.#first === undefined) return;
    this.#context.count("plugin_errors_total", this.#count);
    this.#context.log.warn(this.#message, { failed: this.#count, error: this.#first });
  }
}
