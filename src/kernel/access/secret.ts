// Secrets that we draw: 256 bits, given away once and kept only as their hash. Nobody guesses such a number, so a fast hash is enough, and
// looking it up by its hash tells by its time nothing of use about the secret.
import { nodeCrypto } from "#base/on-demand.ts";

const SECRET_BYTES = 32;
const TOKEN_PREFIX = "dure_";
const SHAPE = /^[\w-]{43}$/;

export function drawSecret(): string {
  return nodeCrypto().randomBytes(SECRET_BYTES).toString("base64url");
}

/** A token begins with our name, so that scanners of repositories know it for what it is. */
export function drawToken(): string {
  return TOKEN_PREFIX + drawSecret();
}

/** What is kept of a secret. */
export function hashOf(secret: string): string {
  return nodeCrypto().hash("sha256", secret, "base64url");
}

export function isSecret(text: string): boolean {
  return SHAPE.test(text);
}

export function isToken(text: string): boolean {
  return text.startsWith(TOKEN_PREFIX) && isSecret(text.slice(TOKEN_PREFIX.length));
}
