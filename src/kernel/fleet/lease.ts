// A lease in the store: of all agents that share it, one holds a name at a time. Whether it is over is said by the database's clock. Each holder has a number, the fencing token, which is
// greater than all before it; what depends on the lease is written in a transaction in which the row still has that number. So an agent that stood still past its time, or whose clock is
// wrong, may believe what it likes: it writes nothing.
import { AppError } from "#base/errors.ts";
import { uniqueId } from "#base/unique-id.ts";
import { within } from "#base/within.ts";
import type { Store, StoreSession } from "#sdk/store.ts";
import { databaseClock, databaseNow } from "./database-clock.ts";
import type { DatabaseClock } from "./database-clock.ts";

export interface LeaseParts {
  readonly store: Store;
  readonly name: string;
  /** Who it is to people: `host/4711`. */
  readonly holder: string;
  readonly ttlMs: number;
  /** Of this process, never set: what has passed by it has passed. */
  readonly steady?: () => number;
  readonly clock?: DatabaseClock;
}

const RELEASE_MS = 3000;

/** Undefined: somebody else holds it. Rejects with StoreFailure. */
export async function acquireLease(parts: LeaseParts): Promise<Lease | undefined> {
  const { store, name, holder, ttlMs, steady = () => performance.now(), clock = databaseClock } = parts;
  const session = uniqueId();
  const taken = await store.transaction(async (tables) => {
    const askedAtMs = steady(); // Only here: one may have stood in line for longer than the lease is good for.
    const now = await databaseNow(tables, clock);
    const [row] = await tables.all<Row>(`SELECT token, ttl_ms, expires_ms FROM dure_leases WHERE name = ?${tables.dialect === "mysql" ? " FOR UPDATE" : ""}`, [name]);
    if (row !== undefined && isHeld(row, now)) return undefined;
    // Greater than all before it also when the row was removed, or came back out of a backup.
    const token = Math.max((row?.token ?? 0) + 1, now);
    const facts = [holder.slice(0, 191), session, token, ttlMs, now, now + ttlMs];
    if (row === undefined) await tables.run("INSERT INTO dure_leases (holder, session, token, ttl_ms, since_ms, expires_ms, name) VALUES (?, ?, ?, ?, ?, ?, ?)", [...facts, name]);
    else await tables.run("UPDATE dure_leases SET holder = ?, session = ?, token = ?, ttl_ms = ?, since_ms = ?, expires_ms = ? WHERE name = ?", [...facts, name]);
    return { token, now, askedAtMs };
  });
  return taken === undefined ? undefined : new Lease({ ...parts, steady, clock }, session, taken);
}

interface Row {
  readonly token: number;
  readonly ttl_ms: number;
  readonly expires_ms: number;
}

/** One that is good for longer than any is given was written before the database's clock was set back. */
export function isHeld({ ttl_ms, expires_ms }: Pick<Row, "ttl_ms" | "expires_ms">, nowMs: number): boolean {
  return nowMs < expires_ms && expires_ms <= nowMs + ttl_ms;
}

export class Lease {
  readonly token: number;
  /** By the database's clock. */
  readonly sinceMs: number;
  readonly #parts: Required<LeaseParts>;
  readonly #session: string;
  readonly #lost = new AbortController();
  /** By the steady clock: counted from before the database was asked, so it is over here before it is over there. */
  #untilMs: number;
  #timer: NodeJS.Timeout | undefined;
  #now: { readonly databaseMs: number; readonly steadyMs: number };

  constructor(parts: Required<LeaseParts>, session: string, { token, now, askedAtMs }: { readonly token: number; readonly now: number; readonly askedAtMs: number }) {
    this.#parts = parts;
    this.#session = session;
    this.token = token;
    this.sinceMs = now;
    this.#untilMs = askedAtMs + parts.ttlMs;
    this.#now = { databaseMs: now, steadyMs: parts.steady() };
    this.#watch();
  }

  /** Aborts when it is lost, at the latest when its time is over and nobody has renewed it. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** As far as is known here. Looked at by the clock, not by a timer: an agent that stood still learns it with the first line it runs. */
  get isHeld(): boolean {
    if (!this.#lost.signal.aborted && this.#untilMs <= this.#parts.steady()) this.#lose();
    return !this.#lost.signal.aborted;
  }

  /** The database's time, by its last answer and what has passed since. */
  now(): number {
    return Math.floor(this.#now.databaseMs + this.#parts.steady() - this.#now.steadyMs);
  }

  /** False: it is lost. Rejects with StoreFailure when the store does not say; it is good until its time is over. */
  async renew(): Promise<boolean> {
    const { store, name, ttlMs, steady, clock } = this.#parts;
    if (!this.isHeld) return false;
    const askedAtMs = steady();
    const { changes } = await store.run(`UPDATE dure_leases SET expires_ms = ${clock(store.dialect)} + ttl_ms WHERE name = ? AND token = ? AND session = ?`, [name, this.token, this.#session]);
    if (changes === 0) this.#lose();
    if (!this.isHeld) return false;
    this.#untilMs = askedAtMs + ttlMs;
    this.#watch();
    this.#now = { databaseMs: await databaseNow(store, clock), steadyMs: steady() };
    return this.isHeld;
  }

  /** What depends on it: in one transaction, and only if the row still has this token; nobody else gets it before that has ended. Rejects with LeaseLost. */
  async write<T>(work: (session: StoreSession) => Promise<T>): Promise<T> {
    const { store, name, clock } = this.#parts;
    if (!this.isHeld) throw new LeaseLost(name);
    const written = await store.transaction(async (session) => {
      // Nothing changes by it: it holds the row, and says whether it is ours.
      const { changes } = await session.run(`UPDATE dure_leases SET token = token WHERE name = ? AND token = ? AND session = ? AND ${clock(session.dialect)} < expires_ms`, [name, this.token, this.#session]);
      return changes === 0 ? undefined : { done: await work(session) };
    });
    if (written !== undefined) return written.done;
    this.#lose();
    throw new LeaseLost(name);
  }

  /** Others may have it at once. Waits for the store no longer than a moment. */
  async release(): Promise<void> {
    const { store, name } = this.#parts;
    const wasHeld = this.isHeld;
    this.#lose();
    if (wasHeld) await within(RELEASE_MS, store.run("UPDATE dure_leases SET expires_ms = 0 WHERE name = ? AND token = ? AND session = ?", [name, this.token, this.#session]).then(() => {}, () => {})); // Else it is over when its time is.
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void (this.isHeld && this.#watch()), Math.max(this.#untilMs - this.#parts.steady(), 0) + 1).unref();
  }

  #lose(): void {
    clearTimeout(this.#timer);
    this.#lost.abort(new LeaseLost(this.#parts.name));
  }
}

/** Somebody else holds it by now, or may. */
export class LeaseLost extends AppError {
  override readonly name = "LeaseLost";
  readonly code = "LEASE_LOST";
  constructor(lease: string) {
    super(`the lease ${lease} was lost`, { hint: "Another agent of this store has it, or will.", ko: { message: `임대를 잃었습니다: ${lease}`, hint: "같은 저장소를 쓰는 다른 에이전트가 이어받습니다." } });
  }
}
