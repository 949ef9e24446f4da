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
  ],
};
