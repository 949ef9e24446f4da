// The way to a connection, in TLS where that is asked for: within a time, and until nobody wants it any more.
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { PeerError } from "./peer-error.ts";
import { tlsConnect } from "./tls-client.ts";
import type { TlsFiles } from "./tls-client.ts";

export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | undefined;
  readonly configDir: string;
  readonly connectTimeoutMs: number;
}

export interface Connecting {
  /** Rejects once it has failed. */
  readonly ready: Promise<void>;
  /** Why it is late. */
  lateError(): PeerError;
  fail(error: Error): void;
}

/** Gives the connection that `make` made of the socket, when it is ready. Rejects with PeerError. */
export async function connected<C extends Connecting>(peer: Peer, signal: AbortSignal, make: (socket: Socket) => C): Promise<C> {
  const aborted = (): PeerError => new PeerError("aborted", `${peer.host}:${peer.port}: the write was given up`);
  if (signal.aborted) throw aborted();
  // Only where it is used: TLS takes some megabytes.
  const connect = peer.tls === undefined ? connectTcp : await tlsConnect(peer, peer.tls);
  if (signal.aborted) throw aborted();
  const connection = make(connect({ host: peer.host, port: peer.port, noDelay: true, keepAlive: true }));
  const timer = setTimeout(() => connection.fail(connection.lateError()), peer.connectTimeoutMs);
  const onAbort = (): void => connection.fail(aborted());
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await connection.ready;
    return connection;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
