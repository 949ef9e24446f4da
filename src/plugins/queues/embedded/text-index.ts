// Finds words in jobs: any three characters in a row stand in an index, Korean ones too. It is brought up to date while the queue has nothing to do, some
// milliseconds at a time and half of the time at most; a few jobs at a time, and seldom, while jobs come and go, and not at all while many do: none waits for it, and what it does not
// have yet is gone through by whoever searches.
import type { DatabaseSync } from "node:sqlite";
import { changing } from "../../stores/sqlite-changes.ts";

/** As many jobs as take so long, a few at a time: they may be large. */
const SLICE_MS = 5;
const AT_A_TIME = 5;
/** While jobs come and go: fewer of them, every so often. */
const FEWER_MS = 1;
const EVERY_MS = 20;
const RESTED_MS = 500;
/** While there is nothing to index. */
const REST_MS = 500;
const TEXT_CHARACTERS_MAX = 20_000;
/** While more come, it waits: they would be forgotten before anybody looks for them, and what it costs is missing to them. */
const BUSY_PER_SECOND = 2000;

const TEXT = `j.id || char(10) || r.name || char(10) || substr(j.data, 1, ${TEXT_CHARACTERS_MAX}) || char(10) || COALESCE(substr(j.result, 1, ${TEXT_CHARACTERS_MAX}), '') || char(10) || COALESCE(j.error, '') || char(10) || COALESCE(j.key, '') || char(10) || COALESCE(j.labels, '')`;
const PUT = `INSERT OR REPLACE INTO dure_job_text (rowid, text) SELECT j.seq, ${TEXT} FROM dure_jobs j JOIN dure_job_rules r ON r.rule = j.rule`;

export class TextIndex {
  readonly #statements;
  readonly #database: DatabaseSync;
  #timer: NodeJS.Timeout | undefined;
  #indexedTo: number;
  #newest = 0;
  #lookedMs = performance.now();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = {
      newest: database.prepare("SELECT seq FROM dure_jobs ORDER BY seq DESC LIMIT 1"),
      last: database.prepare("SELECT max(seq) AS seq FROM (SELECT seq FROM dure_jobs WHERE seq > ? ORDER BY seq LIMIT ?)"),
      changed: database.prepare("SELECT seq FROM dure_job_unindexed LIMIT ?"),
      put: changing(database, `${PUT} WHERE j.seq > ? AND j.seq <= ?`),
      putAgain: changing(database, `${PUT} WHERE j.seq = ?`),
      to: changing(database, "UPDATE dure_job_facts SET value = ? WHERE name = 'indexed_to'"),
      note: changing(database, "INSERT OR IGNORE INTO dure_job_unindexed VALUES (?)"),
      noted: changing(database, "DELETE FROM dure_job_unindexed WHERE seq = ?"),
    };
    this.#indexedTo = (database.prepare("SELECT value FROM dure_job_facts WHERE name = 'indexed_to'").get() as { value: number }).value;
  }

  /** Jobs up to this one are in it, as they were when they were put in. */
  get indexedTo(): number {
    return this.#indexedTo;
  }

  /** Within the transaction that changes it. */
  changed(seq: number): void {
    if (seq <= this.#indexedTo) this.#statements.note.run(seq);
  }

  /** `isIdle`: nothing waits to be written just now; `workedMs`: when something was written last. */
  keepUp({ isIdle, workedMs }: { readonly isIdle: () => boolean; readonly workedMs: () => number }): void {
    const step = (): void => {
      const beganMs = performance.now();
      const isResting = RESTED_MS <= beganMs - workedMs();
      const hasMore = (isResting || !this.#isBusy()) && isIdle() && this.#some(beganMs + (isResting ? SLICE_MS : FEWER_MS));
      this.#timer = setTimeout(step, !hasMore ? REST_MS : isResting ? Math.ceil(performance.now() - beganMs) : EVERY_MS).unref();
    };
    this.#timer = setTimeout(step, REST_MS).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #isBusy(): boolean {
    const { seq = 0 } = (this.#statements.newest.get() ?? {}) as { readonly seq?: number };
    const nowMs = performance.now();
    const perSecond = ((seq - this.#newest) * 1000) / (nowMs - this.#lookedMs);
    this.#newest = seq;
    this.#lookedMs = nowMs;
    return BUSY_PER_SECOND < perSecond;
  }

  /** A few jobs, and others until then. False: there is nothing more for now. */
  #some(untilMs: number): boolean {
    const { last, changed, put, putAgain, to, noted } = this.#statements;
    let indexedTo = this.#indexedTo;
    let hasMore = false;
    try {
      for (;;) {
        const { seq } = last.get(indexedTo, AT_A_TIME) as { seq: number | null };
        const again = changed.all(AT_A_TIME) as unknown as { seq: number }[];
        hasMore = seq !== null || 0 < again.length;
        if (!hasMore) break;
        // Not worth a sync: what is lost with the machine is indexed again.
        if (!this.#database.isTransaction) this.#database.exec("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
        if (seq !== null) put.run(indexedTo, seq);
        for (const each of again) {
          putAgain.run(each.seq);
          noted.run(each.seq);
        }
        indexedTo = seq ?? indexedTo;
        if (untilMs <= performance.now()) break;
      }
      if (!this.#database.isTransaction) return false;
      to.run(indexedTo);
      this.#database.exec("COMMIT");
      this.#indexedTo = indexedTo;
      return hasMore;
    } catch {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      return false; // A full disk, mostly: whoever publishes says so.
    } finally {
      this.#database.exec("PRAGMA synchronous = FULL");
    }
  }
}
