// A notice as a persistent JSON message at a broker; it is delivered when the broker has confirmed it. A message that no queue is bound for comes back, and is tried again.
import { PermanentError } from "#base/errors.ts";
import type { AmqpTarget, Delivering, Notifier } from "#sdk/notifier.ts";
import { openChannel } from "../out/amqp/channel.ts";
import type { BrokerChannel } from "../out/amqp/channel.ts";
import type { NotifierContext } from "./all.ts";

const HEARTBEAT_MS = 10_000;
/** A connection that nobody uses for so long is closed. */
const IDLE_MS = 30_000;

export class Amqp implements Notifier {
  readonly #target: AmqpTarget;
  readonly #timeoutMs: number;
  #channel: Promise<BrokerChannel> | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(target: AmqpTarget, { timeoutMs }: NotifierContext) {
    this.#target = target;
    this.#timeoutMs = timeoutMs;
  }

  async deliver({ attempt: _attempt, ...notice }: Delivering, signal: AbortSignal): Promise<string> {
    const { exchange, routingKey, url } = this.#target;
    clearTimeout(this.#idle);
    const channel = await this.#open();
    const fail = (): void => channel.fail(new Error("the broker does not confirm"));
    signal.addEventListener("abort", fail, { once: true });
    try {
      const outcome = await channel.publish({ exchange, routingKey, messageId: notice.id, contentType: "application/json", content: Buffer.from(JSON.stringify({ ...notice, at: new Date(notice.atMs).toISOString() })) });
      if (outcome === "confirmed") return "confirmed";
      throw new Error(outcome === "refused" ? `${new URL(url).host}: the broker refused it` : `${new URL(url).host}: no queue is bound to ${exchange === "" ? "" : `the exchange ${exchange} by `}${routingKey}`);
    } finally {
      signal.removeEventListener("abort", fail);
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const open = this.#channel;
    this.#channel = undefined;
    await open?.then((channel) => channel.close(), () => {});
  }

  async #open(): Promise<BrokerChannel> {
    const known = await this.#channel?.catch(() => undefined);
    if (known?.isUsable === true) return known;
    const { url, tls, exchange } = this.#target;
    const { protocol, hostname, port, username, password, pathname } = new URL(url);
    if (exchange === "" && this.#target.routingKey === "") throw new PermanentError("no queue is named");
    this.#channel = openChannel(
      {
        user: decodeURIComponent(username) || "guest",
        password: decodeURIComponent(password) || "guest",
        vhost: pathname.length <= 1 ? "/" : decodeURIComponent(pathname.slice(1)),
        connect_timeout: this.#timeoutMs,
        heartbeat: HEARTBEAT_MS,
        persistent: true,
        mandatory: true,
        ...(protocol === "amqps:" ? { tls: { verify: tls.isVerified, ca_file: tls.caFile, cert_file: tls.certFile, key_file: tls.keyFile } } : {}),
      },
      port === "" ? hostname : `${hostname}:${port}`,
      "/",
      () => {},
    );
    return this.#channel;
  }
}
