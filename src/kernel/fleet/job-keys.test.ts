import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import { migrate } from "../store/migrate.ts";
import { fleetTables } from "./fleet-tables.ts";
import { JobKeys } from "./job-keys.ts";

const START = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;

test("job keys: the first has the key until it is forgotten; another queue's are others", async () => {
  await using world = await makeWorld();
  const { keys } = world;
  assert.deepEqual(await keys.claim([{ key: "주문/1", jobId: "a" }, { key: "주문/2", jobId: "b" }]), [{ is: "ours" }, { is: "ours" }]);
  await keys.published(new Map([["주문/1", "a"], ["주문/2", "b"]]));
  assert.deepEqual(await keys.claim([{ key: "주문/1", jobId: "c" }, { key: "주문/3", jobId: "d" }]), [{ is: "theirs", jobId: "a" }, { is: "ours" }]);
  assert.deepEqual(await world.of("other").claim([{ key: "주문/1", jobId: "e" }]), [{ is: "ours" }]);
  await world.advance(24 * HOUR + 1);
  await keys.sweep(world.store);
  assert.deepEqual(await keys.claim([{ key: "주문/1", jobId: "f" }]), [{ is: "ours" }]);
});

test("job keys: of a job that was forgotten the key is free, and of no other", async () => {
  await using world = await makeWorld();
  const { keys } = world;
  await keys.claim([{ key: "k", jobId: "a" }, { key: "l", jobId: "b" }]);
  await keys.published(new Map([["k", "a"], ["l", "b"]]));
  await keys.forget(new Map([["k", "a"], ["l", "not b"]]));
  assert.deepEqual(await keys.claim([{ key: "k", jobId: "c" }, { key: "l", jobId: "d" }]), [{ is: "ours" }, { is: "theirs", jobId: "b" }]);
});

test("job keys: what its publisher never told of is another's after a while, or at once when he gave it up; of both exactly one is begun", async () => {
  await using world = await makeWorld();
  const { keys } = world;
  await keys.claim([{ key: "k", jobId: "a" }]);
  assert.deepEqual(await keys.claim([{ key: "k", jobId: "b" }]), [{ is: "pending", jobId: "a" }]);
  await world.advance(30_000);
  assert.deepEqual(await keys.claim([{ key: "k", jobId: "b" }]), [{ is: "ours" }]);
  assert.deepEqual([await keys.begin("k", "a"), await keys.begin("k", "b"), await keys.begin("k", "b")], ["b", undefined, undefined]);
  await keys.claim([{ key: "given up", jobId: "c" }]);
  await keys.givenUp(new Map([["given up", "c"]]));
  // It was at the broker all the same, and begins before anybody publishes another.
  assert.equal(await keys.begin("given up", "c"), undefined);
  assert.deepEqual(await keys.claim([{ key: "given up", jobId: "d" }]), [{ is: "theirs", jobId: "c" }]);
  assert.equal(await keys.begin("nobody claimed it", "e"), undefined);
});

test("job keys: a delayed job's key is kept until it has run; a bound gives up the oldest", async () => {
  await using world = await makeWorld({ keepMax: 2 });
  const { keys } = world;
  await keys.claim([{ key: "late", jobId: "a", runAtMs: START + 1000 * HOUR }]);
  await keys.published(new Map([["late", "a"]]));
  await world.advance(1000 * HOUR);
  await keys.sweep(world.store);
  assert.deepEqual(await keys.claim([{ key: "late", jobId: "b" }]), [{ is: "theirs", jobId: "a" }]);
  for (const key of ["one", "two", "three"]) {
    await world.advance(1);
    await keys.claim([{ key, jobId: key }]);
  }
  await keys.sweep(world.store);
  assert.deepEqual((await world.store.all("SELECT job_id FROM dure_job_keys ORDER BY claimed_ms")).map((row) => Object.values(row)[0]), ["two", "three"]);
});

test("job keys: whatever publishers and workers do, in whatever order, of the jobs under a key at most one is begun", async () => {
  const step = fc.record({ do: fc.constantFrom("claim" as const, "publish" as const, "give up" as const, "begin" as const, "wait" as const), job: fc.nat(4), key: fc.nat(1) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), async (steps) => {
      await using world = await makeWorld();
      const { keys } = world;
      /** What may be at the broker: once claimed it may have been sent. */
      const sent = new Set<string>();
      const begun = new Map<string, Set<string>>();
      for (const { do: what, job, key: number } of steps) {
        const [key, jobId] = [`k${number}`, `k${number}/${job}`];
        if (what === "wait") await world.advance(20_000);
        else if (what === "claim") {
          if ((await keys.claim([{ key, jobId }]))[0]?.is === "ours") sent.add(jobId);
        } else if (!sent.has(jobId)) continue;
        else if (what === "publish") await keys.published(new Map([[key, jobId]]));
        else if (what === "give up") await keys.givenUp(new Map([[key, jobId]]));
        else if ((await keys.begin(key, jobId)) === undefined) begun.set(key, (begun.get(key) ?? new Set()).add(jobId));
      }
      for (const jobs of begun.values()) assert.equal(jobs.size, 1);
    }),
    { numRuns: 150 },
  );
});

async function makeWorld({ keepMax = 1000 } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "dure-keys-"));
  const store = await openSqliteStore(join(dir, "dure.db"));
  await migrate(store, [fleetTables]);
  await store.run("CREATE TABLE clock (ms INTEGER NOT NULL)");
  await store.run("INSERT INTO clock VALUES (?)", [START]);
  const of = (scope: string): JobKeys => new JobKeys({ store: async () => store, scope, keepMs: () => 24 * HOUR, keepMax: () => keepMax, clock: () => "(SELECT ms FROM clock)" });
  return {
    store,
    of,
    keys: of("dure.jobs"),
    advance: (ms: number) => store.run("UPDATE clock SET ms = ms + ?", [ms]),
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
