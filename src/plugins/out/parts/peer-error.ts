// Why a receiver does not have a batch. All of these are tried again: what is wrong there can be put right there.
import { AppError, systemCode, toError } from "#base/errors.ts";

export type PeerFailure = "unreachable" | "timeout" | "tls" | "auth" | "garbage" | "closed" | "aborted";

export class PeerError extends AppError {
  override readonly name = "PeerError";
  readonly code = "PEER";
  readonly failure: PeerFailure;
  constructor(failure: PeerFailure, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options);
    this.failure = failure;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Start the receiver, or correct `host` and `port`.",
  ENOTFOUND: "Correct `host`, or the name service of this machine.",
  EHOSTUNREACH: "Look at the network between the two machines.",
  ENETUNREACH: "Look at the network between the two machines.",
};

/** What a socket or TLS says, with the peer's name in front. */
export function socketError(peer: string, thrown: unknown, isInTls: boolean): PeerError {
  if (thrown instanceof PeerError) return thrown;
  const error = toError(thrown);
  const code = systemCode(thrown);
  if (isInTls) return new PeerError("tls", `${peer}: the TLS handshake failed: ${error.message}`, { cause: thrown, hint: "Check `tls`: whether the receiver speaks TLS, `ca_file`, and `server_name`." });
  const hint = code === undefined ? undefined : HINTS[code];
  const isGone = code === "ECONNRESET" || code === "EPIPE";
  return new PeerError(isGone ? "closed" : "unreachable", `${peer}: ${isGone ? `the receiver closed the connection (${code})` : (code ?? error.message)}`, hint === undefined ? { cause: thrown } : { cause: thrown, hint });
}
