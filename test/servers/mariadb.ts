// A private MariaDB for a test: its own folder, its own port on loopback, gone with the test. Nothing of the machine's own
// server is touched (`--no-defaults`).
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createConnection } from "mysql2/promise";
import type { Connection } from "mysql2/promise";
import { freePort } from "./free-port.ts";

export interface MariaDb extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly db: string;
  /** Runs statements as the administrator; returns the rows of the last one. */
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** A second connection, for transactions that overlap. */
  connect(): Promise<Connection>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
}

/** Why there can be no MariaDB here; false when there can. For the `skip` option of a test. */
export const noMariaDb: string | false = commandPath("mariadbd") === undefined ? "mariadbd is not installed" : false;

const READY_MS = 60_000;
/** A path of a socket may have so many bytes (of 108 on Linux, 104 on macOS), with a zero at its end. */
const SOCKET_PATH_MAX = 103;
/** What it says when it does not start. */
const LAST_WORDS = 2000;
/** It is killed in the tests, the machine under it is not: what is written need not be on the disk, and waiting for that is most of its time. */
const HASTE = ["--innodb-log-file-size=16M", "--innodb-buffer-pool-size=16M", "--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=2"];

/** Port: one the system has free, unless given. With `tls` it has this certificate; `FLUSH SSL` reads the files again. */
export async function startMariaDb(options: { readonly port?: number; readonly tls?: { readonly certFile: string; readonly keyFile: string } } = {}): Promise<MariaDb> {
  const dir = await mkdtemp(join(tmpdir(), "dure-mariadb-"));
  const asRoot = process.getuid?.() === 0 ? ["--user=root"] : [];
  const port = options.port ?? (await freePort());
  const near = join(dir, "s.sock");
  const isFar = SOCKET_PATH_MAX < Buffer.byteLength(near);
  const socketDir = isFar ? await mkdtemp("/tmp/dure-mariadb-") : dir;
  const socket = join(socketDir, "s.sock");
  const clean = async (): Promise<void> => {
    for (const folder of new Set([dir, socketDir])) await rm(folder, { recursive: true, force: true });
  };
  // A server that starts removes what it takes for leftovers in the folder of temporary tables: others' tables, where it is shared.
  const temporary = join(dir, "tmp");
  await mkdir(temporary);
  execFileSync(
    commandPath("mariadb-install-db") ?? "",
    ["--no-defaults", ...asRoot, `--datadir=${join(dir, "data")}`, `--tmpdir=${temporary}`, "--auth-root-authentication-method=normal", "--skip-test-db", ...HASTE],
    { stdio: "ignore" },
  );
  let server: ChildProcess | undefined;
  let admin: Connection | undefined;

  async function start(): Promise<void> {
    const started = spawn(
      commandPath("mariadbd") ?? "mariadbd",
      [
        "--no-defaults",
        ...asRoot,
        `--datadir=${join(dir, "data")}`,
        `--tmpdir=${temporary}`,
        `--socket=${socket}`,
        `--pid-file=${join(dir, "pid")}`,
        "--bind-address=127.0.0.1",
        `--port=${port}`,
        "--skip-networking=0",
        "--skip-name-resolve",
        ...HASTE,
        "--character-set-server=utf8mb4",
        "--default-time-zone=+09:00",
        ...(options.tls === undefined ? [] : [`--ssl-cert=${options.tls.certFile}`, `--ssl-key=${options.tls.keyFile}`]),
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    server = started;
    let said = "";
    started.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-LAST_WORDS)));
    for (const until = Date.now() + READY_MS; ;) {
      if (started.exitCode !== null) throw new Error(`mariadbd ended with ${started.exitCode}: ${said}`);
      try {
        admin = await createConnection({ socketPath: socket, user: "root", charset: "utf8mb4", multipleStatements: true });
        admin.on("error", () => {}); // It is meant to be killed.
        return;
      } catch (error) {
        if (until < Date.now()) throw error;
        await delay(20);
      }
    }
  }

  async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    admin?.destroy();
    admin = undefined;
    const ending = server;
    server = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = once(ending, "exit");
    ending.kill(signal);
    await gone;
  }

  const db: MariaDb = {
    port,
    user: "dure",
    password: "비밀 pw",
    db: "logdb",
    async query(sql, values) {
      if (admin === undefined) throw new Error("the server does not run");
      const [rows] = await admin.query(sql, values);
      const last: unknown = Array.isArray(rows) && Array.isArray(rows[0]) ? rows.at(-1) : rows;
      return Array.isArray(last) ? (last as Record<string, unknown>[]) : [];
    },
    connect: () => createConnection({ socketPath: socket, user: "root", charset: "utf8mb4", database: db.db }),
    kill: () => end("SIGKILL"),
    start,
    async [Symbol.asyncDispose]() {
      await end("SIGTERM");
      await clean();
    },
  };
  try {
    await start();
  } catch (error) {
    await db[Symbol.asyncDispose]();
    throw error;
  }
  await db.query(
    `CREATE DATABASE logdb; USE logdb; CREATE USER '${db.user}'@'127.0.0.1' IDENTIFIED BY '${db.password}'; GRANT SELECT ON logdb.* TO '${db.user}'@'127.0.0.1'`,
  );
  return db;
}

function commandPath(name: string): string | undefined {
  for (const dir of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"]) {
    try {
      accessSync(join(dir, name));
      return join(dir, name);
    } catch {
      // Looked for in the next folder.
    }
  }
  return undefined;
}
