// The listening side of in.Forward: takes clients in, watches over them, and shows them out.
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { createServer as createTlsServer } from "node:tls";
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

interface Guest {
  readonly socket: Socket;
  readonly inbox: Inbox;
  isGreeted: boolean;
}

export class ForwardServer {
  readonly #options: ForwardOptions;
  readonly #context: PluginContext;
  readonly #intake: Intake;
  readonly #guests = new Map<Guest, Promise<void>>();
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
    const server = options.tls?.enabled === true ? createTlsServer(await tlsFiles(options.tls, context.configDir)) : createServer();
    const self = new ForwardServer(options, context, intake, server);
    server.maxConnections = options.max_connections;
    server.on(options.tls?.enabled === true ? "secureConnection" : "connection", (socket: Socket) => self.#welcome(socket));
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
    return 0 < this.#guestsEver && this.#guests.size === 0;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watch);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Acks that were written go out first; a peer that takes none is not waited for.
    for (const { socket } of this.#guests.keys()) socket.destroySoon();
    const patience = new AbortController();
    await Promise.race([closed, this.#context.clock.pause(GOODBYE_MS, patience.signal)]);
    patience.abort();
    for (const { socket } of this.#guests.keys()) socket.destroy();
    await Promise.all([closed, ...this.#guests.values()]);
  }

  #welcome(socket: Socket): void {
    const guest: Guest = { socket, inbox: new Inbox(socket, () => performance.now()), isGreeted: false };
    this.#guestsEver += 1;
    this.#guests.set(guest, this.#entertain(guest));
  }

  async #entertain(guest: Guest): Promise<void> {
    const { socket, inbox } = guest;
    const { log, count, clock, pool } = this.#context;
    const peer = nameOf(socket);
    const send = (bytes: Buffer): void => void (socket.writable && socket.write(bytes));
    socket.setNoDelay(true);
    // What goes wrong with a socket shows where it is read; writes that come later find it closed.
    socket.on("error", () => {});
    try {
      const refusal = this.#options.shared_key === undefined ? undefined : await greet({ sharedKey: this.#options.shared_key, hostname: this.#options.self_hostname ?? hostname(), users: this.#options.users }, inbox, send);
      guest.isGreeted = true;
      if (refusal === undefined) {
        const { tag, tag_prefix: prefix, max_chunk: frameBytesMax } = this.#options;
        const tagOf = (given: string): string => tag ?? (prefix === undefined ? given : `${prefix}.${given}`);
        await serve({ inbox, intake: this.#intake, pool, peer, nowMs: () => clock.now(), frameBytesMax, tagOf, send });
      } else {
        count("connections_refused_total");
        log.warn("a client was refused", { peer, reason: refusal });
      }
    } catch (thrown) {
      const error = toError(thrown);
      if (!this.#isClosing && error instanceof ProtocolError) {
        count("connections_broken_total");
        log.warn("a client broke the forward protocol; its connection is closed", { peer, error: error.message });
      } else if (!this.#isClosing) {
        count("connections_broken_total");
        log.warn("a connection failed", { peer, error: error.message });
      }
      this.#guests.delete(guest);
      socket.destroy();
    } finally {
      this.#depart(guest);
    }
  }

  /** The peer has ended; its acks may still be owed. */
  #depart(guest: Guest): void {
    this.#guests.delete(guest);
  }
}
