// How often one user may do what is written into the audit: each time is a row that stays for years. Admins, and the machine's own user, may as they
// need to. Bounded, and no timers.
import type { Caller, Role } from "../access/caller.ts";

const MINUTE_MS = 60_000;
/** A person clicks less often; a program of an operator puts letters right one by one. */
const A_MINUTE: Readonly<Record<Exclude<Role, "admin">, number>> = { viewer: 60, operator: 1200 };
const USERS_MAX = 10_000;

export class ChangeRate {
  /** Of each user what is left; it fills up again as time goes by. */
  readonly #left = new Map<string, { left: number; atMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Whether one more is in order; it is counted. */
  take({ name, user = name, role }: Pick<Caller, "name" | "user" | "role">): boolean {
    if (role === "admin") return true;
    const most = A_MINUTE[role];
    const key = `${role} ${user}`;
    const nowMs = this.#now();
    const { left: before, atMs } = this.#left.get(key) ?? { left: most, atMs: nowMs };
    const left = Math.min(most, before + (Math.max(0, nowMs - atMs) * most) / MINUTE_MS);
    this.#left.delete(key); // So that it comes last.
    this.#left.set(key, { left: Math.max(0, left - 1), atMs: nowMs });
    const oldest = this.#left.keys().next();
    if (USERS_MAX < this.#left.size && oldest.done !== true) this.#left.delete(oldest.value);
    return 1 <= left;
  }
}
