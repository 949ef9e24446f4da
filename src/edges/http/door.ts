// Where the API and the dashboard are reached: a bare listening socket, for an agent whose dashboard nobody opens must cost what it cost.
// What speaks HTTP is loaded at the first connection and gets each socket handed over.
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { hostname } from "node:os";
import { UsageError, systemCode, toError } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import { isLoopback } from "#base/loopback.ts";
import { networkOf } from "#base/network-of.ts";
import { nodeCrypto } from "#base/on-demand.ts";
import type { HttpPlan } from "#kernel/config/plan.ts";
import type { Log } from "#sdk/plugin.ts";

export interface Door {
  /** `http://127.0.0.1:8600/` */
  readonly address: string;
  readonly port: number;
  /** Says what is behind it; who came before waits until then. It is asked at the first connection, and again after it failed. */
  lead(to: () => Promise<Room>): void;
  close(): Promise<void>;
}

/** Speaks HTTP with whoever comes in. */
export interface Room {
  enter(socket: Socket): void;
  close(): Promise<void>;
}

export interface DoorKeys {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface DoorParts {
  readonly plan: HttpPlan;
  readonly log: Log;
  /** Whether somebody can log in. */
  hasUser(): Promise<boolean>;
  readonly connectionsMax?: number;
}

/** Browsers open six, a thousand programs may listen to events, and each costs memory. */
const CONNECTIONS_MAX = 2048;
/** Of all of them, what one address may have: a thousand readers of events, or a proxy with its pool, and never so many that nobody else gets in. */
const OWN_SHARE = 3 / 4;
const TRIES = 20;
const WILDCARDS = ["0.0.0.0", "::"];

export async function openDoor({ plan, log, hasUser, connectionsMax = CONNECTIONS_MAX }: DoorParts): Promise<Door> {
  if (!isLoopback(plan.host) && !plan.isInsecure) await refuseStranger(plan, hasUser);
  if (plan.tls !== undefined) await readKeys(plan.tls, log);
  const inside = new Set<Socket>();
  /** Of them, those whom nobody has let in yet. */
  const held = new Set<Socket>();
  const perAddress = new Map<string, number>();
  const isFull = new Set<string>();
  let find: (() => Promise<Room>) | undefined;
  let room: Promise<Room> | undefined;
  const enter = (socket: Socket): void => {
    if (find === undefined) return;
    const asked = (room ??= find());
    asked.then(
      (found) => {
        if (held.delete(socket) && !socket.destroyed) found.enter(socket);
      },
      (error: unknown) => {
        if (room === asked) log.error("the API and the dashboard cannot be shown", { error });
        if (room === asked) room = undefined; // The next visitor tries again.
        socket.destroy();
      },
    );
  };
  // Paused: not a byte is read before somebody is there who understands it.
  const server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) => {
    const network = networkOf(socket.remoteAddress ?? "");
    const own = (perAddress.get(network) ?? 0) + 1;
    if (connectionsMax * OWN_SHARE < own) {
      if (!isFull.has(network)) log.warn("a visitor of the dashboard was turned away: too many connections from one address", { address: network, max: Math.floor(connectionsMax * OWN_SHARE) });
      isFull.add(network); // Said once, until he has fewer.
      return void socket.destroy();
    }
    perAddress.set(network, own);
    inside.add(socket);
    held.add(socket);
    socket.on("error", () => {}); // Gone is gone.
    socket.once("close", () => {
      inside.delete(socket);
      held.delete(socket);
      const left = (perAddress.get(network) ?? 1) - 1;
      if (left === 0) perAddress.delete(network);
      else perAddress.set(network, left);
      if (left < (connectionsMax * OWN_SHARE) / 2) isFull.delete(network);
    });
    enter(socket);
  });
  server.maxConnections = connectionsMax;
  server.on("drop", () => log.warn("a visitor of the dashboard was turned away: too many connections", { max: connectionsMax }));
  await listen(server, plan, log);
  server.on("error", (error) => log.error("the listening socket of the dashboard failed", { error }));
  server.unref();
  const { port } = server.address() as AddressInfo;
  const address = addressOf(plan, port);
  return {
    address,
    port,
    lead(to) {
      find = to;
      for (const socket of held) enter(socket);
    },
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const socket of held) socket.destroy();
      await (await room?.catch(() => undefined))?.close();
      for (const socket of inside) socket.destroy(); // Those in a TLS handshake, too.
      await closed;
    },
  };
}

/** The certificate and its key, as they are now; a pair that does not work is said with its file. */
export async function readKeys({ certFile, keyFile }: NonNullable<HttpPlan["tls"]>, log: Log): Promise<DoorKeys> {
  const [cert, key] = await Promise.all([readPem("cert", certFile), readPem("key", keyFile)]);
  const { X509Certificate, createPrivateKey } = nodeCrypto();
  const shown = understood("cert", certFile, () => new X509Certificate(cert));
  const own = understood("key", keyFile, () => createPrivateKey(key));
  if (!shown.checkPrivateKey(own)) throw tlsProblem(`the key in ${keyFile} is not that of the certificate in ${certFile}`, `${keyFile}의 키가 ${certFile}의 인증서와 맞지 않습니다`);
  if (shown.validToDate.getTime() < Date.now()) log.warn("the certificate of the dashboard has expired: browsers will refuse it", { file: certFile, until: shown.validToDate });
  return { cert, key };
}

async function refuseStranger({ host, tls }: HttpPlan, hasUser: () => Promise<boolean>): Promise<void> {
  if (tls === undefined)
    throw new UsageError(`http: passwords would pass the network in plain text: ${host} is not only this machine`, {
      hint: "Set `http: tls: { cert, key }`, or `insecure: true` where something in front does TLS.",
      ko: { message: `http: ${host} 주소는 이 컴퓨터 밖에서도 보이므로 비밀번호가 암호화되지 않고 오갑니다`, hint: "`http: tls: { cert, key }`를 쓰거나, 앞에서 TLS를 처리하는 곳이면 `insecure: true`를 쓰세요." },
    });
  if (await hasUser()) return;
  throw new UsageError(`http: there is no user yet who could log in, and ${host} is not only this machine`, {
    hint: "Start with `http: { host: 127.0.0.1 }`, open the set-up link that the agent prints, and make a user; or write `insecure: true`.",
    ko: { message: `http: ${host} 주소는 이 컴퓨터 밖에서도 보이는데 로그인할 사용자가 아직 없습니다`, hint: "먼저 `http: { host: 127.0.0.1 }`로 시작해 설정 링크를 열고 사용자를 만드세요. 괜찮다면 `insecure: true`를 쓰세요." },
  });
}

async function listen(server: Server, { host, port, isPortGiven }: HttpPlan, log: Log): Promise<void> {
  const others = isPortGiven ? [] : [...Array.from({ length: TRIES - 1 }, (_, index) => port + 1 + index).filter((other) => other < 65_536), 0];
  let taken: unknown;
  for (const candidate of [port, ...others]) {
    try {
      await listenOnce(server, host, candidate);
      if (candidate !== port) log.info("the usual port of the dashboard is taken; it is shown on another one", { usualPort: port, port: (server.address() as AddressInfo).port });
      return;
    } catch (error) {
      if (systemCode(error) !== "EADDRINUSE") throw await cannotListen(host, candidate, error);
      taken = error;
    }
  }
  throw await cannotListen(host, port, taken);
}

async function listenOnce(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen({ host, port }, resolve);
  try {
    await promise;
  } finally {
    server.off("error", reject).removeListener("listening", resolve);
  }
}

async function cannotListen(host: string, port: number, error: unknown): Promise<UsageError> {
  const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const code = systemCode(error);
  const why = code === "EADDRINUSE" ? await takenText(port) : code === "EACCES" ? { en: "ports below 1024 need rights", ko: "1024보다 낮은 포트에는 권한이 필요합니다" } : { en: toError(error).message, ko: toError(error).message };
  return new UsageError(`the dashboard cannot be shown on ${where}: ${why.en}`, {
    cause: error,
    hint: "Give `http:` a free `port` and a `host` of this machine, end the other program, or write `http: false`.",
    ko: { message: `${where} 주소로 대시보드를 보여 줄 수 없습니다: ${why.ko}`, hint: "`http:`에 빈 `port`와 이 컴퓨터의 `host`를 쓰거나, 그 프로그램을 끝내거나, `http: false`로 끄세요." },
  });
}

async function takenText(port: number): Promise<Text> {
  return (await import("#kernel/port-holder.ts")).portTakenText(port);
}

async function readPem(option: "cert" | "key", file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = systemCode(error) ?? "error";
    throw tlsProblem(`tls: ${option}: ${file} cannot be read (${code})`, `tls: ${option}: ${file} 파일을 읽을 수 없습니다 (${code})`, error);
  }
}

function understood<T>(option: "cert" | "key", file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw tlsProblem(`tls: ${option}: ${file} holds no PEM ${option === "cert" ? "certificate" : "key without a passphrase"}`, `tls: ${option}: ${file}에 쓸 수 있는 PEM ${option === "cert" ? "인증서가" : "키가"} 없습니다`, error);
  }
}

function tlsProblem(message: string, ko: string, cause?: unknown): UsageError {
  return new UsageError(`http: ${message}`, { cause, hint: "Give `http: tls:` a certificate and its key, both PEM files.", ko: { message: `http: ${ko}`, hint: "`http: tls:`에 인증서와 그 키를 PEM 파일로 쓰세요." } });
}

function addressOf({ host, tls }: HttpPlan, port: number): string {
  const name = WILDCARDS.includes(host) ? hostname() : host;
  return `${tls === undefined ? "http" : "https"}://${name.includes(":") ? `[${name}]` : name}:${port}/`;
}
