// Follows a table by a key that grows with each new row.
import type { Connection } from "mysql2/promise";
import { escapeId } from "mysql2";
import type { JsonValue } from "#base/json.ts";
import { rowsOf } from "#sdk/mysql-connection.ts";
import { GAPS_MAX, gapCondition, gapsBetween, gapsOf, withoutKeys } from "./key-gaps.ts";
import type { Gap } from "./key-gaps.ts";
import type { Follower, FollowerParts, Page } from "./follower.ts";
import { recordMaker } from "./values.ts";

/** Rows further behind the head than this were not being inserted when we came: what is missing among them was deleted. */
const FRESH_KEYS = 10_000n;

export function followKey({ table, rescanMs, pollMs, clock, count }: FollowerParts, position: JsonValue | undefined): Follower {
  const key = escapeId(table.key);
  const from = `FROM ${escapeId(table.db)}.${escapeId(table.name)}`;
  const select = `SELECT ${[key, ...table.columns.map(({ name }) => escapeId(name))].join(", ")} ${from}`;
  const recordOf = recordMaker(table);
  const known = typeof position === "object" && position !== null && !Array.isArray(position) ? (position as { readonly [key: string]: JsonValue }) : {};
  let cursor = typeof known["key"] === "string" ? BigInt(known["key"]) : undefined;
  let gaps: Gap[] = gapsOf(known["gaps"]);
  let gapsFrom: bigint | undefined;
  let lookedMs = 0;

  const pageOf = (rows: readonly unknown[][], isAtEnd: boolean): Page => ({
    records: rows.map((row) => recordOf(row, 1)),
    position: { key: cursor === undefined ? null : String(cursor), gaps },
    isAtEnd,
  });

  async function missed(connection: Connection, limit: number, signal: AbortSignal): Promise<Page | undefined> {
    const now = clock.now();
    gaps = gaps.filter(([, , since]) => now - since <= rescanMs);
    if (gaps.length === 0 || now - lookedMs < pollMs) return undefined;
    lookedMs = now;
    const rows = await rowsOf(connection, `${select} WHERE ${gapCondition(key, gaps)} ORDER BY ${key} LIMIT ${limit}`, [], signal);
    if (rows.length === 0) return undefined;
    gaps = withoutKeys(gaps, keysOf(rows));
    return pageOf(rows, false);
  }

  return {
    async start(connection, signal) {
      const [[last] = []] = await rowsOf(connection, `SELECT MAX(${key}) ${from}`, [], signal);
      cursor = last === null || last === undefined ? undefined : BigInt(String(last));
      gaps = [];
      return { key: cursor === undefined ? null : String(cursor), gaps };
    },
    async next(connection, limit, signal) {
      const late = await missed(connection, limit, signal);
      if (late !== undefined) return late;
      if (gapsFrom === undefined) {
        const [[head] = []] = await rowsOf(connection, `SELECT MAX(${key}) ${from}`, [], signal);
        gapsFrom = BigInt(String(head ?? 0)) - FRESH_KEYS;
      }
      const after = cursor === undefined ? "" : `WHERE ${key} > ${cursor}`;
      const rows = await rowsOf(connection, `${select} ${after} ORDER BY ${key} LIMIT ${limit}`, [], signal);
      const keys = keysOf(rows);
      const last = keys.at(-1);
      if (last !== undefined) {
        const fresh = gapsBetween(cursor ?? (0n < (keys[0] ?? 0n) ? 0n : (keys[0] ?? 0n)), keys, clock.now()).filter(
          ([, end]) => (gapsFrom ?? 0n) <= BigInt(end),
        );
        gaps = 0 < rescanMs ? [...gaps, ...fresh] : [];
        const tooMany = gaps.length - GAPS_MAX;
        if (0 < tooMany) {
          gaps = gaps.slice(tooMany);
          count("mysql_key_gaps_given_up_total", tooMany);
        }
        cursor = last;
      }
      return pageOf(rows, rows.length < limit);
    },
  };
}

function keysOf(rows: readonly unknown[][]): bigint[] {
  return rows.map(([key]) => BigInt(String(key)));
}
