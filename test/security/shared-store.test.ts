// Two agents that share a MariaDB share their users, and neither can be played off against the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import type { Store } from "#sdk/store.ts";
import { noMariaDb, startMariaDb } from "#test/servers/mariadb.ts";
import type { MariaDb } from "#test/servers/mariadb.ts";
import { PASSWORD, testAccess, userIn, visitor } from "./test-access.ts";
import type { TestAccess } from "./test-access.ts";

const NEVER = new AbortController().signal;
let server: MariaDb | undefined;
let made = 0;
before(async () => {
  if (noMariaDb === false) server = await startMariaDb();
});
after(async () => server?.[Symbol.asyncDispose]());

async function twoAgents(work: (one: TestAccess, other: TestAccess) => Promise<void>): Promise<void> {
  assert.ok(server !== undefined);
  made += 1;
  const [user, database] = [`access${made}`, `access${made}`];
  await server.query(`CREATE DATABASE ${database}; CREATE USER '${user}'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON ${database}.* TO '${user}'@'127.0.0.1'`);
  const { port } = server;
  const open = (): Promise<Store> => openMysqlStore({ host: "127.0.0.1", port, user, password: "x", database });
  await using one = await testAccess(open, "agent-1");
  await using other = await testAccess(open, "agent-2");
  await work(one, other);
}

const codesOf = (results: readonly PromiseSettledResult<unknown>[]): string[] => results.map((result) => (result.status === "fulfilled" ? "ok" : (result.reason as { code: string }).code)).sort();

test("shared store: of ten set-ups through two agents one is the first user's", { skip: noMariaDb }, () =>
  twoAgents(async (one, other) => {
    const token = (await one.access.setup.issue())?.token ?? "";
    const tries = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? one : other).access.setUp({ token, name: `홍${index}`, password: PASSWORD, language: "ko", address: `192.0.2.${index}`, browser: "" })));
    assert.deepEqual(codesOf(tries), [...Array<string>(9).fill("FORBIDDEN"), "ok"]);
    assert.equal((await other.access.users.list()).length, 1);
  }));

test("shared store: two admins who remove each other through two agents leave one", { skip: noMariaDb }, () =>
  twoAgents(async (one, other) => {
    for (let round = 0; round < 5; round += 1) {
      await userIn(one, `hong${round}`, "admin");
      await userIn(one, `kim${round}`, "admin");
      for (const { name } of await one.access.users.list()) if (!name.endsWith(String(round))) await one.access.users.remove(name);
      assert.deepEqual(codesOf(await Promise.allSettled([one.access.users.remove(`hong${round}`), other.access.users.update(`kim${round}`, { role: "viewer" })])), ["CONFLICT", "ok"]);
      assert.equal((await one.access.users.list()).filter(({ role }) => role === "admin").length, 1);
    }
  }));

test("shared store: a name is taken for both, and a login or token of one agent counts at the other until it ends", { skip: noMariaDb }, () =>
  twoAgents(async (one, other) => {
    await userIn(one, "홍길동", "admin");
    await assert.rejects(userIn(other, "홍길동"), { code: "CONFLICT" });
    const { secret } = await one.access.login({ name: "홍길동", password: PASSWORD, ...visitor });
    const who = (): Promise<unknown> => other.access.authenticate({ cookie: secret, edge: "http" });
    assert.ok(await who());
    await one.access.users.setPassword("홍길동", await one.access.hasher.hash("another password"));
    // It heard of it from the store, some seconds later.
    other.clock.advance(10_000);
    assert.equal(await who(), undefined);
  }));

test("shared store: each agent writes its own chain, at the same time", { skip: noMariaDb }, () =>
  twoAgents(async (one, other) => {
    const facts = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : other).audit.append({ caller: { name: "홍길동", role: "admin", edge: "http" }, command: "users.create", params: { index, 값: "😀" }, outcome: "ok" }));
    await Promise.all(facts);
    assert.deepEqual((await one.audit.verify(NEVER)).map(({ agent, rows, problem }) => [agent, rows, problem]), [["agent-1", 20, undefined], ["agent-2", 20, undefined]]);
    assert.deepEqual((await one.audit.list({ text: "😀", who: "홍길동", command: "users.*" }, 100)).length, 40);
    await one.store.run("UPDATE dure_audit SET entry = REPLACE(entry, '홍길동', '김') WHERE agent = 'agent-2' AND number = 7");
    assert.deepEqual((await one.audit.verify(NEVER)).map(({ problem }) => problem), [undefined, { number: 7, kind: "changed" }]);
    assert.deepEqual((await one.audit.entries({ after: 0 }, 5)).length, 5);
  }));
