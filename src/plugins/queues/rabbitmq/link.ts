// The connection to the broker: opened again whenever it is gone, at one address after the other, with a back-off. Each opening is an epoch of its own: what was handed over in one
// counts for nothing in the next.
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { connect } from "amqplib";
import type { ChannelModel, ConfirmChannel, Message } from "amqplib";
import { backoffMs } from "#base/backoff.ts";
import type { BrokerPlace } from "#sdk/broker-place.ts";
import type { QueueState } from "#sdk/queue.ts";
import { linkFailure } from "./link-failure.ts";

export interface Epoch {
  readonly model: ChannelModel;
  readonly channel: ConfirmChannel;
  isOver: boolean;
}

export interface LinkParts {
  readonly options: BrokerPlace;
  /** Declares what is needed and begins to take; a rejection is a connection that failed. */
  readonly opened: (epoch: Epoch) => Promise<void>;
  readonly over: (epoch: Epoch) => void;
  readonly state: (state: QueueState) => void;
  readonly now: () => number;
}

const FIRST_MS = 200;
const MOST_MS = 15_000;
const CLOSE_MS = 2000;
/** Queues are declared and taken from within so long. */
const OPEN_MS = 15_000;

export class Link {
  readonly #parts: LinkParts;
  #epoch: Epoch | undefined;
  #failures = 0;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #sinceMs = 0;
  #waiting: ((epoch: Epoch | undefined) => void)[] = [];
  #connecting: Promise<void> = Promise.resolve();

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#sinceMs = parts.now();
  }

  start(): void {
    this.#connecting = this.#connect();
  }

  /** Undefined: there is none now. */
  get epoch(): Epoch | undefined {
    return this.#epoch;
  }

  /** The one that is open, or will be within `ms`. */
  async open(ms: number): Promise<Epoch | undefined> {
    if (this.#epoch !== undefined || this.#isClosed) return this.#epoch;
    const { promise, resolve } = Promise.withResolvers<Epoch | undefined>();
    this.#waiting.push(resolve);
    const timer = setTimeout(() => resolve(this.#epoch), ms);
    return promise.finally(() => clearTimeout(timer));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#connecting;
    const epoch = this.#epoch;
    for (const tell of this.#waiting.splice(0)) tell(undefined);
    if (epoch === undefined) return;
    const timer = setTimeout(() => destroy(epoch.model), CLOSE_MS);
    try {
      // What was written on the channel goes out before its own goodbye, but not before the connection's.
      await epoch.channel.waitForConfirms().catch(() => {});
      epoch.channel.removeAllListeners("close");
      await epoch.channel.close();
      await epoch.model.close();
    } catch {
      destroy(epoch.model);
    } finally {
      clearTimeout(timer);
      this.#end(epoch, "closed");
    }
  }

  async #connect(): Promise<void> {
    const { options, opened, state, now } = this.#parts;
    const url = options.urls[this.#failures % options.urls.length] ?? "";
    let model: ChannelModel | undefined;
    // Questions to a broker that goes away meanwhile are never answered, and never refused.
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const timer = setTimeout(() => failed.reject(new Error("the broker does not answer")), options.connectTimeoutMs + OPEN_MS);
    const unlessFailed = <T>(work: Promise<T>): Promise<T> => {
      work.catch(() => {}); // Whichever of the two is first is told.
      return Promise.race([work, failed.promise]);
    };
    try {
      model = await connect(withHeartbeat(url, options.heartbeatMs), { ...(await tlsOf(options)), noDelay: true, keepAlive: true, timeout: options.connectTimeoutMs, clientProperties: { connection_name: "dure jobs" } });
      const made = model;
      writeTogether(socketOf(made));
      const begun: { epoch?: Epoch } = {};
      const fail = (why: string): void => {
        failed.reject(new Error(why));
        if (begun.epoch !== undefined) this.#end(begun.epoch, why);
      };
      made.on("error", (error: unknown) => fail(linkFailure(error)));
      made.on("close", (error: unknown) => fail(error === undefined ? "the broker closed the connection" : linkFailure(error)));
      made.on("blocked", (why: string) => state({ is: "blocked", why, sinceMs: now() }));
      made.on("unblocked", () => state({ is: "open" }));
      const channel = await unlessFailed(model.createConfirmChannel());
      const epoch: Epoch = { model, channel, isOver: false };
      begun.epoch = epoch;
      // A channel of its own makes no sense without the others: all begins anew.
      epoch.channel.on("error", (error: unknown) => fail(linkFailure(error)));
      epoch.channel.on("close", () => fail("the broker closed the channel"));
      // What was sent to it is confirmed nevertheless: nothing that is not told yet may count as sent.
      epoch.channel.on("return", ({ fields }: Message) => fail(`the queue ${fields.routingKey} was deleted`));
      if (this.#isClosed) throw new Error("it was closed");
      await unlessFailed(opened(epoch));
      this.#epoch = epoch;
      this.#failures = 0;
      state({ is: "open" });
      for (const tell of this.#waiting.splice(0)) tell(epoch);
    } catch (error) {
      if (model !== undefined) destroy(model);
      this.#away(linkFailure(error));
    } finally {
      clearTimeout(timer);
    }
  }

  #end(epoch: Epoch, why: string): void {
    if (epoch.isOver) return;
    epoch.isOver = true;
    const wasOpen = this.#epoch === epoch;
    this.#epoch = undefined;
    destroy(epoch.model);
    this.#parts.over(epoch);
    if (wasOpen) this.#away(why);
  }

  #away(why: string): void {
    if (this.#isClosed) return;
    if (this.#failures === 0) this.#sinceMs = this.#parts.now();
    this.#failures += 1;
    this.#parts.state({ is: "away", why: why === "" ? "no answer" : why, sinceMs: this.#sinceMs });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), backoffMs(this.#failures, { firstMs: FIRST_MS, mostMs: MOST_MS }));
  }
}

/** With an error: without one the client would not notice, and look for signs of life in a socket that is gone. */
export function destroy(model: ChannelModel): void {
  socketOf(model).destroy(new Error("the connection was given up"));
}

function socketOf({ connection }: ChannelModel): Socket {
  return (connection as unknown as { readonly stream: Socket }).stream;
}

/** The client writes each message and each acknowledgement by itself: what it writes within one turn goes out with one call of the system. */
function writeTogether(socket: Socket): void {
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    socket.uncork();
  };
  socket.write = (...given: unknown[]): boolean => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      process.nextTick(uncork);
    }
    return write(...given);
  };
}

function withHeartbeat(url: string, heartbeatMs: number): string {
  const address = new URL(url);
  if (!address.searchParams.has("heartbeat")) address.searchParams.set("heartbeat", String(Math.max(1, Math.ceil(heartbeatMs / 1000))));
  return address.href;
}

async function tlsOf({ tls }: BrokerPlace): Promise<object> {
  if (tls === undefined) return {};
  const [ca, cert, key] = await Promise.all([tls.caFile, tls.certFile, tls.keyFile].map(async (file) => (file === undefined ? undefined : readFile(file))));
  return { rejectUnauthorized: tls.isVerified, ...(ca === undefined ? {} : { ca: [ca] }), ...(cert === undefined ? {} : { cert, key }) };
}

/** As it may be shown. */
export function placeOf(urls: readonly string[], name: string): string {
  const shown = urls.map((url) => {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
  });
  return `${shown.join(", ")} ${name}`;
}
