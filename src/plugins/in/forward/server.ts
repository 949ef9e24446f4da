// The listening side of in.Forward: takes clients in, watches over them, and shows them out.
import type { Socket } from "node:net";
import { hostname } from "node:os";
import { toError } from "#base/errors.ts";
import { ProtocolError } from "#dataplane/forward-protocol.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { ForwardOptions } from "../forward.ts";
import { Listener, peerOf } from "../parts/listener.ts";
import { sparingly } from "../parts/said-sparingly.ts";
import { greet } from "./greet.ts";
import { Inbox } from "./inbox.ts";
import type { Intake } from "./intake.ts";
import type { SeenChunks } from "./seen-chunks.ts";
import { serve } from "./serve.ts";

/** How often waiting clients are looked at. */
const WATCH_MS = 250;
/** For acks on their way out when the input closes. */
const GOODBYE_MS = 1000;

/** Whoever is inside a frame sends at least so many bytes in each millisecond of stall_timeout: byte by byte it would keep room that others wait for. */
const PACE_BYTES_A_MS = 1;

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
  /** What had come when this side began to look at its pace, inside one frame. */
  pace?: { readonly frame: number; readonly sinceMs: number; readonly bytes: number } | undefined;
}

/** Where frames go, and by what they are known again. */
interface Doors {
  readonly intake: Intake;
  readonly seen: SeenChunks | undefined;
}

export class ForwardServer {
  readonly #options: ForwardOptions;
  readonly #context: PluginContext;
  readonly #intake: Intake;
  readonly #seen: SeenChunks | undefined;
  readonly #guests = new Set<Guest>();
  readonly #warn: ReturnType<typeof sparingly>;
  #listener: Listener | undefined;
  #guestsEver = 0;
  #watch: NodeJS.Timeout | undefined;
  #isClosing = false;

  private constructor(options: ForwardOptions, context: PluginContext, { intake, seen }: Doors) {
    this.#options = options;
    this.#context = context;
    this.#warn = sparingly(context.log, () => context.clock.now(), "warn");
    this.#intake = intake;
    this.#seen = seen;
  }

  static async listen(options: ForwardOptions, context: PluginContext, doors: Doors): Promise<ForwardServer> {
    const self = new ForwardServer(options, context, doors);
    const { host, port, tls, max_connections: connectionsMax } = options;
    self.#listener = await Listener.listen({ plugin: "in.Forward", host, port, tls, connectionsMax }, context, (socket) => self.#welcome(socket));
    self.#watch = setInterval(() => self.#lookAround(), WATCH_MS).unref();
    context.log.info("listening for the forward protocol", { host, port: self.#listener.port });
    return self;
  }

  /** Whether clients came and all have gone. */
  get isLeft(): boolean {
    return 0 < this.#guestsEver && ![...this.#guests].some((guest) => guest.isReading);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watch);
    const closed = this.#listener?.stop();
    // Acks that were written go out first; a peer that takes none is not waited for.
    const guests = [...this.#guests];
    for (const { socket } of guests) socket.destroySoon();
    const talking = new Set(guests.map(({ socket }) => socket.remotePort));
    this.#listener?.destroyAll((port) => talking.has(port));
    const patience = new AbortController();
    await Promise.race([closed, this.#context.clock.pause(GOODBYE_MS, patience.signal)]);
    patience.abort();
    for (const { socket } of guests) socket.destroy();
    this.#listener?.destroyAll();
    await Promise.all([closed, ...guests.map((guest) => guest.done)]);
  }

  #welcome(socket: Socket): void {
    const guest: Guest = { socket, peer: peerOf(socket), inbox: new Inbox(socket, () => performance.now()), isGreeted: false, isReading: true, acksOwed: 0, done: Promise.resolve() };
    this.#guestsEver += 1;
    this.#guests.add(guest);
    socket.setNoDelay(true);
    // What goes wrong with a socket shows where it is read; who writes to it later finds it closed.
    socket.on("error", () => {});
    socket.once("close", () => this.#guests.delete(guest));
    guest.done = this.#entertain(guest);
  }

  async #entertain(guest: Guest): Promise<void> {
    const { count } = this.#context;
    try {
      const refusal = await this.#greeted(guest);
      if (refusal === undefined) return await this.#serve(guest);
      count("connections_refused_total");
      this.#warn("a client was refused", { peer: guest.peer, reason: refusal });
    } catch (thrown) {
      guest.acksOwed = 0;
      if (this.#isClosing || guest.isDismissed) return;
      const error = toError(thrown);
      count("connections_broken_total");
      if (error instanceof ProtocolError) this.#warn("a client broke the forward protocol; its connection is closed", { peer: guest.peer, error: error.message });
      else this.#warn("a connection failed", { peer: guest.peer, error: error.message });
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
    await serve({ inbox: guest.inbox, intake: this.#intake, seen: this.#seen, pool, peer: guest.peer, nowMs: () => clock.now(), frameBytesMax, tagOf, owe });
  }

  /** Clients that begin something and do not go on would hold memory and places for ever. */
  #lookAround(): void {
    const nowMs = performance.now();
    const { idle_timeout: idleMs, stall_timeout: stallMs } = this.#options;
    for (const guest of this.#guests) {
      const { inbox, isGreeted, socket, peer } = guest;
      const isInside = inbox.isInsideFrame || !isGreeted;
      if (inbox.waitsSinceMs === undefined || !isInside) guest.pace = undefined;
      if (inbox.waitsSinceMs === undefined) continue;
      const allowedMs = isInside ? stallMs : idleMs;
      if (allowedMs === 0 || (nowMs - inbox.waitsSinceMs < allowedMs && !(isInside && isTooSlow(guest, nowMs, stallMs)))) continue;
      guest.isDismissed = true;
      this.#context.count(isInside ? "connections_broken_total" : "connections_idle_total");
      if (isInside) this.#warn("a client stopped inside a frame; its connection is closed", { peer, waitedMs: Math.round(nowMs - (guest.pace?.sinceMs ?? inbox.waitsSinceMs)) });
      else this.#context.log.debug("an idle connection is closed", { peer });
      socket.destroy();
    }
  }
}

function isTooSlow(guest: Guest, nowMs: number, stallMs: number): boolean {
  const { inbox, socket, pace } = guest;
  if (pace !== undefined && pace.frame === inbox.frames) {
    if (nowMs - pace.sinceMs < stallMs) return false;
    if (socket.bytesRead - pace.bytes < stallMs * PACE_BYTES_A_MS) return true;
  }
  guest.pace = { frame: inbox.frames, sinceMs: nowMs, bytes: socket.bytesRead };
  return false;
}

function write({ socket }: Guest, bytes: Buffer): void {
  if (socket.writable) socket.write(bytes);
}
