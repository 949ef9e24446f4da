// Where the store keeps what the config was: texts with placeholders, and what those stand for under the seal of the agent's data folder.
import type { MigrationSet } from "#sdk/store.ts";

const MYSQL = "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

export const revisionTables: MigrationSet = {
  part: "config",
  migrations: [
    {
      id: "001-revisions",
      sqlite: [
        "CREATE TABLE IF NOT EXISTS dure_config_revisions (agent TEXT NOT NULL, revision INTEGER NOT NULL, at_ms INTEGER NOT NULL, who TEXT NOT NULL, note TEXT NOT NULL, outcome TEXT NOT NULL, problem TEXT NOT NULL, hash TEXT NOT NULL, masked TEXT NOT NULL, sealed TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (agent, revision))",
      ],
      mysql: [
        `CREATE TABLE IF NOT EXISTS dure_config_revisions (agent VARCHAR(64) NOT NULL, revision BIGINT NOT NULL, at_ms BIGINT NOT NULL, who VARCHAR(191) NOT NULL, note TEXT NOT NULL, outcome VARCHAR(32) NOT NULL, problem TEXT NOT NULL, hash CHAR(32) NOT NULL, masked MEDIUMTEXT NOT NULL, sealed MEDIUMTEXT NOT NULL, bytes BIGINT NOT NULL, PRIMARY KEY (agent, revision)) ${MYSQL}`,
      ],
    },
  ],
};
