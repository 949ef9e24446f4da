// Redis and PostgreSQL of the bench's own: a folder, a port on loopback, gone with it. (RabbitMQ: test/servers/rabbitmq.ts.)
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chownSync, mkdirSync } from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "#test/servers/free-port.ts";

export interface Server {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
const POSTGRES = "/usr/lib/postgresql/15/bin";

/** On the disk once a second, as BullMQ's authors advise. */
export async function startRedis(dir: string): Promise<Server> {
  const port = await freePort();
  const child = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"], { stdio: "ignore" });
  await listening(port, child);
  return server(child, port, "SIGTERM");
}

/** It will not be run by root. */
export async function startPostgres(dir: string): Promise<Server> {
  const port = await freePort();
  const data = join(dir, "postgres");
  mkdirSync(data, { mode: 0o700 });
  const user = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : undefined;
  if (user !== undefined) {
    chownSync(data, user.uid, user.gid);
    spawnSync("chmod", ["o+x", dir]);
  }
  const made = spawnSync(`${POSTGRES}/initdb`, ["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8"], { ...user, cwd: data, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`initdb ended with ${made.status}: ${made.stderr}`);
  const child = spawn(`${POSTGRES}/postgres`, ["-D", data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${data}`, "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB"], { ...user, cwd: data, stdio: "ignore" });
  await listening(port, child);
  return server(child, port, "SIGINT");
}

function idOf(flag: "-u" | "-g"): number {
  return Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);
}

function server(child: ChildProcess, port: number, signal: NodeJS.Signals): Server {
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, "exit");
    },
  };
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (const until = Date.now() + READY_MS; ; await delay(50)) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    if (until < Date.now()) throw new Error(`${child.spawnfile} does not listen`);
    const socket = connect(port, "127.0.0.1");
    const isThere = await new Promise<boolean>((resolve) => socket.once("connect", () => resolve(true)).once("error", () => resolve(false)));
    socket.destroy();
    if (isThere) return delay(200);
  }
}
