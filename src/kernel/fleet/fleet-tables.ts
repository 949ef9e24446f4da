// What agents that share a store agree on by it: who holds a lease, which key stands for which job, how far schedules have come.
import type { MigrationSet } from "#sdk/store.ts";

const MYSQL = "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

export const fleetTables: MigrationSet = {
  part: "fleet",
  migrations: [
    {
      id: "001-leases",
      sqlite: ["CREATE TABLE IF NOT EXISTS dure_leases (name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, session TEXT NOT NULL, token INTEGER NOT NULL, ttl_ms INTEGER NOT NULL, since_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL)"],
      mysql: [`CREATE TABLE IF NOT EXISTS dure_leases (name VARCHAR(191) NOT NULL PRIMARY KEY, holder VARCHAR(191) NOT NULL, session VARCHAR(32) NOT NULL, token BIGINT NOT NULL, ttl_ms BIGINT NOT NULL, since_ms BIGINT NOT NULL, expires_ms BIGINT NOT NULL) ${MYSQL}`],
    },
    {
      // `hash` is that of the key; `state` 0: is being published, by whoever has `job_id`; 1: it is published; 2: it was begun. From `retake_ms` on another may publish what is still 0.
      id: "002-jobs",
      sqlite: [
        "CREATE TABLE IF NOT EXISTS dure_job_keys (hash TEXT NOT NULL PRIMARY KEY, job_id TEXT NOT NULL, state INTEGER NOT NULL, schedule TEXT, due_ms INTEGER, claimed_ms INTEGER NOT NULL, retake_ms INTEGER NOT NULL, keep_until_ms INTEGER NOT NULL)",
        "CREATE INDEX IF NOT EXISTS dure_job_keys_keep ON dure_job_keys (keep_until_ms)",
        "CREATE INDEX IF NOT EXISTS dure_job_keys_claimed ON dure_job_keys (claimed_ms)",
        "CREATE INDEX IF NOT EXISTS dure_job_keys_schedule ON dure_job_keys (schedule, state)",
        "CREATE TABLE IF NOT EXISTS dure_job_schedules (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, done_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL)",
      ],
      mysql: [
        `CREATE TABLE IF NOT EXISTS dure_job_keys (hash CHAR(43) NOT NULL PRIMARY KEY, job_id VARCHAR(191) NOT NULL, state TINYINT NOT NULL, schedule CHAR(43), due_ms BIGINT, claimed_ms BIGINT NOT NULL, retake_ms BIGINT NOT NULL, keep_until_ms BIGINT NOT NULL, INDEX dure_job_keys_keep (keep_until_ms), INDEX dure_job_keys_claimed (claimed_ms), INDEX dure_job_keys_schedule (schedule, state)) ${MYSQL}`,
        `CREATE TABLE IF NOT EXISTS dure_job_schedules (id CHAR(43) NOT NULL PRIMARY KEY, name VARCHAR(191) NOT NULL, done_ms BIGINT NOT NULL, seen_ms BIGINT NOT NULL) ${MYSQL}`,
      ],
    },
  ],
};
