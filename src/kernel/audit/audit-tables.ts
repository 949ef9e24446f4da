// What the store keeps of the audit. `entry` is the row as it was hashed; the columns beside it are there to be searched, and verified
// against it. `dure_audit_heads` has the last row of each chain: a chain that was cut off at its end does not fit it.
import type { MigrationSet } from "#sdk/store.ts";

const MYSQL = "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

export const auditTables: MigrationSet = {
  part: "audit",
  migrations: [
    {
      id: "001-audit",
      sqlite: [
        "CREATE TABLE IF NOT EXISTS dure_audit (id INTEGER PRIMARY KEY AUTOINCREMENT, agent TEXT NOT NULL, number INTEGER NOT NULL, at_ms INTEGER NOT NULL, who TEXT NOT NULL, command TEXT NOT NULL, subject TEXT NOT NULL, outcome TEXT NOT NULL, entry TEXT NOT NULL, hash TEXT NOT NULL, UNIQUE (agent, number))",
        "CREATE INDEX IF NOT EXISTS dure_audit_at ON dure_audit (at_ms)",
        "CREATE TABLE IF NOT EXISTS dure_audit_heads (agent TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL, hash TEXT NOT NULL)",
      ],
      mysql: [
        `CREATE TABLE IF NOT EXISTS dure_audit (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, agent VARCHAR(64) NOT NULL, number BIGINT NOT NULL, at_ms BIGINT NOT NULL, who VARCHAR(191) NOT NULL, command VARCHAR(100) NOT NULL, subject VARCHAR(255) NOT NULL, outcome VARCHAR(32) NOT NULL, entry MEDIUMTEXT NOT NULL, hash CHAR(64) NOT NULL, UNIQUE (agent, number), INDEX dure_audit_at (at_ms)) ${MYSQL}`,
        `CREATE TABLE IF NOT EXISTS dure_audit_heads (agent VARCHAR(64) NOT NULL PRIMARY KEY, number BIGINT NOT NULL, hash CHAR(64) NOT NULL) ${MYSQL}`,
      ],
    },
    {
      // What has begun and is not yet known how it went: an agent that was killed meanwhile says so when it runs again.
      id: "002-begun",
      sqlite: ["CREATE TABLE IF NOT EXISTS dure_audit_begun (id INTEGER PRIMARY KEY AUTOINCREMENT, agent TEXT NOT NULL, at_ms INTEGER NOT NULL, fact TEXT NOT NULL)"],
      mysql: [`CREATE TABLE IF NOT EXISTS dure_audit_begun (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, agent VARCHAR(64) NOT NULL, at_ms BIGINT NOT NULL, fact MEDIUMTEXT NOT NULL, INDEX dure_audit_begun_agent (agent)) ${MYSQL}`],
    },
    {
      // Refused calls that are counted before they become one row.
      id: "003-repeated",
      sqlite: ["CREATE TABLE IF NOT EXISTS dure_audit_repeated (id INTEGER PRIMARY KEY AUTOINCREMENT, agent TEXT NOT NULL, fact TEXT NOT NULL, times INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL)"],
      mysql: [`CREATE TABLE IF NOT EXISTS dure_audit_repeated (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, agent VARCHAR(64) NOT NULL, fact MEDIUMTEXT NOT NULL, times BIGINT NOT NULL, first_ms BIGINT NOT NULL, last_ms BIGINT NOT NULL, INDEX dure_audit_repeated_agent (agent)) ${MYSQL}`],
    },
  ],
};
