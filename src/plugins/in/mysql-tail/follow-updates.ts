// Follows a table by (updated_at, key): a changed row comes again. A row that gets its time now may appear later than one
// with a later time, and with the same time as one that was read, so only rows older than `now - lag` are read: by then
// every transaction that takes less than the lag has committed. The server's own clock says what is now.
import { escapeId } from "mysql2";
import type { JsonValue } from "#base/json.ts";
import { rowsOf } from "#sdk/mysql-connection.ts";
import type { Follower, FollowerParts, Page } from "./follower.ts";
import { recordMaker } from "./values.ts";

type Position = { readonly updatedAt: string | null; readonly key: string | number | null };

export function followUpdates({ table, lagMs, clock }: FollowerParts, position: JsonValue | undefined): Follower {
  const key = escapeId(table.key);
  const updatedAt = escapeId(table.updatedAt?.name ?? "");
  const from = `FROM ${escapeId(table.db)}.${escapeId(table.name)}`;
  const select = `SELECT ${[key, updatedAt, ...table.columns.map(({ name }) => escapeId(name))].join(", ")} ${from}`;
  const order = `ORDER BY ${updatedAt}, ${key}`;
  const before = `${updatedAt} < ${cutoff(lagMs, table.updatedAt?.digits ?? 0)}`;
  const recordOf = recordMaker(table);
  let cursor: Position | undefined = committedPosition(position);
  const openedMs = clock.now();
  /** In a test the end is what was there at the start: that is past the cutoff only after the lag and one tick of the column. */
  const settledMs = openedMs + lagMs + 1000 / 10 ** (table.updatedAt?.digits ?? 0);

  return {
    async start(connection, signal) {
      const rows = await rowsOf(connection, `SELECT ${key}, ${updatedAt} ${from} WHERE ${before} ORDER BY ${updatedAt} DESC, ${key} DESC LIMIT 1`, [], signal);
      cursor = rows.length === 0 ? { updatedAt: null, key: null } : positionOf(rows);
      return cursor;
    },
    async next(connection, limit, signal): Promise<Page> {
      const isFirst = cursor === undefined || cursor.updatedAt === null;
      const after = isFirst ? "" : `${updatedAt} >= ? AND (${updatedAt} > ? OR ${key} > ?) AND `;
      const values = isFirst ? [] : [cursor?.updatedAt, cursor?.updatedAt, cursor?.key];
      const isSettled = settledMs <= clock.now();
      const rows = await rowsOf(connection, `${select} WHERE ${after}${before} ${order} LIMIT ${limit}`, values, signal);
      if (0 < rows.length) cursor = positionOf(rows);
      return { records: rows.map((row) => recordOf(row, 2)), position: cursor ?? null, isAtEnd: rows.length < limit && isSettled };
    },
  };
}

/** What was committed, or undefined. Checked by hand: a data-plane thread has no schemas. */
function committedPosition(value: JsonValue | undefined): Position | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { updatedAt, key } = value as { readonly [key: string]: JsonValue };
  const isKey = key === null || typeof key === "string" || typeof key === "number";
  return isKey && (updatedAt === null || typeof updatedAt === "string") ? { updatedAt, key } : undefined;
}

function positionOf(rows: readonly unknown[][]): Position {
  const [key, updatedAt] = rows.at(-1) ?? [];
  return { updatedAt: String(updatedAt), key: typeof key === "number" ? key : String(key) };
}

/** `now - lag`, cut to the column's digits: a second that is not over may still get rows. */
function cutoff(lagMs: number, digits: number): string {
  const time = `(NOW(6) - INTERVAL ${Math.round(lagMs * 1000)} MICROSECOND)`;
  return digits === 6 ? time : `(${time} - INTERVAL (MICROSECOND${time} MOD ${10 ** (6 - digits)}) MICROSECOND)`;
}
