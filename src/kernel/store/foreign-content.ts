// What is in a backup that no version of this program has put there. A file of SQLite's brings tables, triggers and views of its own with it, and takes
// any kind of value in any column: whoever hands over a backup could leave in it what acts, or stops the agent, long after it was restored.
import type { DatabaseSync } from "node:sqlite";
import type { MigrationSet } from "#sdk/store.ts";
import { RECORD } from "./migrate.ts";

/** The table with the note of where a backup comes from. */
export const NOTE = "CREATE TABLE IF NOT EXISTS dure_backup (at_ms INTEGER NOT NULL PRIMARY KEY, version TEXT NOT NULL, agent TEXT NOT NULL, store TEXT NOT NULL)";
/** What the tables' times and numbers go up to: beyond it a time is none. */
export const NUMBER_MAX = 8.64e15;
/** No text that the program writes is longer: a config is the longest. */
const TEXT_LENGTH_MAX = 8 << 20;
/** SQLite's own: keys that count up, what `ANALYZE` found. */
const OWN = /^sqlite_(?:sequence|stat\d|autoindex_)/;

interface Item {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** The name of the first table, index, view or trigger that is none of ours, or not as ours is. Asks nothing of what it looks at. `Database`: to make ours. */
export function foreignItem(database: DatabaseSync, Database: typeof DatabaseSync, sets: readonly MigrationSet[]): string | undefined {
  const ours = new Database(":memory:");
  try {
    ours.exec(`${RECORD}; ${NOTE}`);
    const items = itemsOf(database);
    // The record of migrations is asked only when it is known to be a plain table.
    const early = known(ours, items, (name) => name === "dure_migrations" || name === "dure_backup");
    if (early !== undefined) return early;
    const done = new Set(database.prepare("SELECT id FROM dure_migrations").all().map(({ id }) => id));
    for (const { part, migrations } of sets) for (const { id, sqlite } of migrations) if (done.has(`${part}/${id}`)) sqlite.forEach((statement) => ours.exec(statement));
    return known(ours, items, () => true);
  } finally {
    ours.close();
  }
}

/** Where a value is of a kind that we write nowhere: `dure_users.role`. Only when nothing in the file is foreign. */
export function foreignValue(database: DatabaseSync): string | undefined {
  const columns = database.prepare("SELECT t.name AS name, c.name AS col, c.type AS type FROM pragma_table_list t JOIN pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.type = 'table' AND t.name LIKE 'dure!_%' ESCAPE '!'").all() as unknown as { name: string; col: string; type: string }[];
  for (const { name, col, type } of columns) {
    const isNumber = /INT/i.test(type);
    const fits = isNumber ? `typeof(${col}) = 'integer' AND 0 <= ${col} AND ${col} <= ${NUMBER_MAX}` : `typeof(${col}) = 'text' AND length(${col}) <= ${TEXT_LENGTH_MAX}`;
    if (database.prepare(`SELECT 1 FROM ${name} WHERE ${col} IS NOT NULL AND NOT (${fits}) LIMIT 1`).get() !== undefined) return `${name}.${col}`;
  }
  return undefined;
}

function known(ours: DatabaseSync, items: readonly Item[], isAsked: (name: string) => boolean): string | undefined {
  const wanted = new Map(itemsOf(ours).map((item) => [item.name, item]));
  const shadows = new Set(ours.prepare("SELECT name FROM pragma_table_list WHERE type = 'shadow'").all().map(({ name }) => name));
  const isOurs = ({ type, name, sql }: Item): boolean => {
    const own = wanted.get(name);
    if (own === undefined) return OWN.test(name) && type !== "trigger" && type !== "view";
    // How an index keeps itself is a matter of SQLite's version.
    return own.type === type && (own.sql === sql || shadows.has(name));
  };
  return items.find((item) => isAsked(item.name) && !isOurs(item))?.name;
}

function itemsOf(database: DatabaseSync): Item[] {
  return database.prepare("SELECT type, name, sql FROM sqlite_schema").all() as unknown as Item[];
}
