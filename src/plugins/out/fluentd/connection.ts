// One connection to a receiver: handshake, frames out, acks in. Frames are pipelined: an ack belongs to its chunk, in any
// order. When it fails, it fails for every frame under way, and is not used again.
import type { Socket } from "node:net";
import { toError } from "#base/errors.ts";
import { nodeCrypto } from "#base/on-demand.ts";
import { isSameDigest, keyDigest, passwordDigest, pingMessage, readHelo, readPong } from "#dataplane/forward-handshake.ts";
import type { Helo } from "#dataplane/forward-handshake.ts";
import { CutOff, ProtocolError, WireReader } from "#dataplane/forward-protocol.ts";
import type { Frame } from "./frame.ts";
import { connected } from "../parts/connecting.ts";
import type { Peer } from "../parts/connecting.ts";
import { PeerError, socketError } from "../parts/peer-error.ts";

export interface Receiver extends Peer {
  readonly sharedKey: string | undefined;
  readonly username: string;
  readonly password: string;
  readonly selfHostname: string;
  readonly ackTimeoutMs: number;
  /** 0 = an idle connection stays. */
  readonly idleTimeoutMs: number;
  /** An ack came for a chunk that is not under way. */
  onUnknownAck(): void;
}

interface Pending {
  readonly settled: PromiseWithResolvers<void>;
  isFlushed: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Answers are short; a peer that sends more without making sense is no forward server. */
const ANSWER_BYTES_MAX = 65_536;
const SALT_BYTES = 16;

export class ForwardConnection {
  readonly #receiver: Receiver;
  readonly #name: string;
  readonly #socket: Socket;
  readonly #pending = new Set<Pending>();
  readonly #acks = new Map<string, Pending>();
  readonly #isClosed = Promise.withResolvers<void>();
  #unread: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;
  #stage: "tcp" | "tls" | "helo" | "pong" | "ready";
  #ready = Promise.withResolvers<void>();
  /** The receiver said that it closes after one frame. */
  #isForOneFrame = false;
  #framesSent = 0;
  #helo: Helo | undefined;
  #salt: Buffer = Buffer.alloc(0);

  private constructor(receiver: Receiver, socket: Socket, isTls: boolean) {
    this.#receiver = receiver;
    this.#name = `${receiver.host}:${receiver.port}`;
    this.#socket = socket;
    this.#stage = isTls ? "tls" : "tcp";
    this.#ready.promise.catch(() => {}); // Whoever opened looks at it; a failure later is told to the frames.
    socket.once(isTls ? "secureConnect" : "connect", () => this.#connected());
    if (isTls) socket.once("connect", () => (this.#stage = "tls"));
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    socket.on("timeout", () => this.#quiet());
    socket.once("end", () => this.fail(new PeerError("closed", `${this.#name}: the receiver closed the connection`)));
    socket.once("error", (error) => this.fail(socketError(this.#name, error, this.#stage === "tls")));
    socket.once("close", () => {
      this.fail(new PeerError("closed", `${this.#name}: the connection is closed`));
      this.#isClosed.resolve();
    });
  }

  /** Connects and shakes hands; rejects with PeerError. */
  static open(receiver: Receiver, signal: AbortSignal): Promise<ForwardConnection> {
    return connected(receiver, signal, (socket) => new ForwardConnection(receiver, socket, receiver.tls !== undefined));
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether another frame may be sent. */
  get isUsable(): boolean {
    return this.#failure === undefined && !(this.#isForOneFrame && 0 < this.#framesSent);
  }

  /** Resolves when the frame is acked, or flushed when no ack was asked for. Takes the frame over. */
  async send(frame: Frame, signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined || signal.aborted) {
      frame.release();
      throw this.#failure ?? new PeerError("aborted", `${this.#name}: the write was given up`);
    }
    const socket = this.#socket;
    const pending: Pending = { settled: Promise.withResolvers(), isFlushed: false, timer: undefined };
    this.#pending.add(pending);
    if (frame.chunk !== undefined) this.#acks.set(frame.chunk, pending);
    this.#framesSent += 1;
    this.#expectMovementWithin(this.#receiver.ackTimeoutMs);
    const flushed = (): void => this.#flushed(frame, pending);
    // One gathering write: the entries of a large frame go out of chunk memory as they lie there.
    if (1 < frame.pieces.length) socket.cork();
    frame.pieces.forEach((piece, index) => socket.write(piece, index === frame.pieces.length - 1 ? flushed : undefined));
    if (1 < frame.pieces.length) socket.uncork();
    const onAbort = (): void => {
      const error = new PeerError("aborted", `${this.#name}: the write was given up`);
      if (pending.isFlushed) pending.settled.reject(error);
      else this.fail(error); // Half a frame is out: nothing can follow it.
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await pending.settled.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(pending.timer);
      this.#pending.delete(pending);
      if (frame.chunk !== undefined) this.#acks.delete(frame.chunk);
      if (this.#pending.size === 0 && 0 < this.#receiver.idleTimeoutMs) this.#expectMovementWithin(this.#receiver.idleTimeoutMs);
    }
  }

  /** Ends the connection in order when nothing is under way, else at once. */
  async close(): Promise<void> {
    if (this.#pending.size === 0 && this.#failure === undefined) {
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
    for (const pending of this.#pending) pending.settled.reject(error);
  }

  /** The system has every byte, or the socket is closed: nobody reads the frame's memory any more. */
  #flushed(frame: Frame, pending: Pending): void {
    frame.release();
    if (this.#failure !== undefined) return;
    pending.isFlushed = true;
    if (frame.chunk === undefined) return pending.settled.resolve();
    if (!this.#acks.has(frame.chunk)) return;
    const { ackTimeoutMs } = this.#receiver;
    pending.timer = setTimeout(() => this.fail(new PeerError("timeout", `${this.#name}: no ack came for ${ackTimeoutMs} ms`, { hint: "Look whether the receiver is stuck; raise `ack_timeout` if it is only slow." })), ackTimeoutMs);
  }

  #expectMovementWithin(ms: number): void {
    if (this.#socket.timeout !== ms) this.#socket.setTimeout(ms);
  }

  /** Nothing moved for a while: fine when idle, the end when a frame is stuck. */
  #quiet(): void {
    if (this.#pending.size === 0) return 0 < this.#receiver.idleTimeoutMs ? void this.close() : undefined;
    for (const pending of this.#pending) {
      if (!pending.isFlushed) return this.fail(new PeerError("timeout", `${this.#name}: the receiver took no bytes for ${this.#receiver.ackTimeoutMs} ms`, { hint: "Look whether the receiver is stuck or the network is cut." }));
    }
  }

  #connected(): void {
    this.#stage = this.#receiver.sharedKey === undefined ? "ready" : "helo";
    if (this.#stage === "ready") this.#ready.resolve();
  }

  #receive(bytes: Buffer): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    try {
      while (0 < this.#unread.length && this.#failure === undefined) {
        const reader = new WireReader(this.#unread);
        this.#answer(reader);
        this.#unread = this.#unread.subarray(reader.at);
      }
    } catch (error) {
      if (error === CutOff.thrown && this.#unread.length <= ANSWER_BYTES_MAX) return;
      const what = error === CutOff.thrown ? `${this.#unread.length} bytes without an end` : toError(error).message;
      this.fail(error instanceof PeerError ? error : new PeerError("garbage", `${this.#name}: the receiver does not speak the forward protocol: ${what}`, { cause: error, hint: "Check `port`, and whether the receiver wants TLS." }));
    }
  }

  #answer(reader: WireReader): void {
    if (this.#stage === "helo") return this.#greet(reader);
    if (this.#stage === "pong") return this.#admitted(reader);
    if (0x90 <= reader.peek() && reader.peek() <= 0x9f) {
      readHelo(reader);
      throw new PeerError("auth", `${this.#name}: the receiver asks for a shared key`, { hint: "Set `shared_key` as the receiver has it." });
    }
    let acked: string | undefined;
    for (let left = reader.mapCount("an answer"); 0 < left; left -= 1) {
      const key = reader.text("a key of an answer");
      const value = reader.text("an ack");
      if (key === "ack") acked = value;
    }
    if (acked === undefined) throw new ProtocolError("an answer without `ack` came");
    // Base64 with a line end is what old Fluentd versions make of a chunk.
    const pending = this.#acks.get(acked.trimEnd());
    if (pending === undefined) this.#receiver.onUnknownAck();
    else pending.settled.resolve();
  }

  #greet(reader: WireReader): void {
    const { selfHostname, username, password } = this.#receiver;
    const helo = (this.#helo = readHelo(reader));
    this.#isForOneFrame = !helo.isKeptAlive;
    const asksUser = 0 < helo.auth.length;
    this.#salt = nodeCrypto().randomBytes(SALT_BYTES);
    const digest = this.#digest(selfHostname, helo);
    this.#socket.write(pingMessage({ hostname: selfHostname, salt: this.#salt, digest, username: asksUser ? username : "", passwordDigest: asksUser ? passwordDigest(helo.auth, username, password) : "" }));
    this.#stage = "pong";
  }

  #admitted(reader: WireReader): void {
    const pong = readPong(reader);
    // The reason is the receiver's own text: it is cut, and holds no key of ours.
    if (!pong.isAccepted) throw new PeerError("auth", `${this.#name}: the receiver refused us: ${pong.reason.slice(0, 200)}`, { hint: "Compare `shared_key`, `username` and `password` with the receiver's." });
    if (this.#helo === undefined || !isSameDigest(pong.digest, this.#digest(pong.hostname, this.#helo))) throw new PeerError("auth", `${this.#name}: the receiver does not know the shared key`, { hint: "Compare `shared_key` with the receiver's." });
    this.#stage = "ready";
    this.#ready.resolve();
  }

  #digest(hostname: string, { nonce }: Helo): string {
    return keyDigest({ salt: this.#salt, hostname, nonce, sharedKey: this.#receiver.sharedKey ?? "" });
  }

  /** By how far it came. */
  lateError(): PeerError {
    const ms = this.#receiver.connectTimeoutMs;
    if (this.#stage === "helo") return new PeerError("timeout", `${this.#name}: the receiver did not begin the handshake within ${ms} ms`, { hint: "Set a shared key at the receiver too, or take `shared_key` away here." });
    if (this.#stage === "pong") return new PeerError("timeout", `${this.#name}: the receiver did not answer the handshake within ${ms} ms`);
    return new PeerError("timeout", `${this.#name}: no connection within ${ms} ms`, { hint: "Look whether the receiver is up and a firewall lies between." });
  }
}
