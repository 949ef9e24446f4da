// What the server says of a table that is written to: the columns, and whether a transaction over it holds.
import type { Connection } from "mysql2/promise";
import { UsageError } from "#base/errors.ts";
import { say } from "#base/lang.ts";
import { rowsOf } from "#sdk/mysql-connection.ts";
import type { MysqlOptions } from "../mysql.ts";

export interface Column {
  readonly name: string;
  /** In lower case: `bigint`, `varchar`, `datetime`. */
  readonly type: string;
  /** Digits of the second a time column keeps. */
  readonly digits: number;
}

export interface Table {
  readonly name: string;
  /** Those that are written, in order; the event time's is not among them. */
  readonly columns: readonly Column[];
  readonly time: Column | undefined;
  /** A failed INSERT leaves nothing behind. */
  readonly isTransactional: boolean;
}

/** Throws UsageError when the table cannot be written to as wanted. */
export async function describeTable(connection: Connection, given: MysqlOptions, name: string, signal: AbortSignal): Promise<Table> {
  const where = [given.db, name];
  const full = `${given.db}.${name}`;
  const found = await rowsOf(connection, "SELECT COLUMN_NAME, DATA_TYPE, DATETIME_PRECISION, EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION", where, signal);
  if (found.length === 0)
    throw new UsageError(say({ en: `there is no table ${full}, or the user may not write to it`, ko: `테이블 ${full} 이 없거나 쓸 권한이 없습니다` }), {
      hint: say({ en: "Check `db` and `table`, or GRANT INSERT on it.", ko: "db와 table을 확인하거나 GRANT INSERT를 실행하세요." }),
    });
  const columns = found.map(([column, type, digits, extra]) => ({ name: String(column), type: String(type).toLowerCase(), digits: Number(digits ?? 0), isMade: /\bGENERATED\b/i.test(String(extra).replace(/DEFAULT_GENERATED/i, "")) }));
  const named = (wanted: string, option: string): Column => {
    const column = columns.find((each) => each.name.toLowerCase() === wanted.toLowerCase());
    if (column !== undefined) return column;
    throw new UsageError(say({ en: `${full} has no column ${wanted} (\`${option}\`)`, ko: `${full} 에 ${wanted} 열이 없습니다 (${option})` }), {
      hint: say({ en: `Its columns are ${columns.map((each) => each.name).join(", ")}.`, ko: `열: ${columns.map((each) => each.name).join(", ")}` }),
    });
  };
  const time = given.time_column === undefined ? undefined : named(given.time_column, "time_column");
  const wanted = given.columns === undefined ? columns.filter((each) => !each.isMade) : (Array.isArray(given.columns) ? given.columns : Object.keys(given.columns)).map((column) => named(column, "columns"));
  const [engine] = await rowsOf(connection, "SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", where, signal);
  const isTransactional = /^innodb$/i.test(String(engine?.[0]));
  const table = { name, columns: wanted.filter((each) => each !== time), time, isTransactional };
  if (given.exactly_once) await makeSureOfOnce(connection, given, table, signal);
  return table;
}

/** Prepared transactions hold their unique keys until they are committed: a repeat would wait for what waits for it. */
async function makeSureOfOnce(connection: Connection, given: MysqlOptions, { name, columns, time, isTransactional }: Table, signal: AbortSignal): Promise<void> {
  const full = `${given.db}.${name}`;
  if (!isTransactional) throw new UsageError(say({ en: `${full} is no InnoDB table: \`exactly_once\` needs transactions`, ko: `${full} 은 InnoDB 테이블이 아닙니다. exactly_once에는 트랜잭션이 필요합니다` }));
  const [row] = await rowsOf(connection, "SELECT VERSION()", [], signal);
  const version = String(row?.[0]);
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version.replace(/^5\.5\.5-/, "")) ?? [];
  const isKept = /mariadb/i.test(version) ? [10, 5] : [5, 7];
  if (Number(major) * 100 + Number(minor) < (isKept[0] ?? 0) * 100 + (isKept[1] ?? 0)) throw new UsageError(say({ en: `this server (${version}) forgets prepared transactions; \`exactly_once\` needs MariaDB 10.5 or MySQL 5.7`, ko: `이 서버(${version})는 준비된 트랜잭션을 잃습니다. exactly_once에는 MariaDB 10.5 나 MySQL 5.7 이상이 필요합니다` }));
  const isWritten = new Set([...columns, ...(time === undefined ? [] : [time])].map((each) => each.name));
  const keys = new Map<string, string[]>();
  const rows = await rowsOf(
    connection,
    "SELECT s.INDEX_NAME, s.COLUMN_NAME, c.EXTRA FROM information_schema.STATISTICS s JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = s.TABLE_SCHEMA AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME WHERE s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ? AND s.NON_UNIQUE = 0",
    [given.db, name],
    signal,
  );
  // Without `columns` a number that the server gives out is not written by most records.
  for (const [key, column, extra] of rows) keys.set(String(key), [...(keys.get(String(key)) ?? []), given.columns === undefined && /auto_increment/i.test(String(extra)) ? "" : String(column)]);
  const key = [...keys].find(([, parts]) => parts.every((part) => isWritten.has(part)))?.[0];
  if (key === undefined) return;
  throw new UsageError(say({ en: `${full} has the unique key ${key} over columns that are written: with it \`mode: ignore\` (or update) is exactly once`, ko: `${full} 에는 쓰는 열에 유니크 키 ${key} 가 있습니다. 이때는 mode: ignore 나 update 로 정확히 한 번이 됩니다` }), {
    hint: say({ en: "Leave `exactly_once` out and set `mode: ignore`.", ko: "exactly_once를 빼고 mode: ignore 로 쓰세요." }),
  });
}
