// A listening TCP socket, with or without TLS: takes clients in up to a bound, says whom it turned away, and ends with nobody left.
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { systemCode, toError, UsageError } from "#base/errors.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { tlsFiles } from "./tls-files.ts";
import { sparingly } from "./said-sparingly.ts";
import type { ServerTls } from "./tls-option.ts";

const TLS_HANDSHAKE_MS = 10_000;

export interface Listening {
  /** The plugin as users write it: `in.Tcp`. */
  readonly plugin: string;
  readonly host: string;
  readonly port: number;
  readonly tls: ServerTls | undefined;
  readonly connectionsMax: number;
  /** Bytes of each socket that may lie unread in this process; by default Node's own. */
  readonly unreadBytesMax?: number;
}

export class Listener {
  readonly #server: Server;
  /** All there are, those in the TLS handshake among them. */
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `welcome` gets each socket when it may be talked through. Its end is left half open: the peer may still wait for an answer. */
  static async listen({ plugin, host, port, tls, connectionsMax, unreadBytesMax }: Listening, { log, count, clock, configDir }: PluginContext, welcome: (socket: Socket) => void): Promise<Listener> {
    const how = { allowHalfOpen: true, ...(unreadBytesMax === undefined ? {} : { highWaterMark: unreadBytesMax }) };
    const isTls = tls?.enabled === true;
    const server = isTls ? (await import("node:tls")).createServer({ ...(await tlsFiles(tls, configDir)), handshakeTimeout: TLS_HANDSHAKE_MS, ...how }) : createServer(how);
    const self = new Listener(server);
    const warn = sparingly(log, () => clock.now(), "warn");
    server.maxConnections = connectionsMax;
    server.on(isTls ? "secureConnection" : "connection", welcome);
    server.on("connection", (socket: Socket) => {
      self.#sockets.add(socket);
      socket.once("close", () => self.#sockets.delete(socket));
    });
    server.on("drop", (dropped) => {
      count("connections_refused_total");
      warn("a client was turned away: max_connections are there", { peer: `${dropped?.remoteAddress}:${dropped?.remotePort}`, max: connectionsMax });
    });
    server.on("tlsClientError", (error: Error, socket: Socket) => {
      count("connections_refused_total");
      warn("a client failed in the TLS handshake", { peer: peerOf(socket), error: error.message });
    });
    const { promise, resolve: listening, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen({ host, port }, listening);
    try {
      await promise;
    } catch (error) {
      throw cannotListen(plugin, host, port, error);
    }
    server.off("error", reject);
    server.on("error", (error) => log.error("the listening socket failed", { error: error.message }));
    return self;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes nobody any more; resolves when all have gone. */
  async stop(): Promise<void> {
    await new Promise<void>((resolved) => this.#server.close(() => resolved()));
  }

  /** Ends those who are there, but not whom `isSpared` names (by the port of the peer: TLS wraps the socket in another). */
  destroyAll(isSpared: (remotePort: number | undefined) => boolean = () => false): void {
    for (const socket of this.#sockets) if (!isSpared(socket.remotePort)) socket.destroy();
  }
}

export function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? "gone"}:${socket.remotePort ?? 0}`;
}

export function cannotListen(plugin: string, host: string, port: number, error: unknown): UsageError {
  const needsRights = systemCode(error) === "EACCES" && port < 1024;
  const hint = needsRights
    ? `Ports below 1024 need rights: give the service CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE), or a port above, such as ${port + 5000}, and let the senders or the firewall point there.`
    : `Give ${plugin} a free \`port\` and a \`host\` of this machine.`;
  return new UsageError(`cannot listen on ${host}:${port}: ${toError(error).message}`, { cause: error, hint });
}
