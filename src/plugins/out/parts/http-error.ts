// Why a server does not have a request. All of these are tried again: what is wrong there can be put right there.
import { AppError, PermanentError, systemCode, toError } from "#base/errors.ts";

export type HttpFailure = "unreachable" | "timeout" | "tls" | "closed" | "garbage" | "aborted" | "busy" | "denied";

export class HttpError extends AppError {
  override readonly name = "HttpError";
  readonly code = "HTTP";
  readonly failure: HttpFailure;
  constructor(failure: HttpFailure, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options);
    this.failure = failure;
  }
}

/** The server takes no body of this size: a smaller one may pass. */
export class TooLargeError extends PermanentError {}

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Start the server, or correct its address.",
  ENOTFOUND: "Correct the host, or the name service of this machine.",
  EHOSTUNREACH: "Look at the network between the two machines.",
  ENETUNREACH: "Look at the network between the two machines.",
};
const GONE = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);
const CREDENTIALS = /\/\/[^\s/@]*@/g;

/** What a socket, TLS or the parser of answers says. `server`: host and port. The cause is left out: it may hold what was sent. */
export function connectionError(server: string, thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown;
  const error = toError(thrown);
  const code = systemCode(thrown) ?? "";
  const text = error.message.replaceAll(CREDENTIALS, "//");
  if (GONE.has(code)) return new HttpError("closed", `${server}: the server closed the connection (${code})`);
  if (code.startsWith("HPE_")) return new HttpError("garbage", `${server}: the answer is no HTTP: ${text}`, { hint: "Check the port, and whether the server wants https." });
  if (code.startsWith("ERR_PROXY")) return new HttpError("unreachable", `${server}: ${text}`, { hint: "Check `proxy`." });
  if (/CERT|SSL|TLS|SIGNATURE|EPROTO|ISSUER/.test(code)) return new HttpError("tls", `${server}: TLS failed: ${text}`, { hint: "Check `tls`: `ca_file` and `server_name`, and whether the server speaks https." });
  const hint = HINTS[code];
  return new HttpError("unreachable", `${server}: ${code === "" ? text : code}`, hint === undefined ? {} : { hint });
}
