// A connection as writing needs it: strict, so that nothing is cut silently; in UTC, so that TIMESTAMP columns need no zone.
import type { Connection } from "mysql2/promise";
import { PermanentError, systemCode, toError } from "#base/errors.ts";
import { connect, rowsOf } from "#sdk/mysql-connection.ts";
import type { Server } from "#sdk/mysql-connection.ts";
import type { MysqlOptions } from "../mysql.ts";

export interface Session {
  readonly connection: Connection;
  /** The server takes no longer statement. */
  readonly statementBytesMax: number;
}

export function serverOf(given: MysqlOptions): Server {
  return { ...given, time_zone: "utc", right: "INSERT" };
}

/** Values are escaped with backslashes, so the mode may not hold NO_BACKSLASH_ESCAPES. */
const SQL_MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION";
/** Longer statements are no faster. */
const STATEMENT_BYTES_MAX = 4 << 20;
/** Of the packet around the statement. */
const PACKET_BYTES = 1024;

export async function openSession(given: MysqlOptions, configDir: string, signal: AbortSignal): Promise<Session> {
  const connection = await connect(serverOf(given), configDir);
  try {
    await rowsOf(connection, `SET SESSION sql_mode = '${SQL_MODE}'`, [], signal);
    const [row] = await rowsOf(connection, "SELECT @@max_allowed_packet", [], signal);
    return { connection, statementBytesMax: Math.min(Number(row?.[0]) - PACKET_BYTES, STATEMENT_BYTES_MAX) };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** What a statement says is wrong with a row: its values, or the rows that are there already. All else is wrong with the server or the config, and passes. */
const ROW_REFUSALS = new Set([
  "ER_BAD_NULL_ERROR",
  "ER_CHECK_CONSTRAINT_VIOLATED",
  "ER_CONSTRAINT_FAILED",
  "ER_DATA_OUT_OF_RANGE",
  "ER_DATA_TOO_LONG",
  "ER_DUP_ENTRY",
  "ER_ILLEGAL_VALUE_FOR_TYPE",
  "ER_INVALID_JSON_TEXT",
  "ER_NO_DEFAULT_FOR_FIELD",
  "ER_NO_PARTITION_FOR_GIVEN_VALUE",
  "ER_NO_REFERENCED_ROW",
  "ER_NO_REFERENCED_ROW_2",
  "ER_TOO_BIG_ROWSIZE",
  "ER_TRUNCATED_WRONG_VALUE",
  "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD",
  "ER_WARN_DATA_OUT_OF_RANGE",
  "WARN_DATA_TRUNCATED",
]);
/** Numbers that MariaDB uses and the client has no name for: a CHECK, a bad geometry or JSON value. */
const ROW_REFUSAL_NUMBERS = new Set([4025, 1416, 3140]);

export function isRowRefusal(error: unknown): boolean {
  if (error instanceof PermanentError) return true;
  return ROW_REFUSALS.has(systemCode(error) ?? "") || (error instanceof Error && "errno" in error && ROW_REFUSAL_NUMBERS.has(Number(error.errno)));
}

/** The error without the statement, which holds the rows: they belong into no log. */
export function withoutStatement(thrown: unknown): Error {
  const error = toError(thrown);
  if (error instanceof PermanentError || !("sql" in error)) return error;
  const code = systemCode(error);
  return Object.assign(new Error(error.message, { cause: code }), code === undefined ? {} : { code });
}
