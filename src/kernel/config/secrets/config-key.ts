// What an agent keeps to itself about its config: the key by which secrets get their placeholders, texts their hashes, and revisions their
// seal. It lies in the data folder, for its user only: a store that others read, or a backup, has no secret of the config without it.
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "#base/errors.ts";
import { nodeCrypto } from "#base/on-demand.ts";

export interface ConfigKey {
  /** 16 hexadecimal digits. */
  placeholderOf(secret: string): string;
  /** Of a whole text; 32 hexadecimal digits. */
  hashOf(bytes: Uint8Array): string;
  seal(text: string): string;
  /** undefined: it was sealed with another key, or is damaged. */
  unseal(sealed: string): string | undefined;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function configKey(dataDir: string): ConfigKey {
  const crypto = nodeCrypto();
  const own = keyIn(dataDir);
  const derived = (purpose: string): Buffer => Buffer.from(crypto.hkdfSync("sha256", own, Buffer.alloc(0), `dure config ${purpose}`, KEY_BYTES));
  const [placeholders, hashes, sealing] = [derived("placeholders"), derived("hashes"), derived("seal")];
  return {
    placeholderOf: (secret) => crypto.createHmac("sha256", placeholders).update(secret).digest("hex").slice(0, 16),
    hashOf: (bytes) => crypto.createHmac("sha256", hashes).update(bytes).digest("hex").slice(0, 32),
    seal(text) {
      const nonce = crypto.randomBytes(NONCE_BYTES);
      const cipher = crypto.createCipheriv("aes-256-gcm", sealing, nonce);
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
    },
    unseal(sealed) {
      const bytes = Buffer.from(sealed, "base64");
      try {
        const decipher = crypto.createDecipheriv("aes-256-gcm", sealing, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
      } catch {
        return undefined;
      }
    },
  };
}

/** Made at the first need; it appears whole, and never over another's. */
function keyIn(dataDir: string): Buffer {
  const file = join(dataDir, "config.key");
  const known = readKey(file);
  if (known?.length === KEY_BYTES) return known;
  mkdirSync(dataDir, { recursive: true });
  const beside = `${file}.${process.pid}.new`;
  rmSync(beside, { force: true });
  writeFileSync(beside, nodeCrypto().randomBytes(KEY_BYTES), { mode: 0o600, flush: true });
  chmodSync(beside, 0o600);
  try {
    if (known !== undefined) rmSync(file, { force: true }); // Cut short by a power failure: nothing was made with it that can still be read.
    linkSync(beside, file);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  } finally {
    rmSync(beside, { force: true });
  }
  return readKey(file) ?? keyIn(dataDir);
}

function readKey(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
