// Batches into frames, frames onto a connection, in the order of the writes.
import { hostname } from "node:os";
import { toError } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { PluginContext, Written } from "#sdk/plugin.ts";
import type { FluentdOptions } from "../fluentd.ts";
import { ForwardConnection } from "./connection.ts";
import type { Receiver } from "./connection.ts";
import { Framer } from "./frame.ts";
import { PeerError } from "../parts/peer-error.ts";

const PROBE_MS = 1000;

function hostOf({ host, ip }: FluentdOptions): string {
  return host ?? ip ?? "";
}

function receiverOf(given: FluentdOptions, configDir: string, onUnknownAck: () => void): Receiver {
  return {
    host: hostOf(given),
    port: given.port,
    tls: given.tls?.enabled === true ? given.tls : undefined,
    configDir,
    sharedKey: given.shared_key,
    username: given.username ?? "",
    password: given.password ?? "",
    selfHostname: given.self_hostname ?? hostname(),
    connectTimeoutMs: given.connect_timeout,
    ackTimeoutMs: given.ack_timeout,
    idleTimeoutMs: given.keepalive_timeout,
    onUnknownAck,
  };
}

const IN_KOREAN: Readonly<Record<PeerError["failure"], string>> = {
  unreachable: "연결할 수 없습니다",
  timeout: "제때 답하지 않습니다",
  tls: "TLS 로 연결할 수 없습니다",
  auth: "인증을 거절했습니다",
  garbage: "forward 프로토콜로 말하지 않습니다",
  closed: "연결을 바로 닫았습니다",
  aborted: "확인을 그만두었습니다",
};

/** What is wrong with the receiver now; nothing when it can be reached. */
export async function checkReceiver(given: FluentdOptions, configDir: string, signal: AbortSignal): Promise<Text[]> {
  const receiver = receiverOf(given, configDir, () => {});
  try {
    const connection = await ForwardConnection.open({ ...receiver, connectTimeoutMs: Math.min(PROBE_MS, receiver.connectTimeoutMs) }, signal);
    await connection.close();
    return [];
  } catch (error) {
    return [unreachable(receiver, error)];
  }
}

function unreachable({ host, port }: Receiver, thrown: unknown): Text {
  const error = toError(thrown);
  const said = thrown instanceof PeerError ? IN_KOREAN[thrown.failure] : IN_KOREAN.unreachable;
  const hint = thrown instanceof PeerError && thrown.hint !== undefined ? ` ${thrown.hint}` : "";
  return { en: `out.Fluentd cannot reach its receiver now: ${error.message}.${hint}`, ko: `out.Fluentd의 수신 서버 ${host}:${port}: ${said} (${error.message})` };
}

/** Keeps one connection and opens the next when it broke; waiting between attempts is the pipeline's. */
export class Sender {
  readonly #receiver: Receiver;
  readonly #context: PluginContext;
  readonly #framer: Framer;
  readonly #isKept: boolean;
  readonly #stop = new AbortController();
  #connection: ForwardConnection | undefined;
  #connectionsEver = 0;
  #isRefused = false;
  /** Said once a connection; all are counted. */
  #hasSaidUnknown = false;
  /** Frames go out in the order of the writes, however long the compression of each takes. */
  #turn: Promise<void> | undefined;

  constructor(given: FluentdOptions, context: PluginContext) {
    this.#receiver = receiverOf(given, context.configDir, () => {
      context.count("acks_unknown_total");
      if (this.#hasSaidUnknown) return;
      this.#hasSaidUnknown = true;
      context.log.warn("the receiver acked a chunk that is not under way", { host: hostOf(given), port: given.port });
    });
    this.#context = context;
    this.#framer = new Framer({ sender: `${context.pipeline}\n${context.step}`, tag: given.tag, ack: given.ack, hasWholeSeconds: given.time_as_integer, compression: given.compress === "none" ? undefined : given.compress });
    this.#isKept = given.keepalive;
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Written> {
    if (batch.count === 0) return { bytes: 0 };
    const before = this.#turn;
    const mine = Promise.withResolvers<void>();
    // Also when this write gives up early, the next one waits for the ones before.
    const turn = (this.#turn = before === undefined ? mine.promise : before.then(() => mine.promise));
    try {
      const made = this.#framer.frameOf(batch);
      const frame = made instanceof Promise ? await made : made;
      let connection: ForwardConnection;
      try {
        if (before !== undefined) await unlessAborted(before, signal);
        connection = this.#kept ?? (await this.#connect(signal));
      } catch (error) {
        frame.release();
        throw error;
      }
      const bytes = frame.bodyBytes;
      const sent = connection.send(frame, signal);
      mine.resolve();
      if (this.#turn === turn) this.#turn = undefined;
      try {
        await sent;
        return { bytes };
      } finally {
        if (!this.#isKept) await connection.close();
      }
    } finally {
      mine.resolve();
    }
  }

  async healthy(signal: AbortSignal): Promise<boolean> {
    try {
      const connection = await ForwardConnection.open(this.#receiver, AbortSignal.any([signal, this.#stop.signal]));
      await connection.close();
      return true;
    } catch {
      return false; // Why, the next write says.
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#connection?.close();
  }

  /** The connection that stays, while it takes frames. */
  get #kept(): ForwardConnection | undefined {
    return this.#isKept && this.#connection?.isUsable === true ? this.#connection : undefined;
  }

  /** Only one write at a time comes here. */
  async #connect(signal: AbortSignal): Promise<ForwardConnection> {
    const { log, count } = this.#context;
    try {
      this.#connection = await ForwardConnection.open(this.#receiver, AbortSignal.any([signal, this.#stop.signal]));
    } catch (error) {
      if (error instanceof PeerError && error.failure === "auth" && !this.#isRefused) {
        this.#isRefused = true;
        log.error("the receiver and this output do not accept each other", { error: error.message, hint: error.hint });
      }
      throw error;
    }
    this.#isRefused = false;
    this.#hasSaidUnknown = false;
    if (0 < this.#connectionsEver && this.#isKept) count("reconnects_total");
    this.#connectionsEver += 1;
    return this.#connection;
  }
}

async function unlessAborted(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<void>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([wait, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
