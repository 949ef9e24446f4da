// One connection to MySQL or MariaDB, and what its refusals mean to the person who wrote the config.
import { readFileSync } from "node:fs";
import { connect as connectSocket, isIP } from "node:net";
import type { Socket } from "node:net";
import { resolve } from "node:path";
import { createConnection } from "mysql2/promise";
import type { Connection, ConnectionOptions } from "mysql2/promise";
import type { Text } from "#base/lang.ts";
import { systemCode } from "#base/errors.ts";

export interface Server {
  readonly ip: string;
  /** Goes before `ip`. */
  readonly host?: string | undefined;
  readonly port: number;
  readonly socket?: string | undefined;
  readonly user: string;
  readonly password: string;
  readonly db: string;
  readonly table: string;
  readonly tls: boolean | { readonly ca?: string | undefined; readonly verify: boolean };
  readonly time_zone?: string | undefined;
  /** What the user must be allowed; SELECT when it is not given. */
  readonly right?: "SELECT" | "INSERT";
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A server that went away without a word is noticed after this time. */
const QUERY_TIMEOUT_MS = 60_000;

export async function connect(server: Server, configDir: string, more: ConnectionOptions = {}): Promise<Connection> {
  const connection = await createConnection({
    ...(server.socket === undefined ? { host: server.host ?? server.ip, port: server.port } : { socketPath: server.socket }),
    user: server.user,
    password: server.password,
    database: server.db,
    charset: "utf8mb4",
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    dateStrings: true,
    supportBigNumbers: true,
    ...tlsOptions(server, configDir),
    ...more,
  });
  connection.on("error", () => {}); // The next query says so; without a listener the process would end.
  try {
    if (server.time_zone !== undefined) await connection.query("SET time_zone = ?", [sqlZone(server.time_zone)]);
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return connection;
}

/** Rows as arrays; ends waiting when the signal aborts or the server says nothing for too long (the connection is of no use then). */
export async function rowsOf(connection: Connection, sql: string, values: unknown[], signal: AbortSignal): Promise<unknown[][]> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(() => undefined);
  const giveUp = (why: string): void => {
    connection.destroy();
    reject(new Error(why));
  };
  const onAbort = (): void => giveUp("stopped while the database was asked");
  // Not the driver's own time limit: that timer outlives a destroyed connection, and keeps the process.
  const timer = setTimeout(() => giveUp(`the database has not answered for ${QUERY_TIMEOUT_MS / 1000} s`), QUERY_TIMEOUT_MS);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const asked = connection.query({ sql, values, rowsAsArray: true });
    const [rows] = await Promise.race([asked, aborted]);
    return rows as unknown as unknown[][];
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** A deadlock, by SQLSTATE: the same query may go through a moment later. */
const SERIALIZATION_FAILURE = "40001";

/** Whether the server itself said no to a query: the connection stands, and trying again alone will not help. */
export function isAnswer(error: unknown): boolean {
  if (!(error instanceof Error && "sqlState" in error && typeof error.sqlState === "string")) return false;
  return error.sqlState !== SERIALIZATION_FAILURE && !("fatal" in error && error.fatal === true);
}

/** What to tell the user when trying again cannot help; undefined for failures that pass. */
export function refusalOf(error: unknown, server: Server): Text | undefined {
  const { user, db, table, right = "SELECT" } = server;
  const where = whereOf(server);
  switch (systemCode(error)) {
    case "ER_ACCESS_DENIED_ERROR":
      return {
        en: `MySQL at ${where} refuses user ${user}: check \`user\` and \`password\`, and from which hosts the user may come`,
        ko: `${where} 의 MySQL이 사용자 ${user} 를 거부했습니다. user, password와 접속 허용 호스트를 확인하세요`,
      };
    case "ER_BAD_DB_ERROR":
      return { en: `MySQL at ${where} has no database ${db}: check \`db\``, ko: `${where} 의 MySQL에 데이터베이스 ${db} 가 없습니다. db를 확인하세요` };
    case "ER_DBACCESS_DENIED_ERROR":
    case "ER_TABLEACCESS_DENIED_ERROR":
    case "ER_COLUMNACCESS_DENIED_ERROR":
      return {
        en: `user ${user} may not ${right === "SELECT" ? "read" : "write"} ${db}.${table}: run GRANT ${right} ON ${db}.${table} TO that user`,
        ko: `사용자 ${user} 에게 ${db}.${table} 의 ${right} 권한이 없습니다. GRANT ${right} ON ${db}.${table} 명령을 실행하세요`,
      };
    case "ER_NO_SUCH_TABLE":
      return { en: `there is no table ${db}.${table}: check \`table\``, ko: `테이블 ${db}.${table} 이 없습니다. table을 확인하세요` };
    case "ER_UNKNOWN_TIME_ZONE":
      return { en: "the server does not know `time_zone`: write an offset such as +09:00", ko: "서버가 time_zone을 모릅니다. +09:00 같은 오프셋으로 쓰세요" };
    case "HANDSHAKE_NO_SSL_SUPPORT":
      return {
        en: `MySQL at ${where} offers no TLS: set \`tls: false\` or switch TLS on in the server`,
        ko: `${where} 의 MySQL은 TLS를 지원하지 않습니다. tls: false 로 하거나 서버에서 TLS를 켜세요`,
      };
    default:
      return undefined;
  }
}

/** The server as a person would name it. */
export function whereOf({ socket, host, ip, port }: Pick<Server, "socket" | "host" | "ip" | "port">): string {
  return socket ?? `${host ?? ip}:${port}`;
}

function tlsOptions({ tls, host, ip, port, socket }: Server, configDir: string): ConnectionOptions {
  if (tls === false) return {};
  const { ca, verify } = tls === true ? { ca: undefined, verify: true } : tls;
  // By itself the driver takes any certificate of a trusted authority, whoever it is for. A socket of this machine has no name to check.
  const ssl = { rejectUnauthorized: verify, verifyIdentity: verify && socket === undefined, ...(ca === undefined ? {} : { ca: readFileSync(resolve(configDir, ca), "utf8") }) };
  const address = host ?? ip;
  return ssl.verifyIdentity && isIP(address) !== 0 ? { ssl, stream: () => socketOf(address, port) } : { ssl };
}

/** The driver names no address to TLS, which would look for `localhost` in the certificate then; it asks the socket for the host first. */
function socketOf(ip: string, port: number): Socket {
  const socket = connectSocket({ host: ip, port, keepAlive: true, noDelay: true });
  return Object.assign(socket, { _host: ip });
}

function sqlZone(zone: string): string {
  return /^(utc|z)$/i.test(zone) ? "+00:00" : zone;
}
