// Clients that send text over TCP, and no more than that: nothing is answered, so what they sent and nobody wrote is lost with the agent.
import type { Socket } from "node:net";
import type { PluginContext } from "#sdk/plugin.ts";
import { Framer, FramingError } from "./framer.ts";
import type { FramerParts } from "./framer.ts";
import { Listener, peerOf } from "./listener.ts";
import type { Listening } from "./listener.ts";
import type { LineCollector } from "./line-collector.ts";

/** With what Node has read already, one read more lies in this process for each client that is made to wait. */
const UNREAD_BYTES_MAX = 16 << 10;

export interface TextServing extends Omit<Listening, "unreadBytesMax"> {
  readonly idleTimeoutMs: number;
  readonly framer: FramerParts;
}

export class TextServer {
  readonly #serving: TextServing;
  readonly #context: PluginContext;
  readonly #clients = new Set<Client>();
  #listener: Listener | undefined;
  #clientsEver = 0;
  #hasSaidFraming = false;

  private constructor(serving: TextServing, context: PluginContext) {
    this.#serving = serving;
    this.#context = context;
  }

  static async listen(serving: TextServing, context: PluginContext): Promise<TextServer> {
    const self = new TextServer(serving, context);
    self.#listener = await Listener.listen({ ...serving, unreadBytesMax: UNREAD_BYTES_MAX }, context, (socket) => self.#welcome(socket));
    context.log.info("listening", { protocol: serving.tls?.enabled === true ? "tls" : "tcp", host: serving.host, port: self.#listener.port });
    return self;
  }

  get clients(): { readonly ever: number; readonly now: number } {
    return { ever: this.#clientsEver, now: this.#clients.size };
  }

  async close(): Promise<void> {
    const stopped = this.#listener?.stop();
    for (const client of this.#clients) client.stop();
    this.#listener?.destroyAll();
    await stopped;
  }

  #welcome(socket: Socket): void {
    this.#clientsEver += 1;
    const { log, count } = this.#context;
    const client = new Client(socket, this.#serving, {
      gone: () => {
        this.#clients.delete(client);
        this.#serving.framer.collector.wake();
      },
      idle: () => {
        count("connections_idle_total");
        log.debug("an idle connection is closed", { peer: client.peer });
      },
      failed: (error) => {
        count("connections_broken_total");
        if (!(error instanceof FramingError)) return log.debug("a connection failed", { peer: client.peer, error: error.message });
        if (!this.#hasSaidFraming) log.warn("a client broke the framing; its connection is closed; more are only counted", { peer: client.peer, error: error.message, hint: error.hint });
        this.#hasSaidFraming = true;
      },
    });
    this.#clients.add(client);
  }
}

interface Told {
  gone(): void;
  idle(): void;
  failed(error: Error): void;
}

class Client {
  readonly socket: Socket;
  readonly peer: string;
  readonly #framer: Framer;
  readonly #collector: LineCollector;
  readonly #told: Told;
  /** Came when there was no room; nothing more is read from the system until it has had its turn. */
  #waiting: Buffer | undefined;
  #isEnded = false;

  constructor(socket: Socket, { framer, idleTimeoutMs }: TextServing, told: Told) {
    this.socket = socket;
    this.peer = peerOf(socket);
    this.#framer = new Framer(framer);
    this.#framer.peer = this.peer;
    this.#collector = framer.collector;
    this.#told = told;
    socket.on("data", (piece: Buffer) => this.#take(piece));
    socket.once("end", () => this.#ended());
    socket.on("error", (error) => told.failed(error));
    socket.once("close", () => {
      if (this.#waiting === undefined) this.#finish();
    });
    if (idleTimeoutMs === 0) return;
    socket.setTimeout(idleTimeoutMs, () => {
      // One that waits for this side has not gone quiet of its own.
      if (this.#waiting !== undefined) return void socket.setTimeout(idleTimeoutMs);
      told.idle();
      socket.destroy();
    });
  }

  /** Takes what this process has read of it already, and no more; it goes on when there is room. */
  stop(): void {
    this.socket.read(); // Emits it as data.
    this.socket.destroy();
    if (this.#waiting === undefined) this.#finish();
  }

  #take(piece: Buffer): void {
    if (this.#waiting !== undefined) return void (this.#waiting = Buffer.concat([this.#waiting, piece]));
    if (this.#collector.hasRoom) return this.#frame(piece);
    this.socket.pause();
    this.#waiting = piece;
    this.#collector.waitForRoom(() => {
      const waiting = this.#waiting ?? piece;
      this.#waiting = undefined;
      this.#frame(waiting);
      if (this.socket.destroyed) this.#finish();
      else if (this.socket.readableEnded) this.#ended();
      else this.socket.resume();
    });
  }

  #frame(piece: Buffer): void {
    try {
      this.#framer.take(piece);
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.#told.failed(error);
      this.socket.destroy();
    }
    this.#collector.added();
  }

  /** It sends no more. Its end comes while it waits, too; it keeps its place among the clients then, and with it what it has sent its bound. */
  #ended(): void {
    if (this.#waiting !== undefined) return;
    this.#finish();
    this.socket.end();
  }

  /** A last line without its end is a line. */
  #finish(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#framer.end();
    this.#collector.added();
    this.#told.gone();
  }
}
