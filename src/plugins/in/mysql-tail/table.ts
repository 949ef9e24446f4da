// What the server says of the table: its columns, and by which of them it can be followed.
import type { Connection } from "mysql2/promise";
import { say } from "#base/lang.ts";
import { UsageError } from "#base/errors.ts";
import { rowsOf } from "#sdk/mysql-connection.ts";

export interface TableColumn {
  readonly name: string;
  /** In lower case: `bigint`, `varchar`, `datetime`; `json` also where MariaDB keeps it in a long text. */
  readonly type: string;
}

export interface Table {
  readonly db: string;
  readonly name: string;
  /** Those that go into the record, in order. */
  readonly columns: readonly TableColumn[];
  readonly key: string;
  readonly updatedAt?: { readonly name: string; /** Digits of the second. */ readonly digits: number };
  /** Minutes east of UTC that the server's times are meant in. */
  readonly offsetMinutes: number;
}

export interface Wanted {
  readonly db: string;
  readonly table: string;
  readonly key?: string | undefined;
  readonly updated_at?: string | undefined;
  readonly columns?: readonly string[] | undefined;
}

const INTEGERS = new Set(["tinyint", "smallint", "mediumint", "int", "bigint"]);

/** Throws UsageError when the table cannot be followed as wanted. */
export async function describeTable(connection: Connection, wanted: Wanted, signal: AbortSignal): Promise<Table> {
  const where = [wanted.db, wanted.table];
  const ask = (sql: string, values: unknown[] = where): Promise<unknown[][]> => rowsOf(connection, sql, values, signal);
  const found = (
    await ask(
      "SELECT COLUMN_NAME, DATA_TYPE, DATETIME_PRECISION FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
    )
  ).map(([name, type, digits]) => ({ name: String(name), type: String(type).toLowerCase(), digits: Number(digits ?? 0) }));
  const full = `${wanted.db}.${wanted.table}`;
  if (found.length === 0)
    throw new UsageError(say({ en: `there is no table ${full}, or the user may not read it`, ko: `테이블 ${full} 이 없거나 읽을 권한이 없습니다` }), {
      hint: say({ en: "Check `db` and `table`, or GRANT SELECT on it.", ko: "db와 table을 확인하거나 GRANT SELECT를 실행하세요." }),
    });
  const named = (name: string, option: string) => {
    const column = found.find((each) => each.name === name) ?? found.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (column === undefined)
      throw new UsageError(say({ en: `${full} has no column ${name} (\`${option}\`)`, ko: `${full} 에 ${name} 열이 없습니다 (${option})` }), {
        hint: say({ en: `Its columns are ${found.map((each) => each.name).join(", ")}.`, ko: `열: ${found.map((each) => each.name).join(", ")}` }),
      });
    return column;
  };
  const unique = await uniqueColumns(ask);
  const key = named(keyOf(wanted, unique, full), "key");
  if (!unique.has(key.name))
    throw new UsageError(
      say({
        en: `${full}.${key.name} is not unique on its own, so rows could be missed`,
        ko: `${full}.${key.name} 은 단독으로 유일하지 않아 행을 놓칠 수 있습니다`,
      }),
      { hint: say({ en: "Name a column with a unique index of its own in `key`.", ko: "단독 유니크 인덱스가 있는 열을 key에 쓰세요." }) },
    );
  const updatedAt = wanted.updated_at === undefined ? undefined : named(wanted.updated_at, "updated_at");
  if (updatedAt === undefined && !INTEGERS.has(key.type))
    throw new UsageError(
      say({
        en: `${full}.${key.name} is ${key.type}, which does not grow with each new row`,
        ko: `${full}.${key.name} 은 ${key.type} 타입이라 새 행마다 커지지 않습니다`,
      }),
      {
        hint: say({
          en: "Name an AUTO_INCREMENT column in `key`, or a DATETIME that changes with each write in `updated_at`.",
          ko: "key에 AUTO_INCREMENT 열을, 또는 updated_at에 쓸 때마다 바뀌는 DATETIME 열을 쓰세요.",
        }),
      },
    );
  if (updatedAt !== undefined && updatedAt.type !== "datetime" && updatedAt.type !== "timestamp")
    throw new UsageError(
      say({ en: `${full}.${updatedAt.name} is ${updatedAt.type}, not a time`, ko: `${full}.${updatedAt.name} 은 시각이 아니라 ${updatedAt.type} 입니다` }),
      { hint: say({ en: "`updated_at` names a DATETIME or TIMESTAMP column.", ko: "updated_at에는 DATETIME이나 TIMESTAMP 열을 쓰세요." }) },
    );
  const json = await jsonColumns(ask, wanted.table);
  const [[offset] = [0]] = await ask("SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), NOW())", []);
  return {
    db: wanted.db,
    name: wanted.table,
    columns: (wanted.columns?.map((name) => named(name, "columns")) ?? found).map(({ name, type }) => ({ name, type: json.has(name) ? "json" : type })),
    key: key.name,
    ...(updatedAt === undefined ? {} : { updatedAt: { name: updatedAt.name, digits: updatedAt.digits } }),
    // The two times are asked one after the other; offsets are whole quarters of an hour.
    offsetMinutes: Math.round(Number(offset) / 15) * 15,
  };
}

type Ask = (sql: string, values?: unknown[]) => Promise<unknown[][]>;

/** The key named, else the primary key's one column. */
function keyOf({ key }: Wanted, unique: ReadonlyMap<string, boolean>, full: string): string {
  const primary = key ?? [...unique].find(([, isPrimary]) => isPrimary)?.[0];
  if (primary !== undefined) return primary;
  throw new UsageError(say({ en: `${full} has no primary key of one column`, ko: `${full} 에는 열 하나로 된 기본 키가 없습니다` }), {
    hint: say({
      en: "Name a unique integer column in `key`, or add one: ALTER TABLE … ADD id BIGINT AUTO_INCREMENT UNIQUE.",
      ko: "key에 유니크 정수 열을 쓰거나 추가하세요: ALTER TABLE … ADD id BIGINT AUTO_INCREMENT UNIQUE.",
    }),
  });
}

/** Columns with a unique index of their own, and whether it is the primary key. */
async function uniqueColumns(ask: Ask): Promise<Map<string, boolean>> {
  const rows = await ask(
    "SELECT MIN(COLUMN_NAME), INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0 GROUP BY INDEX_NAME HAVING COUNT(*) = 1",
  );
  const unique = new Map<string, boolean>();
  for (const [name, index] of rows) unique.set(String(name), unique.get(String(name)) === true || index === "PRIMARY");
  return unique;
}

/** MariaDB keeps JSON as a long text with a check; MySQL says `json` itself. */
async function jsonColumns(ask: Ask, table: string): Promise<Set<string>> {
  try {
    const rows = await ask("SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = ?", [table]);
    return new Set(rows.flatMap(([clause]) => /^json_valid\(`(.+)`\)$/i.exec(String(clause))?.[1]?.replaceAll("``", "`") ?? []));
  } catch {
    return new Set(); // MySQL's view has no TABLE_NAME.
  }
}
