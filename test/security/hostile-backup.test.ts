// Somebody hands an admin a file to restore. Whatever is in it, the store is the old one, or one that this program could have written itself.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { UsageError } from "#base/errors.ts";
import { backupTo, restore } from "#capabilities/backup/backup.ts";
import { createPasswordHasher } from "#kernel/access/password.ts";
import { AuditLog } from "#kernel/audit/audit-log.ts";
import type { StorePlan } from "#kernel/config/plan.ts";
import { createLog } from "#kernel/log.ts";
import { lookAtBackup } from "#kernel/store/backup-file.ts";
import { migrate } from "#kernel/store/migrate.ts";
import { openStore, stores, storeTables } from "../../src/daemon/store-backend.ts";

const all = stores(createLog({ level: "error" }));
const AGENT = "here-agent";
const facts = { atMs: 1.7e12, version: "1.2.3", agent: AGENT };

interface Place extends Disposable {
  readonly path: string;
  readonly plan: StorePlan & { readonly type: "sqlite" };
  /** What an honest agent made. */
  readonly backup: string;
  /** A copy of it, and what somebody did to it. */
  hurt(name: string, work: string | ((database: DatabaseSync) => void)): string;
  content(): Promise<unknown>;
}

async function place(): Promise<Place> {
  const path = mkdtempSync(join(tmpdir(), "dure-hostile-backup-"));
  const plan = { type: "sqlite", file: join(path, "data", "dure.db") } as const;
  const store = await openStore(plan, all.log);
  await migrate(store, storeTables);
  await store.transaction(async (session) => {
    await session.run("INSERT INTO dure_users (name, name_key, role, language, is_disabled, password, created_ms, changed_ms) VALUES ('hong', 'hong', 'admin', 'ko', 0, 'x', 1, 1)");
    await session.run("INSERT INTO dure_sessions (hash, user_id, created_ms, seen_ms, ends_ms, address, browser) VALUES ('h', 1, 1, 1, 9, '::1', 'b')");
    await session.run("INSERT INTO dure_setup_links (id, hash, ends_ms) VALUES (1, 'h', 9)");
    await session.run("INSERT INTO dure_events (agent, id, at_ms, name, data) VALUES (?, 7, 1, 'kept', '{}')", [AGENT]);
    await session.run("INSERT INTO dure_log_lines (agent, id, at_ms, level, message, fields) VALUES (?, 5, 1, 20, '주문 처리', '{}')", [AGENT]);
  });
  const { file: backup } = await backupTo(join(path, "honest.db"), store, all, facts);
  await store.close();
  return {
    path,
    plan,
    backup,
    hurt(name, work) {
      const file = join(path, `${name}.db`);
      writeFileSync(file, readFileSync(backup));
      const database = new DatabaseSync(file, { enableForeignKeyConstraints: false, defensive: false });
      if (typeof work === "string") database.exec(work);
      else work(database);
      database.close();
      return file;
    },
    async content() {
      const database = new DatabaseSync(plan.file, { readOnly: true });
      try {
        return ["dure_users", "dure_sessions", "dure_events", "dure_log_lines"].map((table) => database.prepare(`SELECT * FROM ${table}`).all());
      } finally {
        database.close();
      }
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

const isRefused = (error: unknown): boolean => error instanceof UsageError && error.ko !== undefined && !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(error.message);

const TRIGGER = "AFTER INSERT ON dure_audit BEGIN UPDATE dure_users SET role = 'admin'; END";
const schemas: Readonly<Record<string, string>> = {
  "a trigger": `CREATE TRIGGER x ${TRIGGER}`,
  "a trigger with a name as of SQLite's own": `PRAGMA writable_schema = ON; CREATE TRIGGER y ${TRIGGER}; UPDATE sqlite_schema SET name = 'sqlite_stat1' WHERE name = 'y'`,
  "a trigger of ours that does something else": `DROP TRIGGER dure_log_added; CREATE TRIGGER dure_log_added AFTER INSERT ON dure_log_lines BEGIN DELETE FROM dure_audit; END`,
  "a view": "CREATE VIEW dure_more AS SELECT * FROM dure_users",
  "a view in the place of a table": "ALTER TABLE dure_sessions RENAME TO s; CREATE VIEW dure_sessions AS SELECT * FROM s",
  "a view that never ends in the place of the note": "DROP TABLE dure_backup; CREATE VIEW dure_backup AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) AS at_ms, '' AS version, '' AS agent, 'sqlite' AS store FROM n; CREATE TABLE other (id INTEGER)",
  "a view that never ends in the place of the record": "DROP TABLE dure_migrations; CREATE VIEW dure_migrations AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS id FROM n",
  "a table of somebody's": "CREATE TABLE letters (id INTEGER PRIMARY KEY)",
  "a table with our beginning": "CREATE TABLE dure_jobs (id INTEGER PRIMARY KEY)",
  "a table without its keys": "ALTER TABLE dure_setup_links RENAME TO gone; CREATE TABLE dure_setup_links (id, hash, ends_ms); DROP TABLE gone",
  "a column that is computed": "ALTER TABLE dure_users ADD COLUMN more AS (hex(zeroblob(1000000)))",
  "a column more": "ALTER TABLE dure_users ADD COLUMN more TEXT",
  "an index on an expression": "CREATE INDEX i ON dure_users (abs(id))",
  "an index of all words": "CREATE VIRTUAL TABLE words USING fts5 (text)",
  "a name that would paint the terminal": `CREATE TABLE "\u001b]0;x\u0007\u202edrow" (id INTEGER)`,
};
for (const [what, sql] of Object.entries(schemas)) {
  test(`hostile backup: ${what} is refused, and nothing is touched`, async () => {
    using here = await place();
    const before = await here.content();
    const file = here.hurt("hurt", sql);
    await assert.rejects(restore(file, here.plan, join(here.path, "data"), all, facts), isRefused);
    await assert.rejects(lookAtBackup(file, storeTables), isRefused);
    assert.deepEqual(await here.content(), before);
    assert.deepEqual(readdirSync(join(here.path, "data")).filter((name) => name.includes("restoring")), []);
  });
}

const values: Readonly<Record<string, string>> = {
  "a time that is a text": "UPDATE dure_events SET at_ms = 'yesterday'",
  "a time beyond all": "UPDATE dure_events SET at_ms = 9e15",
  "a time that is no whole number": "UPDATE dure_events SET at_ms = 1.5",
  "a number that is too large for a program": "UPDATE dure_events SET id = 9223372036854775807",
  "a number below zero": "UPDATE dure_users SET created_ms = -1",
  "a name that is bytes": "UPDATE dure_users SET name = x'00ff'",
  "a text of nine million characters": "UPDATE dure_log_lines SET message = printf('%.*c', 9000000, 'x')",
  "a note with a version that would paint the terminal": "UPDATE dure_backup SET version = char(27) || ']0;x' || char(7)",
  "a note with an agent that is a path": "UPDATE dure_backup SET agent = '../../etc/x'",
  "a note with an agent of a megabyte": "UPDATE dure_backup SET agent = printf('%.*c', 1000000, 'a')",
  "a note with a time that is none": "UPDATE dure_backup SET at_ms = 8640000000000001",
  "a note with a store that is none": "UPDATE dure_backup SET store = 'oracle'",
  "no note": "DELETE FROM dure_backup",
};
for (const [what, sql] of Object.entries(values)) {
  test(`hostile backup: ${what} is refused, and nothing is touched`, async () => {
    using here = await place();
    const before = await here.content();
    await assert.rejects(restore(here.hurt("hurt", sql), here.plan, join(here.path, "data"), all, facts), isRefused);
    assert.deepEqual(await here.content(), before);
  });
}

test("hostile backup: what is no file, or larger than the disk, is refused", async () => {
  using here = await place();
  const before = await here.content();
  const sparse = join(here.path, "sparse.db");
  writeFileSync(sparse, readFileSync(here.backup));
  truncateSync(sparse, 2 ** 43);
  const bad = [join(here.path, "data"), sparse];
  if (process.platform !== "win32") bad.push("/dev/zero");
  for (const file of bad) await assert.rejects(restore(file, here.plan, join(here.path, "data"), all, facts), isRefused, file);
  assert.deepEqual(await here.content(), before);
});

test("hostile backup: cut at any page, or with any page turned into noise, it is refused or whole", async () => {
  using here = await place();
  const whole = readFileSync(here.backup);
  const size = 4096;
  let refused = 0;
  for (let page = 0; page * size < whole.length; page += 1) {
    for (const kind of ["cut", "noise"] as const) {
      const bytes = Buffer.from(whole);
      for (let at = page * size; kind === "noise" && at < (page + 1) * size; at += 1) bytes[at] = (at * 2_654_435_761) >>> 24;
      const file = join(here.path, "torn.db");
      writeFileSync(file, kind === "cut" ? bytes.subarray(0, page * size) : bytes);
      const before = await here.content();
      const outcome = await restore(file, here.plan, join(here.path, "data"), all, facts).then(() => "restored", (error: unknown) => error);
      if (outcome === "restored") continue; // A page that holds nothing.
      assert.ok(outcome instanceof UsageError, `page ${page}, ${kind}: ${String(outcome)}`);
      assert.deepEqual(await here.content(), before);
      refused += 1;
    }
  }
  assert.ok(whole.length / size < refused, `${refused} refused`);
});

test("restore: what lies beside the file, or beside its place, is not taken in", async () => {
  using here = await place();
  // Pages that SQLite would add to the file of that name when it opens it.
  const file = here.hurt("beside", "PRAGMA journal_mode = WAL");
  const writer = new DatabaseSync(file);
  writer.exec("PRAGMA wal_autocheckpoint = 0; INSERT INTO dure_users (name, name_key, role, language, is_disabled, password, created_ms, changed_ms) VALUES ('mallory', 'mallory', 'admin', 'en', 0, 'x', 1, 1)");
  const ahead = readFileSync(`${file}-wal`);
  writer.close();
  for (const end of ["-wal", "-shm"]) rmSync(file + end, { force: true });
  const clean = here.hurt("clean", "PRAGMA journal_mode = WAL");
  writeFileSync(`${clean}-wal`, ahead);
  writeFileSync(`${here.plan.file}.restoring`, "left by kill -9");
  writeFileSync(`${here.plan.file}.restoring-wal`, ahead);
  assert.deepEqual((await lookAtBackup(clean, storeTables)).admins, ["hong"]);
  await restore(clean, here.plan, join(here.path, "data"), all, facts);
  assert.deepEqual(((await here.content()) as { name: string }[][])[0]?.map(({ name }) => name), ["hong"]);
});

test("restore: logins and set-up links do not come back, and that it was done stands in the audit", async () => {
  using here = await place();
  const { backup } = await restore(here.backup, here.plan, join(here.path, "data"), all, facts);
  assert.deepEqual(backup.admins, ["hong"]);
  const store = await openStore(here.plan, all.log);
  const count = async (table: string): Promise<number> => Number((await store.all<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`))[0]?.n);
  assert.deepEqual([await count("dure_sessions"), await count("dure_setup_links"), await count("dure_users"), await count("dure_log_lines")], [0, 0, 1, 1]);
  const audit = new AuditLog({ store: async () => store, agent: async () => AGENT });
  const [row] = await audit.list({}, 1);
  assert.deepEqual([row?.command, row?.outcome, row?.params], ["agent.restore", "ok", { atMs: 1.7e12, version: "1.2.3", agent: AGENT }]);
  assert.equal((await audit.verify(new AbortController().signal))[0]?.problem, undefined);
  await store.close();
});

test("restore: a store that somebody uses is left alone, whatever his pid file is called", async () => {
  using here = await place();
  const store = await openStore(here.plan, all.log);
  await store.all("SELECT 1");
  await assert.rejects(restore(here.backup, here.plan, join(here.path, "data"), all, facts), (error: unknown) => isRefused(error) && /dure stop/.test((error as UsageError).hint ?? ""));
  await store.run("DELETE FROM dure_events");
  await store.close();
  assert.deepEqual(((await here.content()) as unknown[][])[2], []);
});

test("backup: nobody else can read it at any moment, and no link is followed", { skip: process.platform === "win32" && "permissions are another matter there" }, async () => {
  using here = await place();
  const store = await openStore(here.plan, all.log);
  const shared = join(here.path, "shared");
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  const target = join(here.path, "target");
  writeFileSync(target, "another's");
  symlinkSync(target, join(shared, `copy.db.${process.pid}.part`));
  const modes: number[] = [];
  const watched = { ...all, open: all.open };
  const seen = { dialect: store.dialect, all: store.all.bind(store), run: store.run.bind(store), transaction: store.transaction.bind(store), snapshot: store.snapshot.bind(store), close: store.close.bind(store), backup: async (file: string) => (modes.push(statSync(file).mode & 0o777), await store.backup?.(file), void modes.push(statSync(file).mode & 0o777)) };
  const { file } = await backupTo(join(shared, "copy.db"), seen, watched, facts);
  assert.deepEqual([modes, statSync(file).mode & 0o777, readFileSync(target, "utf8")], [[0o600, 0o600], 0o600, "another's"]);
  await store.close();
});

test("passwords: a hash that asks for all memory there is, or for hours, is none", async () => {
  const hasher = createPasswordHasher({ strength: { memoryKiB: 64, passes: 1, lanes: 1 } });
  for (const cost of ["m=9999999,t=1,p=1", "m=64,t=999,p=1", "m=1024,t=1,p=99"]) assert.deepEqual(await hasher.verify("a long password", `$argon2id$v=19$${cost}$c29tZXNhbHQ$aGFzaA`), { isRight: false, isStale: false });
});
