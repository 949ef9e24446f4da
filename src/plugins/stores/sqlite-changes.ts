// Statements that are run for what they change.
import type { DatabaseSync, StatementSync } from "node:sqlite";

/**
 * Node reads SQLite's `last_insert_rowid()` after each of them, and throws where it is no safe integer. To delete from an index of words leaves such a number there (FTS5 keeps what was
 * deleted in a row of its own, beyond 2^53), for all statements after it until something else is inserted: so it is read as a BigInt. Their `changes` are one, too.
 */
export function changing(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  return statement;
}
