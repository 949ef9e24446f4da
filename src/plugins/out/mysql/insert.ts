// Inserts rows inside a transaction: as many a statement as the server takes, and halved around rows that it refuses.
import { PermanentError } from "#base/errors.ts";
import { rowsOf } from "#sdk/mysql-connection.ts";
import type { Row, Rows } from "./rows.ts";
import { isRowRefusal, withoutStatement } from "./session.ts";
import type { Session } from "./session.ts";

export interface Refusal {
  /** The row's place in the batch. */
  readonly place: number;
  readonly error: Error;
}

/** Gives what the server refused; throws what has nothing to do with the rows. */
export async function insertRows({ connection, statementBytesMax }: Session, { rows, head, tail }: Rows, signal: AbortSignal): Promise<Refusal[]> {
  const refused: Refusal[] = [];
  const roomBytes = statementBytesMax - Buffer.byteLength(head) - Buffer.byteLength(tail);
  for (let from = 0; from < rows.length; ) {
    const part: Row[] = [];
    let bytes = 0;
    for (let row = rows[from]; row !== undefined && (part.length === 0 || bytes + row.bytes + 1 <= roomBytes); row = rows[from]) {
      from += 1;
      const error = row.error ?? (roomBytes < row.bytes ? new PermanentError(`a row of ${row.bytes} bytes is longer than the server takes (max_allowed_packet)`) : undefined);
      if (error !== undefined) {
        refused.push({ place: row.place, error });
        continue;
      }
      part.push(row);
      bytes += row.bytes + 1;
    }
    if (0 < part.length) await insert(part);
  }
  return refused;

  async function insert(part: readonly Row[]): Promise<void> {
    try {
      await rowsOf(connection, head + part.map(({ text }) => text).join(",") + tail, [], signal);
    } catch (error) {
      if (!isRowRefusal(error)) throw withoutStatement(error);
      const [only] = part;
      if (only !== undefined && part.length === 1) return void refused.push({ place: only.place, error: withoutStatement(error) });
      const half = part.length >>> 1;
      await insert(part.slice(0, half));
      await insert(part.slice(half));
    }
  }
}
