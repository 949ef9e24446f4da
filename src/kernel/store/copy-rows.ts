// Copies what one store holds into another of the same version, whatever the two are: table by table, some rows at a time, by the primary key.
import type { SqlRow, SqlValue, StoreReader, StoreSession } from "#sdk/store.ts";
import { insertRows } from "./insert-rows.ts";

const ROWS_MAX = 500;
/** Each store says for itself which migrations it has seen, and where it came from. */
const OWN = ["dure_migrations", "dure_backup"];

interface Table {
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

/** All of `to` is replaced. To be called within a transaction of it. Resolves with the rows of each table. */
export async function copyRows(from: StoreReader, to: StoreSession): Promise<Readonly<Record<string, number>>> {
  const [given, wanted] = [await tablesOf(from), await tablesOf(to)];
  const counts: Record<string, number> = {};
  for (const [name, { columns: known }] of wanted) {
    await to.run(`DELETE FROM ${name}`);
    const source = given.get(name);
    if (source === undefined) continue;
    const columns = source.columns.filter((column) => known.includes(column));
    counts[name] = 0;
    for (let last: SqlRow | undefined; ; ) {
      const { sql, params } = behind(source.key, last);
      const rows = await from.all(`SELECT ${[...new Set([...columns, ...source.key])].join(", ")} FROM ${name} ${sql} ORDER BY ${source.key.join(", ")} LIMIT ?`, [...params, ROWS_MAX]);
      await insertRows(to, name, columns, rows.map((row) => columns.map((column) => row[column] ?? null)));
      counts[name] += rows.length;
      last = rows.at(-1);
      if (rows.length < ROWS_MAX) break;
    }
  }
  return counts;
}

/** Written out: MySQL looks up `(a, b) > (?, ?)` by no index. */
function behind(key: readonly string[], last: SqlRow | undefined): { readonly sql: string; readonly params: SqlValue[] } {
  if (last === undefined) return { sql: "", params: [] };
  const params: SqlValue[] = [];
  const ways = key.map((column, at) => {
    const before = key.slice(0, at);
    params.push(...before.map((each) => last[each] ?? null), last[column] ?? null);
    return `(${[...before.map((each) => `${each} = ?`), `${column} > ?`].join(" AND ")})`;
  });
  return { sql: `WHERE ${ways.join(" OR ")}`, params };
}

/** Ours only: no other's in a shared database, and no index that a trigger fills. */
async function tablesOf(store: StoreReader): Promise<Map<string, Table>> {
  const tables = new Map<string, Table>();
  const sql =
    store.dialect === "sqlite"
      ? "SELECT t.name AS name, c.name AS col, c.pk AS pk FROM pragma_table_list t JOIN pragma_table_info(t.name) c WHERE t.schema = 'main' AND t.type = 'table' AND t.name LIKE 'dure!_%' ESCAPE '!' ORDER BY t.name, c.cid"
      : "SELECT c.table_name AS name, c.column_name AS col, COALESCE(k.ordinal_position, 0) AS pk FROM information_schema.columns c LEFT JOIN information_schema.key_column_usage k ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name AND k.constraint_name = 'PRIMARY' WHERE c.table_schema = DATABASE() AND c.table_name LIKE 'dure!_%' ESCAPE '!' ORDER BY c.table_name, c.ordinal_position";
  const rows = await store.all<{ name: string; col: string; pk: number }>(sql);
  for (const name of new Set(rows.map((row) => row.name))) {
    if (OWN.includes(name)) continue;
    const own = rows.filter((row) => row.name === name);
    const key = own.filter(({ pk }) => 0 < pk).sort((one, other) => one.pk - other.pk);
    if (key.length === 0) throw new Error(`the table ${name} has no primary key`);
    tables.set(name, { columns: own.map(({ col }) => col), key: key.map(({ col }) => col) });
  }
  return tables;
}
