// The people who may come in. A name is one however it is typed (composed, in any case), and stands in the audit: so it can be given to
// nobody else while its owner is there, and cannot look like `token:NAME` or `local:NAME`.
import type { Lang } from "#base/lang.ts";
import { composed } from "#base/text.ts";
import type { Store, StoreSession } from "#sdk/store.ts";
import { CommandFailure } from "../commands/failure.ts";
import { isAtLeast, roles } from "./caller.ts";
import type { Role } from "./caller.ts";

export interface User {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly language: Lang;
  readonly isDisabled: boolean;
  readonly createdMs: number;
  readonly loginMs?: number;
}

/** With what is kept of the password. */
export interface KnownUser extends User {
  readonly password: string;
}

export interface NewUser {
  readonly name: string;
  readonly role: Role;
  readonly language: Lang;
  /** As kept: hashed. */
  readonly password: string;
}

export const USER_NAME_LENGTH_MAX = 64;
/** Some characters are a whole phrase when they are written out for comparison. */
const NAME_KEY_LENGTH_MAX = 128;
const USERS_MAX = 1000;
const NAME_SHAPE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._@-]*$/u;
/** A config changed by hand, the agent itself, and whoever was refused with a name that nobody has. */
const RESERVED = new Set(["file", "agent", "unknown"]);
const COLUMNS = "id, name, role, language, is_disabled, password, created_ms, login_ms";

export class Users {
  readonly #store: () => Promise<Store>;
  readonly #now: () => number;
  readonly #changed: () => void;

  /** `changed` is called when somebody may do less than before. */
  constructor(parts: { readonly store: () => Promise<Store>; readonly now: () => number; readonly changed: () => void }) {
    this.#store = parts.store;
    this.#now = parts.now;
    this.#changed = parts.changed;
  }

  async list(): Promise<User[]> {
    const store = await this.#store();
    const rows = await store.all<UserRow>(`SELECT ${COLUMNS} FROM dure_users ORDER BY name_key LIMIT ${USERS_MAX}`);
    return rows.map((row) => withoutPassword(userOf(row)));
  }

  async isAnybody(): Promise<boolean> {
    return 0 < (await (await this.#store()).all("SELECT id FROM dure_users LIMIT 1")).length;
  }

  async find(name: string): Promise<KnownUser | undefined> {
    return findUser(await this.#store(), name);
  }

  async create(user: NewUser): Promise<User> {
    const store = await this.#store();
    return store.transaction(async (session) => {
      // With the first user the set-up link ends. Taking its row away also keeps a set-up that runs at this moment out.
      await session.run("DELETE FROM dure_setup_links");
      return insertUser(session, user, this.#now());
    });
  }

  /** The user before and after. Whoever may do less than before has to log in again. */
  async update(name: string, change: { readonly role?: Role | undefined; readonly language?: Lang | undefined; readonly isDisabled?: boolean | undefined }): Promise<{ before: User; after: User }> {
    const store = await this.#store();
    const both = await store.transaction(async (session) => {
      const before = await knownUser(session, name);
      const after: User = { ...withoutPassword(before), role: change.role ?? before.role, language: change.language ?? before.language, isDisabled: change.isDisabled ?? before.isDisabled };
      if (after.isDisabled || after.role !== "admin") await keepAnAdmin(session, before);
      await session.run("UPDATE dure_users SET role = ?, language = ?, is_disabled = ?, changed_ms = ? WHERE id = ?", [after.role, after.language, after.isDisabled ? 1 : 0, this.#now(), before.id]);
      if (after.role !== before.role || after.isDisabled) await session.run("DELETE FROM dure_sessions WHERE user_id = ?", [before.id]);
      return { before: withoutPassword(before), after };
    });
    this.#changed();
    return both;
  }

  async setPassword(name: string, password: string): Promise<User> {
    const store = await this.#store();
    const user = await store.transaction(async (session) => {
      const user = await knownUser(session, name);
      await session.run("UPDATE dure_users SET password = ?, changed_ms = ? WHERE id = ?", [password, this.#now(), user.id]);
      await session.run("DELETE FROM dure_sessions WHERE user_id = ?", [user.id]);
      return withoutPassword(user);
    });
    this.#changed();
    return user;
  }

  /** His sessions and tokens end with him. */
  async remove(name: string): Promise<User> {
    const store = await this.#store();
    const user = await store.transaction(async (session) => {
      const user = await knownUser(session, name);
      await keepAnAdmin(session, user);
      await session.run("DELETE FROM dure_sessions WHERE user_id = ?", [user.id]);
      await session.run("DELETE FROM dure_tokens WHERE user_id = ?", [user.id]);
      await session.run("DELETE FROM dure_users WHERE id = ?", [user.id]);
      return withoutPassword(user);
    });
    this.#changed();
    return user;
  }

  /** The same password, kept better than before. */
  async rehash(user: KnownUser, password: string): Promise<KnownUser> {
    await (await this.#store()).run("UPDATE dure_users SET password = ? WHERE id = ? AND password = ?", [password, user.id, user.password]);
    return { ...user, password };
  }
}

/** A user's name as it is kept. Throws CommandFailure for what can be none, and for what others are called in the audit. */
export function checkUserName(given: string): string {
  const name = checkName(given);
  if (!RESERVED.has(userNameKey(name))) return name;
  const message = `${name} is not a user's name: in the audit it means something else`;
  throw new CommandFailure("INVALID", { message, hint: "Take another name.", ko: { message: `${name}: 감사 기록에서 다른 뜻으로 쓰는 이름이라 사용자 이름으로 쓸 수 없습니다`, hint: "다른 이름을 쓰세요." } }, { issues: [{ path: "name", message }] });
}

/** Of a token, or a user. */
export function checkName(given: string): string {
  const name = composed(given);
  if (name.length <= USER_NAME_LENGTH_MAX && userNameKey(name).length <= NAME_KEY_LENGTH_MAX && NAME_SHAPE.test(name)) return name;
  const message = `a name is of letters, digits and . _ @ -, begins with a letter or digit, and has at most ${USER_NAME_LENGTH_MAX} characters`;
  throw new CommandFailure("INVALID", { message, ko: { message: `이름은 글자, 숫자, . _ @ - 로 되어 있고 글자나 숫자로 시작하며 ${USER_NAME_LENGTH_MAX}자 이하여야 합니다` } }, { issues: [{ path: "name", message }] });
}

/** Of names that people take for the same: `Hong` and `hong`, wide and narrow letters. */
export function userNameKey(name: string): string {
  return /^[!-~]*$/.test(name) ? name.toLowerCase() : name.normalize("NFKC").toLowerCase();
}

/** Within a transaction; a name that is taken is a CONFLICT. */
export async function insertUser(session: StoreSession, { name: given, role, language, password }: NewUser, nowMs: number): Promise<User> {
  const name = checkUserName(given);
  if ((await findUser(session, name)) !== undefined)
    throw new CommandFailure("CONFLICT", { message: `there is a user ${name} already`, hint: "Take another name, or change that user: `dure users update`.", ko: { message: `${name} 사용자가 이미 있습니다`, hint: "다른 이름을 쓰거나 그 사용자를 바꾸세요: `dure users update`" } });
  const [{ many } = { many: 0 }] = await session.all<{ many: number }>("SELECT COUNT(*) AS many FROM dure_users");
  if (USERS_MAX <= Number(many)) throw new CommandFailure("CONFLICT", { message: `there are ${USERS_MAX} users, which is the most`, hint: "Remove one that is not needed.", ko: { message: `사용자는 ${USERS_MAX}명까지 만들 수 있습니다`, hint: "쓰지 않는 사용자를 지우세요." } });
  const { lastId } = await session.run("INSERT INTO dure_users (name, name_key, role, language, is_disabled, password, created_ms, changed_ms) VALUES (?, ?, ?, ?, 0, ?, ?, ?)", [name, userNameKey(name), role, language, password, nowMs, nowMs]);
  return { id: lastId, name, role, language, isDisabled: false, createdMs: nowMs };
}

/** What the store says is a role, or the least there is. */
export function roleOf(text: string): Role {
  return roles.find((role) => role === text) ?? "viewer";
}

export function lesserRole(one: Role, other: Role): Role {
  return isAtLeast(one, other) ? other : one;
}

interface UserRow {
  readonly id: number;
  readonly name: string;
  readonly role: string;
  readonly language: string;
  readonly is_disabled: number;
  readonly password: string;
  readonly created_ms: number;
  readonly login_ms: number | null;
}

async function findUser(session: StoreSession, name: string): Promise<KnownUser | undefined> {
  const [row] = await session.all<UserRow>(`SELECT ${COLUMNS} FROM dure_users WHERE name_key = ?`, [userNameKey(composed(name))]);
  return row === undefined ? undefined : userOf(row);
}

async function knownUser(session: StoreSession, name: string): Promise<KnownUser> {
  const user = await findUser(session, name);
  if (user === undefined) throw new CommandFailure("NOT_FOUND", { message: `there is no user ${name}`, hint: "`dure users list` names those there are.", ko: { message: `${name} 사용자가 없습니다`, hint: "`dure users list`로 확인하세요." } });
  return user;
}

/** The row of every admin is locked, so that of two who remove each other one stays. */
async function keepAnAdmin(session: StoreSession, { id, name }: User): Promise<void> {
  const lock = session.dialect === "mysql" ? " FOR UPDATE" : "";
  const admins = await session.all<{ id: number }>(`SELECT id FROM dure_users WHERE role = 'admin' AND is_disabled = 0 ORDER BY id${lock}`);
  if (admins.some((admin) => admin.id !== id) || admins.length === 0) return;
  throw new CommandFailure("CONFLICT", { message: `${name} is the last admin`, hint: "Make somebody else an admin first.", ko: { message: `${name} 사용자가 마지막 관리자입니다`, hint: "먼저 다른 사용자를 관리자로 만드세요." } });
}

function userOf(row: UserRow): KnownUser {
  return {
    id: Number(row.id),
    name: row.name,
    role: roleOf(row.role),
    language: row.language === "ko" ? "ko" : "en",
    isDisabled: Number(row.is_disabled) !== 0,
    createdMs: Number(row.created_ms),
    ...(row.login_ms === null ? {} : { loginMs: Number(row.login_ms) }),
    password: row.password,
  };
}

function withoutPassword({ password: _, ...user }: KnownUser): User {
  return user;
}
