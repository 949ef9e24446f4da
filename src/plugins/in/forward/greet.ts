// The server's side of the handshake: who does not know the shared key sends nothing further.
import { randomBytes } from "node:crypto";
import { heloMessage, isSameDigest, keyDigest, passwordDigest, pongMessage, readPing } from "#dataplane/forward-handshake.ts";
import type { Inbox } from "./inbox.ts";

/** Its five texts. */
const PING_BYTES_MAX = 5 * 65_536 + 64;

export interface Doorkeeper {
  readonly sharedKey: string;
  readonly hostname: string;
  readonly users: readonly { readonly username: string; readonly password: string }[];
}

/** Gives the reason of a refusal, or undefined when the client may send. */
export async function greet({ sharedKey, hostname, users }: Doorkeeper, inbox: Inbox, send: (bytes: Buffer) => void): Promise<string | undefined> {
  const nonce = randomBytes(16);
  const auth = users.length === 0 ? Buffer.alloc(0) : randomBytes(16);
  send(heloMessage({ nonce, auth, isKeptAlive: true }));
  const ping = await inbox.read(readPing, PING_BYTES_MAX);
  const knowsKey = isSameDigest(ping.digest, keyDigest({ salt: ping.salt, hostname: ping.hostname, nonce, sharedKey }));
  const user = users.find(({ username }) => username === ping.username);
  // An unknown user costs the same digest as a known one.
  const knowsPassword = isSameDigest(ping.passwordDigest, passwordDigest(auth, ping.username, user?.password ?? "")) && user !== undefined;
  const reason = !knowsKey ? "shared_key mismatch" : users.length !== 0 && !knowsPassword ? "username/password mismatch" : undefined;
  send(pongMessage({ isAccepted: reason === undefined, reason: reason ?? "", hostname: reason === undefined ? hostname : "", digest: reason === undefined ? keyDigest({ salt: ping.salt, hostname, nonce, sharedKey }) : "" }));
  return reason;
}
