// Backups of both stores, brought back into both; killed on the way; refused when they are not whole, not ours or too new.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { UsageError } from "#base/errors.ts";
import { backupFolder, backupInto, backupTo, restore } from "#capabilities/backup/backup.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { StorePlan } from "#kernel/config/plan.ts";
import { createLog } from "#kernel/log.ts";
import { searchLines } from "#kernel/log-store/log-search.ts";
import { agentId } from "#kernel/store/agent-id.ts";
import { keptIds } from "#kernel/store/kept-ids.ts";
import { migrate } from "#kernel/store/migrate.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { SqlValue, Store, StoreReader } from "#sdk/store.ts";
import { openStore, stores, storeTables } from "../../src/daemon/store-backend.ts";
import { noMariaDb, startMariaDb } from "../servers/mariadb.ts";
import type { MariaDb } from "../servers/mariadb.ts";

const log = createLog({ level: "error" });
const all = stores(log);
/** As an id is: eight characters at least. */
const HERE = "here-agent";
const facts = (agent = HERE) => ({ atMs: Date.now(), version: "test", agent });

let server: MariaDb | undefined;
let made = 0;
before(async () => {
  if (noMariaDb === false) server = await startMariaDb();
});
after(async () => server?.[Symbol.asyncDispose]());

async function mysqlPlan(): Promise<StorePlan> {
  assert.ok(server !== undefined);
  const { port } = server;
  made += 1;
  await server.query(`CREATE DATABASE b${made}; CREATE USER 'b${made}'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON b${made}.* TO 'b${made}'@'127.0.0.1'`);
  return { type: "mysql", host: "127.0.0.1", port, user: `b${made}`, password: "x", database: `b${made}` };
}
const sqlitePlan = async (dir: string): Promise<StorePlan> => ({ type: "sqlite", file: join(dir, "dure.db") });

/** Rows of every kind; more than one page of log lines. */
async function filled(plan: StorePlan, what: string, agent = HERE): Promise<Store> {
  const store = await openStore(plan, log);
  await migrate(store, storeTables);
  await store.transaction(async (session) => {
    await session.run("DELETE FROM dure_events");
    for (let id = 1; id <= 1203; id += 1) await session.run("INSERT INTO dure_log_lines (agent, id, at_ms, level, pipeline, message, fields) VALUES (?, ?, ?, ?, ?, ?, ?)", [agent, id, 1e12 + id, 20, id % 2 === 0 ? "웹" : null, `${what} 발생했습니다 ${id}`, '{"a":"\\\\ \\" 🙂"}']);
    for (let id = 1; id <= 7; id += 1) await session.run("INSERT INTO dure_events (agent, id, at_ms, name, data) VALUES (?, ?, ?, ?, ?)", [agent, id, 1e12, what, "{}"]);
  });
  return store;
}

async function contentOf(plan: StorePlan): Promise<unknown> {
  const store = await openStore(plan, log);
  try {
    await migrate(store, storeTables);
    const events = await store.all<{ id: number; name: string }>("SELECT id, name FROM dure_events ORDER BY agent, id");
    const lines = await store.all<{ id: number; pipeline: string | null; message: string; fields: string }>("SELECT id, pipeline, message, fields FROM dure_log_lines ORDER BY agent, id");
    return { events: events.map(({ id, name }) => [id, name]), lines: lines.map(({ id, pipeline, message, fields }) => [id, pipeline, message, fields]) };
  } finally {
    await store.close();
  }
}

const KINDS = [["sqlite", "sqlite", false], ["sqlite", "mysql", noMariaDb], ["mysql", "sqlite", noMariaDb], ["mysql", "mysql", noMariaDb]] as const;
for (const [from, to, skip] of KINDS) {
  test(`backup: of ${from}, restored into ${to}, all is as it was, and what was there is kept`, { skip }, async () => {
    using dir = folder();
    const planOf = (kind: "sqlite" | "mysql", name: string) => (kind === "mysql" ? mysqlPlan() : (mkdirSync(join(dir.path, name)), sqlitePlan(join(dir.path, name))));
    const [source, target] = [await planOf(from, "from"), await planOf(to, "to")];
    const store = await filled(source, "first");
    const { file, bytes } = await backupTo(join(dir.path, "copy.db"), store, all, facts());
    assert.equal(bytes, readFileSync(file).length);
    await store.close();
    await (await filled(target, "second", "there-agent")).close();
    const before = await contentOf(target);
    const dataDir = join(dir.path, "to-data");
    mkdirSync(dataDir);
    const copied = readFileSync(file);
    const { aside } = await restore(file, target, dataDir, all, facts("there-agent"));
    assert.deepEqual(await contentOf(target), await contentOf(source));
    assert.deepEqual(readFileSync(file), copied);
    assert.ok(aside !== undefined);
    assert.deepEqual(await contentOf({ type: "sqlite", file: aside }), before);
    // What is found by an index is found again.
    const again = await openStore(target, log);
    assert.equal((await searchLines(again, HERE, { text: "first 발생했", limit: 1000 })).lines.length, 1000);
    await again.close();
    if (from === "sqlite" && to === "sqlite") {
      assert.equal(agentId(dataDir), HERE);
      assert.deepEqual(["event-ids", "log-ids"].map((name) => keptIds(join(dataDir, name), log, 0).reached), [7, 1203]);
    } else assert.ok(!existsSync(join(dataDir, "agent-id")));
    assert.deepEqual(readdirSync(dir.path, { recursive: true }).filter((name) => String(name).includes("restoring")), []);
  });
}

test("backup: made while others write, it is of one moment", { skip: noMariaDb }, async () => {
  using dir = folder();
  const plan = await mysqlPlan();
  const store = await filled(plan, "first");
  const pair = (id: number): Promise<void> =>
    store.transaction(async (session) => {
      await session.run("INSERT INTO dure_events (agent, id, at_ms, name, data) VALUES ('here', ?, 1, 'pair', '{}')", [id]);
      await session.run("INSERT INTO dure_log_lines (agent, id, at_ms, level, message, fields) VALUES ('here', ?, 1, 20, 'pair', '{}')", [id]);
    });
  await pair(2000);
  let written = 2000;
  /** Between any two questions of the copy somebody writes. */
  const busily = <Reader extends StoreReader>(reader: Reader): Reader => ({ ...reader, all: async (sql: string, params?: readonly SqlValue[]) => (await pair((written += 1)), reader.all(sql, params)) });
  const busy: Store = { ...busily<StoreReader>({ dialect: store.dialect, all: store.all.bind(store) }), run: store.run.bind(store), transaction: store.transaction.bind(store), snapshot: (work) => store.snapshot((reader) => work(busily(reader))), close: () => store.close() };
  const { file } = await backupTo(join(dir.path, "copy.db"), busy, all, facts());
  assert.ok(2005 < written);
  await store.close();
  const copy = new DatabaseSync(file, { readOnly: true });
  const counts = ["dure_events", "dure_log_lines"].map((table) => copy.prepare(`SELECT COUNT(*) AS n FROM ${table} WHERE id >= 2000`).get()?.["n"]);
  copy.close();
  assert.deepEqual(counts, [1, 1]);
});

test("restore: what is no whole backup of ours is refused, and nothing is touched", async () => {
  using dir = folder();
  const plan = await sqlitePlan(dir.path);
  const store = await filled(plan, "kept");
  const { file } = await backupTo(join(dir.path, "copy.db"), store, all, facts());
  await store.close();
  const content = await contentOf(plan);
  const whole = readFileSync(file);
  const named = (name: string, bytes: Buffer | string): string => (writeFileSync(join(dir.path, name), bytes), join(dir.path, name));
  const other = new DatabaseSync(join(dir.path, "other.db"));
  other.exec("CREATE TABLE t (id INTEGER)");
  other.close();
  const damaged = Buffer.from(whole);
  damaged.fill(0xee, 3 * 4096, 9 * 4096);
  const newer = new DatabaseSync(named("newer.db", whole));
  newer.exec("INSERT INTO dure_migrations VALUES ('jobs/001-jobs', 1)");
  newer.close();
  const cut = named("cut.db", whole);
  truncateSync(cut, whole.length / 2);
  for (const bad of [named("text.db", "no database"), named("empty.db", ""), join(dir.path, "other.db"), named("damaged.db", damaged), cut])
    await assert.rejects(restore(bad, plan, dir.path, all, facts()), (error: unknown) => error instanceof UsageError && /백업이 아닙니다/.test(error.ko?.message ?? ""), bad);
  await assert.rejects(restore(join(dir.path, "newer.db"), plan, dir.path, all, facts()), (error: unknown) => error instanceof StoreFailure && error.fault === "newer");
  assert.deepEqual(await contentOf(plan), content);
});

test("restore: a damaged store is replaced, and kept as it was", async () => {
  using dir = folder();
  const plan = await sqlitePlan(dir.path);
  const store = await filled(plan, "kept");
  const { file } = await backupTo(join(dir.path, "copy.db"), store, all, facts());
  await store.close();
  const content = await contentOf(plan);
  const damage = "this was a database once ".repeat(1000);
  writeFileSync(join(dir.path, "dure.db"), damage);
  const { aside } = await restore(file, plan, dir.path, all, facts());
  assert.deepEqual(await contentOf(plan), content);
  assert.equal(readFileSync(aside ?? "", "utf8"), damage);
});

test("restore: killed at any moment, the store is the old one or the new one, whole", { skip: process.platform === "win32" && "needs kill -9" }, async () => {
  using dir = folder();
  const plan = await sqlitePlan(dir.path);
  const first = await filled(plan, "new");
  const { file } = await backupTo(join(dir.path, "copy.db"), first, all, facts());
  await first.close();
  const content = JSON.stringify(await contentOf(plan));
  const outcomes = { old: 0, new: 0 };
  let wholeMs = 0;
  // A busy machine may let a kill come late again and again: there are more of them until one came in time.
  for (let round = -1; round < 15 || (outcomes.old === 0 && round < 150); round += 1) {
    for (const name of readdirSync(dir.path).filter((each) => each !== "copy.db")) rmSync(join(dir.path, name), { recursive: true });
    const store = await filled(plan, "old");
    await store.close();
    const old = JSON.stringify(await contentOf(plan));
    const child = spawn(process.execPath, [fileURLToPath(new URL("killed-restore.ts", import.meta.url)), JSON.stringify({ file, plan, dataDir: dir.path, dieAt: -1 })], { stdio: ["ignore", "pipe", "inherit"] });
    const gone = new Promise((resolve) => child.once("close", resolve));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    // The first runs to its end and says how long that is; the others are killed at moments spread over it.
    const begunAt = performance.now();
    const timer = round < 0 ? undefined : setTimeout(() => child.kill("SIGKILL"), (wholeMs * (round % 15)) / 14);
    await gone;
    clearTimeout(timer);
    if (round < 0) wholeMs = performance.now() - begunAt;
    const now = JSON.stringify(await contentOf(plan));
    assert.ok(now === old || now === content, `round ${round}`);
    outcomes[now === old ? "old" : "new"] += 1;
  }
  assert.ok(0 < outcomes.old && 0 < outcomes.new, JSON.stringify(outcomes));
});

test("restore: killed before any statement on a server, all is as it was; again, and all is there", { skip: noMariaDb || (process.platform === "win32" && "needs kill -9") }, async () => {
  using dir = folder();
  const source = await sqlitePlan(dir.path);
  const first = await filled(source, "new");
  const { file } = await backupTo(join(dir.path, "copy.db"), first, all, facts());
  await first.close();
  const plan = await mysqlPlan();
  await (await filled(plan, "old")).close();
  const old = await contentOf(plan);
  const run = (dieAt: number): Promise<string | null> => {
    const child = spawn(process.execPath, [fileURLToPath(new URL("killed-restore.ts", import.meta.url)), JSON.stringify({ file, plan, dataDir: dir.path, dieAt })], { stdio: "inherit" });
    return new Promise((resolve) => child.once("close", (_code, signal) => resolve(signal)));
  };
  let kills = 0;
  for (let dieAt = 0; (await run(dieAt)) === "SIGKILL"; dieAt += 3) {
    kills += 1;
    assert.deepEqual(await contentOf(plan), old, `killed before statement ${dieAt}`);
  }
  assert.ok(5 < kills, `${kills} kills`);
  assert.deepEqual(await contentOf(plan), await contentOf(source));
});

test("restore: a server that another agent uses is refused", { skip: noMariaDb }, async () => {
  using dir = folder();
  const plan = await mysqlPlan();
  const store = await filled(plan, "old");
  const { file } = await backupTo(join(dir.path, "copy.db"), store, all, facts());
  await store.all("SELECT 1");
  await assert.rejects(restore(file, plan, dir.path, all, facts()), (error: unknown) => error instanceof UsageError && /other agents use this store/.test(error.message));
  await store.close();
});

test("backup: never over a file, and no more than a hundred", async () => {
  using dir = folder();
  const store = await filled(await sqlitePlan(dir.path), "x");
  const { file } = await backupTo(join(dir.path, "copy.db"), store, all, facts());
  await assert.rejects(backupTo(file, store, all, facts()), UsageError);
  const at = facts();
  assert.notEqual((await backupInto(backupFolder(dir.path), store, all, at)).file, (await backupInto(backupFolder(dir.path), store, all, at)).file);
  for (let count = 2; count < 100; count += 1) writeFileSync(join(backupFolder(dir.path), `${count}.db`), "");
  await assert.rejects(backupInto(backupFolder(dir.path), store, all, facts()), (error: unknown) => error instanceof CommandFailure && error.code === "CONFLICT");
  await store.close();
});

function folder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "dure-backup-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
