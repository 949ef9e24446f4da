// The link that lets the first person in: it works once, for a day, and only until there is a user. A new one ends the one before.
import type { Store } from "#sdk/store.ts";
import { CommandFailure } from "../commands/failure.ts";
import { drawSecret, hashOf } from "./secret.ts";
import { insertUser } from "./users.ts";
import type { NewUser, User } from "./users.ts";

const LINK_MS_MAX = 24 * 3_600_000;

export class SetupLink {
  readonly #store: () => Promise<Store>;
  readonly #now: () => number;

  constructor(parts: { readonly store: () => Promise<Store>; readonly now: () => number }) {
    this.#store = parts.store;
    this.#now = parts.now;
  }

  /** What opens it; undefined when there is a user already. */
  async issue(): Promise<{ readonly token: string; readonly endsMs: number } | undefined> {
    const token = drawSecret();
    const endsMs = this.#now() + LINK_MS_MAX;
    const store = await this.#store();
    return store.transaction(async (session) => {
      await session.run("DELETE FROM dure_setup_links");
      if (0 < (await session.all("SELECT id FROM dure_users LIMIT 1")).length) return undefined;
      await session.run("INSERT INTO dure_setup_links (id, hash, ends_ms) VALUES (1, ?, ?)", [hashOf(token), endsMs]);
      return { token, endsMs };
    });
  }

  /** Asked before a password is hashed: throws CommandFailure for a link that does not work. */
  async check(token: string): Promise<void> {
    const store = await this.#store();
    if ((await store.all("SELECT id FROM dure_setup_links WHERE hash = ? AND ? < ends_ms", [hashOf(token), this.#now()])).length === 0) throw isSpent();
  }

  /** Makes the first user and ends the link, both or neither; of two who come at once, one. */
  async redeem(token: string, user: Omit<NewUser, "role">): Promise<User> {
    const store = await this.#store();
    return store.transaction(async (session) => {
      const { changes } = await session.run("DELETE FROM dure_setup_links WHERE hash = ? AND ? < ends_ms", [hashOf(token), this.#now()]);
      if (changes !== 1 || 0 < (await session.all("SELECT id FROM dure_users LIMIT 1")).length) throw isSpent();
      return insertUser(session, { ...user, role: "admin" }, this.#now());
    });
  }
}

function isSpent(): CommandFailure {
  return new CommandFailure("FORBIDDEN", {
    message: "this set-up link is used, too old, or not the last one",
    hint: "`dure open` gives a new one while there is no user.",
    ko: { message: "이미 쓰였거나 기한이 지났거나 새 링크로 바뀐 설정 링크입니다", hint: "아직 사용자가 없으면 `dure open`으로 새 링크를 받으세요." },
  });
}
