// Migrations as a part of the house has them, with rows that must not come twice.
import type { MigrationSet } from "#sdk/store.ts";

const both = (...statements: string[]) => ({ sqlite: statements, mysql: statements });

export const sets: readonly MigrationSet[] = [
  {
    part: "one",
    migrations: [
      { id: "001-first", ...both("CREATE TABLE IF NOT EXISTS a (id INTEGER NOT NULL PRIMARY KEY, n INTEGER)", "DELETE FROM a", "INSERT INTO a (id, n) VALUES (1, 10), (2, 20)") },
      { id: "002-more", ...both("CREATE TABLE IF NOT EXISTS b (id INTEGER NOT NULL PRIMARY KEY)", "DELETE FROM b", "INSERT INTO b (id) SELECT id FROM a") },
    ],
  },
  { part: "two", migrations: [{ id: "001-third", ...both("CREATE TABLE IF NOT EXISTS c (id INTEGER NOT NULL PRIMARY KEY)") }] },
];
export const ids: readonly string[] = ["one/001-first", "one/002-more", "two/001-third"];
