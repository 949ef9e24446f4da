// Logins of browsers. The cookie holds 256 random bits; the store has their hash. A session ends some hours after it was last used, at the
// latest after a week, and with its user's password or role.
import { composed } from "#base/text.ts";
import type { Store } from "#sdk/store.ts";
import { CommandFailure } from "../commands/failure.ts";
import type { Role } from "./caller.ts";
import { drawSecret, hashOf } from "./secret.ts";
import { roleOf, userNameKey } from "./users.ts";
import type { KnownUser } from "./users.ts";

/** As shown: without what opens it. */
export interface Session {
  readonly id: number;
  readonly user: string;
  readonly createdMs: number;
  readonly seenMs: number;
  readonly endsMs: number;
  readonly address: string;
  readonly browser: string;
}

/** What a request with this session may do. */
export interface OpenSession {
  readonly id: number;
  readonly user: string;
  readonly role: Role;
  readonly seenMs: number;
  readonly endsMs: number;
}

export const SESSION_MS_MAX = 7 * 24 * 3_600_000;
export const SESSION_IDLE_MS_MAX = 12 * 3_600_000;
const SESSIONS_OF_USER_MAX = 20;
const SHOWN_MAX = 1000;
const BROWSER_LENGTH_MAX = 200;

export class Sessions {
  readonly #store: () => Promise<Store>;
  readonly #now: () => number;
  readonly #changed: () => void;

  constructor(parts: { readonly store: () => Promise<Store>; readonly now: () => number; readonly changed: () => void }) {
    this.#store = parts.store;
    this.#now = parts.now;
    this.#changed = parts.changed;
  }

  /**
   * A new one at each login, whatever the browser had before; resolves with what opens it. The user's oldest beyond some end. Rejects when he is not
   * any more who he was when his password was looked at, which takes a while: whoever changes it keeps out those who know the old one.
   */
  async begin(user: KnownUser, from: { readonly address: string; readonly browser: string }): Promise<string> {
    const secret = drawSecret();
    const nowMs = this.#now();
    const store = await this.#store();
    await store.transaction(async (session) => {
      if ((await session.all("SELECT id FROM dure_users WHERE id = ? AND password = ? AND is_disabled = 0", [user.id, user.password])).length === 0) throw wrongLogin();
      await session.run("DELETE FROM dure_sessions WHERE ends_ms <= ? OR seen_ms <= ?", [nowMs, nowMs - SESSION_IDLE_MS_MAX]);
      const old = await session.all<{ id: number }>("SELECT id FROM dure_sessions WHERE user_id = ? ORDER BY id DESC", [user.id]);
      for (const { id } of old.slice(SESSIONS_OF_USER_MAX - 1)) await session.run("DELETE FROM dure_sessions WHERE id = ?", [id]);
      await session.run("INSERT INTO dure_sessions (hash, user_id, created_ms, seen_ms, ends_ms, address, browser) VALUES (?, ?, ?, ?, ?, ?, ?)", [hashOf(secret), user.id, nowMs, nowMs, nowMs + SESSION_MS_MAX, from.address.slice(0, 64), from.browser.slice(0, BROWSER_LENGTH_MAX)]);
      await session.run("UPDATE dure_users SET login_ms = ? WHERE id = ?", [nowMs, user.id]);
    });
    this.#changed();
    return secret;
  }

  /** By the hash of what opens it; its user must be there and not disabled. */
  async find(hash: string): Promise<OpenSession | undefined> {
    const store = await this.#store();
    const [row] = await store.all<{ id: number; user: string; role: string; seen_ms: number; ends_ms: number }>(
      "SELECT s.id AS id, u.name AS user, u.role AS role, s.seen_ms AS seen_ms, s.ends_ms AS ends_ms FROM dure_sessions s JOIN dure_users u ON u.id = s.user_id WHERE s.hash = ? AND u.is_disabled = 0",
      [hash],
    );
    return row === undefined ? undefined : { id: Number(row.id), user: row.user, role: roleOf(row.role), seenMs: Number(row.seen_ms), endsMs: Number(row.ends_ms) };
  }

  async seen(id: number, atMs: number): Promise<void> {
    await (await this.#store()).run("UPDATE dure_sessions SET seen_ms = ? WHERE id = ? AND seen_ms < ?", [atMs, id, atMs]);
  }

  /** Those that are open, the last used first; of one user when his name is given. */
  async list(user?: string): Promise<Session[]> {
    const store = await this.#store();
    const rows = await store.all<{ id: number; user: string; created_ms: number; seen_ms: number; ends_ms: number; address: string; browser: string }>(
      `SELECT s.id AS id, u.name AS user, s.created_ms AS created_ms, s.seen_ms AS seen_ms, s.ends_ms AS ends_ms, s.address AS address, s.browser AS browser FROM dure_sessions s JOIN dure_users u ON u.id = s.user_id WHERE ? < s.ends_ms AND ? < s.seen_ms${user === undefined ? "" : " AND u.name_key = ?"} ORDER BY s.seen_ms DESC, s.id DESC LIMIT ${SHOWN_MAX}`,
      [this.#now(), this.#now() - SESSION_IDLE_MS_MAX, ...(user === undefined ? [] : [userNameKey(composed(user))])],
    );
    return rows.map((row) => ({ id: Number(row.id), user: row.user, createdMs: Number(row.created_ms), seenMs: Number(row.seen_ms), endsMs: Number(row.ends_ms), address: row.address, browser: row.browser }));
  }

  /** `owner`: only if it is his; that there is one of somebody else's is not said. */
  async remove(id: number, owner?: string): Promise<Session> {
    const session = (await this.list(owner)).find((other) => other.id === id);
    if (session === undefined) throw new CommandFailure("NOT_FOUND", { message: `there is no session ${id}`, hint: "`dure sessions list` shows those there are.", ko: { message: `${id}번 세션이 없습니다`, hint: "`dure sessions list`로 확인하세요." } });
    await (await this.#store()).run("DELETE FROM dure_sessions WHERE id = ?", [id]);
    this.#changed();
    return session;
  }

  /** Ends the one that this opens. */
  async end(secret: string): Promise<void> {
    await (await this.#store()).run("DELETE FROM dure_sessions WHERE hash = ?", [hashOf(secret)]);
    this.#changed();
  }
}

/** The same words for a name that nobody has, one that is disabled, and a wrong password. */
export function wrongLogin(): CommandFailure {
  return new CommandFailure("UNAUTHENTICATED", { message: "the name or the password is wrong", ko: { message: "이름이나 비밀번호가 틀렸습니다" } });
}
