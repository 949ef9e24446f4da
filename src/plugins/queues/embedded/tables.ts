// The tables of the embedded queue. A job is one row for all of its life. Indexes hold only the rows that somebody looks for by them (`WHERE state …`), so that
// what goes straight through costs two entries. How many there are of each state and rule is kept in the same commit (`dure_job_tally`): nobody counts a million rows.
import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";

/** As numbers in the table. */
export const STATE = { delayed: 0, queued: 1, sent: 2, running: 3, succeeded: 4, failed: 5, cancelled: 6 } as const;
export type StateNumber = (typeof STATE)[keyof typeof STATE];
export const STATE_NAMES = ["delayed", "queued", "sent", "running", "succeeded", "failed", "cancelled"] as const;
/** From this state on a job is over. */
export const OVER = STATE.succeeded;

/** SQLite uses an index of some rows only where the query says the same words. */
export const OPEN = "state IN (1, 3)";
export const RARE = "state IN (0, 2, 5, 6)";

/** "DureJobs": tells the file from other programs' databases. */
const APPLICATION_ID = 0x4475724a;
const VERSION = 2;
// FULL: a commit is on the disk when it returns. The file grows by its log before it is put back in one go.
const SETTINGS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY";

const TABLES = `
CREATE TABLE dure_job_rules (rule INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE dure_jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, rule INTEGER NOT NULL, state INTEGER NOT NULL, priority INTEGER NOT NULL,
  attempt INTEGER NOT NULL, losses INTEGER NOT NULL, lease INTEGER NOT NULL, is_foreign INTEGER NOT NULL,
  created_ms INTEGER NOT NULL, due_ms INTEGER, started_ms INTEGER, ended_ms INTEGER,
  key TEXT, labels TEXT, origin TEXT NOT NULL, worker TEXT, data TEXT NOT NULL, envelope TEXT, result TEXT, text TEXT, error TEXT, replay_of TEXT, replayed_as TEXT
) STRICT;
CREATE UNIQUE INDEX dure_job_keys ON dure_jobs (key) WHERE key IS NOT NULL;
CREATE INDEX dure_job_open ON dure_jobs (state, rule, priority DESC, seq) WHERE ${OPEN};
CREATE INDEX dure_job_due ON dure_jobs (due_ms) WHERE state = 0;
CREATE INDEX dure_job_rare ON dure_jobs (state, seq) WHERE ${RARE};
CREATE TABLE dure_job_tally (rule INTEGER NOT NULL, state INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (rule, state)) STRICT, WITHOUT ROWID;
CREATE TABLE dure_job_marks (mark INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, attempt INTEGER NOT NULL, text TEXT) STRICT;
CREATE INDEX dure_job_marks_of ON dure_job_marks (seq, mark);
CREATE VIRTUAL TABLE dure_job_text USING fts5 (text, content='', contentless_delete=1, tokenize='trigram', detail='none');
CREATE TABLE dure_job_unindexed (seq INTEGER PRIMARY KEY) STRICT;
CREATE TABLE dure_job_facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO dure_job_facts VALUES ('indexed_to', 0);
CREATE TABLE dure_job_claims (claims INTEGER PRIMARY KEY, seqs TEXT NOT NULL) STRICT;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${VERSION};
`;

/** In the tally, beside the states of jobs: dead letters that were replayed. They are counted as failed, too. */
export const REPLAYED = 7;

/** From each version to the next. */
const UPGRADES: Readonly<Record<number, string>> = {
  1: `
CREATE TABLE dure_job_claims (claims INTEGER PRIMARY KEY, seqs TEXT NOT NULL) STRICT;
DELETE FROM dure_job_tally WHERE state = ${REPLAYED};
INSERT INTO dure_job_tally SELECT rule, ${REPLAYED}, count(*) FROM dure_jobs INDEXED BY dure_job_rare WHERE ${RARE} AND state = ${STATE.failed} AND replayed_as IS NOT NULL GROUP BY rule;
`,
};

/** Throws what SQLite throws; `refused` for a file of another program, or of a newer version. */
export function openTables(Database: typeof DatabaseSync, file: string, refused: (why: "foreign" | "newer") => Error): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const database = new Database(file, { timeout: 2000 });
  try {
    chmodSync(file, 0o600);
    const { application_id: application } = database.prepare("PRAGMA application_id").get() as { application_id: number };
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
    const isEmpty = database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
    if (!isEmpty && application !== APPLICATION_ID) throw refused("foreign");
    if (VERSION < version) throw refused("newer");
    database.exec(SETTINGS);
    if (isEmpty) database.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT`);
    for (let from = isEmpty ? VERSION : version; from < VERSION; from += 1) database.exec(`BEGIN IMMEDIATE; ${UPGRADES[from] ?? ""} PRAGMA user_version = ${from + 1}; COMMIT`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
