import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { storeConformance } from "#sdk/conformance/store.ts";
import { StoreFailure } from "#sdk/store.ts";
import type { Store } from "#sdk/store.ts";
import { noMariaDb, startMariaDb } from "#test/servers/mariadb.ts";
import type { MariaDb } from "#test/servers/mariadb.ts";
import { openMysqlStore } from "./mysql.ts";
import type { MysqlServer } from "./mysql-line.ts";

let server: MariaDb | undefined;
let made = 0;
before(async () => {
  if (noMariaDb === false) server = await startMariaDb();
});
after(async () => server?.[Symbol.asyncDispose]());

function running(): MariaDb {
  assert.ok(server !== undefined);
  return server;
}

/** A database of its own, and a user who may all in it. */
async function database(): Promise<MysqlServer> {
  const { port, query } = running();
  made += 1;
  await query(`CREATE DATABASE control${made}; CREATE USER 'store${made}'@'127.0.0.1' IDENTIFIED BY '비밀'; GRANT ALL ON control${made}.* TO 'store${made}'@'127.0.0.1'`);
  return { host: "127.0.0.1", port, user: `store${made}`, password: "비밀", database: `control${made}` };
}

storeConformance({
  name: "mysql",
  skip: noMariaDb,
  async fresh() {
    const facts = await database();
    const opened: Store[] = [];
    const open = async (): Promise<Store> => {
      const store = await openMysqlStore(facts);
      opened.push(store);
      return store;
    };
    return {
      store: await open(),
      again: open,
      async [Symbol.asyncDispose]() {
        for (const store of opened) await store.close();
      },
    };
  },
});

test("mysql: what refuses says so in words, and what to do", { skip: noMariaDb }, async () => {
  const facts = await database();
  const { user, password } = running();
  const cases: readonly (readonly [Partial<MysqlServer>, string, RegExp])[] = [
    [{ password: "wrong" }, "refused", /refuses user store\d/],
    [{ database: "nowhere" }, "refused", /has no database nowhere|may not/],
    [{ port: 1 }, "away", /does not answer \(ECONNREFUSED\)/],
    [{ tls: {} }, "refused", /offers no TLS|certificate/],
    [{ user, password, database: "logdb" }, "refused", /may not do all/],
  ];
  for (const [change, fault, words] of cases) {
    const attempt = async (): Promise<void> => {
      const store = await openMysqlStore({ ...facts, ...change });
      try {
        await store.run("CREATE TABLE x (id INT)");
      } finally {
        await store.close();
      }
    };
    await assert.rejects(attempt(), (error: unknown) => {
      assert.ok(error instanceof StoreFailure, String(error));
      assert.match(error.message, words);
      assert.equal(error.fault, fault);
      assert.match(error.ko?.message ?? "", /[가-힣]/);
      assert.ok(![error.message, error.hint, error.ko?.hint].join().includes("비밀"));
      return true;
    });
  }
});

test("mysql: a server that was killed and comes again is used again; nothing is half done", { skip: noMariaDb }, async () => {
  await using own = await startMariaDb();
  await own.query("CREATE DATABASE control; CREATE USER 'c'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON control.* TO 'c'@'127.0.0.1'");
  const store = await openMysqlStore({ host: "127.0.0.1", port: own.port, user: "c", password: "x", database: "control" });
  try {
    await store.run("CREATE TABLE t (n INT)");
    const broken = store.transaction(async (session) => {
      await session.run("INSERT INTO t VALUES (1)");
      await own.kill();
      await session.run("INSERT INTO t VALUES (2)");
    });
    await assert.rejects(broken, (error: unknown) => error instanceof StoreFailure && error.fault === "away");
    await assert.rejects(store.all("SELECT 1"), (error: unknown) => error instanceof StoreFailure && error.fault === "away");
    await own.start();
    assert.deepEqual(await store.all("SELECT n FROM t"), []);
    await store.transaction((session) => session.run("INSERT INTO t VALUES (3)"));
    assert.equal((await store.all("SELECT n FROM t")).length, 1);
  } finally {
    await store.close();
  }
});

// Within less than the minute after which a statement without an answer is given up: it is to be told at once.
test("mysql: a connection that was closed while nobody asked is opened again unseen", { skip: noMariaDb, timeout: 120_000 }, async () => {
  const facts = await database();
  const store = await openMysqlStore(facts);
  try {
    await store.all("SELECT 1");
    for (const { id } of await running().query("SELECT id FROM information_schema.processlist WHERE user = ?", [facts.user])) await running().query(`KILL ${String(id)}`);
    assert.equal((await store.all("SELECT 1")).length, 1);
    await store.run("CREATE TABLE t (n INT)");
    // While it is asked: a question is asked again.
    const asked = store.all("SELECT SLEEP(0.5) AS slept");
    for (let killed = 0; killed === 0; ) for (const { id } of await running().query("SELECT id FROM information_schema.processlist WHERE user = ? AND info LIKE '%SLEEP%'", [facts.user])) killed += (await running().query(`KILL ${String(id)}`), 1);
    assert.deepEqual((await asked).map((row) => Object.values(row)), [[0]]);
  } finally {
    await store.close();
  }
});
