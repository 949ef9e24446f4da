// The bytes of a batch as an output writes them.
import { bigintAsNumber } from "#base/json.ts";
import type { Batch, Slice } from "#dataplane/batch.ts";
import type { TimeStyle } from "#dataplane/emit.ts";
import { ROW, STATUS, rowWords } from "#dataplane/layout.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import { delimitedRows } from "./delimited.ts";
import type { Delimited } from "./delimited.ts";

export type PayloadFormat = "auto" | "lines" | "json" | "msgpack" | Delimited;

/** `auto`: text that nobody parsed goes out as it came in, everything else as JSON lines. Release the slice once. */
export function payloadOf(batch: Batch, format: PayloadFormat, style: TimeStyle, columns: readonly string[] = []): Slice {
  if (format === "csv" || format === "tsv") return delimitedRows(batch, format, columns, style);
  if (format === "msgpack") return batch.entries();
  if (format === "json" || (format === "auto" && batch.form !== "lines")) return batch.json(style);
  if (batch.form === "lines") return batch.text();
  return batch.form === "fields" ? originalLines(batch) : messages(batch);
}

/** The lines that the rows still in were parsed from. */
function originalLines(batch: Batch): Slice {
  const { words, bytes } = batch.pool.memory;
  const width = rowWords(batch.columns.length);
  const chunk = batch.pool.take(batch.length + batch.rows);
  let end = chunk.pointer;
  for (let row = 0, at = batch.table >>> 2; row < batch.rows; row += 1, at += width) {
    if (words[at + ROW.status] === STATUS.dropped) continue;
    const from = words[at + ROW.linePointer] ?? 0;
    const length = words[at + ROW.lineLength] ?? 0;
    bytes.copyWithin(end, from, from + length);
    bytes[end + length] = 10;
    end += length + 1;
  }
  const length = end - chunk.pointer;
  return { pointer: chunk.pointer, length, bytes: chunk.bytes.subarray(0, length), release: () => chunk.release() };
}

/** Records have no line any more: their `message`, or else the record itself. */
function messages(batch: Batch): Slice {
  const message = batch.column(LINE_KEY);
  const lines: string[] = [];
  for (let row = 0; row < batch.rows; row += 1) {
    const text = message.get(row);
    lines.push(`${typeof text === "string" ? text.replaceAll("\n", "\\n") : JSON.stringify(batch.record(row), bigintAsNumber)}\n`);
  }
  const text = Buffer.from(lines.join(""));
  const chunk = batch.pool.take(text.length);
  chunk.bytes.set(text);
  return { pointer: chunk.pointer, length: text.length, bytes: chunk.bytes.subarray(0, text.length), release: () => chunk.release() };
}
