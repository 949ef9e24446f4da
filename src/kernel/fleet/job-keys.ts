// Which key stands for which job, among all agents that share the store. Whoever publishes a job with a key claims the key first, and says when the job is published. When it does not say so
// (it was killed meanwhile), another may publish a job of its own under the key; whether the first is at the broker as well nobody knows. So whoever is about to run one of them asks
// whose key it is: exactly one of them is begun.
import { sha256 } from "#base/sha256.ts";
import type { Store, StoreReader, StoreSession } from "#sdk/store.ts";
import { insertRows } from "../store/insert-rows.ts";
import { databaseClock, databaseNow } from "./database-clock.ts";
import type { DatabaseClock } from "./database-clock.ts";

export interface JobKeysParts {
  readonly store: () => Promise<Store>;
  /** Keys of others do not matter: those who have another queue. */
  readonly scope: string;
  /** A key stands so long after its job was begun. */
  readonly keepMs: () => number;
  /** Not more than so many; those that were claimed longest ago are given up. */
  readonly keepMax: () => number;
  readonly clock?: DatabaseClock;
}

export interface KeyClaim {
  readonly key: string;
  readonly jobId: string;
  readonly runAtMs?: number;
  readonly schedule?: { readonly id: string; readonly dueMs: number };
}

/** `ours`: to be published now. `theirs`: another job has the key. `pending`: another is being published under it just now. */
export type ClaimAnswer = { readonly is: "ours" } | { readonly is: "theirs" | "pending"; readonly jobId: string };

/** A publisher that says nothing for so long is dead, or has given up. */
const RETAKE_MS = 30_000;
const AT_A_TIME = 500;
const SWEEP_MS = 10 * 60_000;
/** A job is published, begun, and perhaps published again by another, within this time. */
const KEEP_MS_MIN = 3 * 3_600_000;
const CLAIMED = 0;
const PUBLISHED = 1;
const BEGUN = 2;

interface Row {
  readonly hash: string;
  readonly job_id: string;
  readonly state: number;
  readonly retake_ms: number;
}

export class JobKeys {
  readonly #parts: Required<JobKeysParts>;
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(parts: JobKeysParts) {
    this.#parts = { clock: databaseClock, ...parts };
  }

  /** Answers in the order of the claims, each of another key. Rejects with StoreFailure. */
  async claim(claims: readonly KeyClaim[]): Promise<readonly ClaimAnswer[]> {
    const store = await this.#parts.store();
    const answers = new Map<string, ClaimAnswer>();
    for (let at = 0; at < claims.length; at += AT_A_TIME) for (const [key, answer] of await this.claimIn(store, claims.slice(at, at + AT_A_TIME))) answers.set(key, answer);
    if (SWEEP_MS < performance.now() - this.#sweptMs) await this.sweep(store);
    return claims.map(({ key }) => answers.get(key) ?? { is: "ours" });
  }

  /** In a transaction of the caller's, or one statement after the other. */
  async claimIn(session: StoreSession, claims: readonly KeyClaim[]): Promise<ReadonlyMap<string, ClaimAnswer>> {
    const nowMs = await databaseNow(session, this.#parts.clock);
    // In one order, whoever claims: two agents with the same keys would wait for each other.
    const sorted = claims.map((claim) => ({ ...claim, hash: this.#hash(claim.key) })).toSorted((one, other) => (one.hash < other.hash ? -1 : 1));
    await insertRows(session, "dure_job_keys", ["hash", "job_id", "state", "schedule", "due_ms", "claimed_ms", "retake_ms", "keep_until_ms"], sorted.map(({ hash, jobId, runAtMs, schedule }) => [hash, jobId, CLAIMED, schedule?.id ?? null, schedule?.dueMs ?? null, nowMs, nowMs + RETAKE_MS, Math.max(nowMs, runAtMs ?? 0) + this.#keepMs]), { isTolerant: true });
    const rows = await session.all<Row>(`SELECT hash, job_id, state, retake_ms FROM dure_job_keys WHERE hash IN (${marks(sorted)})`, sorted.map(({ hash }) => hash));
    const found = new Map(rows.map((row) => [row.hash, row]));
    const answers = new Map<string, ClaimAnswer>();
    for (const { key, hash, jobId } of sorted) {
      const row = found.get(hash);
      if (row === undefined || row.job_id === jobId) answers.set(key, { is: "ours" });
      else if (row.state !== CLAIMED) answers.set(key, { is: "theirs", jobId: row.job_id });
      else if (row.retake_ms <= nowMs && (await this.retakeIn(session, { hash, from: row.job_id, jobId }))) answers.set(key, { is: "ours" });
      else answers.set(key, { is: "pending", jobId: row.job_id });
    }
    return answers;
  }

  /** What is still being published under the key is ours to publish, as another job. False: it has been published or begun. */
  async retakeIn(session: StoreSession, { hash, from, jobId }: { readonly hash: string; readonly from: string; readonly jobId: string }): Promise<boolean> {
    const { changes } = await session.run(`UPDATE dure_job_keys SET job_id = ?, retake_ms = ${this.#parts.clock(session.dialect)} + ? WHERE hash = ? AND job_id = ? AND state = ?`, [jobId, RETAKE_MS, hash, from, CLAIMED]);
    return 0 < changes;
  }

  /** Of these schedules, what somebody was about to publish, and never said that it is. */
  async leftOver(reader: StoreReader, schedules: readonly string[]): Promise<readonly { readonly hash: string; readonly jobId: string; readonly schedule: string; readonly dueMs: number }[]> {
    if (schedules.length === 0) return [];
    const rows = await reader.all<Row & { readonly schedule: string; readonly due_ms: number }>(`SELECT hash, job_id, schedule, due_ms FROM dure_job_keys WHERE schedule IN (${marks(schedules)}) AND state = ? ORDER BY due_ms`, [...schedules, CLAIMED]);
    return rows.map(({ hash, job_id: jobId, schedule, due_ms: dueMs }) => ({ hash, jobId, schedule, dueMs }));
  }

  /** The queue has it as this job. */
  async replace(key: string, from: string, jobId: string): Promise<void> {
    await this.retakeIn(await this.#parts.store(), { hash: this.#hash(key), from, jobId });
  }

  /** It will not be published. */
  async leaveOut(session: StoreSession, hash: string): Promise<void> {
    await session.run("UPDATE dure_job_keys SET state = ? WHERE hash = ?", [PUBLISHED, hash]);
  }

  /** They are durable where they are: job ids by their keys. */
  published(jobs: ReadonlyMap<string, string>): Promise<void> {
    return this.#settle(jobs, `state = ${PUBLISHED}`);
  }

  /** Whether they are published nobody knows: who wants to may publish another at once. */
  givenUp(jobs: ReadonlyMap<string, string>): Promise<void> {
    return this.#settle(jobs, "retake_ms = 0");
  }

  /** These jobs are over and forgotten: their keys are anybody's. Job ids by their keys. */
  async forget(jobs: ReadonlyMap<string, string>): Promise<void> {
    if (0 < jobs.size) await this.#each(jobs, (theirs) => `DELETE FROM dure_job_keys WHERE ${theirs}`);
  }

  /** Undefined: it may be begun, and no other under its key from now on. Else the job that has the key. */
  async begin(key: string, jobId: string): Promise<string | undefined> {
    const store = await this.#parts.store();
    const hash = this.#hash(key);
    const { changes } = await store.run(`UPDATE dure_job_keys SET state = ?, keep_until_ms = ${this.#parts.clock(store.dialect)} + ? WHERE hash = ? AND job_id = ?`, [BEGUN, this.#keepMs, hash, jobId]);
    if (0 < changes) return undefined;
    // One without a row waited for longer than keys are kept, or came from an agent that knows nothing of this store.
    const [row] = await store.all<Row>("SELECT job_id FROM dure_job_keys WHERE hash = ?", [hash]);
    return row === undefined || row.job_id === jobId ? undefined : row.job_id;
  }

  /** Forgets keys whose time is over. */
  async sweep(store: StoreSession): Promise<void> {
    this.#sweptMs = performance.now();
    await store.run("DELETE FROM dure_job_keys WHERE keep_until_ms < ?", [await databaseNow(store, this.#parts.clock)]);
    // Beyond the bound those are given up that were claimed longest ago.
    const [last] = await store.all<{ claimed_ms: number }>("SELECT claimed_ms FROM dure_job_keys ORDER BY claimed_ms DESC LIMIT 1 OFFSET ?", [this.#parts.keepMax()]);
    if (last !== undefined) await store.run("DELETE FROM dure_job_keys WHERE claimed_ms <= ?", [last.claimed_ms]);
  }

  get #keepMs(): number {
    return Math.max(this.#parts.keepMs(), KEEP_MS_MIN);
  }

  #settle(jobs: ReadonlyMap<string, string>, what: string): Promise<void> {
    return this.#each(jobs, (theirs) => `UPDATE dure_job_keys SET ${what} WHERE ${theirs} AND state = ${CLAIMED}`);
  }

  async #each(jobs: ReadonlyMap<string, string>, statement: (theirs: string) => string): Promise<void> {
    const store = await this.#parts.store();
    const all = [...jobs];
    for (let at = 0; at < all.length; at += AT_A_TIME) {
      const some = all.slice(at, at + AT_A_TIME);
      await store.run(statement(`hash IN (${marks(some)}) AND job_id IN (${marks(some)})`), [...some.map(([key]) => this.#hash(key)), ...some.map(([, jobId]) => jobId)]);
    }
  }

  #hash(key: string): string {
    return sha256(`${this.#parts.scope}\n${key}`).toString("base64url");
  }
}

function marks(list: readonly unknown[]): string {
  return list.map(() => "?").join(", ");
}
