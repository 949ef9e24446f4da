// A stream of bytes to a peer that answers nothing: written means that the system has every byte. What is on its way when the peer dies is
// lost, and nobody is told: TCP has no ack that a program could see.
import type { Socket } from "node:net";
import { toError } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import type { Slice } from "#dataplane/batch.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { connected } from "./connecting.ts";
import type { Peer } from "./connecting.ts";
import { PeerError, socketError } from "./peer-error.ts";

const PROBE_MS = 1000;

export interface StreamPeer extends Peer {
  readonly writeTimeoutMs: number;
  readonly isKept: boolean;
}

/** Keeps one connection and opens the next when it broke; waiting between attempts is the pipeline's. One write at a time. */
export class ByteStream {
  readonly #peer: StreamPeer;
  readonly #context: PluginContext;
  readonly #stop = new AbortController();
  #connection: Connection | undefined;
  #connectionsEver = 0;

  constructor(peer: StreamPeer, context: PluginContext) {
    this.#peer = peer;
    this.#context = context;
  }

  /** Resolves when the system has the bytes. Releases the slice when nobody reads it any more. */
  async write(slice: Slice, signal: AbortSignal): Promise<void> {
    try {
      if (this.#connection?.isUsable !== true) {
        this.#connection = await Connection.open(this.#peer, AbortSignal.any([signal, this.#stop.signal]));
        if (0 < this.#connectionsEver && this.#peer.isKept) this.#context.count("reconnects_total");
        this.#connectionsEver += 1;
      }
      await this.#connection.send(slice.bytes, signal);
    } finally {
      slice.release();
    }
    if (!this.#peer.isKept) await this.#connection.close();
  }

  async healthy(signal: AbortSignal): Promise<boolean> {
    try {
      await (await Connection.open(this.#peer, AbortSignal.any([signal, this.#stop.signal]))).close();
      return true;
    } catch {
      return false; // Why, the next write says.
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#connection?.close();
  }
}

/** What is wrong with the peer now; nothing when it can be reached. */
export async function checkPeer(plugin: string, peer: StreamPeer, signal: AbortSignal): Promise<Text[]> {
  try {
    await (await Connection.open({ ...peer, connectTimeoutMs: Math.min(PROBE_MS, peer.connectTimeoutMs) }, signal)).close();
    return [];
  } catch (thrown) {
    const error = toError(thrown);
    const hint = thrown instanceof PeerError && thrown.hint !== undefined ? ` ${thrown.hint}` : "";
    return [{ en: `${plugin} cannot reach its receiver now: ${error.message}.${hint}`, ko: `${plugin}의 수신 서버 ${peer.host}:${peer.port}에 지금 연결할 수 없습니다 (${error.message})` }];
  }
}

class Connection {
  readonly #name: string;
  readonly #socket: Socket;
  readonly #connectTimeoutMs: number;
  readonly #writeTimeoutMs: number;
  readonly #ready = Promise.withResolvers<void>();
  readonly #isClosed = Promise.withResolvers<void>();
  #failure: Error | undefined;
  #isWriting = false;

  private constructor(peer: StreamPeer, socket: Socket) {
    this.#name = `${peer.host}:${peer.port}`;
    this.#socket = socket;
    this.#connectTimeoutMs = peer.connectTimeoutMs;
    this.#writeTimeoutMs = peer.writeTimeoutMs;
    this.#ready.promise.catch(() => {}); // Whoever opened looks at it.
    let isInTls = false;
    socket.once("connect", () => (peer.tls === undefined ? this.#ready.resolve() : (isInTls = true)));
    socket.once("secureConnect", () => {
      isInTls = false;
      this.#ready.resolve();
    });
    socket.resume(); // Whatever the peer says is not for us, but its end is.
    socket.once("end", () => this.fail(new PeerError("closed", `${this.#name}: the receiver closed the connection`)));
    socket.once("error", (error) => this.fail(socketError(this.#name, error, isInTls)));
    socket.on("timeout", () => {
      if (this.#isWriting) this.fail(new PeerError("timeout", `${this.#name}: the receiver took no bytes for ${this.#writeTimeoutMs} ms`, { hint: "Look whether the receiver is stuck or the network is cut." }));
    });
    socket.once("close", () => {
      this.fail(new PeerError("closed", `${this.#name}: the connection is closed`));
      this.#isClosed.resolve();
    });
  }

  static open(peer: StreamPeer, signal: AbortSignal): Promise<Connection> {
    return connected(peer, signal, (socket) => new Connection(peer, socket));
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  lateError(): PeerError {
    return new PeerError("timeout", `${this.#name}: no connection within ${this.#connectTimeoutMs} ms`, { hint: "Look whether the receiver is up, speaks TLS or not as `tls` says, and a firewall lies between." });
  }

  get isUsable(): boolean {
    return this.#failure === undefined;
  }

  /** Settles when nobody reads the bytes any more. */
  async send(bytes: Buffer, signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.fail(new PeerError("aborted", `${this.#name}: the write was given up`)); // Half of it is out: nothing can follow it.
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#isWriting = true;
    this.#socket.setTimeout(this.#writeTimeoutMs);
    try {
      await new Promise<void>((resolve, reject) => this.#socket.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error))));
    } catch (error) {
      throw this.#failure ?? socketError(this.#name, error, false);
    } finally {
      this.#isWriting = false;
      this.#socket.setTimeout(0);
      signal.removeEventListener("abort", onAbort);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends the connection in order when nothing is under way, else at once. */
  async close(): Promise<void> {
    if (this.#failure === undefined && !this.#isWriting) {
      this.#failure = new PeerError("closed", `${this.#name}: this side closed the connection`);
      this.#socket.destroySoon();
    } else this.fail(new PeerError("aborted", `${this.#name}: the output was closed`));
    await this.#isClosed.promise;
  }

  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#socket.destroy();
    this.#ready.reject(error);
  }
}
