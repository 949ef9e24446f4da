// Says who a request is of, in microseconds: what the store said of a session or token is kept for some seconds and forgotten at once
// when anything about users, sessions or tokens changes here. Another agent on the same MySQL is heard of when the seconds are over.
import type { Log } from "#sdk/plugin.ts";
import type { Caller, Edge } from "./caller.ts";
import { hashOf, isSecret, isToken } from "./secret.ts";
import { SESSION_IDLE_MS_MAX } from "./sessions.ts";
import type { Sessions } from "./sessions.ts";
import type { Tokens } from "./tokens.ts";

export interface Credentials {
  /** What the session's cookie holds. */
  readonly cookie?: string | undefined;
  /** What stands behind `Authorization: Bearer`; where it is given, the cookie counts for nothing. */
  readonly bearer?: string | undefined;
  readonly edge: Extract<Edge, "http" | "websocket" | "console">;
  readonly address?: string | undefined;
}

interface Known {
  readonly caller: Omit<Caller, "edge" | "address">;
  readonly endsMs: number;
  readonly askedMs: number;
  readonly idleMsMax: number;
  /** When it was used last, and what of that the store has. */
  usedMs: number;
  writtenMs: number;
  readonly write: (atMs: number) => Promise<void>;
}

const KEPT_MS = 10_000;
const KEPT_MAX = 2000;
const WRITTEN_EVERY_MS = 60_000;

export class Authenticator {
  readonly #sessions: Sessions;
  readonly #tokens: Tokens;
  readonly #now: () => number;
  readonly #log: Log;
  readonly #known = new Map<string, Known>();
  /** Grows when something changes: what was asked before is not kept. */
  #generation = 0;

  constructor(parts: { readonly sessions: Sessions; readonly tokens: Tokens; readonly now: () => number; readonly log: Log }) {
    this.#sessions = parts.sessions;
    this.#tokens = parts.tokens;
    this.#now = parts.now;
    this.#log = parts.log;
  }

  async authenticate({ cookie, bearer, edge, address }: Credentials): Promise<Caller | undefined> {
    const isBearer = bearer !== undefined;
    const secret = bearer ?? cookie;
    if (secret === undefined || !(isBearer ? isToken(secret) : isSecret(secret))) return undefined;
    const hash = hashOf(secret);
    const nowMs = this.#now();
    const kept = this.#known.get(hash);
    const known = kept !== undefined && Math.abs(nowMs - kept.askedMs) < KEPT_MS ? kept : await this.#ask(hash, isBearer, kept);
    if (known === undefined || known.endsMs <= nowMs || known.usedMs + known.idleMsMax <= nowMs) return undefined;
    this.#use(known, nowMs);
    return { ...known.caller, edge, ...(address === undefined ? {} : { address }) };
  }

  /** Nothing of what was known counts any longer. */
  forget(): void {
    this.#generation += 1;
    this.#known.clear();
  }

  async #ask(hash: string, isBearer: boolean, before: Known | undefined): Promise<Known | undefined> {
    const generation = this.#generation;
    const found = await (isBearer ? this.#token(hash) : this.#session(hash));
    this.#known.delete(hash);
    if (found === undefined) return undefined;
    // The store may not have been told yet when it was used last.
    const known = before === undefined ? found : { ...found, usedMs: Math.max(found.usedMs, before.usedMs), writtenMs: Math.max(found.writtenMs, before.writtenMs) };
    if (generation !== this.#generation) return known;
    this.#known.set(hash, known);
    const oldest = this.#known.keys().next();
    if (KEPT_MAX < this.#known.size && oldest.done !== true) this.#known.delete(oldest.value);
    return known;
  }

  async #session(hash: string): Promise<Known | undefined> {
    const session = await this.#sessions.find(hash);
    if (session === undefined) return undefined;
    const { id, user, role, seenMs, endsMs } = session;
    return { caller: { name: user, user, role, session: String(id) }, endsMs, askedMs: this.#now(), idleMsMax: SESSION_IDLE_MS_MAX, usedMs: seenMs, writtenMs: seenMs, write: (atMs) => this.#sessions.seen(id, atMs) };
  }

  async #token(hash: string): Promise<Known | undefined> {
    const token = await this.#tokens.find(hash);
    if (token === undefined) return undefined;
    const { id, name, user, role, scope, endsMs, usedMs = 0 } = token;
    const caller = { name: `token:${name}`, role, endsMs, ...(user === undefined ? {} : { user }), ...(scope === undefined ? {} : { scope }) };
    return { caller, endsMs, askedMs: this.#now(), idleMsMax: Infinity, usedMs, writtenMs: usedMs, write: (atMs) => this.#tokens.used(id, atMs) };
  }

  #use(known: Known, nowMs: number): void {
    known.usedMs = Math.max(known.usedMs, nowMs);
    if (nowMs - known.writtenMs < WRITTEN_EVERY_MS) return;
    known.writtenMs = nowMs;
    known.write(nowMs).catch((error: unknown) => this.#log.warn("when a login was last used could not be written", { by: known.caller.name, error }));
  }
}
