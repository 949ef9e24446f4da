// Who may come in: users, their logins and tokens, and the link for the first of them. Every edge that is not the control socket asks here.
import type { Lang } from "#base/lang.ts";
import { composed } from "#base/text.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Store } from "#sdk/store.ts";
import type { AuditFact } from "../audit/audit-entry.ts";
import { CommandFailure, failureFacts } from "../commands/failure.ts";
import type { EventHub } from "../events/event-hub.ts";
import { Authenticator } from "./authenticator.ts";
import type { Credentials } from "./authenticator.ts";
import type { Caller, Edge } from "./caller.ts";
import { LoginLimiter } from "./login-limiter.ts";
import { checkPassword, createPasswordHasher } from "./password.ts";
import type { PasswordHasher } from "./password.ts";
import { Sessions, wrongLogin } from "./sessions.ts";
import { SetupLink } from "./setup-link.ts";
import { Tokens } from "./tokens.ts";
import { checkUserName, Users, userNameKey } from "./users.ts";
import type { KnownUser, User } from "./users.ts";

export interface AccessParts {
  /** Rejects while the store cannot be had. */
  store(): Promise<Store>;
  readonly events: Pick<EventHub, "publish">;
  readonly log: Log;
  audit(fact: AuditFact): Promise<void>;
  readonly now?: () => number;
  readonly hasher?: PasswordHasher;
}

/** Where a request to come in is from. */
export interface Visitor {
  readonly address: string;
  readonly browser: string;
  /** Over HTTP unless given. */
  readonly edge?: Edge;
}

export interface LoggedIn {
  readonly user: User;
  /** What the cookie is to hold. */
  readonly secret: string;
}

const EDGE: Edge = "http";

export class Access {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly setup: SetupLink;
  readonly hasher: PasswordHasher;
  readonly #parts: AccessParts;
  readonly #authenticator: Authenticator;
  readonly #limiter: LoginLimiter;
  readonly #listeners = new Set<() => void>();

  constructor(parts: AccessParts) {
    const { store, log, now = Date.now, hasher = createPasswordHasher() } = parts;
    const common = { store: () => store(), now, changed: () => this.#changed() };
    this.#parts = parts;
    this.hasher = hasher;
    this.users = new Users(common);
    this.sessions = new Sessions(common);
    this.tokens = new Tokens(common);
    this.setup = new SetupLink(common);
    this.#limiter = new LoginLimiter({ now });
    this.#authenticator = new Authenticator({ sessions: this.sessions, tokens: this.tokens, now, log });
  }

  /** Undefined for nobody we know. Rejects when the store cannot be asked. */
  authenticate(credentials: Credentials): Promise<Caller | undefined> {
    return this.#authenticator.authenticate(credentials);
  }

  /** Calls `listener` whenever somebody may have become less: connections that stay open are to be asked again who they are. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Answers who does not exist, is disabled or mistyped with the same words after the same time. */
  async login({ name, password, ...visitor }: { readonly name: string; readonly password: string } & Visitor): Promise<LoggedIn> {
    const key = userNameKey(composed(name));
    this.#slowDown(key, visitor.address);
    const user = await this.users.find(name);
    const { isRight, isStale } = await this.hasher.verify(password, user?.password);
    try {
      if (user === undefined || !isRight || user.isDisabled) throw wrongLogin();
      this.#limiter.succeeded(key, visitor.address);
      return await this.#comeIn("access.login", isStale ? await this.users.rehash(user, await this.hasher.hash(password)) : user, visitor);
    } catch (error) {
      // A name that nobody has may be a password, typed into the wrong field: it is written down nowhere.
      if (failureFacts(error).code === "UNAUTHENTICATED") await this.#refused("access.login", user?.name, visitor);
      throw error;
    }
  }

  /** Makes the first user, an admin, and lets him in. */
  async setUp({ token, name: given, password, language, ...visitor }: { readonly token: string; readonly name: string; readonly password: string; readonly language: Lang } & Visitor): Promise<LoggedIn> {
    this.#slowDown(undefined, visitor.address);
    try {
      await this.setup.check(token);
      this.#limiter.succeeded(undefined, visitor.address);
      const name = checkUserName(given);
      checkPassword(password, name);
      const kept = await this.hasher.hash(password);
      const user = await this.setup.redeem(token, { name, language, password: kept });
      this.#changed();
      this.#parts.events.publish("access.set-up", { user: user.name });
      return await this.#comeIn("access.setup", { ...user, password: kept }, visitor);
    } catch (error) {
      if (failureFacts(error).code === "FORBIDDEN") await this.#refused("access.setup", undefined, visitor);
      throw error;
    }
  }

  /** Before one's own password changes: whoever finds an open browser shall not keep the account. Tries are limited as a login's are. */
  async checkOwnPassword(user: KnownUser, password: string, address: string): Promise<void> {
    const key = userNameKey(user.name);
    this.#slowDown(key, address);
    if (!(await this.hasher.verify(password, user.password)).isRight)
      throw new CommandFailure("FORBIDDEN", { message: "the old password is wrong", ko: { message: "지금 비밀번호가 틀렸습니다" } }, { issues: [{ path: "oldPassword", message: "the old password is wrong" }] });
    this.#limiter.succeeded(key, address);
  }

  async logout(secret: string, caller: Caller): Promise<void> {
    await this.sessions.end(secret);
    await this.#parts.audit({ caller, command: "access.logout", params: {}, outcome: "ok" });
  }

  #slowDown(key: string | undefined, address: string): void {
    const waitMs = this.#limiter.take(key, address);
    if (waitMs === 0) return;
    const seconds = Math.ceil(waitMs / 1000);
    throw new CommandFailure("BUSY", { message: `too many tries: wait ${seconds} s`, hint: "Who has forgotten the password asks an admin, or the owner of the machine: `dure users set-password`.", ko: { message: `시도가 너무 많습니다. ${seconds}초 뒤에 다시 시도하세요`, hint: "비밀번호를 잊었으면 관리자에게 요청하거나 서버에서 `dure users set-password`를 실행하세요." } }, { details: { retryAfterSeconds: seconds } });
  }

  /** A login that cannot be written down is not made. */
  async #comeIn(command: string, user: KnownUser, visitor: Visitor): Promise<LoggedIn> {
    const secret = await this.sessions.begin(user, visitor);
    try {
      await this.#parts.audit({ caller: { name: user.name, role: user.role, edge: visitor.edge ?? EDGE, address: visitor.address }, command, params: {}, subject: user.name, outcome: "ok" });
    } catch (error) {
      await this.sessions.end(secret);
      throw error;
    }
    return { user, secret };
  }

  async #refused(command: string, user: string | undefined, { address, edge = EDGE }: Visitor): Promise<void> {
    this.#parts.log.warn(command === "access.login" ? "a login was refused" : "a set-up link was refused", { user: user ?? "unknown", address });
    this.#parts.events.publish(command === "access.login" ? "access.login-failed" : "access.setup-failed", { ...(user === undefined ? {} : { user }), address });
    await this.#parts.audit({ caller: { name: user ?? "unknown", edge, address }, command, params: {}, outcome: command === "access.login" ? "UNAUTHENTICATED" : "FORBIDDEN" });
  }

  #changed(): void {
    this.#authenticator.forget();
    for (const listener of this.#listeners) listener();
  }
}
