// Keys of jobs on a real MariaDB, claimed by several agents at once: each key is one agent's, and nobody is refused for the others' sake.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fleetTables } from "#kernel/fleet/fleet-tables.ts";
import { JobKeys } from "#kernel/fleet/job-keys.ts";
import { migrate } from "#kernel/store/migrate.ts";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import { noMariaDb, startMariaDb } from "../servers/mariadb.ts";
import { randomNumbers } from "./random.ts";

const AGENTS = 4;
const ROUNDS = 30;
const KEYS = 400;
const SEED = Number(process.env["DURE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test(`job keys: four agents claim the same keys at once, in whatever order: each is one agent's (seed ${SEED})`, { skip: noMariaDb, timeout: 300_000 }, async (context) => {
  const next = randomNumbers(SEED);
  await using db = await startMariaDb();
  await db.query("CREATE DATABASE fleet; CREATE USER 'f'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON fleet.* TO 'f'@'127.0.0.1'");
  const stores = await Promise.all(Array.from({ length: AGENTS }, () => openMysqlStore({ host: "127.0.0.1", port: db.port, user: "f", password: "x", database: "fleet" })));
  try {
    await migrate(stores[0] ?? assert.fail(), [fleetTables]);
    const agents = stores.map((store) => new JobKeys({ store: async () => store, scope: "s", keepMs: () => 3_600_000, keepMax: () => 1_000_000 }));
    const owners = new Map<string, string>();
    let claims = 0;
    const beganMs = performance.now();
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await Promise.all(
        agents.map(async (keys, agent) => {
          const wanted = Array.from({ length: KEYS }, (_, index) => `${round}/${index}`).filter(() => next() < 0.7).toSorted(() => next() - 0.5);
          claims += wanted.length;
          const given = await keys.claim(wanted.map((key) => ({ key, jobId: `${agent}/${key}` })));
          const ours = wanted.filter((_, index) => given[index]?.is === "ours");
          await keys.published(new Map(ours.map((key) => [key, `${agent}/${key}`])));
          for (const key of ours.slice(0, 20)) assert.equal(await keys.begin(key, `${agent}/${key}`), undefined);
          return ours;
        }),
      );
      for (const [agent, ours] of answers.entries())
        for (const key of ours) {
          assert.equal(owners.get(key), undefined, key);
          owners.set(key, String(agent));
        }
    }
    context.diagnostic(`${claims} claims, ${Math.round(((performance.now() - beganMs) * 1000) / claims)} µs each`);
    assert.ok(KEYS * ROUNDS * 0.9 < owners.size);
  } finally {
    for (const store of stores) await store.close();
  }
});
