// Records as rows of cells: CSV (RFC 4180, but lines end with "\n" alone) and TSV, whose cells have `\t`, `\n`, `\r` and `\\` for what
// cannot stand in them. Made in JavaScript, record by record: some sixteen times slower than JSON.
import { bigintAsNumber } from "#base/json.ts";
import type { Batch, Slice } from "#dataplane/batch.ts";
import type { TimeStyle } from "#dataplane/emit.ts";
import { z } from "#sdk/plugin.ts";
import { ownSlice } from "./own-slice.ts";
import { timeText } from "./time-text.ts";

export type Delimited = "csv" | "tsv";

const ESCAPES: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\" };
const CELLS: Readonly<Record<Delimited, { readonly delimiter: string; cell(text: string): string }>> = {
  csv: { delimiter: ",", cell: (text) => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text) },
  tsv: { delimiter: "\t", cell: (text) => text.replaceAll(/[\t\n\r\\]/g, (character) => ESCAPES[character] ?? "") },
};

/** The option that goes with `format: csv` and `tsv`. */
export function columnsOption() {
  return {
    columns: z.array(z.string().min(1)).min(1).optional().meta({
      description: "Fields that make the cells of `format: csv` and `tsv`, in order. What a record has not is empty; `time_key` stands for the event time.",
      ko: "`format: csv`와 `tsv`의 칸이 될 필드와 그 순서. 레코드에 없는 필드는 빈 칸이고, `time_key`는 이벤트 시각입니다.",
    }),
  };
}

export function checkDelimited({ format, columns }: { readonly format: string; readonly columns?: readonly string[] | undefined }, context: z.core.$RefinementCtx): void {
  const isDelimited = format === "csv" || format === "tsv";
  const issue = (message: string, ko: string): void => void context.addIssue({ code: "custom", path: ["columns"], message, params: { ko } });
  if (isDelimited && columns === undefined) issue(`\`format: ${format}\` needs \`columns\`: the fields of a row, in order`, `\`format: ${format}\`에는 한 줄을 이루는 필드의 순서 \`columns\`가 필요합니다`);
  if (!isDelimited && columns !== undefined) issue("goes with `format: csv` or `tsv`", "`format: csv`나 `tsv`와 함께 씁니다");
}

/** Throws MemoryFullError. Times are written in ISO 8601 unless a format of strftime's letters is given. */
export function delimitedRows(batch: Batch, format: Delimited, columns: readonly string[], style: TimeStyle, timeFormat?: string): Slice {
  const { delimiter, cell } = CELLS[format];
  const readers = columns.map((name) => ({ reader: batch.column(name), isTime: name === style.key }));
  const lines: string[] = [];
  for (let row = 0; row < batch.rows; row += 1) {
    if (!batch.isKept(row)) continue;
    const cells = readers.map(({ reader, isTime }) => {
      const value = reader.get(row);
      return cell(value === undefined && isTime ? timeText(batch.timeMs(row), style, timeFormat) : textOf(value));
    });
    // A row of one empty cell would be no row.
    lines.push(cells.length === 1 && cells[0] === "" && format === "csv" ? '""\n' : `${cells.join(delimiter)}\n`);
  }
  const text = Buffer.from(lines.join(""));
  const chunk = batch.pool.take(text.length);
  chunk.bytes.set(text);
  return ownSlice(chunk, text.length);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  return typeof value === "object" ? JSON.stringify(value, bigintAsNumber) : String(value);
}
