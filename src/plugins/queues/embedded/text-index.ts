// Finds words in jobs: any three characters in a row stand in an index, Korean ones too. It is brought up to date while the queue has nothing to do, a few
// jobs at a time, so that no job waits for it; what it does not have yet is gone through by whoever searches.
import type { DatabaseSync } from "node:sqlite";

/** Takes some 2 ms. */
const AT_A_TIME = 25;
const EVERY_MS = 20;
/** While there is nothing to index. */
const REST_MS = 500;
const TEXT_CHARACTERS_MAX = 20_000;
/** While more come, it waits: they would be forgotten before anybody looks for them, and what it costs is missing to them. */
const BUSY_PER_SECOND = 2000;

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
      next: database.prepare("SELECT j.seq FROM dure_jobs j WHERE j.seq > ? ORDER BY j.seq LIMIT ?"),
      again: database.prepare("SELECT seq FROM dure_job_unindexed LIMIT ?"),
      text: database.prepare(`SELECT j.id || char(10) || r.name || char(10) || substr(j.data, 1, ${TEXT_CHARACTERS_MAX}) || char(10) || COALESCE(substr(j.result, 1, ${TEXT_CHARACTERS_MAX}), '') || char(10) || COALESCE(j.error, '') || char(10) || COALESCE(j.key, '') || char(10) || COALESCE(j.labels, '') AS text FROM dure_jobs j JOIN dure_job_rules r ON r.rule = j.rule WHERE j.seq = ?`),
      put: database.prepare("INSERT OR REPLACE INTO dure_job_text (rowid, text) VALUES (?, ?)"),
      to: database.prepare("UPDATE dure_job_facts SET value = ? WHERE name = 'indexed_to'"),
      note: database.prepare("INSERT OR IGNORE INTO dure_job_unindexed VALUES (?)"),
      noted: database.prepare("DELETE FROM dure_job_unindexed WHERE seq = ?"),
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

  keepUp(isIdle: () => boolean): void {
    const step = (): void => {
      const count = !this.#isBusy() && isIdle() ? this.#some() : 0;
      this.#timer = setTimeout(step, count === 0 ? REST_MS : EVERY_MS).unref();
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

  #some(): number {
    const { next, again, text, put, to, noted } = this.#statements;
    try {
      const fresh = next.all(this.#indexedTo, AT_A_TIME) as unknown as { seq: number }[];
      const changed = again.all(AT_A_TIME - fresh.length) as unknown as { seq: number }[];
      if (fresh.length + changed.length === 0) return 0;
      const last = fresh.at(-1)?.seq ?? this.#indexedTo;
      // Not worth a sync: what is lost with the machine is indexed again.
      this.#database.exec("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
      for (const { seq } of [...fresh, ...changed]) {
        const row = text.get(seq) as { text: string } | undefined;
        if (row !== undefined) put.run(seq, row.text);
        noted.run(seq);
      }
      to.run(last);
      this.#database.exec("COMMIT");
      this.#indexedTo = last;
      return fresh.length + changed.length;
    } catch {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      return 0; // A full disk, mostly: whoever publishes says so.
    } finally {
      this.#database.exec("PRAGMA synchronous = FULL");
    }
  }
}
