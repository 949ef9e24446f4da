// Leases that their rows do not show yet. Most jobs run for moments, and to change a row is to write it anew: so all leases of now are one list, written once a commit, and a row
// tells of its own when the job has ended, when it runs for longer, or when somebody looks. Whoever opens the file of a killed agent finds in the list what ran.
import type { DatabaseSync } from "node:sqlite";
import { changing } from "../../stores/sqlite-changes.ts";

export interface Claim {
  readonly seq: number;
  readonly lease: number;
  readonly worker: string;
  readonly startedMs: number;
}

export class Claims<T extends Claim> {
  readonly #statements;
  readonly #open = new Map<number, T>();
  #isChanged = false;

  constructor(database: DatabaseSync) {
    this.#statements = {
      write: changing(database, "INSERT OR REPLACE INTO dure_job_claims (claims, seqs) VALUES (0, ?)"),
      show: changing(database, "UPDATE dure_jobs SET state = 3, lease = ?, worker = ?, started_ms = ? WHERE seq = ? AND state = 1 AND lease = ?"),
      recover: changing(database, "UPDATE dure_jobs SET state = 3, lease = lease + 1 WHERE state = 1 AND seq IN (SELECT value FROM dure_job_claims, json_each(seqs))"),
    };
  }

  get count(): number {
    return this.#open.size;
  }

  has(seq: number): boolean {
    return this.#open.has(seq);
  }

  add(claim: T): void {
    this.#open.set(claim.seq, claim);
    this.#isChanged = true;
  }

  delete(seq: number): void {
    if (this.#open.delete(seq)) this.#isChanged = true;
  }

  /** The last of each transaction. */
  write(): void {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    this.#statements.write.run(JSON.stringify([...this.#open.keys()]));
  }

  /** Within a transaction: the rows of those that began before it tell of them. Gives which. */
  show(beforeMs: number): readonly T[] {
    const shown = [...this.#open.values()].filter(({ startedMs }) => startedMs < beforeMs);
    for (const { seq, lease, worker, startedMs } of shown) {
      this.#statements.show.run(lease, worker, startedMs, seq, lease - 1);
      this.delete(seq);
    }
    return shown;
  }

  /** What was changed since the last commit was put back: these are all. */
  reset(claims: Iterable<T>): void {
    this.#open.clear();
    for (const claim of claims) this.add(claim);
  }

  /** What a killed agent had: its rows tell of it from now on. Within the first transaction. */
  recover(): void {
    this.#statements.recover.run();
    this.#isChanged = true;
    this.write();
  }
}
