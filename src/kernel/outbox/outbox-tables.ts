// Notices that wait in the store until they are handed on.
import type { MigrationSet } from "#sdk/store.ts";

export const outboxTables: MigrationSet = {
  part: "outbox",
  migrations: [
    {
      id: "001-outbox",
      sqlite: ["CREATE TABLE IF NOT EXISTS dure_outbox (agent TEXT NOT NULL, id TEXT NOT NULL, at_ms INTEGER NOT NULL, notifier TEXT NOT NULL, notice TEXT NOT NULL, PRIMARY KEY (agent, id)) WITHOUT ROWID"],
      mysql: ["CREATE TABLE IF NOT EXISTS dure_outbox (agent VARCHAR(32) NOT NULL, id VARCHAR(160) NOT NULL, at_ms BIGINT NOT NULL, notifier VARCHAR(100) NOT NULL, notice MEDIUMTEXT NOT NULL, PRIMARY KEY (agent, id)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"],
    },
  ],
};
