// A notice as a mail over SMTP. Its Message-ID is made of the notice's id, so a mail that comes twice is known as one.
import { readFile } from "node:fs/promises";
import { createTransport } from "nodemailer";
import { PermanentError, toError } from "#base/errors.ts";
import type { Delivering, MailTarget, Notifier } from "#sdk/notifier.ts";
import type { NotifierContext } from "./all.ts";
import { secretsOf, withoutThem } from "./target-secrets.ts";

type Transport = ReturnType<typeof createTransport>;

/** What a server that will not have the mail says for good; of the rest a person may put right the user, the password or the server. */
const REFUSED_FOR_GOOD = new Set(["EENVELOPE", "EMESSAGE"]);

/** A line of a mail has 998 bytes, and a subject of ASCII without a blank cannot be folded. */
const SUBJECT_CHARACTERS_MAX = 500;

export class Mail implements Notifier {
  readonly #target: MailTarget;
  readonly #timeoutMs: number;
  readonly #secrets: readonly string[];

  constructor(target: MailTarget, { timeoutMs }: NotifierContext) {
    this.#target = target;
    this.#secrets = secretsOf(target);
    this.#timeoutMs = timeoutMs;
  }

  async deliver({ id, atMs, subject, text }: Delivering, signal: AbortSignal): Promise<string> {
    const { from, to, cc } = this.#target;
    const transport = await this.#open();
    const stop = (): void => transport.close();
    signal.addEventListener("abort", stop, { once: true });
    try {
      const given = await Promise.race([transport.sendMail({ from, to: [...to], cc: [...cc], subject: subject.slice(0, SUBJECT_CHARACTERS_MAX), text: `${text}\n`, date: new Date(atMs), messageId: `<${id}@${domainOf(from)}>`, headers: { "Auto-Submitted": "auto-generated" } }), aborted(signal)]);
      return withoutThem(this.#secrets, String((given as { readonly response?: unknown }).response ?? ""));
    } catch (thrown) {
      throw mailError(thrown, (text) => `${new URL(this.#target.server).host}: ${withoutThem(this.#secrets, text)}`);
    } finally {
      signal.removeEventListener("abort", stop);
      transport.close();
    }
  }

  async close(): Promise<void> {}

  /** For one mail: servers close what idles, and certificates are renewed. */
  async #open(): Promise<Transport> {
    const { server, tls } = this.#target;
    const url = new URL(server);
    const isSecure = url.protocol === "smtps:";
    const [ca, cert, key] = await Promise.all([tls.caFile, tls.certFile, tls.keyFile].map(async (file) => (file === undefined ? undefined : readFile(file))));
    const ms = this.#timeoutMs;
    return createTransport({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? (isSecure ? 465 : 587) : Number(url.port),
      secure: isSecure,
      requireTLS: !isSecure && tls.isRequired,
      ...(url.username === "" ? {} : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
      tls: { rejectUnauthorized: tls.isVerified, ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) },
      connectionTimeout: ms,
      greetingTimeout: ms,
      socketTimeout: ms,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const fail = (): void => reject(toError(signal.reason));
  if (signal.aborted) fail();
  else signal.addEventListener("abort", fail, { once: true });
  return promise;
}

function mailError(thrown: unknown, shown: (text: string) => string): Error {
  const error = toError(thrown) as Error & { readonly code?: unknown; readonly responseCode?: unknown };
  const { code, responseCode } = error;
  const message = shown(error.message);
  if (500 <= Number(responseCode) && REFUSED_FOR_GOOD.has(String(code))) return new PermanentError(message, { hint: "Look at the addresses and at what the mail server allows." });
  return new Error(message); // Its cause has the words that are left out.
}

function domainOf(from: string): string {
  return /@([\p{L}\p{N}.-]+)/u.exec(from)?.[1] ?? "dure";
}
