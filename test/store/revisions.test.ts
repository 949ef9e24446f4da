// The config's revisions in the store: numbered for each agent, found again, bounded; on both stores.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { revisionTables } from "#capabilities/config/revision-tables.ts";
import { revisionBook } from "#capabilities/config/revisions.ts";
import type { NewRevision } from "#capabilities/config/revisions.ts";
import { migrate } from "#kernel/store/migrate.ts";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import type { Store } from "#sdk/store.ts";
import { noMariaDb, startMariaDb } from "../servers/mariadb.ts";

const revision = (hash: string, more: Partial<NewRevision> = {}): NewRevision => ({ who: "홍길동", note: "왜", outcome: "applied", hash, masked: `# ${hash} 설정 😀\n`, sealed: `sealed ${hash}`, ...more });

async function held(store: Store): Promise<void> {
  await migrate(store, [revisionTables]);
  let now = 1000;
  const book = revisionBook(async () => store, () => "one", () => (now += 1));
  const other = revisionBook(async () => store, () => "other");
  assert.deepEqual([await book.latest(), await book.list(10), await book.seals()], [undefined, [], []]);
  assert.deepEqual([await book.add(revision("a")), await book.add(revision("b", { outcome: "refused", problem: "포트" })), await other.add(revision("c"))], [1, 2, 1]);
  assert.deepEqual(await book.latest(), { revision: 2, atMs: 1002, who: "홍길동", note: "왜", outcome: "refused", problem: "포트", hash: "b" });
  assert.deepEqual((await book.find(1))?.masked, "# a 설정 😀\n");
  assert.deepEqual([(await book.ofHash("b"))?.sealed, await book.ofHash("c"), await book.find(3)], ["sealed b", undefined, undefined]);
  // Back to an earlier text: the latest of that hash counts.
  assert.equal(await book.add(revision("a", { outcome: "reverted" })), 3);
  assert.equal((await book.ofHash("a"))?.revision, 3);
  assert.deepEqual((await book.list(2, 3)).map((each) => each.revision), [2, 1]);

  for (let count = 4; count <= 203; count += 1) await book.add(revision(String(count)));
  const all = await book.list(1000);
  assert.deepEqual([all.length, all[0]?.revision, all.at(-1)?.revision], [200, 203, 4]);
  assert.equal((await book.seals()).length, 50);
  // 32 MB in all, but the two latest whatever their size.
  const large = "x".repeat(12 << 20);
  for (const hash of ["l1", "l2", "l3", "l4"]) await book.add(revision(hash, { masked: large }));
  assert.deepEqual((await book.list(1000)).map(({ hash }) => hash), ["l4", "l3"]);
  assert.equal((await other.list(10)).length, 1);
}

test("revisions in SQLite", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dure-revisions-"));
  const store = await openSqliteStore(join(dir, "dure.db"));
  try {
    await held(store);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
});

test("revisions in MariaDB", { skip: noMariaDb, timeout: 120_000 }, async () => {
  await using server = await startMariaDb();
  await server.query("CREATE DATABASE r; CREATE USER 'r'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON r.* TO 'r'@'127.0.0.1'");
  const store = await openMysqlStore({ host: "127.0.0.1", port: server.port, user: "r", password: "x", database: "r" });
  try {
    await held(store);
  } finally {
    await store.close();
  }
});
