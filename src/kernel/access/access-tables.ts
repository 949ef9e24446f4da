// What the store keeps of who may come in. No foreign keys: who removes a user removes what hangs on him in the same transaction.
// The names begin with `dure_`, for in a MySQL others may have tables called `users`.
import type { MigrationSet } from "#sdk/store.ts";

const MYSQL = "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

export const accessTables: MigrationSet = {
  part: "access",
  migrations: [
    {
      id: "001-users",
      sqlite: [
        "CREATE TABLE IF NOT EXISTS dure_users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, role TEXT NOT NULL, language TEXT NOT NULL, is_disabled INTEGER NOT NULL, password TEXT NOT NULL, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, login_ms INTEGER)",
        "CREATE TABLE IF NOT EXISTS dure_sessions (id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, user_id INTEGER NOT NULL, created_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL, ends_ms INTEGER NOT NULL, address TEXT NOT NULL, browser TEXT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS dure_sessions_user ON dure_sessions (user_id)",
        "CREATE TABLE IF NOT EXISTS dure_tokens (id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, user_id INTEGER, owner TEXT NOT NULL, role TEXT NOT NULL, scope TEXT, created_ms INTEGER NOT NULL, ends_ms INTEGER NOT NULL, used_ms INTEGER)",
        "CREATE INDEX IF NOT EXISTS dure_tokens_user ON dure_tokens (user_id)",
        "CREATE TABLE IF NOT EXISTS dure_setup_links (id INTEGER PRIMARY KEY, hash TEXT NOT NULL, ends_ms INTEGER NOT NULL)",
      ],
      mysql: [
        `CREATE TABLE IF NOT EXISTS dure_users (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(64) NOT NULL, name_key VARCHAR(128) NOT NULL UNIQUE, role VARCHAR(16) NOT NULL, language VARCHAR(8) NOT NULL, is_disabled TINYINT NOT NULL, password VARCHAR(255) NOT NULL, created_ms BIGINT NOT NULL, changed_ms BIGINT NOT NULL, login_ms BIGINT) ${MYSQL}`,
        `CREATE TABLE IF NOT EXISTS dure_sessions (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, hash CHAR(43) NOT NULL UNIQUE, user_id BIGINT NOT NULL, created_ms BIGINT NOT NULL, seen_ms BIGINT NOT NULL, ends_ms BIGINT NOT NULL, address VARCHAR(64) NOT NULL, browser VARCHAR(255) NOT NULL, INDEX dure_sessions_user (user_id)) ${MYSQL}`,
        `CREATE TABLE IF NOT EXISTS dure_tokens (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, hash CHAR(43) NOT NULL UNIQUE, name VARCHAR(64) NOT NULL UNIQUE, user_id BIGINT, owner VARCHAR(128) NOT NULL, role VARCHAR(16) NOT NULL, scope TEXT, created_ms BIGINT NOT NULL, ends_ms BIGINT NOT NULL, used_ms BIGINT, INDEX dure_tokens_user (user_id)) ${MYSQL}`,
        `CREATE TABLE IF NOT EXISTS dure_setup_links (id BIGINT NOT NULL PRIMARY KEY, hash CHAR(43) NOT NULL, ends_ms BIGINT NOT NULL) ${MYSQL}`,
      ],
    },
  ],
};
