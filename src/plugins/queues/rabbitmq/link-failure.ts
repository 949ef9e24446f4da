// Why a connection to the broker failed, as an operator can use it: what OpenSSL says of TLS is made of numbers and places in its sources.
import { systemCode, toError } from "#base/errors.ts";

const UNKNOWN_CA = new Set(["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"]);

export function linkFailure(thrown: unknown): string {
  const error = toError(thrown) as Error & { readonly reason?: unknown; readonly library?: unknown };
  const message = error.message.trim();
  if (UNKNOWN_CA.has(systemCode(error) ?? "")) return `the broker's certificate is of nobody known here (${message.split(";", 1)[0]}): give the file of its CA as \`queue: tls: ca\``;
  // An alert with its number is the broker's word; it looked at ours.
  if (typeof error.reason !== "string" || typeof error.library !== "string") return message;
  if (error.reason.includes("alert")) return `the broker refused TLS (${error.reason}): look at \`queue: tls: cert\` and \`key\``;
  return error.reason === "wrong version number" ? "the port speaks no TLS: write amqp:// for it, or give the broker's port for TLS" : `TLS: ${error.reason}`;
}
