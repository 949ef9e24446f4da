// One connection to the server, and the line of those who wait for it. It is opened when somebody asks, and again when it was lost.
import type { Connection } from "mysql2/promise";
import { connect } from "#sdk/mysql-connection.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { SqlValue, StoreSession } from "#sdk/store.ts";
import { isConnectionLost, mysqlFailure } from "./mysql-failures.ts";

export interface MysqlServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls?: { readonly caFile?: string; readonly isVerified?: boolean };
}

export interface LineConnection {
  isOpen(): boolean;
  destroy(): void;
}

const WAITING_MAX = 1000;
/** A server that went away without a word is noticed after this time. */
const STATEMENT_TIMEOUT_MS = 60_000;
const CLOSE_MS = 2000;
/** Ours, whatever the server's: strict, so that nothing is cut in silence; without NO_BACKSLASH_ESCAPES, on which quoting rests. */
const SETTINGS = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO', wait_timeout = 28800, innodb_lock_wait_timeout = 20, group_concat_max_len = 1048576";

export class MysqlLine {
  readonly #server: MysqlServer;
  #connection: Connection | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  waiting = 0;

  constructor(server: MysqlServer) {
    this.#server = server;
  }

  /** `isRepeatable`: when the connection is lost, it is done once more on a new one. */
  inTurn<T>(work: (session: StoreSession, connection: LineConnection) => Promise<T>, { isRepeatable = false } = {}): Promise<T> {
    if (WAITING_MAX <= this.waiting) return Promise.reject(new StoreFailure("busy", { message: "too many wait for the store", hint: "Try again in a moment.", ko: { message: "저장소를 기다리는 요청이 너무 많습니다", hint: "잠시 뒤에 다시 시도하세요." } }));
    this.waiting += 1;
    const mine = this.#turn.then(() => this.#do(work, isRepeatable)).finally(() => (this.waiting -= 1));
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    const timer = setTimeout(() => connection.destroy(), CLOSE_MS).unref();
    await connection.end().catch(() => connection.destroy());
    clearTimeout(timer);
  }

  async #do<T>(work: (session: StoreSession, connection: LineConnection) => Promise<T>, isRepeatable: boolean): Promise<T> {
    if (this.#isClosed) throw new StoreFailure("away", { message: "the store is closed", ko: { message: "저장소가 닫혔습니다" } });
    const wasOpen = this.#connection !== undefined;
    const connection = (this.#connection ??= await this.#open());
    try {
      return await work(sessionOf(connection, this.#server), { isOpen: () => this.#connection === connection, destroy: () => this.#drop(connection) });
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      this.#drop(connection);
      if (isRepeatable && wasOpen) return this.#do(work, false);
      throw error;
    }
  }

  async #open(): Promise<Connection> {
    const { host, port, user, password, database, tls } = this.#server;
    const given = { ip: host, host, port, user, password, db: database, table: "", tls: tls === undefined ? false : { ca: tls.caFile, verify: tls.isVerified ?? true } };
    try {
      // CLIENT_FOUND_ROWS is the driver's default; with it an update counts rows that were so already, as SQLite counts them.
      const connection = await connect(given, "", { decimalNumbers: true });
      connection.on("error", () => this.#drop(connection));
      // The server has closed it. Whoever waits for an answer is told a moment later, by the driver; on a destroyed connection he never would be.
      connection.on("end", () => this.#forget(connection));
      await connection.query(SETTINGS);
      return connection;
    } catch (error) {
      throw mysqlFailure(error, this.#server);
    }
  }

  #drop(connection: Connection): void {
    this.#forget(connection);
    connection.destroy();
  }

  #forget(connection: Connection): void {
    if (this.#connection === connection) this.#connection = undefined;
  }
}

function sessionOf(connection: Connection, server: MysqlServer): StoreSession {
  const ask = async (sql: string, params: readonly SqlValue[]): Promise<unknown> => {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      connection.destroy();
      reject(Object.assign(new Error(`no answer within ${STATEMENT_TIMEOUT_MS / 1000} s`), { code: "PROTOCOL_CONNECTION_LOST" }));
    }, STATEMENT_TIMEOUT_MS);
    try {
      const [answer] = await Promise.race([connection.query(sql, params.map(asDriverTakesIt)), late]);
      return answer;
    } catch (error) {
      throw mysqlFailure(error, server);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    dialect: "mysql",
    all: async <Row>(sql: string, params: readonly SqlValue[] = []) => (await ask(sql, params)) as Row[],
    run: async (sql, params = []) => {
      const { affectedRows = 0, insertId = 0 } = (await ask(sql, params)) as { affectedRows?: number; insertId?: number };
      return { changes: affectedRows, lastId: Number(insertId) };
    },
  };
}

/** Other byte arrays than Buffer it would write as objects. */
function asDriverTakesIt(value: SqlValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return typeof value === "bigint" ? String(value) : value;
}
