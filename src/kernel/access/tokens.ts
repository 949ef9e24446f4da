// Tokens for programs: each has a name, an end, and may at most what its maker may, at any time: a maker who becomes less takes his tokens
// with him. The token itself is shown once and kept as its hash.
import { composed } from "#base/text.ts";
import type { Store } from "#sdk/store.ts";
import { CommandFailure } from "../commands/failure.ts";
import { isAtLeast } from "./caller.ts";
import type { Caller, Role } from "./caller.ts";
import { drawToken, hashOf } from "./secret.ts";
import { checkName, lesserRole, roleOf, userNameKey } from "./users.ts";

/** As shown: without the token. */
export interface Token {
  readonly name: string;
  /** The user it acts for, or `local:OS-USER`. */
  readonly owner: string;
  readonly role: Role;
  readonly scope?: readonly string[];
  readonly createdMs: number;
  readonly endsMs: number;
  readonly usedMs?: number;
}

/** What a request with this token may do. */
export interface OpenToken extends Token {
  readonly id: number;
  readonly user?: string;
}

export const TOKEN_DAYS_MAX = 3650;
const DAY_MS = 24 * 3_600_000;
const TOKENS_MAX = 1000;
const COLUMNS = "t.id AS id, t.name AS name, t.owner AS owner, t.role AS role, t.scope AS scope, t.created_ms AS created_ms, t.ends_ms AS ends_ms, t.used_ms AS used_ms, u.name AS user, u.role AS user_role";
const FROM = "FROM dure_tokens t LEFT JOIN dure_users u ON u.id = t.user_id";

export class Tokens {
  readonly #store: () => Promise<Store>;
  readonly #now: () => number;
  readonly #changed: () => void;

  constructor(parts: { readonly store: () => Promise<Store>; readonly now: () => number; readonly changed: () => void }) {
    this.#store = parts.store;
    this.#now = parts.now;
    this.#changed = parts.changed;
  }

  /** Whose tokens a caller makes and sees as his own: a token acts for the user who made it. */
  static ownerOf({ user, name }: Caller): string {
    return user ?? name;
  }

  /** The names of `scope` must be of commands there are: whoever calls has looked. */
  async create(given: { readonly name: string; readonly role: Role; readonly scope?: readonly string[] | undefined; readonly days: number }, maker: Caller): Promise<{ token: string; shown: Token }> {
    const name = checkName(given.name);
    if (!isAtLeast(maker.role, given.role))
      throw new CommandFailure("FORBIDDEN", { message: `a token of ${maker.name} cannot have the role ${given.role}: the maker is ${maker.role}`, hint: `Take \`role: ${maker.role}\` or less.`, ko: { message: `만든 사람의 역할(${maker.role})보다 높은 역할(${given.role})을 토큰에 줄 수 없습니다`, hint: `역할을 ${maker.role} 이하로 하세요.` } });
    const beyond = (given.scope ?? ["*"]).find((pattern) => !isWithin(pattern, maker.scope));
    if (beyond !== undefined)
      throw new CommandFailure("FORBIDDEN", { message: `${maker.name} cannot give \`${beyond}\`: it is not within its own scope`, hint: `Take a scope within ${(maker.scope ?? []).join(", ")}.`, ko: { message: `${maker.name}의 범위 밖에 있는 \`${beyond}\` 권한은 줄 수 없습니다`, hint: `다음 범위 안에서 고르세요: ${(maker.scope ?? []).join(", ")}` } });
    const token = drawToken();
    const nowMs = this.#now();
    const store = await this.#store();
    const shown: Token = { name, owner: Tokens.ownerOf(maker), role: given.role, ...(given.scope === undefined ? {} : { scope: given.scope }), createdMs: nowMs, endsMs: Math.min(nowMs + given.days * DAY_MS, maker.endsMs ?? Infinity) };
    await store.transaction(async (session) => {
      await session.run("DELETE FROM dure_tokens WHERE ends_ms <= ?", [nowMs]);
      if (0 < (await session.all("SELECT id FROM dure_tokens WHERE name = ?", [name])).length)
        throw new CommandFailure("CONFLICT", { message: `there is a token ${name} already`, hint: "Take another name, or remove that one: `dure tokens remove`.", ko: { message: `${name} 토큰이 이미 있습니다`, hint: "다른 이름을 쓰거나 그 토큰을 지우세요: `dure tokens remove`" } });
      const [{ many } = { many: 0 }] = await session.all<{ many: number }>("SELECT COUNT(*) AS many FROM dure_tokens");
      if (TOKENS_MAX <= Number(many)) throw new CommandFailure("CONFLICT", { message: `there are ${TOKENS_MAX} tokens, which is the most`, hint: "Remove some that are not needed.", ko: { message: `토큰은 ${TOKENS_MAX}개까지 만들 수 있습니다`, hint: "쓰지 않는 토큰을 지우세요." } });
      const [user] = maker.user === undefined ? [] : await session.all<{ id: number }>("SELECT id FROM dure_users WHERE name_key = ?", [userNameKey(maker.user)]);
      if (maker.user !== undefined && user === undefined) throw new CommandFailure("FORBIDDEN", { message: `${maker.user} is a user no longer`, ko: { message: `${maker.user} 사용자는 이제 없습니다` } });
      await session.run("INSERT INTO dure_tokens (hash, name, user_id, owner, role, scope, created_ms, ends_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [hashOf(token), name, user?.id ?? null, shown.owner, shown.role, given.scope === undefined ? null : JSON.stringify(given.scope), nowMs, shown.endsMs]);
    });
    return { token, shown };
  }

  /** By the token's hash; the user it acts for must be there and not disabled. */
  async find(hash: string): Promise<OpenToken | undefined> {
    const store = await this.#store();
    const [row] = await store.all<TokenRow>(`SELECT ${COLUMNS} ${FROM} WHERE t.hash = ? AND (t.user_id IS NULL OR u.is_disabled = 0)`, [hash]);
    return row === undefined ? undefined : tokenOf(row);
  }

  async used(id: number, atMs: number): Promise<void> {
    await (await this.#store()).run("UPDATE dure_tokens SET used_ms = ? WHERE id = ?", [atMs, id]);
  }

  async list(owner?: string): Promise<Token[]> {
    const store = await this.#store();
    const rows = await store.all<TokenRow>(`SELECT ${COLUMNS} ${FROM} WHERE ? < t.ends_ms${owner === undefined ? "" : " AND t.owner = ?"} ORDER BY t.name LIMIT ${TOKENS_MAX}`, [this.#now(), ...(owner === undefined ? [] : [owner])]);
    return rows.map((row) => {
      const { id: _, user: __, ...shown } = tokenOf(row);
      return shown;
    });
  }

  /** `owner`: only if it is his; that there is one of somebody else's is not said. */
  async remove(given: string, owner?: string): Promise<Token> {
    const name = composed(given);
    const token = (await this.list(owner)).find((other) => other.name === name);
    if (token === undefined) throw new CommandFailure("NOT_FOUND", { message: `there is no token ${name}`, hint: "`dure tokens list` names those there are.", ko: { message: `${name} 토큰이 없습니다`, hint: "`dure tokens list`로 확인하세요." } });
    await (await this.#store()).run("DELETE FROM dure_tokens WHERE name = ?", [name]);
    this.#changed();
    return token;
  }
}

/** Whether all that `pattern` allows is allowed by `scope`. */
function isWithin(pattern: string, scope: readonly string[] | undefined): boolean {
  return scope === undefined || scope.some((own) => own === pattern || (own.endsWith(".*") && pattern.startsWith(own.slice(0, -1))));
}

interface TokenRow {
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  readonly role: string;
  readonly scope: string | null;
  readonly created_ms: number;
  readonly ends_ms: number;
  readonly used_ms: number | null;
  readonly user: string | null;
  readonly user_role: string | null;
}

function tokenOf(row: TokenRow): OpenToken {
  const own = roleOf(row.role);
  return {
    id: Number(row.id),
    name: row.name,
    owner: row.owner,
    role: row.user_role === null ? own : lesserRole(own, roleOf(row.user_role)),
    ...(row.scope === null ? {} : { scope: scopeOf(row.scope) }),
    createdMs: Number(row.created_ms),
    endsMs: Number(row.ends_ms),
    ...(row.used_ms === null ? {} : { usedMs: Number(row.used_ms) }),
    ...(row.user === null ? {} : { user: row.user }),
  };
}

/** What cannot be read allows nothing. */
function scopeOf(text: string): readonly string[] {
  try {
    const scope: unknown = JSON.parse(text);
    return Array.isArray(scope) ? scope.filter((pattern) => typeof pattern === "string") : [];
  } catch {
    return [];
  }
}
