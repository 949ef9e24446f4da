import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { storeConformance } from "#sdk/conformance/store.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { Store, StoreFault } from "#sdk/store.ts";
import { openSqliteStore } from "./sqlite.ts";

storeConformance({
  name: "sqlite",
  async fresh() {
    const dir = folder();
    const opened: Store[] = [];
    const open = async (): Promise<Store> => {
      const store = await openSqliteStore(join(dir.path, "dure.db"));
      opened.push(store);
      return store;
    };
    return {
      store: await open(),
      again: open,
      async [Symbol.asyncDispose]() {
        for (const store of opened) await store.close();
        dir[Symbol.dispose]();
      },
    };
  },
});

test("sqlite: what is damaged is set aside whole, and a new store is begun", async () => {
  for (const damage of [(file: string) => writeFileSync(file, "this is no database, whatever its name says; ".repeat(100)), (file: string) => writeFileSync(file, Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(5000, 7)]))]) {
    using dir = folder();
    const file = join(dir.path, "dure.db");
    damage(file);
    const before = readFileSync(file);
    const asides: string[] = [];
    const store = await openSqliteStore(file, { onSetAside: (aside) => asides.push(aside) });
    await store.run("CREATE TABLE t (id INTEGER)");
    await store.close();
    assert.equal(asides.length, 1);
    assert.deepEqual(readFileSync(asides[0] ?? ""), before);
  }
});

test("sqlite: what was deleted from an index of words stands in the way of nothing after it", async () => {
  using dir = folder();
  const store = await openSqliteStore(join(dir.path, "dure.db"));
  await store.run("CREATE TABLE plain (id INTEGER PRIMARY KEY, text TEXT)");
  await store.run("CREATE VIRTUAL TABLE words USING fts5 (text, content='', contentless_delete=1, tokenize='trigram')");
  await store.transaction(async (session) => {
    await session.run("INSERT INTO plain (text) VALUES ('before')");
    for (let id = 1; id <= 50; id += 1) await session.run("INSERT INTO words (rowid, text) VALUES (?, ?)", [id, `the words of ${id}`]);
  });
  for (let id = 1; id <= 20; id += 1) await store.run("DELETE FROM words WHERE rowid = ?", [id]);
  assert.equal((await store.run("UPDATE plain SET text = 'after'")).changes, 1);
  assert.deepEqual((await store.all<object>("SELECT id, text FROM plain")).map((row) => ({ ...row })), [{ id: 1, text: "after" }]);
  await store.close();
});

test("sqlite: damage inside is said, and a suspect file is looked at whole and set aside", async () => {
  using dir = folder();
  const file = join(dir.path, "dure.db");
  const store = await openSqliteStore(file);
  await store.run("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)");
  await store.transaction(async (session) => {
    for (let at = 0; at < 500; at += 1) await session.run("INSERT INTO t (text) VALUES (?)", ["x".repeat(200)]);
  });
  await store.close();
  const bytes = readFileSync(file);
  bytes.fill(0xee, 8192, bytes.length);
  writeFileSync(file, bytes);

  const damaged = await openSqliteStore(file); // Its head is whole.
  await assert.rejects(damaged.all("SELECT * FROM t"), failure("damaged"));
  await damaged.close();
  const asides: string[] = [];
  const anew = await openSqliteStore(file, { isSuspect: true, onSetAside: (aside) => asides.push(aside) });
  assert.deepEqual(await anew.all("SELECT name FROM sqlite_schema"), []);
  await anew.close();
  assert.deepEqual(readFileSync(asides[0] ?? ""), bytes);
});

test("sqlite: another program's database is left alone", async () => {
  using dir = folder();
  const file = join(dir.path, "dure.db");
  const other = new DatabaseSync(file);
  other.exec("CREATE TABLE bookmarks (url TEXT)");
  other.close();
  const before = readFileSync(file);
  await assert.rejects(openSqliteStore(file), failure("refused"));
  assert.deepEqual(readFileSync(file), before);
  assert.deepEqual(readdirSync(dir.path), ["dure.db"]);
});

test("sqlite: it is its owner's alone, and a backup is one file", async () => {
  using dir = folder();
  const file = join(dir.path, "deep", "dure.db");
  const store = await openSqliteStore(file);
  await store.run("CREATE TABLE t (id INTEGER)");
  await store.run("INSERT INTO t VALUES (1)");
  if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  await store.backup?.(join(dir.path, "copy.db"));
  await store.close();
  const copy = new DatabaseSync(join(dir.path, "copy.db"), { readOnly: true });
  assert.deepEqual(copy.prepare("SELECT id FROM t").all().map(({ id }) => id), [1]);
  copy.close();
});

test("sqlite: a folder that may not be written, and one that cannot be one", { skip: process.platform === "win32" && "rights are others there" }, async () => {
  using dir = folder();
  writeFileSync(join(dir.path, "file"), "");
  await assert.rejects(openSqliteStore(join(dir.path, "file", "dure.db")), failure("away"));
  if (process.getuid?.() === 0) return; // Who may do all cannot be refused.
  mkdirSync(join(dir.path, "closed"));
  chmodSync(join(dir.path, "closed"), 0o500);
  await assert.rejects(openSqliteStore(join(dir.path, "closed", "dure.db")), (error: unknown) => error instanceof StoreFailure && ["read-only", "away"].includes(error.fault));
});

test("sqlite: a full disk is said, and when there is room again it goes on", async () => {
  using dir = folder();
  const file = join(dir.path, "dure.db");
  const store = await openSqliteStore(file);
  await store.run("CREATE TABLE t (text TEXT)");
  const [{ page_count: pages } = { page_count: 0 }] = await store.all<{ page_count: number }>("PRAGMA page_count");
  await store.all(`PRAGMA max_page_count = ${pages + 2}`); // What SQLite itself answers with SQLITE_FULL.
  await assert.rejects(store.run("INSERT INTO t VALUES (?)", ["x".repeat(100_000)]), failure("full"));
  await store.all("PRAGMA max_page_count = 100000");
  await store.run("INSERT INTO t VALUES (?)", ["x".repeat(100_000)]);
  await store.close();
  truncateSync(file, 0);
  await (await openSqliteStore(file)).close(); // Nothing is no damage.
});

function failure(fault: StoreFault) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof StoreFailure, String(error));
    assert.equal(error.fault, fault);
    assert.ok(error.message.length > 0 && (error.ko?.message ?? "") !== "");
    return true;
  };
}

function folder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "dure-sqlite-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
