// A backup is one SQLite file with all tables, whatever store it was made of, and a note of where it comes from.
import { chmodSync, existsSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { UsageError, systemCode, toError } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";
import type { MigrationSet } from "#sdk/store.ts";
import { isAgentId } from "./agent-id.ts";
import { NOTE, NUMBER_MAX, foreignItem, foreignValue } from "./foreign-content.ts";
import { newer } from "./migrate.ts";

export interface BackupFacts {
  readonly atMs: number;
  /** Of the program. */
  readonly version: string;
  /** Which agent made it: rows that belong to one agent bear its id. */
  readonly agent: string;
  readonly store: "sqlite" | "mysql";
}

export interface LookedAt extends BackupFacts {
  /** The migrations that its tables have seen. */
  readonly migrations: readonly string[];
  /** The highest number of its agent's events and log lines. */
  readonly lastEvent: number;
  readonly lastLine: number;
  readonly users: number;
  /** Who may do anything when it is restored: some of them by name. */
  readonly admins: readonly string[];
}

/** A version of the program, as it stands in the note: it is shown to people. */
const VERSION = /^[\w.+-]{1,64}$/;
const ADMINS_MAX = 10;
/** SQLITE_BUSY */
const BUSY = 5;

/** Puts the note into a copy, and makes it a file that needs no other beside it. */
export async function signBackup(file: string, { atMs, version, agent, store }: BackupFacts): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA journal_mode = DELETE; ${NOTE}; DELETE FROM dure_backup`);
    database.prepare("INSERT INTO dure_backup (at_ms, version, agent, store) VALUES (?, ?, ?, ?)").run(atMs, version, agent, store);
  } finally {
    database.close();
  }
  chmodSync(file, 0o600);
}

/** Takes into the file what was written ahead of it. One that is damaged, or not there, stays as it is. Throws UsageError while somebody uses it. */
export async function settle(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const { DatabaseSync } = await import("node:sqlite");
  try {
    const database = new DatabaseSync(file);
    try {
      database.exec("PRAGMA journal_mode = DELETE");
    } finally {
      database.close();
    }
  } catch (error) {
    if (systemCode(error) !== "ERR_SQLITE_ERROR") throw error;
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === BUSY) throw new UsageError(`somebody uses ${file} now`, { hint: "Stop the agent whose data folder this is: `dure stop`.", ko: { message: `다른 프로세스가 ${file} 파일을 쓰고 있습니다`, hint: "이 데이터 폴더를 쓰는 에이전트를 먼저 멈추세요: `dure stop`" } });
  }
}

/**
 * Every page is read, nothing is written, no other file beside it is looked at. Throws UsageError when it is no whole backup, or has in it what we
 * have not put there; StoreFailure when a newer version has made it.
 */
export async function lookAtBackup(path: string, tables: readonly MigrationSet[], file = path): Promise<LookedAt> {
  if (!statSync(path).isFile()) throw notOurs(file, "it is no file", "파일이 아닙니다");
  const { DatabaseSync } = await import("node:sqlite");
  try {
    const url = pathToFileURL(path);
    url.search = "?immutable=1";
    const database = new DatabaseSync(url, { readOnly: true });
    try {
      database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
      const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all().map(({ name }) => name);
      if (!names.includes("dure_backup")) throw notOurs(file, "it was not made by `dure backup`", "`dure backup`으로 만든 파일이 아닙니다");
      const [finding] = database.prepare("PRAGMA quick_check(1)").all();
      if (finding?.["quick_check"] !== "ok") throw notOurs(file, "it is damaged", "파일이 손상되었습니다");
      const item = foreignItem(database, DatabaseSync, tables);
      const migrations = item === "dure_migrations" || item === "dure_backup" ? [] : database.prepare("SELECT id FROM dure_migrations").all().map(({ id }) => String(id));
      const ours = new Set(tables.flatMap(({ part, migrations: all }) => all.map(({ id }) => `${part}/${id}`)));
      const unknown = migrations.filter((id) => !ours.has(id));
      if (unknown.length > 0) throw newer(unknown);
      if (item !== undefined) throw notOurs(file, `it holds what no Dure has put there: ${printable(item)}`, `Dure가 만들지 않은 것이 들어 있습니다: ${printable(item)}`);
      const value = foreignValue(database);
      if (value !== undefined) throw notOurs(file, `${value} holds what no Dure has put there`, `${value}에 Dure가 쓰지 않은 값이 들어 있습니다`);
      const [note] = database.prepare("SELECT at_ms AS atMs, version, agent, store FROM dure_backup").all() as unknown as BackupFacts[];
      if (note === undefined) throw notOurs(file, "it was not finished", "끝까지 만들어지지 않았습니다");
      if (!isNote(note)) throw notOurs(file, "its note makes no sense", "백업 정보를 읽을 수 없습니다");
      const numberOf = (table: string, sql: string, ...params: string[]): number => (names.includes(table) ? Number(database.prepare(sql).get(...params)?.["n"] ?? 0) : 0);
      return {
        ...note,
        migrations,
        lastEvent: numberOf("dure_events", "SELECT MAX(id) AS n FROM dure_events WHERE agent = ?", note.agent),
        lastLine: numberOf("dure_log_lines", "SELECT MAX(id) AS n FROM dure_log_lines WHERE agent = ?", note.agent),
        users: numberOf("dure_users", "SELECT COUNT(*) AS n FROM dure_users"),
        admins: names.includes("dure_users") ? database.prepare("SELECT name FROM dure_users WHERE role = 'admin' AND is_disabled = 0 ORDER BY name LIMIT ?").all(ADMINS_MAX).map(({ name }) => printable(String(name))) : [],
      };
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof UsageError || systemCode(error) !== "ERR_SQLITE_ERROR") throw error;
    const message = printable(toError(error).message);
    throw notOurs(file, message, message);
  }
}

function isNote({ atMs, version, agent, store }: BackupFacts): boolean {
  return 0 <= atMs && atMs <= NUMBER_MAX && VERSION.test(version) && isAgentId(agent) && (store === "sqlite" || store === "mysql");
}

/** A stranger's file shall not write over a terminal's lines, or turn its words around. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "�").slice(0, 200);
}

function notOurs(file: string, why: string, whyKo: string): UsageError {
  const ko: Told["ko"] = { message: `${file}: 복원할 수 있는 백업이 아닙니다. ${whyKo}`, hint: "`dure backup`으로 만든 파일을 지정하세요." };
  return new UsageError(`${file} is no backup that could be restored: ${why}`, { hint: "Name a file that `dure backup` has made.", ko });
}
