import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { JobSchedulePlan } from "#kernel/config/jobs-plan.ts";
import { fleetTables } from "#kernel/fleet/fleet-tables.ts";
import { JobKeys } from "#kernel/fleet/job-keys.ts";
import { migrate } from "#kernel/store/migrate.ts";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import { until } from "#test/cli/run-dure.ts";
import { FleetSchedules } from "./fleet-schedules.ts";

/** Due each second, to try it sooner. */
const plan = (name: string, data = '"##DATE_TIME##"'): JobSchedulePlan => ({ name, cron: "each second", rule: "a:b", data, index: 0, place: { file: "dure.yml", line: 1, column: 1 } });

test("fleet schedules: of two agents one submits each second, the other when it is closed; none comes twice", async () => {
  await using world = await makeWorld();
  const [one, other] = [world.agent(), world.agent()];
  one.schedules.apply([plan("a"), plan("b")]);
  await until(() => 4 <= one.keys.length, "one submits");
  other.schedules.apply([plan("b"), plan("a")]);
  await until(() => other.schedules.holder?.holder !== undefined, "the other knows who does");
  assert.deepEqual([one.schedules.holder?.isOurs, other.schedules.holder?.isOurs, other.keys.length], [true, false, 0]);
  await one.schedules.close();
  const closedWith = one.keys.length;
  await until(() => 4 <= other.keys.length, "the other follows");
  assert.equal(one.keys.length, closedWith);
  assert.deepEqual(world.gaps(), []);
});

test("fleet schedules: what the queue does not take is submitted when it does, as another job; what it took all the same is begun once", async () => {
  await using world = await makeWorld();
  const agent = world.agent();
  agent.schedules.apply([plan("a")]);
  await until(() => 1 <= agent.keys.length, "it submits");
  agent.fault = "took it";
  await until(() => 2 <= agent.failures, "it failed");
  agent.fault = "full";
  await until(() => 4 <= agent.failures, "it failed again");
  agent.fault = undefined;
  const before = agent.keys.length;
  await until(() => before + 2 <= agent.keys.length, "it submits again");
  assert.ok(0 < agent.replaced.length);
  assert.deepEqual(world.gaps(), []);
  assert.ok(new Set(agent.keys).size < agent.keys.length, "something came twice");
  const begun = new Set<string>();
  for (const { key, id } of agent.jobs) if ((await world.keys.begin(key, id)) === undefined) assert.ok(!begun.has(key) && begun.add(key));
  assert.deepEqual(begun, new Set(agent.keys));
});

test("fleet schedules: a rule that is not there holds up no other schedule; other schedules are another fleet's, and the same one stays", async () => {
  await using world = await makeWorld();
  const [one, other] = [world.agent(), world.agent()];
  one.schedules.apply([plan("a"), plan("missing", '"no rule"')]);
  other.schedules.apply([plan("a"), plan("b")]);
  await until(() => 3 <= other.keys.filter((key) => key.includes("/b/")).length && 3 <= [...one.keys, ...other.keys].filter((key) => key.includes("/a/")).length, "both submit");
  assert.deepEqual([one, other].flatMap(({ keys }) => keys).filter((key) => key.includes("/missing/")), []);
  const all = [...one.keys, ...other.keys];
  assert.equal(new Set(all).size, all.length);
  one.schedules.apply([]);
  assert.equal(one.schedules.holder, undefined);
  const before = other.keys.length;
  await until(() => before + 4 <= other.keys.length, "the other goes on");
});

async function makeWorld() {
  const dir = mkdtempSync(join(tmpdir(), "dure-fleet-"));
  const store = await openSqliteStore(join(dir, "dure.db"));
  await migrate(store, [fleetTables]);
  const keys = new JobKeys({ store: async () => store, scope: "", keepMs: () => 3_600_000, keepMax: () => 1000 });
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const agents: Agent[] = [];
  return {
    keys,
    agent(): Agent {
      const agent: Agent = {
        jobs: [],
        get keys() {
          return agent.jobs.map(({ key }) => key);
        },
        failures: 0,
        replaced: [],
        fault: undefined,
        schedules: new FleetSchedules({
          store: async () => store,
          scope: "",
          holder: `agent ${agents.length}`,
          keys,
          log: quiet,
          ready(job) {
            if (job.data === '"no rule"') throw new Error("there is no such rule");
            return { ...job, id: job.id ?? "" };
          },
          async publish(jobs) {
            if (agent.fault !== "full") agent.jobs.push(...jobs.map(({ key = "", id }) => ({ key, id })));
            if (agent.fault === undefined) return jobs.map(({ id }) => ({ id, isNew: true }));
            agent.failures += 1;
            throw new Error(agent.fault);
          },
          replaced: (id) => agent.replaced.push(id),
          read: (given) => ({ plan: given, says: given.data, times: { next: (afterMs) => Math.floor(afterMs / 1000) * 1000 + 1000, stamp: (atMs) => String(atMs) } }),
          ttlMs: 5000,
          everyMs: 100,
        }),
      };
      agents.push(agent);
      return agent;
    },
    /** Seconds of a schedule, from its first to its last, that no agent submitted. */
    gaps(): readonly string[] {
      const all = new Set(agents.flatMap((agent) => agent.keys));
      const times = Map.groupBy(all, (key) => key.slice(0, key.lastIndexOf("/") + 1));
      return [...times].flatMap(([prefix, own]) => {
        const sorted = own.map((key) => Number(key.slice(prefix.length))).toSorted((a, b) => a - b);
        return Array.from({ length: ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)) / 1000 }, (_, index) => `${prefix}${(sorted[0] ?? 0) + index * 1000}`).filter((key) => !all.has(key));
      });
    },
    async [Symbol.asyncDispose]() {
      for (const { schedules } of agents) await schedules.close();
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

interface Agent {
  readonly jobs: { readonly key: string; readonly id: string }[];
  readonly keys: readonly string[];
  failures: number;
  readonly replaced: string[];
  /** Of the queue: it takes nothing, or takes it and says that it did not. */
  fault: "full" | "took it" | undefined;
  readonly schedules: FleetSchedules;
}
