import assert from "node:assert/strict";
import { appendFileSync, copyFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { z } from "zod";
import { PermanentError } from "#base/errors.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Output, Written } from "#sdk/plugin.ts";
import { linesBatch, recordsBatch, recordsOf, TEST_FACTS, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { folder, until } from "#test/cli/run-dure.ts";
import { startAgent } from "#test/faults/agent.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { freePort } from "#test/servers/free-port.ts";
import { noMariaDb, startMariaDb } from "#test/servers/mariadb.ts";
import type { MariaDb } from "#test/servers/mariadb.ts";
import { mysql } from "./mysql.ts";

type Given = Partial<z.input<(typeof mysql)["options"]>>;

let db: MariaDb;
before(
  async () => {
    if (noMariaDb !== false) return;
    db = await startMariaDb();
    await db.query(`GRANT INSERT, UPDATE, DELETE ON logdb.* TO '${db.user}'@'127.0.0.1'`);
  },
  { timeout: 120_000 },
);
after(async () => {
  if (noMariaDb === false) await db[Symbol.asyncDispose]();
});
const onServer = (name: string, body: () => Promise<void>): void => void test(name, { skip: noMariaDb, timeout: 120_000 }, body);
const soon = (): AbortSignal => AbortSignal.timeout(60_000);
const serverOptions = () => ({ port: db.port, user: db.user, password: db.password, db: db.db });
const optionsOf = (given: Given) => mysql.options.parse({ ...serverOptions(), table: "logs", time_zone: "+09:00", ...given });

async function write(output: Output, batch: Batch): Promise<Written> {
  try {
    return (await output.write(batch, soon())) ?? {};
  } finally {
    batch.release();
  }
}
/** Opens, writes each list of records as a batch, commits as a pipeline does, closes; gives what was refused, by its reason. */
async function written(context: TestContext, given: Given, ...batches: Record<string, unknown>[][]): Promise<[string, Record<string, unknown>[]][]> {
  const output = await mysql.open(optionsOf(given), context);
  const refused: [string, Record<string, unknown>[]][] = [];
  try {
    for (const records of batches) {
      const done = await write(output, recordsBatch(context.pool, records, { ...TEST_FACTS, nanoseconds: 123_456_000 }));
      for (const each of done.refused ?? []) {
        refused.push([each.reason.message, recordsOf(each.batch)]);
        each.batch.release();
      }
      for (const [key, value] of Object.entries(done.commit ?? {})) context.store.set(key, value);
      await output.committed?.();
    }
  } finally {
    await output.close();
  }
  assert.equal(context.pool.usedBytes, 0);
  return refused;
}
const rowsIn = async (table: string, columns = "*") => (await db.query(`SELECT ${columns} FROM logdb.${table}`)).map((row) => ({ ...row }));

onServer("values of every kind land in columns of their kind", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logdb.kinds (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), n INT, big BIGINT UNSIGNED, f DOUBLE, flag BOOL, doc JSON, at DATETIME(3), stamp TIMESTAMP(6) NULL, day DATETIME, missing INT DEFAULT 7, none INT)");
  const records = [{ name: "길동😀'\\\n\0\"", n: -3, big: 18_446_744_073_709_551_615n, f: 1.5, flag: true, doc: { 키: [1, null, 9_007_199_254_740_993n] }, stamp: "2026-11-21T10:00:00.5+09:00", day: "2026-11-21T23:59:59.999Z", none: null, unknown: "no column" }];
  assert.deepEqual(await written(context, { table: "kinds", time_column: "at" }, records), []);
  assert.deepEqual(await rowsIn("kinds", "id, name, n, CAST(big AS CHAR) big, f, flag, CAST(doc AS CHAR) doc, CAST(at AS CHAR) at, CAST(CONVERT_TZ(stamp, @@time_zone, '+00:00') AS CHAR) stamp, CAST(day AS CHAR) day, missing, none"), [
    { id: 1, name: "길동😀'\\\n\0\"", n: -3, big: "18446744073709551615", f: 1.5, flag: 1, doc: '{"키":[1,null,9007199254740993]}', at: "2026-09-21 23:13:20.123", stamp: "2026-11-21 01:00:00.500000", day: "2026-11-22 08:59:59", missing: 7, none: null },
  ]);
});

onServer("columns are a list of fields, or a map of expressions", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logdb.picked (a INT, b VARCHAR(20))");
  await written(context, { table: "picked", columns: ["b"] }, [{ a: 1, b: "x" }]);
  await written(context, { table: "picked", columns: { a: "r.ms * 2", b: "tag + r.path" } }, [{ ms: 4, path: "/가" }]);
  assert.deepEqual(await rowsIn("picked"), [{ a: null, b: "x" }, { a: 8, b: "test/가" }]);
});

onServer("lines go by their message, and dropped rows stay out", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logdb.plain (message TEXT)");
  const output = await mysql.open(optionsOf({ table: "plain" }), context);
  const batch = linesBatch(context.pool, "하나\n둘\n셋").filter((row) => row !== 1);
  assert(batch);
  await write(output, batch);
  await output.close();
  assert.deepEqual(await rowsIn("plain"), [{ message: "하나" }, { message: "셋" }]);
});

onServer("a row the server refuses is given back alone, with the server's reason", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logdb.narrow (a VARCHAR(3), n TINYINT)");
  const records: Record<string, unknown>[] = Array.from({ length: 500 }, (_, index) => ({ a: String(index), n: 1 }));
  records[17] = { a: "너무긴글", n: 1 };
  records[300] = { a: "x", n: 4000 };
  records[301] = { a: "y", n: 5000 };
  const refused = await written(context, { table: "narrow" }, records);
  assert.deepEqual(refused.map(([, rows]) => rows), [[records[17]], [records[300], records[301]]]);
  assert.match(refused[0]?.[0] ?? "", /Data too long for column 'a'/);
  assert.deepEqual(await rowsIn("narrow", "COUNT(*) n"), [{ n: 497 }]);
});

onServer("a batch longer than max_allowed_packet goes in parts; one row longer than that is refused", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logdb.wide (t LONGTEXT)");
  await db.query("SET GLOBAL max_allowed_packet = 65536");
  try {
    const records = [...Array.from({ length: 20 }, () => ({ t: "가".repeat(5000) })), { t: "x".repeat(70_000) }];
    const refused = await written(context, { table: "wide" }, records);
    assert.match(refused[0]?.[0] ?? "", /max_allowed_packet/);
    assert.deepEqual(await rowsIn("wide", "COUNT(*) n, MIN(CHAR_LENGTH(t)) t"), [{ n: 20, t: 5000 }]);
  } finally {
    await db.query("SET GLOBAL max_allowed_packet = 16777216");
  }
});

const MODES = [
  { mode: "insert", rows: [{ id: 1, a: "old" }, { id: 2, a: "two" }], refused: 1 },
  { mode: "ignore", rows: [{ id: 1, a: "old" }, { id: 2, a: "two" }], refused: 0 },
  { mode: "replace", rows: [{ id: 1, a: "new" }, { id: 2, a: "two" }], refused: 0 },
  { mode: "update", rows: [{ id: 1, a: "new" }, { id: 2, a: "two" }], refused: 0 },
] as const;
for (const { mode, rows, refused } of MODES) {
  onServer(`mode ${mode}: a key that is there`, async () => {
    await using context = await testContext();
    await db.query(`CREATE TABLE logdb.keyed_${mode} (id INT PRIMARY KEY, a VARCHAR(10))`);
    await db.query(`INSERT INTO logdb.keyed_${mode} VALUES (1, 'old')`);
    assert.equal((await written(context, { table: `keyed_${mode}`, mode }, [{ id: 1, a: "new" }, { id: 2, a: "two" }])).length, refused);
    assert.deepEqual(await rowsIn(`keyed_${mode}`), rows);
  });
}

onServer("a tag names the table only when it is safe", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logdb.log_web (message TEXT)");
  const output = await mysql.open(optionsOf({ table: "log_${tag}" }), context);
  await write(output, linesBatch(context.pool, "a", { ...TEST_FACTS, tag: "web" }));
  for (const tag of ["web; DROP", "a`b", "../x", "가", "x".repeat(70)]) await assert.rejects(write(output, linesBatch(context.pool, "a", { ...TEST_FACTS, tag })), PermanentError);
  await output.close();
  assert.deepEqual(await rowsIn("log_web"), [{ message: "a" }]);
});

onServer("a deadlock or a lock held too long is tried again, not dead-lettered; nothing of the batch is left", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logdb.locked (id INT PRIMARY KEY); SET GLOBAL innodb_lock_wait_timeout = 1");
  const other = await db.connect();
  try {
    await other.query("START TRANSACTION");
    await other.query("INSERT INTO locked VALUES (2)");
    const output = await mysql.open(optionsOf({ table: "locked" }), context);
    await assert.rejects(write(output, recordsBatch(context.pool, [{ id: 1 }, { id: 2 }])), (error: Error) => !(error instanceof PermanentError) && /Lock wait timeout/.test(error.message) && !("sql" in error));
    await other.query("ROLLBACK");
    await write(output, recordsBatch(context.pool, [{ id: 1 }, { id: 2 }]));
    await output.close();
  } finally {
    await other.end();
    await db.query("SET GLOBAL innodb_lock_wait_timeout = 50");
  }
  assert.deepEqual(await rowsIn("locked"), [{ id: 1 }, { id: 2 }]);
});

onServer("what stands in the way is said before the start", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logdb.checked (a INT PRIMARY KEY); CREATE TABLE logdb.old (a INT) ENGINE=MyISAM; CREATE USER 'reader'@'127.0.0.1' IDENTIFIED BY 'r'; GRANT SELECT ON logdb.* TO 'reader'@'127.0.0.1'");
  const problems = async (given: Given) => (await mysql.checkEnvironment?.(optionsOf({ table: "checked", ...given }), { configDir: context.configDir, signal: soon() }))?.map(({ en }) => en);
  assert.deepEqual(await problems({}), []);
  const cases: [Given, RegExp][] = [
    [{ table: "nowhere" }, /no table logdb.nowhere/],
    [{ columns: ["b"] }, /no column b.*Its columns are a/],
    [{ time_column: "at" }, /no column at/],
    [{ password: "wrong" }, /refuses user/],
    [{ user: "reader", password: "r" }, /may not write.*GRANT INSERT/],
    [{ db: "nodb" }, /refuses|no database|may not/],
    [{ port: await freePort() }, /does not answer/],
    [{ ip: undefined, host: "localhost", port: await freePort() }, /MySQL at localhost:\d+ does not answer/],
    [{ exactly_once: true }, /unique key PRIMARY.*mode: ignore/],
    [{ exactly_once: true, table: "old" }, /no InnoDB/],
  ];
  for (const [given, expected] of cases) assert.match((await problems(given))?.[0] ?? "", expected);
});

test("options that do not fit together are told", () => {
  const told = (given: object) => mysql.options.safeParse({ db: "d", table: "t", ...given }).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)[0] ?? "";
  assert.match(told({ exactly_once: true, mode: "ignore" }), /^exactly_once: .*mode: insert/);
  assert.match(told({ time_zone: "Mars" }), /^time_zone: /);
  assert.notEqual(told({ columns: { a: "x +" } }), "");
});

onServer("exactly once: what was prepared and not committed with the positions is rolled back, what was is committed", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logdb.once (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(10))");
  const given = { table: "once", exactly_once: true, columns: ["a"] };
  const first = await mysql.open(optionsOf(given), context);
  const done = await write(first, recordsBatch(context.pool, [{ a: "committed" }]));
  for (const [key, value] of Object.entries(done.commit ?? {})) context.store.set(key, value); // And the agent dies before `committed`.
  await write(first, recordsBatch(context.pool, [{ a: "lost" }])); // And this is not even in the store.
  await first.close();
  assert.deepEqual(await rowsIn("once", "a"), []);
  await db.kill();
  await db.start();
  const second = await mysql.open(optionsOf(given), context);
  await until(async () => (await rowsIn("once")).length === 1 && (await db.query("XA RECOVER")).length === 0, "prepared transactions are settled", 60_000);
  const again = await write(second, recordsBatch(context.pool, [{ a: "next" }]));
  assert.deepEqual(await rowsIn("once", "a"), [{ a: "committed" }]);
  for (const [key, value] of Object.entries(again.commit ?? {})) context.store.set(key, value);
  await second.committed?.();
  await second.close();
  assert.deepEqual(await rowsIn("once", "a"), [{ a: "committed" }, { a: "next" }]);
  assert.equal(context.pool.usedBytes, 0);
});

onServer("exactly once: a server that dies between the preparing and the commit is asked again by itself", async () => {
  await using context = await testContext();
  await db.query("CREATE TABLE logdb.late (a VARCHAR(10))");
  const output = await mysql.open(optionsOf({ table: "late", exactly_once: true }), context);
  const done = await write(output, recordsBatch(context.pool, [{ a: "one" }]));
  for (const [key, value] of Object.entries(done.commit ?? {})) context.store.set(key, value);
  await db.kill();
  await output.committed?.();
  await db.start();
  await until(async () => (await rowsIn("late")).length === 1, "the commit is made up for", 60_000);
  await output.close();
});

for (const exactlyOnce of [false, true]) {
  onServer(`an agent and a server that are killed again and again: nothing lost${exactlyOnce ? ", nothing twice" : ""}`, async () => {
    await using dir = folder();
    const table = exactlyOnce ? "trial_once" : "trial";
    await db.query(`CREATE TABLE logdb.${table} (message INT)`);
    const pipelines = { main: [{ "in.FileTail": { path: dir.file("app.log"), tag: "t" } }, { "out.MySQL": { ...serverOptions(), table, exactly_once: exactlyOnce } }] };
    let lines = 0;
    const append = (count: number): void => appendFileSync(dir.file("app.log"), Array.from({ length: count }, () => `${lines++}\n`).join(""));
    append(20_000);
    for (let round = 0; round < 4; round += 1) {
      const agent = startAgent(dir, pipelines);
      await agent.logged(/agent started/);
      append(20_000);
      const before = Number((await rowsIn(table, "COUNT(*) n"))[0]?.["n"]);
      await until(async () => before < Number((await rowsIn(table, "COUNT(*) n"))[0]?.["n"]), "rows come", 60_000);
      append(20_000);
      if (round % 2 === 0) {
        await db.kill();
        await db.start();
      }
      await agent.kill();
    }
    const agent = startAgent(dir, pipelines);
    await until(async () => Number((await rowsIn(table, "COUNT(DISTINCT message) n"))[0]?.["n"]) === lines, "all lines are there", 60_000);
    await agent.stop();
    const [counted] = await rowsIn(table, "COUNT(*) n");
    if (exactlyOnce) assert.equal(Number(counted?.["n"]), lines);
    assert.deepEqual(await db.query("XA RECOVER"), []);
  });
}

onServer("TLS: only a server whose certificate is trusted, and is of this server, gets the password and the rows", async () => {
  await using dir = folder();
  const [own, other, ofAddress] = [await selfSigned(dir.path), await selfSigned(dir.path, "other.example"), await selfSigned(dir.path, "address", "IP:127.0.0.1")];
  if (own === undefined || other === undefined || ofAddress === undefined) return; // No openssl here.
  const files = { certFile: dir.file("server.crt"), keyFile: dir.file("server.key") };
  const use = (certificate: typeof own): void => {
    copyFileSync(certificate.certFile, files.certFile);
    copyFileSync(certificate.keyFile, files.keyFile);
  };
  use(own);
  await using server = await startMariaDb({ tls: files });
  await server.query(`GRANT INSERT ON logdb.* TO '${server.user}'@'127.0.0.1'; ALTER USER '${server.user}'@'127.0.0.1' REQUIRE SSL; CREATE TABLE logdb.logs (message VARCHAR(50))`);
  const attempt = async (tls: Given["tls"], ip = "127.0.0.1"): Promise<string> => {
    await using context = await testContext();
    const given = mysql.options.parse({ ip, port: server.port, user: server.user, password: server.password, db: server.db, table: "logs", tls });
    let output: Output | undefined;
    const batch = recordsBatch(context.pool, [{ message: "길동" }]);
    try {
      output = await mysql.open(given, context);
      await output.write(batch, soon());
      return "written";
    } catch (error) {
      return String(error instanceof Error ? error.message : error);
    } finally {
      batch.release();
      await output?.close();
    }
  };
  assert.equal(await attempt({ ca: own.certFile }), "written");
  assert.equal(await attempt({ ca: own.certFile }, "localhost"), "written");
  assert.equal(await attempt({ verify: false }), "written");
  assert.match(await attempt(true), /self-signed|certificate/i);
  assert.match(await attempt(false), /refuses user/);
  assert.match(await attempt({ ca: other.certFile }), /self-signed|certificate/i);
  use(other);
  await server.query("FLUSH SSL");
  assert.match(await attempt({ ca: other.certFile }), /certificate/i, "trusted, but of another server");
  assert.match(await attempt({ ca: other.certFile }, "localhost"), /certificate/i);
  assert.equal(await attempt({ verify: false }), "written");
  use(ofAddress);
  await server.query("FLUSH SSL");
  assert.equal(await attempt({ ca: ofAddress.certFile }), "written");
  assert.match(await attempt({ ca: ofAddress.certFile }, "localhost"), /certificate/i);
  assert.equal((await server.query("SELECT COUNT(*) AS n FROM logdb.logs"))[0]?.["n"], 5);
});
