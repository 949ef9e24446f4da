// A batch of events that a step before us joined from lines: text as it was read, and a table without columns whose rows span one line
// or several. Kernels go by newlines, so those inside events are hidden from them; the few rows that have some go through V8.
import type { Batch } from "#dataplane/batch.ts";
import { ROW, STATUS, rowWords } from "#dataplane/layout.ts";

export interface JoinedRows {
  /** Where in memory newlines lie inside a row. */
  readonly newlines: readonly number[];
  /** Rows that have some. */
  readonly rows: readonly number[];
}

export const NO_JOINED_ROWS: JoinedRows = { newlines: [], rows: [] };
const NEWLINE = 10;
const HIDDEN = 1;
const WIDTH = rowWords(0);

/** undefined for any other batch. */
export function joinedRows(batch: Batch): JoinedRows | undefined {
  if (batch.form !== "fields" || 0 < batch.columns.length || batch.count < batch.rows) return undefined;
  const { words, kernels } = batch.pool.memory;
  const lines = batch.pool.take((kernels.countLines(batch.pointer, batch.length) + 1) * 8);
  try {
    const count = kernels.lineTable(batch.pointer, batch.length, lines.pointer);
    const table = batch.table >>> 2;
    const newlines: number[] = [];
    const rows: number[] = [];
    let row = -1;
    let end = 0;
    for (let line = 0; line < count; line += 1) {
      const pointer = words[(lines.pointer >>> 2) + line * 2] ?? 0;
      const next = table + (row + 1) * WIDTH;
      if (row + 1 < batch.rows && words[next + ROW.linePointer] === pointer) {
        if (words[next + ROW.status] !== STATUS.unmatched) return undefined;
        row += 1;
        end = pointer + (words[next + ROW.lineLength] ?? 0);
        continue;
      }
      // Not the row's text, or not all of it: another order than that of the lines.
      if (row === -1 || end < pointer) return undefined;
      newlines.push(pointer - 1);
      if (rows.at(-1) !== row) rows.push(row);
    }
    return row + 1 === batch.rows ? { newlines, rows } : undefined;
  } finally {
    lines.release();
  }
}

/** Does the work while a kernel sees each event as one line. */
export function withHiddenNewlines<Result>({ newlines }: JoinedRows, bytes: Buffer, work: () => Result): Result {
  for (const at of newlines) bytes[at] = HIDDEN;
  try {
    return work();
  } finally {
    for (const at of newlines) bytes[at] = NEWLINE;
  }
}
