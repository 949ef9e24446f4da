// Who may send. Secrets are compared by their hashes, so that the time it takes says nothing about them.
import { createHash, timingSafeEqual } from "node:crypto";

export interface Keys {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly bearer_token?: string | undefined;
}

/** Whether an `authorization` header opens the door. */
export function gatekeeper({ username, password, bearer_token: token }: Keys): (authorization: string | undefined) => boolean {
  const keys: { readonly scheme: string; readonly digest: Buffer }[] = [];
  if (username !== undefined) keys.push({ scheme: "basic", digest: digestOf(Buffer.from(`${username}:${password ?? ""}`)) });
  if (token !== undefined) keys.push({ scheme: "bearer", digest: digestOf(Buffer.from(token)) });
  if (keys.length === 0) return () => true;
  return (authorization = "") => {
    const [, scheme = "", given = ""] = /^(\w+) +(.+)$/.exec(authorization) ?? [];
    const kind = scheme.toLowerCase();
    const digest = digestOf(kind === "basic" ? Buffer.from(given, "base64") : Buffer.from(given, "latin1"));
    return keys.some((key) => key.scheme === kind && timingSafeEqual(key.digest, digest));
  };
}

function digestOf(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
