// The listening side of in.Http: lets requests in or says why not, and answers each when its time has come. Bodies are bounded one by one
// and together, requests and connections in number, and a client that is slow to send in time.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { systemCode, toError } from "#base/errors.ts";
import { SLACK_BYTES } from "#dataplane/memory.ts";
import { Turns } from "#base/turns.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { HttpInputOptions } from "../http.ts";
import { cannotListen } from "../parts/listener.ts";
import { tlsFiles } from "../parts/tls-files.ts";
import { readBodyHead, readContent, unpacked } from "./content.ts";
import type { BodyHead } from "./content.ts";
import { gatekeeper } from "./gatekeeper.ts";
import type { Intake } from "./intake.ts";
import { packed } from "./packed.ts";
import type { Packed } from "./packed.ts";
import { Refusal } from "./refusal.ts";

/** Clients and balancers keep connections for about a minute. */
const IDLE_MS = 65_000;
const WATCH_MS = 500;
const HEADER_BYTES_MAX = 16 << 10;
/** For answers on their way out when the input closes. */
const GOODBYE_MS = 1000;
const RETRY_AFTER = { "retry-after": "1" };

export class WebServer {
  readonly #options: HttpInputOptions;
  readonly #context: PluginContext;
  readonly #intake: Intake;
  readonly #server: Server;
  readonly #isLetIn: (authorization: string | undefined) => boolean;
  readonly #sockets = new Set<Duplex>();
  readonly #unpacking = new Turns();
  /** Refusals said so far, by status; more are counted. */
  readonly #said = new Set<number>();
  #connectionsEver = 0;
  #requests = 0;
  #heldBytes = 0;
  #isClosing = false;

  private constructor(options: HttpInputOptions, context: PluginContext, intake: Intake, server: Server) {
    this.#options = options;
    this.#context = context;
    this.#intake = intake;
    this.#server = server;
    this.#isLetIn = gatekeeper(options);
    const listener = (request: IncomingMessage, response: ServerResponse): void => void this.#serve(request, response, false);
    server.on("request", listener);
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response, true));
    server.on("clientError", (error: Error, socket: Duplex) => this.#turnAway(error, socket));
    server.on("connection", (socket: Socket) => this.#watch(socket));
    server.on("drop", () => this.#refused(503, "max_connections are there"));
    server.maxConnections = options.max_connections;
  }

  static async listen(options: HttpInputOptions, context: PluginContext, intake: Intake): Promise<WebServer> {
    const waits: ServerOptions = { requestTimeout: options.request_timeout, headersTimeout: options.request_timeout, connectionsCheckingInterval: Math.min(WATCH_MS, options.request_timeout), keepAliveTimeout: IDLE_MS, maxHeaderSize: HEADER_BYTES_MAX, noDelay: true };
    const server = options.tls === undefined ? createServer(waits) : (await import("node:https")).createServer({ ...waits, ...(await tlsFiles(options.tls, context.configDir)), handshakeTimeout: options.request_timeout });
    const self = new WebServer(options, context, intake, server);
    const { promise, resolve: listening, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port }, listening);
    try {
      await promise;
    } catch (error) {
      throw cannotListen("in.Http", options.host, options.port, error);
    }
    server.off("error", reject);
    server.on("error", (error) => context.log.error("the listening socket failed", { error: error.message }));
    context.log.info("listening for HTTP", { host: options.host, port: (server.address() as AddressInfo).port });
    return self;
  }

  /** Whether clients came and all have gone. */
  get isLeft(): boolean {
    return 0 < this.#connectionsEver && this.#sockets.size === 0;
  }

  /** The intake has closed before, so that all requests are being answered. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#server.closeIdleConnections();
    const patience = new AbortController();
    await Promise.race([closed, this.#context.clock.pause(GOODBYE_MS, patience.signal)]);
    patience.abort();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy(); // Also those in the TLS handshake.
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse, isAskingFirst: boolean): Promise<void> {
    request.on("error", () => {}); // A client that goes shows in what is read of it.
    response.on("error", () => {});
    const body = new HeldBody((bytes) => this.#hold(bytes));
    this.#requests += 1;
    const done = (): void => void (this.#requests -= 1);
    let isBodyComing = !isAskingFirst;
    try {
      const tag = this.#admitted(request);
      const head = readBodyHead(request.headers["content-type"], request.headers["content-encoding"], this.#options.format);
      if (isAskingFirst) response.writeContinue();
      isBodyComing = true;
      const plain = await this.#unpacked(await body.read(request, this.#options.max_body), head.encoding, body);
      const brought = packed(readContent(plain, head, this.#options.time_key), this.#context.clock.now());
      const largest = Math.max(0, ...brought.pieces.map(({ bytes }) => bytes.length));
      if (this.#context.pool.memory.bytesMax < largest + SLACK_BYTES) throw new Refusal(413, `a record takes ${largest} bytes; all of agent.memory_max is ${this.#context.pool.memory.bytesMax}`);
      body.keep(brought.bytes);
      this.#take(request, response, { tag, packed: brought, body, done });
    } catch (thrown) {
      body.drop();
      done();
      if (response.destroyed) return; // It went away: nobody is there to be told.
      const refusal = thrown instanceof Refusal ? thrown : new Refusal(500, "the request could not be read");
      if (!(thrown instanceof Refusal)) this.#context.log.error("a request could not be read", { error: toError(thrown) });
      this.#refused(refusal.status, refusal.message);
      // Who asked first may send the body or not: nothing can follow it on this connection.
      const isLast = this.#isClosing || !isBodyComing;
      answer(response, refusal.status, { error: refusal.message }, isLast ? { ...refusal.headers, connection: "close" } : refusal.headers);
    }
  }

  /** One body is unpacked at a time: each may become as large as max_body, and that is counted only when it is known. */
  async #unpacked(bytes: Buffer, encoding: BodyHead["encoding"], body: HeldBody): Promise<Buffer> {
    const endTurn = encoding === "identity" ? undefined : await this.#unpacking.take();
    try {
      const plain = await unpacked(bytes, encoding, this.#options.max_body);
      body.keep(plain.length);
      return plain;
    } finally {
      endTurn?.();
    }
  }

  #take(request: IncomingMessage, response: ServerResponse, { tag, packed, body, done }: { tag: string; packed: Packed; body: HeldBody; done(): void }): void {
    const { pieces, form } = packed;
    const thanks = form === "lines" ? {} : { records: packed.rows };
    let isAnswered = false;
    const say = (status: number, words: object, headers: Readonly<Record<string, string>> = {}): void => {
      if (isAnswered) return;
      isAnswered = true;
      done();
      answer(response, status, words, headers);
    };
    if (pieces.length === 0) {
      body.drop();
      return say(200, thanks);
    }
    let held = packed.bytes;
    let toWrite = pieces.length;
    let isDropped = false;
    const source = request.socket.remoteAddress ?? "gone";
    for (const [index, piece] of pieces.entries()) {
      this.#intake.push({
        tag,
        source,
        form,
        piece,
        isLast: index === pieces.length - 1,
        taken: () => {
          if (!isDropped) body.keep((held -= piece.bytes.length));
        },
        written: () => {
          toWrite -= 1;
          if (toWrite === 0 && !isDropped) say(200, thanks);
        },
        dropped: () => {
          if (isDropped) return;
          isDropped = true;
          body.drop();
          say(503, { error: "the agent stops; send it again" }, { ...RETRY_AFTER, connection: "close" });
        },
      });
    }
    if (this.#options.confirm === "received") say(200, thanks);
  }

  /** The tag of a request that may send its body. Throws Refusal. */
  #admitted({ method, url = "/", headers }: IncomingMessage): string {
    const { paths, tag, max_body: bodyBytesMax, max_requests: requestsMax } = this.#options;
    if (method !== "POST" && method !== "PUT") throw new Refusal(405, "send records with POST", { allow: "POST, PUT" });
    if (!this.#isLetIn(headers.authorization)) throw new Refusal(401, "say who you are", { "www-authenticate": this.#options.username === undefined ? "Bearer" : 'Basic realm="dure"' });
    const path = url.split("?", 1)[0] ?? "/";
    const own = Object.hasOwn(paths, path) ? paths[path] : undefined;
    if (own === undefined && 0 < Object.keys(paths).length) throw new Refusal(404, "nothing is taken at this path");
    if (bodyBytesMax < Number(headers["content-length"] ?? 0)) throw new Refusal(413, `the body is over ${bodyBytesMax} bytes`);
    if (requestsMax < this.#requests) throw new Refusal(503, "too many requests are under way", RETRY_AFTER);
    return own ?? tag;
  }

  /** Throws Refusal when it is too much together. */
  #hold(bytes: number): void {
    if (0 < bytes && this.#options.max_held < this.#heldBytes + bytes) throw new Refusal(503, "too many bytes are held", RETRY_AFTER);
    this.#heldBytes += bytes;
  }

  #watch(socket: Duplex): void {
    this.#connectionsEver += 1;
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#intake.wake();
    });
  }

  /** What is no HTTP, too long in coming, or has too many headers. */
  #turnAway(error: Error, socket: Duplex): void {
    const code = systemCode(error) ?? "";
    const [status, words] = code === "ERR_HTTP_REQUEST_TIMEOUT" ? [408, "Request Timeout"] : code === "HPE_HEADER_OVERFLOW" ? [431, "Request Header Fields Too Large"] : [400, "Bad Request"];
    if (code !== "ECONNRESET") this.#refused(status, `a client speaks no HTTP: ${code}`);
    if (!socket.writable || code === "ECONNRESET" || /^ERR_(SSL|TLS)/.test(code)) return void socket.destroy();
    const body = JSON.stringify({ error: words });
    socket.end(`HTTP/1.1 ${status} ${words}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`, () => socket.destroy());
  }

  #refused(status: number, reason: string): void {
    this.#context.count("requests_refused_total");
    if (this.#said.has(status) || this.#isClosing) return;
    this.#said.add(status);
    this.#context.log.warn("a request was refused; more of its kind are only counted", { status, reason });
  }
}

/** The bytes of one request, as long as they are held. */
class HeldBody {
  readonly #hold: (bytes: number) => void;
  #bytes = 0;

  /** `hold` counts bytes that come (and, negative, go), and throws when it is too much. */
  constructor(hold: (bytes: number) => void) {
    this.#hold = hold;
  }

  async read(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const { promise, resolve: done, reject } = Promise.withResolvers<Buffer>();
    // Not by iterating: leaving that would break the connection, and the client could not read why.
    const take = (piece: Buffer): void => {
      try {
        if (bytesMax < this.#bytes + piece.length) throw new Refusal(413, `the body is over ${bytesMax} bytes`);
        this.keep(this.#bytes + piece.length);
        pieces.push(piece);
      } catch (error) {
        request.off("data", take);
        request.resume();
        reject(toError(error));
      }
    };
    request.on("data", take);
    request.once("end", () => done(Buffer.concat(pieces)));
    request.once("close", () => reject(new Refusal(400, "the body is not whole")));
    return promise;
  }

  /** So many are held from now on. */
  keep(bytes: number): void {
    this.#hold(bytes - this.#bytes);
    this.#bytes = bytes;
  }

  drop(): void {
    this.keep(0);
  }
}

function answer(response: ServerResponse, status: number, words: object, headers: Readonly<Record<string, string>>): void {
  if (response.destroyed || response.headersSent) return;
  const body = JSON.stringify(words);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers }).end(body);
}
