// The listening side of in.Forward: takes clients in, watches over them, and shows them out.
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { TlsOptions } from "node:tls";
import { toError, UsageError } from "#base/errors.ts";
import { ProtocolError } from "#dataplane/forward-protocol.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { ForwardOptions } from "../forward.ts";
import { greet } from "./greet.ts";
import { Inbox } from "./inbox.ts";
import type { Intake } from "./intake.ts";
import { serve } from "./serve.ts";

/** How often waiting clients are looked at. */
const WATCH_MS = 250;
/** For acks on their way out when the input closes. */
const GOODBYE_MS = 1000;

const TLS_HANDSHAKE_MS = 10_000;

interface Guest {
  readonly socket: Socket;
  /** Its address: the socket forgets it when it closes. */
  readonly peer: string;
  readonly inbox: Inbox;
  isGreeted: boolean;
  /** It may still send. */
  isReading: boolean;
  /** This side closed it and has said why. */
  isDismissed?: boolean;
  acksOwed: number;
  done: Promise<void>;
}

export class ForwardServer {
  readonly #options: ForwardOptions;
  readonly #context: PluginContext;
  readonly #intake: Intake;
  readonly #guests = new Set<Guest>();
  /** What the guests (and those still in the TLS handshake) talk through. */
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #guestsEver = 0;
  #watch: NodeJS.Timeout | undefined;
  #isClosing = false;

  private constructor(options: ForwardOptions, context: PluginContext, intake: Intake, server: Server) {
    this.#options = options;
    this.#context = context;
    this.#intake = intake;
    this.#server = server;
  }

  static async listen(options: ForwardOptions, context: PluginContext, intake: Intake): Promise<ForwardServer> {
    const server = options.tls?.enabled === true ? (await import("node:tls")).createServer({ ...(await tlsFiles(options.tls, context.configDir)), allowHalfOpen: true }) : createServer({ allowHalfOpen: true });
    const self = new ForwardServer(options, context, intake, server);
    server.maxConnections = options.max_connections;
    server.on(options.tls?.enabled === true ? "secureConnection" : "connection", (socket: Socket) => self.#welcome(socket));
    server.on("connection", (socket: Socket) => {
      self.#sockets.add(socket);
      socket.once("close", () => self.#sockets.delete(socket));
    });
    server.on("drop", (dropped) => {
      context.count("connections_refused_total");
      context.log.warn("a client was turned away: max_connections are there", { peer: `${dropped?.remoteAddress}:${dropped?.remotePort}`, max: options.max_connections });
    });
    server.on("tlsClientError", (error: Error, socket: Socket) => {
      context.count("connections_refused_total");
      context.log.warn("a client failed in the TLS handshake", { peer: nameOf(socket), error: error.message });
    });
    const { promise, resolve: listening, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port }, listening);
    try {
      await promise;
    } catch (error) {
      throw new UsageError(`cannot listen on ${options.host}:${options.port}: ${toError(error).message}`, { cause: error, hint: "Give in.Forward a free `port` and a `host` of this machine." });
    }
    server.off("error", reject);
    server.on("error", (error) => context.log.error("the listening socket failed", { error: error.message }));
    self.#watch = setInterval(() => self.#lookAround(), WATCH_MS).unref();
    context.log.info("listening for the forward protocol", { host: options.host, port: self.port });
    return self;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Whether clients came and all have gone. */
  get isLeft(): boolean {
    return 0 < this.#guestsEver && ![...this.#guests].some((guest) => guest.isReading);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watch);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Acks that were written go out first; a peer that takes none is not waited for.
    const guests = [...this.#guests];
    for (const { socket } of guests) socket.destroySoon();
    const talking = new Set(guests.map(({ socket }) => socket.remotePort));
    for (const socket of this.#sockets) if (!talking.has(socket.remotePort)) socket.destroy();
    const patience = new AbortController();
    await Promise.race([closed, this.#context.clock.pause(GOODBYE_MS, patience.signal)]);
    patience.abort();
    for (const { socket } of guests) socket.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([closed, ...guests.map((guest) => guest.done)]);
  }

  #welcome(socket: Socket): void {
    const guest: Guest = { socket, peer: nameOf(socket), inbox: new Inbox(socket, () => performance.now()), isGreeted: false, isReading: true, acksOwed: 0, done: Promise.resolve() };
    this.#guestsEver += 1;
    this.#guests.add(guest);
    socket.setNoDelay(true);
    // What goes wrong with a socket shows where it is read; who writes to it later finds it closed.
    socket.on("error", () => {});
    socket.once("close", () => this.#guests.delete(guest));
    guest.done = this.#entertain(guest);
  }

  async #entertain(guest: Guest): Promise<void> {
    const { log, count } = this.#context;
    try {
      const refusal = await this.#greeted(guest);
      if (refusal === undefined) return await this.#serve(guest);
      count("connections_refused_total");
      log.warn("a client was refused", { peer: guest.peer, reason: refusal });
    } catch (thrown) {
      guest.acksOwed = 0;
      if (this.#isClosing || guest.isDismissed) return;
      const error = toError(thrown);
      count("connections_broken_total");
      if (error instanceof ProtocolError) log.warn("a client broke the forward protocol; its connection is closed", { peer: guest.peer, error: error.message });
      else log.warn("a connection failed", { peer: guest.peer, error: error.message });
      guest.socket.destroy();
    } finally {
      guest.isReading = false;
      if (guest.acksOwed === 0) guest.socket.end();
      this.#intake.wake();
    }
  }

  /** Gives the reason of a refusal. */
  async #greeted(guest: Guest): Promise<string | undefined> {
    const { shared_key: sharedKey, self_hostname: self, users } = this.#options;
    const refusal = sharedKey === undefined ? undefined : await greet({ sharedKey, hostname: self ?? hostname(), users }, guest.inbox, (bytes) => write(guest, bytes));
    guest.isGreeted = true;
    return refusal;
  }

  async #serve(guest: Guest): Promise<void> {
    const { pool, clock } = this.#context;
    const { tag, tag_prefix: prefix, max_chunk: frameBytesMax } = this.#options;
    const tagOf = (given: string): string => tag ?? (prefix === undefined ? given : `${prefix}.${given}`);
    const owe = (answer: Buffer): (() => void) => {
      guest.acksOwed += 1;
      return () => {
        guest.acksOwed -= 1;
        write(guest, answer);
        // A peer that has ended its side may still wait for its acks.
        if (!guest.isReading && guest.acksOwed === 0) guest.socket.end();
      };
    };
    await serve({ inbox: guest.inbox, intake: this.#intake, pool, peer: guest.peer, nowMs: () => clock.now(), frameBytesMax, tagOf, owe });
  }

  /** Clients that begin something and do not go on would hold memory and places for ever. */
  #lookAround(): void {
    const nowMs = performance.now();
    const { idle_timeout: idleMs, stall_timeout: stallMs } = this.#options;
    for (const guest of this.#guests) {
      const { inbox, isGreeted, socket, peer } = guest;
      if (inbox.waitsSinceMs === undefined) continue;
      const isInside = inbox.isInsideFrame || !isGreeted;
      const allowedMs = isInside ? stallMs : idleMs;
      if (allowedMs === 0 || nowMs - inbox.waitsSinceMs < allowedMs) continue;
      guest.isDismissed = true;
      this.#context.count(isInside ? "connections_broken_total" : "connections_idle_total");
      if (isInside) this.#context.log.warn("a client stopped inside a frame; its connection is closed", { peer, waitedMs: Math.round(nowMs - inbox.waitsSinceMs) });
      else this.#context.log.debug("an idle connection is closed", { peer });
      socket.destroy();
    }
  }
}

function write({ socket }: Guest, bytes: Buffer): void {
  if (socket.writable) socket.write(bytes);
}

function nameOf(socket: Socket): string {
  return `${socket.remoteAddress ?? "gone"}:${socket.remotePort ?? 0}`;
}

async function tlsFiles({ cert_file: cert, key_file: key, ca_file: ca }: NonNullable<ForwardOptions["tls"]>, configDir: string): Promise<TlsOptions> {
  const read = async (option: string, path: string): Promise<Buffer> => {
    try {
      return await readFile(resolve(configDir, path));
    } catch (error) {
      throw new UsageError(`cannot read tls.${option}: ${toError(error).message}`, { cause: error, hint: "Give the path of a PEM file that the agent may read." });
    }
  };
  const shown = { cert: await read("cert_file", cert), key: await read("key_file", key), handshakeTimeout: TLS_HANDSHAKE_MS };
  return ca === undefined ? shown : { ...shown, ca: await read("ca_file", ca), requestCert: true, rejectUnauthorized: true };
}
