// `Authorization: Basic`: a client says its password with each request, and a login takes long on purpose. So the login that a password led to is used again, for as long as it lasts.
import { createHash } from "node:crypto";
import type { Access } from "#kernel/access/access.ts";
import type { Caller } from "#kernel/access/caller.ts";

const KEPT_MAX = 200;

export class BasicLogins {
  readonly #access: Pick<Access, "authenticate" | "login">;
  readonly #kept = new Map<string, string>();

  constructor(access: Pick<Access, "authenticate" | "login">) {
    this.#access = access;
  }

  /** Undefined: nothing of the kind was said. Rejects when name or password are wrong, or were so too often. */
  async caller(authorization: string, address: string): Promise<Caller | undefined> {
    const encoded = /^basic +([A-Za-z0-9+/=]{1,4096}) *$/i.exec(authorization)?.[1];
    if (encoded === undefined) return undefined;
    const text = Buffer.from(encoded, "base64").toString("utf8");
    const colon = text.indexOf(":");
    if (colon === -1) return undefined;
    const [name, password] = [text.slice(0, colon), text.slice(colon + 1)];
    if (password.startsWith("dure_")) return this.#access.authenticate({ bearer: password, edge: "http", address });
    const key = createHash("sha256").update(`${address} ${encoded}`).digest("hex");
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      const caller = await this.#access.authenticate({ cookie: kept, edge: "http", address });
      if (caller !== undefined) return caller;
    }
    this.#kept.delete(key);
    const { secret } = await this.#access.login({ name, password, address, browser: "old API" });
    const oldest = this.#kept.keys().next();
    if (KEPT_MAX <= this.#kept.size && oldest.done !== true) this.#kept.delete(oldest.value);
    this.#kept.set(key, secret);
    return this.#access.authenticate({ cookie: secret, edge: "http", address });
  }
}
