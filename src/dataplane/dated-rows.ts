// The rows of a batch one by one, with their own time to the nanosecond and their own bytes: for a person who changes some of them
// and wants the others left as they were, byte for byte.
import { assert } from "#base/assert.ts";
import { Batch } from "./batch.ts";
import { LINE_KEY } from "./line-key.ts";
import { ValueWriter } from "./msgpack.ts";

export interface DatedRow {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly record: Record<string, unknown>;
  /** As the row lay in its batch; without them it is written anew from the record. */
  readonly bytes?: Buffer;
}

const ENTRY_ROW_WORDS = 5;
const NEWLINE = 10;

/** The rows of a batch of lines or entries. Their bytes are copies. */
export function datedRows(batch: Batch): DatedRow[] {
  assert(batch.form !== "fields", "what lies in files are lines or entries");
  const { bytes, words } = batch.pool.memory;
  const end = batch.pointer + batch.length;
  const rows: DatedRow[] = [];
  const table = batch.form === "entries" ? batch.table >>> 2 : 0;
  for (let row = 0, at = batch.pointer; row < batch.rows; row += 1) {
    const word = table + row * ENTRY_ROW_WORDS;
    const isEntry = batch.form === "entries";
    const next = isEntry ? (row + 1 < batch.rows ? (words[word + ENTRY_ROW_WORDS] ?? 0) : end) : bytes.indexOf(NEWLINE, at) + 1;
    const { seconds, nanoseconds } = isEntry ? { seconds: words[word + 3] ?? 0, nanoseconds: words[word + 4] ?? 0 } : batch.facts;
    rows.push({ seconds, nanoseconds, record: batch.record(row), bytes: Buffer.from(bytes.subarray(at, next)) });
    at = next;
  }
  return rows;
}

/** A batch of the rows with the facts of `batch`, which is left alone. Lines stay lines where each row is still one; else they become entries. */
export function batchOfRows(batch: Batch, rows: readonly DatedRow[]): Batch {
  const { facts, pool } = batch;
  const isLines = batch.form === "lines" && rows.every((row) => row.bytes !== undefined || isLine(row, batch));
  const parts = rows.map((row) => (isLines ? lineOf(row) : ((batch.form === "entries" ? row.bytes : undefined) ?? entryOf(row))));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const chunk = pool.take(length);
  let at = 0;
  for (const part of parts) at += part.copy(chunk.bytes, at);
  return isLines ? Batch.lines(chunk, 0, length, facts, rows.length) : Batch.entries(chunk, 0, length, rows.length, facts);
}

function isLine({ seconds, nanoseconds, record }: DatedRow, { facts }: Batch): boolean {
  const text = record[LINE_KEY];
  return Object.keys(record).length === 1 && typeof text === "string" && !text.includes("\n") && seconds === facts.seconds && nanoseconds === facts.nanoseconds;
}

function lineOf({ bytes, record }: DatedRow): Buffer {
  return bytes ?? Buffer.from(`${String(record[LINE_KEY])}\n`);
}

function entryOf({ seconds, nanoseconds, record }: DatedRow): Buffer {
  const writer = ValueWriter.growing(1024);
  writer.entry(seconds, nanoseconds, record);
  return writer.buffer.subarray(0, writer.end);
}
