// A private RabbitMQ for a test: its own folder, its own ports on loopback, its own epmd, gone with the test.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free-port.ts";

export interface RabbitMq extends AsyncDisposable {
  readonly port: number;
  /** 0: it was not asked for. */
  readonly tlsPort: number;
  /** Of the process that everything of it descends from. */
  pid(): number;
  /** Its own administration, such as `set_vm_memory_high_watermark 0`. */
  control(...args: string[]): void;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  /** As an operator stops it. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
}

/** Not the wrapper in /usr/sbin: that changes the user. */
const PROGRAMS = "/usr/lib/rabbitmq/bin";
const EPMD = "/usr/bin/epmd";
/** Why there can be no RabbitMQ here; false when there can. For the `skip` option of a test. */
export const noRabbitMq: string | false = existsSync(join(PROGRAMS, "rabbitmq-server")) && existsSync(EPMD) ? false : "rabbitmq-server is not installed";

const READY_MS = 90_000;

export interface RabbitMqTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients need a certificate of this one. */
  readonly clientCaFile: string;
}

/** `schedulers`: one starts faster and leaves the machine to the test; whoever measures gives it all. `tls`: it listens with it as well. */
export async function startRabbitMq({ schedulers = "one", tls }: { readonly schedulers?: "one" | "as it likes"; readonly tls?: RabbitMqTls } = {}): Promise<RabbitMq> {
  const dir = await mkdtemp(join(tmpdir(), "dure-rabbitmq-"));
  const [port, nodesPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  const tlsPort = tls === undefined ? 0 : await freePort();
  const tlsLines = tls === undefined ? "" : `listeners.ssl.default = 127.0.0.1:${tlsPort}\nssl_options.certfile = ${tls.certFile}\nssl_options.keyfile = ${tls.keyFile}\nssl_options.cacertfile = ${tls.clientCaFile}\nssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true\n`;
  writeFileSync(join(dir, "rabbitmq.conf"), `${tlsLines}listeners.tcp.default = 127.0.0.1:${port}\ndistribution.listener.interface = 127.0.0.1\ndisk_free_limit.absolute = 50MB\nlog.file = false\nlog.console = true\n`);
  writeFileSync(join(dir, "plugins"), "[].");
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: dir,
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_NODENAME: `dure${port}@localhost`,
    RABBITMQ_DIST_PORT: String(nodesPort),
    RABBITMQ_MNESIA_BASE: join(dir, "mnesia"),
    RABBITMQ_LOG_BASE: join(dir, "log"),
    RABBITMQ_CONFIG_FILE: join(dir, "rabbitmq.conf"),
    RABBITMQ_GENERATED_CONFIG_DIR: join(dir, "generated"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, "plugins"),
    RABBITMQ_PID_FILE: join(dir, "pid"),
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ...(schedulers === "one" ? { RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1:1 +sbwt none" } : {}),
  };
  // Begun by the server it would be a daemon that stays.
  const epmd = spawn(EPMD, ["-address", "127.0.0.1", "-port", String(epmdPort)], { stdio: "ignore" });
  // Not before it listens, or the server begins one all the same.
  for (const until = Date.now() + READY_MS; !(await listens(epmdPort)); await delay(20)) if (until < Date.now()) throw new Error("epmd does not listen");
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    // A group of its own: the script's children end with it.
    const started = spawn(join(PROGRAMS, "rabbitmq-server"), [], { env, stdio: "ignore", detached: true });
    server = started;
    for (const until = Date.now() + READY_MS; !(await answers(port)); await delay(50)) {
      if (started.exitCode !== null) throw new Error(`rabbitmq-server ended with ${started.exitCode}`);
      if (until < Date.now()) throw new Error("rabbitmq-server does not answer");
    }
  }
  async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const ending = server;
    server = undefined;
    if (ending?.pid === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = once(ending, "exit");
    process.kill(-ending.pid, signal);
    await gone;
  }
  const rabbit: RabbitMq = {
    port,
    tlsPort,
    pid: () => server?.pid ?? 0,
    control(...args) {
      const done = spawnSync(join(PROGRAMS, "rabbitmqctl"), args, { env, encoding: "utf8", timeout: READY_MS });
      if (done.status !== 0) throw new Error(`rabbitmqctl ended with ${done.status}: ${done.stderr}`);
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    start,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      const gone = once(epmd, "exit");
      if (epmd.exitCode === null && epmd.signalCode === null && epmd.kill("SIGTERM")) await gone;
      await rm(dir, { recursive: true, force: true });
    },
  };
  await start();
  return rabbit;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  const isThere = await promise;
  socket.destroy();
  return isThere;
}

/** The port opens before the broker speaks: it must answer the protocol's header with Connection.Start. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once("connect", () => socket.write("AMQP\0\0\x09\x01"));
  socket.once("data", (bytes: Buffer) => resolve(bytes[0] === 1));
  socket.once("error", () => resolve(false));
  socket.once("close", () => resolve(false));
  socket.setTimeout(2000, () => resolve(false));
  const isReady = await promise;
  socket.destroy();
  return isReady;
}
