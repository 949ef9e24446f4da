// One connection to a broker with one channel in confirm mode. When either fails, it fails for every message under way, and is
// not used again.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { resolve as resolvePath } from "node:path";
import { connect } from "amqplib";
import type { ChannelModel, ConfirmChannel, Options } from "amqplib";
import { toError } from "#base/errors.ts";
import type { AmqpOptions } from "../amqp.ts";

/** Of an output's options, what a connection takes. */
export type ChannelOptions = Pick<AmqpOptions, "user" | "password" | "vhost" | "connect_timeout" | "heartbeat" | "persistent" | "mandatory" | "tls">;

export interface Message {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly contentType: string;
  /** One of its own unless given; of two under way none may have the same. */
  readonly messageId?: string;
}

/** What became of a message the broker has answered. */
export type Outcome = "confirmed" | "refused" | "unroutable";

export interface BrokerChannel {
  readonly isUsable: boolean;
  /** The broker is out of memory or disk and takes nothing. */
  readonly isBlocked: boolean;
  /** Resolves with the broker's answer; rejects when the connection fails before. */
  publish(message: Message): Promise<Outcome>;
  /** More is waiting for the socket than should. */
  readonly isFull: boolean;
  /** Waits until that has gone out, or the channel is gone. */
  drained(): Promise<void>;
  /** For a broker that does not answer. */
  fail(error: Error): void;
  close(): Promise<void>;
  readonly model: ChannelModel;
}

/** To a broker that does not answer we say goodbye no longer. */
const CLOSE_MS = 1000;

export async function openChannel(given: ChannelOptions, host: string, configDir: string, onBlocked: (reason: string | undefined) => void): Promise<BrokerChannel> {
  const model = await connect(await urlOf(given, host), { ...(await tlsOf(given, configDir)), noDelay: true, keepAlive: true, timeout: given.connect_timeout, clientProperties: { connection_name: "dure" } });
  let failure: Error | undefined;
  let isBlocked = false;
  let isFull = false;
  let nextId = 0;
  /** Consumers may tell messages apart by it: no other connection has it. */
  const prefix = randomBytes(9).toString("base64url");
  const underWay = new Map<string, PromiseWithResolvers<Outcome>>();
  const returned = new Set<string>();
  let wake = Promise.withResolvers<void>();

  const fail = (error: Error): void => {
    failure ??= error;
    for (const pending of underWay.values()) pending.reject(failure);
    underWay.clear();
    wake.resolve();
  };
  model.on("error", (error: unknown) => fail(toError(error)));
  model.on("close", () => fail(new Error("the broker closed the connection")));
  model.on("blocked", (reason: string) => {
    isBlocked = true;
    onBlocked(reason);
  });
  model.on("unblocked", () => {
    isBlocked = false;
    onBlocked(undefined);
  });
  // With an error: without one the client would not notice, and look for signs of life in a socket that is gone.
  const destroy = (): void => void (model.connection as unknown as { stream: Socket }).stream.destroy(failure ?? new Error("the connection was given up"));

  let channel: ConfirmChannel;
  const timer = setTimeout(destroy, given.connect_timeout);
  try {
    channel = await model.createConfirmChannel();
  } catch (error) {
    destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  channel.on("error", (error: unknown) => fail(toError(error)));
  channel.on("close", () => fail(new Error("the broker closed the channel")));
  channel.on("drain", () => {
    isFull = false;
    wake.resolve();
  });
  // It comes before the confirmation of the same message.
  channel.on("return", ({ properties }) => void returned.add(String(properties.messageId)));

  return {
    model,
    get isUsable() {
      return failure === undefined;
    },
    get isBlocked() {
      return isBlocked;
    },
    get isFull() {
      return isFull;
    },
    publish({ exchange, routingKey, content, contentType, messageId = `${prefix}-${(nextId += 1)}` }) {
      if (failure !== undefined) return Promise.reject(failure);
      const pending = Promise.withResolvers<Outcome>();
      pending.promise.catch(() => {}); // Whoever published looks at all of a batch together.
      underWay.set(messageId, pending);
      const options: Options.Publish = { persistent: given.persistent, mandatory: given.mandatory, contentType, messageId };
      try {
        const hasRoom = channel.publish(exchange, routingKey, content, options, (error: unknown) => {
          underWay.delete(messageId);
          const isReturned = returned.delete(messageId);
          if (failure !== undefined) pending.reject(failure);
          else pending.resolve(error !== null && error !== undefined ? "refused" : isReturned ? "unroutable" : "confirmed");
        });
        if (!hasRoom && !isFull) {
          isFull = true;
          wake = Promise.withResolvers();
        }
      } catch (error) {
        underWay.delete(messageId);
        pending.reject(error);
      }
      return pending.promise;
    },
    async drained() {
      while (isFull && failure === undefined) await wake.promise; // All who wait, wait for the same.
    },
    fail(error) {
      fail(error);
      destroy();
    },
    async close() {
      failure ??= new Error("the connection is closed");
      const timer = setTimeout(destroy, CLOSE_MS);
      try {
        // A blocked connection does not answer to a goodbye.
        if (isBlocked) destroy();
        else await Promise.race([model.close(), new Promise((resolve) => model.once("close", resolve)), new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
      } catch {
        destroy(); // It was gone already.
      } finally {
        clearTimeout(timer);
        fail(failure);
      }
    },
  };
}

async function urlOf(given: ChannelOptions, host: string): Promise<Options.Connect> {
  const [, name = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  const isTls = given.tls !== undefined;
  return { protocol: isTls ? "amqps" : "amqp", hostname: name.replace(/^\[|\]$/g, ""), port: Number(port ?? (isTls ? 5671 : 5672)), username: given.user, password: given.password, vhost: given.vhost, heartbeat: Math.ceil(given.heartbeat / 1000) };
}

async function tlsOf({ tls }: ChannelOptions, configDir: string): Promise<object> {
  if (tls === undefined) return {};
  const read = (path: string | undefined): Promise<Buffer> | undefined => (path === undefined ? undefined : readFile(resolvePath(configDir, path)));
  const [ca, cert, key] = await Promise.all([read(tls.ca_file), read(tls.cert_file), read(tls.key_file)]);
  return { rejectUnauthorized: tls.verify, ...(ca === undefined ? {} : { ca: [ca] }), ...(cert === undefined ? {} : { cert, key }) };
}
