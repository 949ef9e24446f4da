import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { JobSchedulePlan } from "#kernel/config/jobs-plan.ts";
import type { NewJob } from "#sdk/queue.ts";
import { JobSchedules } from "./job-schedules.ts";

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 23, 12, 0, 0);
const plan = (more: Partial<JobSchedulePlan> = {}): JobSchedulePlan => ({ name: "nightly", cron: "* * * * *", timeZone: "UTC", rule: "a:b", data: '{"at":"##DATE_TIME##"}', index: 0, place: { file: "dure.yml", line: 1, column: 1 }, ...more });
const keys = (jobs: readonly NewJob[]): readonly (string | undefined)[] => jobs.map(({ key }) => key?.slice(-14));

test("job schedules: each minute is a job with its key and time, over restarts, and none twice", async () => {
  using world = makeWorld();
  await world.run([plan()], NOON + 1, 0); // A new one begins with the next minute.
  assert.deepEqual(keys(world.jobs), []);
  await world.run([plan()], NOON + 2 * MINUTE, 2);
  assert.deepEqual(keys(world.jobs), ["20261123120100", "20261123120200"]);
  assert.deepEqual(world.jobs[0], { rule: "a:b", data: '{"at":"20261123120100"}', key: "schedule/nightly/20261123120100", from: "schedule:nightly" });
  await world.run([plan()], NOON + 2 * MINUTE + 30_000, 2);
  await world.run([plan()], NOON + 3 * MINUTE, 3);
  assert.equal(new Set(keys(world.jobs)).size, 3);
});

test("job schedules: what was missed is made up for once, for no more than an hour, and each minute where the data says the time", async () => {
  using world = makeWorld();
  await world.run([plan(), plan({ name: "once", data: "{}" })], NOON, 0);
  await world.run([plan(), plan({ name: "once", data: "{}" })], NOON + 180 * MINUTE, 61);
  assert.equal(world.jobs.filter(({ from }) => from === "schedule:once").length, 1);
  assert.equal(world.jobs.filter(({ from }) => from === "schedule:nightly").length, 60);
});

test("job schedules: what the queue does not take is submitted when it does", async () => {
  using world = makeWorld();
  await world.run([plan()], NOON, 0);
  world.isFull = true;
  await world.run([plan()], NOON + MINUTE, 0);
  world.isFull = false;
  await world.run([plan()], NOON + 2 * MINUTE, 2);
  assert.deepEqual(keys(world.jobs), ["20261123120100", "20261123120200"]);
});

test("job schedules: one that says something else begins anew; a clock set back does nothing twice", async () => {
  using world = makeWorld();
  await world.run([plan()], NOON, 0);
  await world.run([plan()], NOON + MINUTE, 1);
  await world.run([plan()], NOON - 10 * MINUTE, 1);
  await world.run([plan({ cron: "*/2 * * * *" })], NOON + 10 * MINUTE, 1);
  await world.run([plan({ cron: "*/2 * * * *" })], NOON + 12 * MINUTE, 2);
  assert.deepEqual(keys(world.jobs), ["20261123120100", "20261123121200"]);
});

function makeWorld() {
  const dir = mkdtempSync(join(tmpdir(), "dure-schedules-"));
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const jobs: NewJob[] = [];
  const world = {
    jobs,
    isFull: false,
    /** An agent that begins at this time and has done what is due. */
    async run(plans: readonly JobSchedulePlan[], nowMs: number, expected: number): Promise<void> {
      const asked = Promise.withResolvers<void>();
      const schedules = new JobSchedules({
        file: join(dir, "schedules.json"),
        clock: { now: () => nowMs, pause: async () => {} },
        log: quiet,
        async submit(given) {
          asked.resolve();
          if (world.isFull) throw new Error("full");
          jobs.push(...given);
        },
      });
      schedules.apply(plans);
      if (jobs.length < expected || world.isFull) await asked.promise;
      while (jobs.length < expected) await new Promise((go) => setTimeout(go, 5));
      await new Promise((go) => setTimeout(go, 20)); // More would come now.
      await schedules.close();
      assert.equal(jobs.length, expected);
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
  return world;
}
