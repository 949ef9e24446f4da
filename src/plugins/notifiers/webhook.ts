// A notice as a POST of JSON, signed as Standard Webhooks has it (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
// the id is the same in each attempt, the signature is over `id.timestamp.body`.
import { createHmac } from "node:crypto";
import type { JsonValue } from "#base/json.ts";
import type { Delivering, Notifier, WebhookTarget } from "#sdk/notifier.ts";
import { HttpSender, is2xx } from "../out/parts/http-sender.ts";
import type { NotifierContext } from "./all.ts";
import { secretsOf } from "./target-secrets.ts";

/** A secret of Standard Webhooks is base64 behind this; any other is taken as it is written. */
const SECRET_MARK = "whsec_";

export class Webhook implements Notifier {
  readonly #target: WebhookTarget;
  readonly #sender: HttpSender;
  readonly #now: () => number;

  constructor(target: WebhookTarget, { clock, log, timeoutMs, concurrency }: NotifierContext) {
    const { headers, tls, proxy } = target;
    this.#target = target;
    this.#now = () => clock.now();
    this.#sender = new HttpSender(
      {
        headers,
        tls: { verify: tls.isVerified, ca_file: tls.caFile, cert_file: tls.certFile, key_file: tls.keyFile },
        proxy,
        connect_timeout: timeoutMs,
        answer_timeout: timeoutMs,
      },
      { configDir: "/", clock, log },
      { socketsMax: concurrency, secrets: secretsOf(target) },
    );
  }

  async deliver(notice: Delivering, signal: AbortSignal): Promise<string> {
    const server = new URL(this.#target.url);
    const body = Buffer.from(JSON.stringify(bodyOf(notice, this.#target.body)));
    const headers = { "content-type": "application/json", ...this.#signed(headerId(notice.id), body) };
    const { status } = await this.#sender.send({ server, path: `${server.pathname}${server.search}`, method: "POST", headers, body: [body] }, { takes: is2xx }, signal);
    return String(status);
  }

  close(): Promise<void> {
    return this.#sender.close();
  }

  #signed(id: string, body: Buffer): Record<string, string> {
    const seconds = String(Math.floor(this.#now() / 1000));
    const { secret } = this.#target;
    const named = { "webhook-id": id, "webhook-timestamp": seconds };
    if (secret === undefined) return named;
    const key = secret.startsWith(SECRET_MARK) ? Buffer.from(secret.slice(SECRET_MARK.length), "base64") : Buffer.from(secret);
    return { ...named, "webhook-signature": `v1,${createHmac("sha256", key).update(`${id}.${seconds}.`).update(body).digest("base64")}` };
  }
}

/** Of a job whose sender gave it its id that may be any text: what is no header's is written as in an address. */
function headerId(id: string): string {
  return id.toWellFormed().replaceAll(/[^!-~]/gu, encodeURIComponent);
}

/** `text` is what chat programs show of an incoming webhook. */
function bodyOf({ id, attempt: _attempt, atMs, subject, text, event, host, data }: Delivering, body: JsonValue | undefined): JsonValue {
  const at = new Date(atMs).toISOString();
  if (body === undefined) return { type: event ?? "notice", timestamp: at, id, host, subject, text: text === "" ? subject : `${subject}\n${text}`, data };
  const words: Readonly<Record<string, string>> = { id, at, host, event: event ?? "notice", subject, text };
  return filled(body, (name) => words[name] ?? (name.startsWith("data.") ? textAt(data, name.slice("data.".length).split(".")) : undefined));
}

/** What stands in the place of `{name}`, in every text of it; a name that nobody knows stays. */
function filled(body: JsonValue, word: (name: string) => string | undefined): JsonValue {
  if (typeof body === "string") return body.replaceAll(/\{([a-z]+(?:\.[\w-]+)*)\}/gi, (written, name: string) => word(name) ?? written);
  if (typeof body !== "object" || body === null) return body;
  if (Array.isArray(body)) return (body as readonly JsonValue[]).map((each) => filled(each, word));
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, filled(value as JsonValue, word)]));
}

function textAt(data: JsonValue, path: readonly string[]): string {
  let found: unknown = data;
  for (const name of path) found = typeof found === "object" && found !== null && Object.hasOwn(found, name) ? (found as Record<string, unknown>)[name] : undefined;
  return found === undefined ? "" : typeof found === "string" ? found : JSON.stringify(found);
}
