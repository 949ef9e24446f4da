// Leases on a real MariaDB, held by real processes: killed, stopped, and the database killed under them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import type { MysqlServer } from "#plugins/stores/mysql-line.ts";
import { until } from "#test/cli/run-dure.ts";
import { noMariaDb, startMariaDb } from "#test/servers/mariadb.ts";
import type { MariaDb } from "#test/servers/mariadb.ts";
import { migrate } from "#kernel/store/migrate.ts";
import { Candidate } from "#kernel/fleet/candidate.ts";
import { fleetTables } from "#kernel/fleet/fleet-tables.ts";
import type { Store } from "#sdk/store.ts";

const TTL_MS = 1500;
const EVERY_MS = 200;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

let server: MariaDb | undefined;
before(async () => {
  if (noMariaDb === false) server = await startMariaDb();
});
after(async () => server?.[Symbol.asyncDispose]());

test("candidate: of two the other follows when the first gives it back; the database comes and goes", { skip: noMariaDb }, async () => {
  await using own = await startMariaDb();
  await using world = await makeWorld(own);
  const one = world.candidate("one");
  await until(() => one.lease !== undefined, "one has it");
  const other = world.candidate("other");
  const first = one.lease;
  await own.kill();
  await until(() => one.lease === undefined, "it is over without the database");
  assert.equal(first?.signal.aborted, true);
  await own.start();
  await until(() => one.lease !== undefined || other.lease !== undefined, "somebody has it again");
  const [holder, waiting] = one.lease === undefined ? [other, one] : [one, other];
  const second = holder.lease;
  assert.ok((first?.token ?? 0) < (second?.token ?? 0));
  await holder.close();
  await until(() => waiting.lease !== undefined, "the other follows");
  assert.ok((second?.token ?? 0) < (waiting.lease?.token ?? 0));
});

test("candidate: a holder that was killed is followed; one that stood still writes nothing when it goes on, not even what it was in the midst of", { skip: noMariaDb || (process.platform === "win32" && "there are no signals") }, async () => {
  assert.ok(server !== undefined);
  await using world = await makeWorld(server);
  const killed = await world.holder("work");
  const killedToken = (await world.written(killed.pid, 3)).at(-1) ?? 0;
  const still = await world.holder("work");
  process.kill(killed.pid, "SIGKILL");
  const stillToken = (await world.written(still.pid, 3)).at(-1) ?? 0;
  assert.ok(killedToken < stillToken);

  process.kill(still.pid, "SIGSTOP");
  const next = await world.holder("work");
  await world.written(next.pid, 3);
  process.kill(still.pid, "SIGCONT");
  await until(async () => (await world.words(still.pid)).includes("lost"), "it knows");
  for (const { pid } of [still, next]) process.kill(pid, "SIGKILL");

  // Stopped while it holds the row, and the lock that all writers wait for.
  const midst = await world.holder("midst");
  await until(async () => (await world.words(midst.pid)).includes("midst"), "it is in the midst of a write");
  process.kill(midst.pid, "SIGSTOP");
  const last = await world.holder("work");
  await world.written(last.pid, 3);
  process.kill(midst.pid, "SIGCONT");
  await until(async () => (await world.words(midst.pid)).includes("lost"), "it knows");
  const tokens = (await world.store.all<{ token: number }>("SELECT token FROM written ORDER BY at")).map(({ token }) => token);
  assert.deepEqual(tokens, tokens.toSorted((a, b) => a - b));
  assert.deepEqual(await world.store.all("SELECT token FROM written WHERE pid = ?", [midst.pid]), []);
});

async function makeWorld(db: MariaDb) {
  await db.query("CREATE DATABASE IF NOT EXISTS fleet; CREATE USER IF NOT EXISTS 'f'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON fleet.* TO 'f'@'127.0.0.1'");
  const facts: MysqlServer = { host: "127.0.0.1", port: db.port, user: "f", password: "x", database: "fleet" };
  const store = await openMysqlStore(facts);
  await migrate(store, [fleetTables]);
  await store.run("CREATE TABLE IF NOT EXISTS written (at BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, pid BIGINT NOT NULL, token BIGINT NOT NULL)");
  await store.run("CREATE TABLE IF NOT EXISTS words (at BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, pid BIGINT NOT NULL, word VARCHAR(20) NOT NULL)");
  const candidates: Candidate[] = [];
  const opened: Store[] = [];
  const children: ReturnType<typeof spawn>[] = [];
  const words = async (pid: number): Promise<readonly string[]> => (await store.all<{ word: string }>("SELECT word FROM words WHERE pid = ?", [pid])).map(({ word }) => word);
  return {
    store,
    words,
    candidate(holder: string): Candidate {
      let own: Promise<Store> | undefined;
      const open = (): Promise<Store> => (own ??= openMysqlStore(facts).then((it) => (opened.push(it), it)).catch((error: unknown) => {
        own = undefined;
        throw error;
      }));
      const made = new Candidate({ store: open, name: "schedules", holder, log: quiet, ttlMs: TTL_MS, everyMs: EVERY_MS, won: () => {} });
      candidates.push(made);
      return made;
    },
    /** A process that writes as long as it has the lease. */
    async holder(how: "work" | "midst"): Promise<{ readonly pid: number }> {
      const child = spawn(process.execPath, [fileURLToPath(new URL("./lease-holder.ts", import.meta.url)), how, JSON.stringify(facts), String(TTL_MS), String(EVERY_MS)], { stdio: ["ignore", "inherit", "inherit"] });
      await once(child, "spawn");
      children.push(child);
      return { pid: child.pid ?? 0 };
    },
    /** Waits until it has written so often. */
    async written(pid: number, times: number): Promise<readonly number[]> {
      let tokens: readonly number[] = [];
      await until(async () => (tokens = (await store.all<{ token: number }>("SELECT token FROM written WHERE pid = ?", [pid])).map(({ token }) => token)).length >= times, `${pid} has written`);
      return tokens;
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
      for (const each of candidates) await each.close();
      for (const own of opened) await own.close();
      await store.close();
    },
  };
}
