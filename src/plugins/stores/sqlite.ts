// The embedded store: one SQLite file in the data folder, written ahead (WAL), so that readers never wait for the writer. A commit
// survives kill -9 of the agent; what a power cut takes is at most the last moment, never the whole (`synchronous=NORMAL`).
// A file that is damaged is set aside under another name, never deleted; one of another program is left alone.
import { chmodSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { systemCode } from "#base/errors.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { SqlValue, Store, StoreReader, StoreSession } from "#sdk/store.ts";
import { changing } from "./sqlite-changes.ts";
import { isSqliteDamage, sqliteFailure } from "./sqlite-failures.ts";

const STATEMENTS_MAX = 200;
/** The main thread stands still meanwhile. */
const BUSY_MS = 2000;
/** Callers that wait for their turn. */
const WAITING_MAX = 2000;
/** "Dure" as a number, in the head of the file: tells it from other programs' databases. */
export const APPLICATION_ID = 0x44757265;
const SETTINGS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -1024; PRAGMA journal_size_limit = 4194304";

export interface SqliteOptions {
  /** Told when a damaged file was set aside and a new one begun. */
  readonly onSetAside?: (aside: string) => void;
  /** Something in it was found damaged before: every page is looked at. */
  readonly isSuspect?: boolean;
  readonly now?: () => number;
}

export async function openSqliteStore(file: string, { onSetAside, isSuspect = false, now = Date.now }: SqliteOptions = {}): Promise<Store> {
  const sqlite = await import("node:sqlite");
  const open = (): DatabaseSync => opened(sqlite.DatabaseSync, file, isSuspect);
  let database: DatabaseSync;
  try {
    mkdirSync(dirname(file), { recursive: true });
    try {
      database = open();
    } catch (error) {
      if (!isSqliteDamage(error)) throw error;
      const aside = setAside(file, now());
      database = open();
      onSetAside?.(aside);
    }
  } catch (error) {
    throw sqliteFailure(error, file);
  }
  return new SqliteStore(database, file, async (to) => void (await sqlite.backup(database, to)), () => new sqlite.DatabaseSync(file, { readOnly: true, timeout: BUSY_MS }));
}

function opened(Database: typeof DatabaseSync, file: string, isSuspect: boolean): DatabaseSync {
  const database = new Database(file, { timeout: BUSY_MS, readBigInts: false });
  try {
    chmodSync(file, 0o600);
    const { application_id: id } = database.prepare("PRAGMA application_id").get() as { application_id: number };
    const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all().map(({ name }) => name);
    if (id !== APPLICATION_ID && 0 < names.length && !names.includes("dure_migrations")) throw foreign(file);
    database.exec(SETTINGS);
    if (id !== APPLICATION_ID) database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    if (isSuspect) {
      const [finding] = database.prepare("PRAGMA quick_check(1)").all() as { quick_check: string }[];
      if (finding?.quick_check !== "ok") throw Object.assign(new Error(finding?.quick_check ?? "no answer"), { code: "ERR_SQLITE_ERROR", errcode: 11 });
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** With what was written ahead of it: all of it may be needed to get something back. */
function setAside(file: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  let aside = `${file}.damaged-${time}`;
  for (let count = 2; existsSync(aside); count += 1) aside = `${file}.damaged-${time}-${count}`;
  for (const end of ["-wal", "-shm", ""]) {
    try {
      renameSync(`${file}${end}`, `${aside}${end}`);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
  return aside;
}

function foreign(file: string): StoreFailure {
  return new StoreFailure("refused", {
    message: `${file} is a database of another program`,
    hint: "Move it away, or give this config an `agent.data_dir` of its own.",
    ko: { message: `${file} 파일은 다른 프로그램의 데이터베이스입니다`, hint: "그 파일을 옮기거나 이 설정에 따로 `agent.data_dir`을 주세요." },
  });
}

class SqliteStore implements Store {
  readonly dialect = "sqlite" as const;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #backup: (file: string) => Promise<void>;
  readonly #openReader: () => DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #changes = new Map<string, StatementSync>();
  /** Whose turn it is: statements of others wait while a transaction is open. */
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(database: DatabaseSync, file: string, backup: (file: string) => Promise<void>, openReader: () => DatabaseSync) {
    this.#database = database;
    this.#file = file;
    this.#backup = backup;
    this.#openReader = openReader;
  }

  all<Row>(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    return this.#inTurn(() => this.#session.all<Row>(sql, params));
  }

  run(sql: string, params: readonly SqlValue[] = []): Promise<{ changes: number; lastId: number }> {
    return this.#inTurn(() => this.#session.run(sql, params));
  }

  transaction<T>(work: (session: StoreSession) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      this.#telling(() => this.#database.exec("BEGIN IMMEDIATE"));
      try {
        const done = await work(this.#session);
        this.#telling(() => this.#database.exec("COMMIT"));
        return done;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  async snapshot<T>(work: (session: StoreReader) => Promise<T>): Promise<T> {
    const reader = this.#telling(this.#openReader);
    try {
      this.#telling(() => {
        reader.exec("BEGIN");
        reader.prepare("SELECT count(*) FROM sqlite_schema").get(); // The moment is that of the first read.
      });
      return await work({ dialect: "sqlite", all: async <Row>(sql: string, params: readonly SqlValue[] = []) => this.#telling(() => reader.prepare(sql).all(...(params as SQLInputValue[])) as Row[]) });
    } finally {
      reader.close();
    }
  }

  async backup(to: string): Promise<void> {
    try {
      await this.#backup(to);
    } catch (error) {
      throw sqliteFailure(error, to);
    }
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#statements.clear();
      this.#changes.clear();
      if (this.#database.isOpen) this.#database.close();
    });
  }

  readonly #session: StoreSession = {
    dialect: "sqlite",
    all: async <Row>(sql: string, params: readonly SqlValue[] = []) => this.#telling(() => this.#statement(sql).all(...(params as SQLInputValue[])) as Row[]),
    run: async (sql, params = []) =>
      this.#telling(() => {
        const { changes, lastInsertRowid } = this.#change(sql).run(...(params as SQLInputValue[]));
        return { changes: Number(changes), lastId: Number(lastInsertRowid) };
      }),
  };

  #telling<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      throw sqliteFailure(error, this.#file);
    }
  }

  #statement(sql: string): StatementSync {
    return this.#known(this.#statements, sql, () => this.#database.prepare(sql));
  }

  #change(sql: string): StatementSync {
    return this.#known(this.#changes, sql, () => changing(this.#database, sql));
  }

  #known(statements: Map<string, StatementSync>, sql: string, make: () => StatementSync): StatementSync {
    if (!this.#database.isOpen) throw closed();
    const known = statements.get(sql);
    if (known !== undefined) return known;
    if (STATEMENTS_MAX <= statements.size) statements.clear();
    const made = make();
    statements.set(sql, made);
    return made;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (WAITING_MAX <= this.#waiting) return Promise.reject(new StoreFailure("busy", { message: "too many wait for the store", hint: "Try again in a moment.", ko: { message: "저장소를 기다리는 요청이 너무 많습니다", hint: "잠시 뒤에 다시 시도하세요." } }));
    this.#waiting += 1;
    const mine = this.#turn.then(work).finally(() => (this.#waiting -= 1));
    this.#turn = mine.catch(() => {});
    return mine;
  }
}

function closed(): StoreFailure {
  return new StoreFailure("away", { message: "the store is closed", ko: { message: "저장소가 닫혔습니다" } });
}
