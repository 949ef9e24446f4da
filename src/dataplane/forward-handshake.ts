// The handshake of the forward protocol: HELO from the server, PING from the client, PONG from the server. Each side shows
// that it knows the shared key by a SHA-512 digest over salts of both; the key itself never travels.
import { nodeCrypto } from "#base/on-demand.ts";
import { encoded, ProtocolError } from "./forward-protocol.ts";
import type { WireReader } from "./forward-protocol.ts";

export interface Helo {
  readonly nonce: Buffer;
  /** Salt for the password; empty = no user is asked for. */
  readonly auth: Buffer;
  readonly isKeptAlive: boolean;
}
export interface Ping {
  readonly hostname: string;
  readonly salt: Buffer;
  readonly digest: string;
  readonly username: string;
  readonly passwordDigest: string;
}
export interface Pong {
  readonly isAccepted: boolean;
  readonly reason: string;
  readonly hostname: string;
  readonly digest: string;
}

/** The digest of a PING (with the client's host name) or a PONG (with the server's). */
export function keyDigest({ salt, hostname, nonce, sharedKey }: { salt: Buffer; hostname: string; nonce: Buffer; sharedKey: string }): string {
  return nodeCrypto().createHash("sha512").update(salt).update(hostname).update(nonce).update(sharedKey).digest("hex");
}
export function passwordDigest(auth: Buffer, username: string, password: string): string {
  return nodeCrypto().createHash("sha512").update(auth).update(username).update(password).digest("hex");
}
/** Takes the same time wherever they differ. */
export function isSameDigest(one: string, other: string): boolean {
  const left = Buffer.from(one.toLowerCase());
  const right = Buffer.from(other.toLowerCase());
  return left.length === right.length && nodeCrypto().timingSafeEqual(left, right);
}

export function heloMessage({ nonce, auth, isKeptAlive }: Helo): Buffer {
  return encoded(["HELO", { nonce, auth, keepalive: isKeptAlive }]);
}
export function pingMessage({ hostname, salt, digest, username, passwordDigest: password }: Ping): Buffer {
  return encoded(["PING", hostname, salt, digest, username, password], 4096 + hostname.length * 3 + username.length * 3);
}
export function pongMessage({ isAccepted, reason, hostname, digest }: Pong): Buffer {
  return encoded(["PONG", isAccepted, reason, hostname, digest], 4096 + hostname.length * 3);
}

/** These three throw CutOff until the whole message is there, and ProtocolError for another. */
export function readHelo(reader: WireReader): Helo {
  expectMessage(reader, "HELO", 2);
  let nonce: Buffer = Buffer.alloc(0);
  let auth: Buffer = Buffer.alloc(0);
  let isKeptAlive = true;
  for (let left = reader.mapCount("the option of HELO"); 0 < left; left -= 1) {
    const key = reader.text("a key of HELO");
    if (key === "nonce") nonce = Buffer.from(reader.raw("the nonce"));
    else if (key === "auth") auth = Buffer.from(reader.raw("the auth salt"));
    else if (key === "keepalive") isKeptAlive = reader.boolean("keepalive");
    else throw new ProtocolError(`HELO has an option nobody knows: ${key.slice(0, 40)}`);
  }
  return { nonce, auth, isKeptAlive };
}
export function readPing(reader: WireReader): Ping {
  expectMessage(reader, "PING", 6);
  return { hostname: reader.text("the host name"), salt: Buffer.from(reader.raw("the salt")), digest: reader.text("the digest"), username: reader.text("the user name"), passwordDigest: reader.text("the password digest") };
}
export function readPong(reader: WireReader): Pong {
  expectMessage(reader, "PONG", 5);
  return { isAccepted: reader.boolean("the answer"), reason: reader.text("the reason"), hostname: reader.text("the host name"), digest: reader.text("the digest") };
}

function expectMessage(reader: WireReader, name: string, count: number): void {
  const found = reader.arrayCount(name);
  if (found === 0) throw new ProtocolError(`an empty array came where ${name} was awaited`);
  const first = reader.isText() ? reader.raw("the name of the message").toString("latin1", 0, 40) : "";
  if (first !== name) throw new ProtocolError(`another message came where ${name} was awaited`);
  if (found !== count) throw new ProtocolError(`${name} has ${found} elements, not ${count}`);
}
