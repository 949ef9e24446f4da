// The one clock that all agents of a store have: the database's. What they agree on is compared with it, so that theirs may say what they like.
import type { StoreReader } from "#sdk/store.ts";

/** Milliseconds since 1970 as an expression of its SQL. In MySQL without a zone: `UNIX_TIMESTAMP(NOW(3))` means two moments in the hour that comes twice. */
export type DatabaseClock = (dialect: StoreReader["dialect"]) => string;

export const databaseClock: DatabaseClock = (dialect) => (dialect === "mysql" ? "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)" : "CAST(unixepoch('subsec') * 1000 AS INTEGER)");

export async function databaseNow(reader: StoreReader, clock: DatabaseClock = databaseClock): Promise<number> {
  const [row] = await reader.all<{ now_ms: number }>(`SELECT ${clock(reader.dialect)} AS now_ms`);
  return row?.now_ms ?? 0;
}
