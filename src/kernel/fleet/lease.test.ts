import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import { migrate } from "../store/migrate.ts";
import { fleetTables } from "./fleet-tables.ts";
import { LeaseLost, acquireLease } from "./lease.ts";
import type { Lease } from "./lease.ts";
import { heldLeases } from "./lease-table.ts";

const TTL = 10_000;
const START = Date.UTC(2026, 10, 23, 12);

test("lease: one at a time has it; who comes after it was given back or is over gets a greater token", async () => {
  await using world = await makeWorld();
  const [one, other] = [await world.acquire(0), await world.acquire(1)];
  assert.ok(one !== undefined && other === undefined);
  assert.deepEqual((await heldLeases(world.store, world.clock)).map(({ name, holder }) => [name, holder]), [["schedules", "agent 0"]]);
  await one.release();
  assert.deepEqual([one.isHeld, one.signal.aborted, await heldLeases(world.store, world.clock)], [false, true, []]);
  const second = await world.acquire(1);
  assert.ok(second !== undefined && one.token < second.token);
  world.advance(TTL);
  const third = await world.acquire(0);
  assert.ok(third !== undefined && second.token < third.token);
});

test("lease: whoever lost it writes nothing, and what he began is undone with what he may not write", async () => {
  await using world = await makeWorld();
  const first = await world.acquire(0);
  assert.ok(first !== undefined);
  await first.write((session) => session.run("INSERT INTO written (token) VALUES (?)", [first.token]));
  await assert.rejects(first.write(async (session) => {
    await session.run("INSERT INTO written (token) VALUES (-1)");
    throw new Error("no");
  }), /^Error: no$/);
  // Its own clock stands still, as that of a frozen process: it believes that it has it.
  world.advanceDatabase(TTL);
  assert.equal(first.isHeld, true);
  assert.ok((await world.acquire(1)) !== undefined);
  await assert.rejects(first.write((session) => session.run("INSERT INTO written (token) VALUES (-2)")), LeaseLost);
  assert.deepEqual([first.isHeld, first.signal.aborted], [false, true]);
  assert.deepEqual(await world.written(), [first.token]);
});

test("lease: its time is over here without a word from the store; renewed it goes on", async () => {
  await using world = await makeWorld();
  const lease = await world.acquire(0);
  assert.ok(lease !== undefined);
  world.advance(TTL - 1);
  assert.equal(await lease.renew(), true);
  world.advance(TTL - 1);
  assert.equal(lease.isHeld, true);
  world.advance(1);
  assert.deepEqual([lease.isHeld, lease.signal.aborted, await lease.renew()], [false, true, false]);
});

test("lease: a clock of the database that is set back keeps nobody waiting; its time is the agents'", async () => {
  await using world = await makeWorld();
  const lease = await world.acquire(0);
  assert.ok(lease !== undefined);
  world.advance(500);
  assert.equal(lease.now(), START + 500);
  world.advanceDatabase(-3_600_000);
  const next = await world.acquire(1);
  assert.ok(next !== undefined && lease.token < next.token);
  assert.equal(next.now(), START + 500 - 3_600_000);
  assert.equal(await lease.renew(), false);
});

type Step = { readonly do: "acquire" | "renew" | "write" | "release" | "wait" | "jump" | "freeze"; readonly agent: number; readonly ms: number };

test("lease: of three agents that come, go and stand still as they like, while the database's clock jumps, tokens only grow, and none writes behind another", async () => {
  const agent = fc.nat(2);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("acquire" as const, "renew" as const, "write" as const, "write" as const, "release" as const), agent, ms: fc.constant(0) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), agent, ms: fc.nat(TTL * 1.5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("jump" as const), agent, ms: fc.integer({ min: -3_600_000, max: 3_600_000 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("freeze" as const), agent, ms: fc.nat(TTL * 3) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      await using world = await makeWorld();
      const leases: (Lease | undefined)[] = [undefined, undefined, undefined];
      const tokens: number[] = [];
      let hasJumped = false;
      for (const each of steps) {
        if (each.do === "wait") world.advance(each.ms);
        else if (each.do === "jump") {
          hasJumped = true;
          world.advanceDatabase(each.ms);
        } else if (each.do === "freeze") world.advanceAllBut(each.agent, each.ms); // To itself no time has passed.
        else if (each.do === "acquire") {
          const lease = await world.acquire(each.agent);
          if (lease === undefined) continue;
          tokens.push(lease.token);
          leases[each.agent] = lease;
        } else if (each.do === "renew") await leases[each.agent]?.renew();
        else if (each.do === "release") await leases[each.agent]?.release();
        for (const lease of each.do === "write" ? leases : []) {
          const isWritten = await lease?.write((session) => session.run("INSERT INTO written (token) VALUES (?)", [lease.token])).catch((error: unknown) => assert.ok(error instanceof LeaseLost));
          if (isWritten !== undefined) assert.equal(lease?.token, tokens.at(-1));
        }
        // Whose clocks go alike know for themselves who has it.
        const hasFrozen = steps.some((one) => one.do === "freeze");
        if (!hasJumped && !hasFrozen) assert.ok(leases.filter((lease) => lease?.isHeld).length <= 1);
      }
      assert.deepEqual(tokens, [...new Set(tokens)].toSorted((a, b) => a - b));
      const written = await world.written();
      assert.deepEqual(written, written.toSorted((a, b) => a - b));
    }),
    { numRuns: 150 },
  );
});

async function makeWorld() {
  const dir = mkdtempSync(join(tmpdir(), "dure-lease-"));
  const store = await openSqliteStore(join(dir, "dure.db"));
  await migrate(store, [fleetTables]);
  await store.run("CREATE TABLE clock (ms INTEGER NOT NULL)");
  await store.run("INSERT INTO clock VALUES (?)", [START]);
  await store.run("CREATE TABLE written (at INTEGER PRIMARY KEY AUTOINCREMENT, token INTEGER NOT NULL)");
  const steady = [0, 0, 0];
  const clock = (): string => "(SELECT ms FROM clock)";
  let waiting: Promise<unknown> = Promise.resolve();
  const advanceDatabase = (ms: number): void => void (waiting = store.run("UPDATE clock SET ms = ms + ?", [ms]));
  return {
    store,
    clock,
    advanceDatabase,
    advance(ms: number): void {
      this.advanceAllBut(-1, ms);
    },
    advanceAllBut(agent: number, ms: number): void {
      for (const each of steady.keys()) if (each !== agent) steady[each] = (steady[each] ?? 0) + ms;
      advanceDatabase(ms);
    },
    acquire: (agent: number) => acquireLease({ store, name: "schedules", holder: `agent ${agent}`, ttlMs: TTL, steady: () => steady[agent] ?? 0, clock }),
    written: async () => (await store.all<{ token: number }>("SELECT token FROM written ORDER BY at")).map(({ token }) => token),
    async [Symbol.asyncDispose]() {
      await waiting;
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
