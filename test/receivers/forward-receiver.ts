// A server of the Fluentd forward protocol for tests. It shares no code with ours (MessagePack is read by msgpackr, the
// handshake written out again), keeps what arrived, and can misbehave in the ways that receivers do.
import { createHash, randomBytes } from "node:crypto";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { setImmediate as immediate } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { addExtension, Packr, Unpackr } from "msgpackr";

export type Behaviour =
  /** Acks what asks for it. */
  | "ack"
  /** Accepts connections and reads nothing. */
  | "half-open"
  /** Reads a little at a time. */
  | "slow"
  /** Answers a frame with bytes of no sense. */
  | "garbage"
  /** Keeps its acks until `releaseAcks`. */
  | "late"
  /** Acks a chunk that nobody sent, and the right one only at `releaseAcks`. */
  | "wrong-chunk"
  | "never-ack"
  /** Closes when the first bytes of a frame are there. */
  | "close-mid-frame"
  /** Takes the frame and closes instead of acking. */
  | "close-before-ack"
  /** Resets each connection at once. */
  | "reset";

export interface ReceivedEntry {
  readonly tag: string;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly record: Record<string, unknown>;
}
export interface ReceivedFrame {
  readonly mode: "message" | "forward" | "packed" | "compressed";
  readonly tag: string;
  readonly option: Record<string, unknown>;
  readonly entries: readonly ReceivedEntry[];
  /** Whether the times were EventTimes (not numbers). */
  readonly hasEventTimes: boolean;
  /** Counted from 0. */
  readonly connection: number;
}

export interface ReceiverOptions {
  /** Address to listen on; 127.0.0.1 unless given. */
  readonly host?: string;
  readonly port?: number;
  readonly behaviour?: Behaviour;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer };
  readonly sharedKey?: string;
  readonly user?: { readonly username: string; readonly password: string };
  /** What HELO says. */
  readonly keepalive?: boolean;
}

export interface ForwardReceiver extends AsyncDisposable {
  readonly port: number;
  /** May be changed at any time; holds from the next bytes on. */
  behaviour: Behaviour;
  readonly frames: readonly ReceivedFrame[];
  readonly entries: readonly ReceivedEntry[];
  /** The field `message` of all entries. */
  lines(): string[];
  /** Connections ever accepted. */
  readonly connections: number;
  readonly openConnections: number;
  /** Names clients gave in their PING. */
  readonly clients: readonly string[];
  /** Sends what "late" and "wrong-chunk" kept back. */
  releaseAcks(): void;
  /** Resolves when `condition` holds; looks after everything that arrives. */
  until(condition: (receiver: ForwardReceiver) => boolean, what?: string): Promise<void>;
  /** Resolves when all is read that clients sent who have ended; nobody else may be connected. */
  drained(): Promise<void>;
  /** Closes the port and all connections; `up` opens the same port again. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

const UNTIL_MS = 60_000;
const SLOW_BYTES = 4096;
const NONSENSE = "HTTP/1.1 400 Bad Request\r\n\r\n";

interface EventTime {
  readonly eventSeconds: number;
  readonly nanoseconds: number;
}
addExtension({
  type: 0,
  unpack: (bytes: Buffer | Uint8Array): EventTime => ({ eventSeconds: Buffer.from(bytes).readUInt32BE(0), nanoseconds: Buffer.from(bytes).readUInt32BE(4) }),
});
const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "bigint" });

export async function startForwardReceiver(options: ReceiverOptions = {}): Promise<ForwardReceiver> {
  const receiver = new Receiver(options);
  await receiver.up();
  return receiver;
}

class Receiver implements ForwardReceiver {
  behaviour: Behaviour;
  readonly frames: ReceivedFrame[] = [];
  readonly entries: ReceivedEntry[] = [];
  readonly clients: string[] = [];
  connections = 0;
  port: number;
  readonly #options: ReceiverOptions;
  readonly #sockets = new Set<Socket>();
  readonly #watchers = new Set<() => void>();
  #kept: (() => void)[] = [];
  #server: Server | undefined;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.behaviour = options.behaviour ?? "ack";
    this.port = options.port ?? 0;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  lines(): string[] {
    return this.entries.map(({ record }) => String(record["message"]));
  }

  releaseAcks(): void {
    for (const send of this.#kept.splice(0)) send();
  }

  async until(condition: (receiver: ForwardReceiver) => boolean, what = "what the test waits for"): Promise<void> {
    if (condition(this)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`${what} did not come: ${this.frames.length} frames, ${this.entries.length} entries, ${this.connections} connections`)), UNTIL_MS);
    const look = (): void => {
      if (condition(this)) resolve();
    };
    this.#watchers.add(look);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(look);
    }
  }

  async drained(): Promise<void> {
    if (this.#server === undefined) return;
    const before = this.connections;
    // The system has taken connections that we have not heard of yet. This one is behind them.
    const probe = connect(this.port, this.#options.host ?? "127.0.0.1").on("error", () => {});
    await this.until(() => before < this.connections, "a connection of our own");
    await immediate(); // All that waited are told of one after the other.
    probe.destroy();
    await this.until(() => this.openConnections === 0, "the end of what clients had sent");
  }

  async up(): Promise<void> {
    const { tls } = this.#options;
    const server = tls === undefined ? createServer() : createTlsServer({ ...tls, ...(tls.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true }) });
    server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(this.port, this.#options.host ?? "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#kept = [];
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  close(): Promise<void> {
    return this.down();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }

  #changed(): void {
    for (const look of this.#watchers) look();
  }

  #accept(socket: Socket): void {
    const connection = this.connections;
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#changed();
    });
    if (this.behaviour === "reset") socket.resetAndDestroy();
    else if (this.behaviour !== "half-open") this.#listen(socket, connection);
    this.#changed();
  }

  #listen(socket: Socket, connection: number): void {
    const salt = { nonce: randomBytes(16), auth: this.#options.user === undefined ? Buffer.alloc(0) : randomBytes(16) };
    let isGreeted = this.#options.sharedKey === undefined;
    if (!isGreeted) socket.write(packr.pack(["HELO", { ...salt, keepalive: this.#options.keepalive ?? true }]));
    let held: Buffer = Buffer.alloc(0);
    const take = (bytes: Buffer): void => {
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const values = valuesIn(held);
      // What came is no MessagePack, or none of this protocol (a TLS greeting can look like some): say so as a web server would, or hang up.
      if (values === undefined || (isGreeted && !values.every(({ value }) => isMessage(value)))) {
        if (this.behaviour === "garbage") socket.write(NONSENSE);
        else socket.destroy();
        return;
      }
      for (const { value, end } of values) {
        if (isGreeted) this.#frame(socket, connection, value);
        else if (!this.#greet(socket, salt, value)) return;
        else isGreeted = true;
        held = held.subarray(end);
      }
      if (0 < held.length && isGreeted && this.behaviour === "close-mid-frame") socket.destroy();
    };
    socket.on("readable", () => {
      const readOn = (): void => {
        if (this.behaviour === "half-open" || socket.destroyed) return;
        const bytes: Buffer | null = this.behaviour === "slow" ? (socket.read(Math.min(SLOW_BYTES, socket.readableLength)) as Buffer | null) : (socket.read() as Buffer | null);
        if (bytes === null) return;
        take(bytes);
        if (0 < socket.readableLength) setImmediate(readOn);
      };
      readOn();
    });
  }

  #greet(socket: Socket, { nonce, auth }: { nonce: Buffer; auth: Buffer }, value: unknown): boolean {
    const [name, host, salt, digest, username, password] = value as [string, string, Buffer, string, string, string];
    const { sharedKey = "", user } = this.#options;
    const sha = (...parts: (Buffer | string)[]): string => parts.reduce((hash, part) => hash.update(part), createHash("sha512")).digest("hex");
    const isRight = name === "PING" && digest === sha(salt, host, nonce, sharedKey) && (user === undefined || (username === user.username && password === sha(auth, user.username, user.password)));
    this.clients.push(host);
    socket.write(packr.pack(isRight ? ["PONG", true, "", "receiver.test", sha(salt, "receiver.test", nonce, sharedKey)] : ["PONG", false, "shared_key mismatch", "", ""]));
    if (!isRight) socket.end();
    this.#changed();
    return isRight;
  }

  #frame(socket: Socket, connection: number, value: unknown): void {
    if (value === null) return;
    const frame = { ...frameOf(value), connection };
    this.frames.push(frame);
    this.entries.push(...frame.entries);
    this.#answer(socket, frame.option["chunk"]);
    if (this.#options.keepalive === false) socket.end();
    this.#changed();
  }

  #answer(socket: Socket, chunk: unknown): void {
    const ack = (id: unknown) => (): void => void (socket.writable && socket.write(packr.pack({ ack: id })));
    if (this.behaviour === "close-before-ack") socket.destroy();
    else if (this.behaviour === "garbage") socket.write(NONSENSE);
    else if (chunk === undefined || this.behaviour === "never-ack" || this.behaviour === "half-open" || this.behaviour === "close-mid-frame") return;
    else if (this.behaviour === "late" || this.behaviour === "wrong-chunk") {
      this.#kept.push(ack(chunk));
      if (this.behaviour === "wrong-chunk") ack(randomBytes(16).toString("base64"))();
    } else ack(chunk)();
  }
}

/** The whole values at the begin of `bytes`; undefined when they are none. */
function valuesIn(bytes: Buffer): { value: unknown; end: number }[] | undefined {
  const found: { value: unknown; end: number }[] = [];
  let last = 0;
  try {
    unpackr.unpackMultiple(bytes, (value: unknown, _start?: number, end?: number) => {
      found.push({ value, end: (end ?? 0) - last });
      last = end ?? 0;
    });
  } catch (error) {
    if (!(error instanceof Error && "incomplete" in error)) return undefined;
  }
  return found;
}

function frameOf(value: unknown): Omit<ReceivedFrame, "connection"> {
  const parts = value as unknown[];
  const tag = parts[0] as string;
  if (Buffer.isBuffer(parts[1]) || parts[1] instanceof Uint8Array) {
    const option = (parts[2] ?? {}) as Record<string, unknown>;
    const packed = Buffer.from(parts[1]);
    const bytes = option["compressed"] === "gzip" ? gunzipSync(packed) : option["compressed"] === "zstd" ? zstdDecompressSync(packed) : packed;
    const pairs = bytes.length === 0 ? [] : (unpackr.unpackMultiple(bytes) as [unknown, Record<string, unknown>][]);
    return { mode: option["compressed"] === undefined ? "packed" : "compressed", tag, option, ...entriesOf(tag, pairs) };
  }
  if (Array.isArray(parts[1])) return { mode: "forward", tag, option: (parts[2] ?? {}) as Record<string, unknown>, ...entriesOf(tag, parts[1] as [unknown, Record<string, unknown>][]) };
  return { mode: "message", tag, option: (parts[3] ?? {}) as Record<string, unknown>, ...entriesOf(tag, [[parts[1], parts[2] as Record<string, unknown>]]) };
}

/** `[tag, bin | entries | time, …]` */
function isMessage(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === "string" && 1 < value.length;
}

function entriesOf(tag: string, pairs: readonly [unknown, Record<string, unknown>][]): { entries: ReceivedEntry[]; hasEventTimes: boolean } {
  const isEventTime = (time: unknown): time is EventTime => typeof time === "object" && time !== null && "eventSeconds" in time;
  const entries = pairs.map(([time, record]) => ({ tag, seconds: isEventTime(time) ? time.eventSeconds : Number(time), nanoseconds: isEventTime(time) ? time.nanoseconds : 0, record }));
  return { entries, hasEventTimes: pairs.every(([time]) => isEventTime(time)) };
}
