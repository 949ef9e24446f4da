import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { z } from "zod";
import { systemClock } from "#base/clock.ts";
import { UsageError } from "#base/errors.ts";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { noMariaDb, startMariaDb } from "#test/servers/mariadb.ts";
import type { MariaDb } from "#test/servers/mariadb.ts";
import { mysqlTail } from "./mysql-tail.ts";

type Given = Partial<z.input<(typeof mysqlTail)["options"]>>;

let db: MariaDb;
before(
  async () => {
    if (noMariaDb === false) db = await startMariaDb();
  },
  { timeout: 120_000 },
);
after(async () => {
  if (noMariaDb === false) await db[Symbol.asyncDispose]();
});
const onServer = (name: string, body: () => Promise<void>): void => void test(name, { skip: noMariaDb, timeout: 120_000 }, body);

const optionsOf = (given: Given) =>
  mysqlTail.options.parse({ port: db.port, user: db.user, password: db.password, db: db.db, table: "logtbl", poll: "20ms", ...given });

/** Reads and commits as a pipeline does, until `count` records came (or, in test mode, to the end). */
async function tail(context: TestContext, given: Given, { count = Number.POSITIVE_INFINITY, mode = "test" }: { count?: number; mode?: "test" | "run" } = {}) {
  const input = await mysqlTail.open(optionsOf(given), { ...context, mode });
  const stop = AbortSignal.timeout(60_000);
  const records: Record<string, unknown>[] = [];
  try {
    while (records.length < count) {
      const delivery = await input.read(stop);
      if (delivery === undefined) break;
      records.push(...recordsOf(delivery.batch));
      for (const [key, value] of Object.entries(delivery.positions ?? {})) context.store.set(key, value);
      delivery.batch.release();
    }
  } finally {
    await input.close();
  }
  assert.ok(!stop.aborted, `only ${records.length} records came`);
  return records;
}
const ids = (records: Record<string, unknown>[]) => records.map(({ id }) => Number(id));

onServer("mysql: rows of every kind become records", async () => {
  await using context = await testContext();
  await db.query(
    `CREATE TABLE kinds (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), n INT, f DOUBLE, price DECIMAL(20,4), big BIGINT UNSIGNED, at DATETIME(3), day DATE, none DATETIME NULL, doc JSON, raw BLOB, flag BIT(4), kind ENUM('가','나'))`,
  );
  await db.query(
    "INSERT INTO kinds (name, n, f, price, big, at, day, doc, raw, flag, kind) VALUES ('길동😀', -3, 1.5, 12345678901234.5678, 18446744073709551615, '2026-11-21 10:00:00.123', '2026-11-21', ?, ?, b'1010', '나')",
    ['{"키": [1, null]}', Buffer.from([0, 255])],
  );
  const expected = {
    id: 1,
    name: "길동😀",
    n: -3,
    f: 1.5,
    price: "12345678901234.5678",
    big: 18446744073709551615n,
    at: "2026-11-21T10:00:00.123+09:00",
    day: "2026-11-21",
    none: null,
    doc: { 키: [1, null] },
    raw: "AP8=",
    flag: 10,
    kind: "나",
  };
  assert.deepEqual(await tail(context, { table: "kinds" }), [expected]);
  await using other = await testContext();
  assert.deepEqual(await tail(other, { table: "kinds", columns: ["at", "name"], time_zone: "utc" }), [{ at: "2026-11-21T10:00:00.123Z", name: "길동😀" }]);
  assert.equal(context.pool.usedBytes, 0);
});

onServer("mysql: a restart goes on at the next row, in batches of any size", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logtbl (id INT AUTO_INCREMENT PRIMARY KEY, message TEXT)");
  assert.deepEqual(await tail(context, {}), [], "an empty table");
  await db.query(`INSERT INTO logtbl (message) VALUES ${Array.from({ length: 25 }, (_, index) => `('줄 ${index}')`).join()}`);
  const first = await tail(context, { batch_rows: 10 }, { count: 10 });
  const second = await tail(context, { batch_rows: 4 }, { count: 4 });
  const third = await tail(context, { batch_rows: 1000 });
  assert.deepEqual(
    ids([...first, ...second, ...third]),
    Array.from({ length: 25 }, (_, index) => index + 1),
  );
  assert.equal(first[0]?.["message"], "줄 0");
  await db.query("INSERT INTO logtbl (message) VALUES ('new')");
  assert.deepEqual(await tail(context, {}), [{ id: 26, message: "new" }]);
});

onServer("mysql: with start end, rows between the first start and the first commit are not passed over", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE ending (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO ending VALUES (), ()");
  assert.deepEqual(await tail(context, { table: "ending", start: "end" }), []);
  await db.query("INSERT INTO ending VALUES ()");
  assert.deepEqual(ids(await tail(context, { table: "ending", start: "end" })), [3]);
});

onServer("mysql: a transaction that commits after one with a higher key is not missed, also over a restart", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE late (id INT AUTO_INCREMENT PRIMARY KEY, message TEXT)");
  const slow = await db.connect();
  await slow.query("BEGIN");
  await slow.query("INSERT INTO late (message) VALUES ('slow 1')");
  await db.query("INSERT INTO late (message) VALUES ('quick 2'), ('quick 3')");
  assert.deepEqual(ids(await tail(context, { table: "late" })), [2, 3]);
  await slow.query("COMMIT");
  await slow.query("BEGIN");
  await slow.query("INSERT INTO late (message) VALUES ('slow 4')");
  await db.query("INSERT INTO late (message) VALUES ('quick 5')");
  assert.deepEqual(ids(await tail(context, { table: "late" }, { mode: "run", count: 2 })).sort((one, other) => one - other), [1, 5]);
  await slow.query("ROLLBACK");
  await slow.end();
  assert.deepEqual(await tail(context, { table: "late" }), [], "nothing comes twice");
  assert.deepEqual((context.store.get("mysql:logdb.late") as { gaps: unknown[] }).gaps.length, 1, "the rolled back key is looked for, for a while");
});

onServer("mysql: changed rows come again with updated_at, and equal times at a batch's edge lose none", async () => {
  await using context = await testContext();
  await db.query(
    "CREATE TABLE changes (id INT AUTO_INCREMENT PRIMARY KEY, n INT, at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, INDEX (at, id))",
  );
  await db.query(`INSERT INTO changes (n) VALUES ${Array.from({ length: 30 }, () => "(0)").join()}`);
  const given: Given = { table: "changes", updated_at: "at", batch_rows: 7, safety_lag: "50ms" };
  assert.deepEqual(
    ids(await tail(context, given)),
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
  await db.query("UPDATE changes SET n = 1 WHERE id IN (3, 20)");
  assert.deepEqual(
    (await tail(context, given)).map(({ id, n }) => [id, n]),
    [
      [3, 1],
      [20, 1],
    ],
  );

  // While rows change all the time, the last state of each arrives.
  const seen = new Map<number, number>();
  let isWriting = true;
  const writing = (async () => {
    for (let n = 2; n < 60; n += 1) await db.query("UPDATE changes SET n = ? WHERE id = ?", [n, 1 + ((n * 7) % 30)]);
    isWriting = false;
  })();
  while (isWriting) for (const { id, n } of await tail(context, given)) seen.set(Number(id), Number(n));
  await writing;
  for (const { id, n } of await tail(context, given)) seen.set(Number(id), Number(n));
  for (const { id, n } of await db.query("SELECT id, n FROM changes WHERE n > 1")) assert.equal(seen.get(Number(id)), n, `row ${String(id)}`);
});

onServer("mysql: a table that cannot be followed is refused, with the way out", async () => {
  await using context = await testContext();
  await db.query(
    "CREATE TABLE words (word VARCHAR(20) PRIMARY KEY, n INT UNIQUE, at DATETIME); CREATE TABLE two (a INT, b INT, PRIMARY KEY (a, b)); CREATE TABLE plain (a INT); CREATE DATABASE other; CREATE TABLE other.secret (id INT PRIMARY KEY)",
  );
  for (const [given, message, hint] of [
    [{ table: "words" }, /words\.word is varchar/, /AUTO_INCREMENT column in `key`/],
    [{ table: "words", key: "at" }, /not unique/, /unique index/],
    [{ table: "words", key: "nn" }, /no column nn/, /word, n, at/],
    [{ table: "words", key: "n", updated_at: "word" }, /not a time/, /DATETIME or TIMESTAMP/],
    [{ table: "two" }, /no primary key of one column/, /ADD id BIGINT AUTO_INCREMENT/],
    [{ table: "plain" }, /no primary key of one column/, /key/],
    [{ table: "nothing" }, /there is no table logdb\.nothing/, /GRANT SELECT/],
  ] as [Given, RegExp, RegExp][]) {
    await assert.rejects(mysqlTail.open(optionsOf(given), context), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      assert.match(error.hint ?? "", hint);
      return true;
    });
  }
  for (const [given, message] of [
    [{ password: "wrong secret" }, /refuses user dure: check `user` and `password`/],
    [{ tls: true }, /offers no TLS/],
    [{ db: "nowhere" }, /may not read nowhere|no database nowhere/],
    [{ db: "other", table: "secret" }, /may not read other\.secret/],
  ] as [Given, RegExp][]) {
    await assert.rejects(mysqlTail.open(optionsOf(given), context), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      assert.ok(!error.message.includes("wrong secret"));
      return true;
    });
    const problems = await mysqlTail.checkEnvironment?.(optionsOf(given), { configDir: context.configDir, signal: AbortSignal.timeout(60_000) });
    assert.match(problems?.[0]?.en ?? "", message);
  }
  assert.deepEqual(
    await mysqlTail.checkEnvironment?.(optionsOf({ table: "words", key: "n" }), { configDir: context.configDir, signal: AbortSignal.timeout(60_000) }),
    [],
  );
  assert.deepEqual(ids(await tail(context, { table: "words", key: "n" })), []);
});

onServer("mysql: kill -9 of the server in the middle: every row comes once", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE crash (id INT AUTO_INCREMENT PRIMARY KEY, message TEXT)");
  const insert = (): Promise<unknown> => db.query(`INSERT INTO crash (message) VALUES ${Array.from({ length: 500 }, () => "('x')").join()}`);
  await insert();
  const clock = { ...systemClock, pause: (ms: number, signal?: AbortSignal) => systemClock.pause(Math.min(ms, 50), signal) };
  const input = await mysqlTail.open(optionsOf({ table: "crash", batch_rows: 100 }), { ...context, clock });
  const stop = AbortSignal.timeout(60_000);
  const got: number[] = [];
  const readUntil = async (count: number): Promise<void> => {
    while (got.length < count) {
      const delivery = await input.read(stop);
      assert.ok(delivery !== undefined, `only ${got.length} came`);
      got.push(...ids(recordsOf(delivery.batch)));
      delivery.batch.release();
    }
  };
  await readUntil(300);
  await db.kill();
  const reading = readUntil(1000);
  while (!context.said.some(({ message }) => message.startsWith("the connection to the database is lost"))) await delay(5);
  await db.start();
  await db.query("USE logdb");
  await insert();
  await reading;
  await input.close();
  assert.deepEqual(
    got,
    Array.from({ length: 1000 }, (_, index) => index + 1),
  );
  assert.equal(context.counts.get("reconnects_total"), 1);
  assert.equal(context.said.filter(({ level }) => level === "warn").length, 1, "an outage is said once");
});

onServer("mysql: a server that is not there yet is waited for; a stop ends the waiting", async () => {
  await using context = await testContext();
  await db.kill();
  const input = await mysqlTail.open(optionsOf({}), context);
  const stop = new AbortController();
  const reading = input.read(stop.signal);
  stop.abort();
  assert.equal(await reading, undefined);
  await input.close();
  assert.match(context.said[0]?.message ?? "", /cannot be reached yet/);
  const problems = await mysqlTail.checkEnvironment?.(optionsOf({}), { configDir: context.configDir, signal: AbortSignal.timeout(60_000) });
  assert.match(problems?.[0]?.ko ?? "", /연결할 수 없습니다 \(ECONNREFUSED\)/);
  const named = await mysqlTail.checkEnvironment?.(mysqlTail.options.parse({ host: "localhost", port: 1, db: "logdb", table: "logtbl" }), { configDir: context.configDir, signal: AbortSignal.timeout(60_000) });
  assert.match(named?.[0]?.en ?? "", /MySQL at localhost:1 does not answer/);
  assert.match(mysqlTail.options.safeParse({ host: "a", ip: "b", db: "d", table: "t" }).error?.issues[0]?.message ?? "", /only one/);
  await db.start();
  await db.query("USE logdb");
});
