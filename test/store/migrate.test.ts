// Migrations on both stores: killed before each of their statements, begun by several agents at once, met by an older program.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { migrate } from "#kernel/store/migrate.ts";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { Store } from "#sdk/store.ts";
import { noMariaDb, startMariaDb } from "../servers/mariadb.ts";
import type { MariaDb } from "../servers/mariadb.ts";
import { ids, sets } from "./some-migrations.ts";

type Where = string | Parameters<typeof openMysqlStore>[0];

const dir = mkdtempSync(join(tmpdir(), "dure-migrate-"));
let server: MariaDb | undefined;
let made = 0;
before(async () => {
  if (noMariaDb === false) server = await startMariaDb();
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

async function freshMysql(): Promise<Where> {
  assert.ok(server !== undefined);
  made += 1;
  await server.query(`CREATE DATABASE m${made}; CREATE USER 'm${made}'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON m${made}.* TO 'm${made}'@'127.0.0.1'`);
  return { host: "127.0.0.1", port: server.port, user: `m${made}`, password: "x", database: `m${made}` };
}
async function freshSqlite(): Promise<Where> {
  made += 1;
  return join(dir, `${made}.db`);
}
const open = (where: Where): Promise<Store> => (typeof where === "string" ? openSqliteStore(where) : openMysqlStore(where));

/** What it said; undefined when it was killed. */
async function child(where: Where, dieAt: number): Promise<{ readonly ran: string[]; readonly statements: number } | undefined> {
  const started = spawn(process.execPath, [fileURLToPath(new URL("killed-migration.ts", import.meta.url)), JSON.stringify({ where, dieAt })], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  started.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => started.once("close", (...end) => resolve(end)));
  assert.ok(code === 0 || signal === "SIGKILL", `it ended with ${code} ${signal}`);
  return signal === "SIGKILL" ? undefined : (JSON.parse(text) as { ran: string[]; statements: number });
}

async function isWhole(where: Where): Promise<void> {
  const store = await open(where);
  try {
    await migrate(store, sets);
    assert.deepEqual((await store.all<{ id: number; n: number }>("SELECT id, n FROM a ORDER BY id")).map(({ id, n }) => [id, n]), [[1, 10], [2, 20]]);
    assert.deepEqual((await store.all<{ id: number }>("SELECT id FROM b ORDER BY id")).map(({ id }) => id), [1, 2]);
    assert.deepEqual((await store.all<{ id: string }>("SELECT id FROM dure_migrations ORDER BY id")).map(({ id }) => id), ids);
  } finally {
    await store.close();
  }
}

for (const [name, fresh, skip] of [["sqlite", freshSqlite, false], ["mysql", freshMysql, noMariaDb]] as const) {
  test(`migrate on ${name}: killed before any statement, the next start ends what was begun`, { skip: skip || (process.platform === "win32" && "needs kill -9") }, async () => {
    let whole: Awaited<ReturnType<typeof child>>;
    let kills = 0;
    for (let dieAt = 0; whole === undefined; dieAt += 1) {
      const where = await fresh();
      whole = await child(where, dieAt);
      if (whole !== undefined) assert.deepEqual(whole.ran, ids);
      else kills += 1;
      await isWhole(where);
    }
    assert.equal(kills, whole.statements);
    const where = await fresh();
    for (let dieAt = 0; (await child(where, dieAt)) === undefined; dieAt += 1); // Again and again on one store.
    await isWhole(where);
  });

  test(`migrate on ${name}: agents that start at once run each of them once`, { skip }, async () => {
    const where = await fresh();
    const answers = await Promise.all(Array.from({ length: 4 }, () => child(where, -1)));
    assert.deepEqual(answers.flatMap((answer) => answer?.ran ?? ["killed"]).sort(), [...ids].sort());
    await isWhole(where);
  });

  test(`migrate on ${name}: a store that a newer version has been at is left alone`, { skip }, async () => {
    const store = await open(await fresh());
    try {
      await migrate(store, sets);
      await assert.rejects(migrate(store, sets.slice(0, 1)), (error: unknown) => error instanceof StoreFailure && error.fault === "newer" && error.message.includes("two/001-third"));
      assert.deepEqual(await migrate(store, sets), []);
    } finally {
      await store.close();
    }
  });
}
