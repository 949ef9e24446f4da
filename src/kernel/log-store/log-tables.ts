// Where log lines are kept. SQLite finds any three characters in a row by its index (FTS5, trigram), so Korean words are found wherever they stand;
// the index holds no positions (`detail='none'`: half the size), so what it finds is looked at again. Of one
// or two characters the terms that begin with them are asked for. Triggers keep it true to the table, also
// when a backup is put back.
import type { MigrationSet } from "#sdk/store.ts";

export const logTables: MigrationSet = {
  part: "logs",
  migrations: [
    {
      id: "001-lines",
      sqlite: [
        "CREATE TABLE IF NOT EXISTS dure_log_lines (seq INTEGER PRIMARY KEY, agent TEXT NOT NULL, id INTEGER NOT NULL, at_ms INTEGER NOT NULL, level INTEGER NOT NULL, pipeline TEXT, message TEXT NOT NULL, fields TEXT NOT NULL)",
        "CREATE UNIQUE INDEX IF NOT EXISTS dure_log_ids ON dure_log_lines (agent, id)",
        "CREATE INDEX IF NOT EXISTS dure_log_times ON dure_log_lines (at_ms, agent, id)",
        "CREATE INDEX IF NOT EXISTS dure_log_pipelines ON dure_log_lines (agent, pipeline, id) WHERE pipeline IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS dure_log_warnings ON dure_log_lines (agent, id) WHERE level >= 30",
        "CREATE VIRTUAL TABLE IF NOT EXISTS dure_log_text USING fts5 (text, content='', contentless_delete=1, tokenize='trigram', detail='none')",
        "CREATE TRIGGER IF NOT EXISTS dure_log_added AFTER INSERT ON dure_log_lines BEGIN INSERT INTO dure_log_text (rowid, text) VALUES (new.seq, new.message || char(10) || new.fields); END",
        "CREATE TRIGGER IF NOT EXISTS dure_log_removed AFTER DELETE ON dure_log_lines BEGIN DELETE FROM dure_log_text WHERE rowid = old.seq; END",
      ],
      mysql: [
        "CREATE TABLE IF NOT EXISTS dure_log_lines (agent VARCHAR(32) COLLATE utf8mb4_bin NOT NULL, id BIGINT NOT NULL, at_ms BIGINT NOT NULL, level SMALLINT NOT NULL, pipeline VARCHAR(200) COLLATE utf8mb4_bin, message TEXT NOT NULL, fields MEDIUMTEXT NOT NULL, PRIMARY KEY (agent, id), INDEX dure_log_times (at_ms), INDEX dure_log_pipelines (agent, pipeline, id), INDEX dure_log_levels (agent, level, id)) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
      ],
    },
    {
      id: "002-terms",
      sqlite: ["CREATE VIRTUAL TABLE IF NOT EXISTS dure_log_terms USING fts5vocab (dure_log_text, row)"],
      mysql: [],
    },
  ],
};
