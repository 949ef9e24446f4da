// What looks after the workers: those that end by themselves are begun again, later and later when they end quickly; while it is off they are only remembered.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WAIT_MS, startEngine, until } from "./testing.ts";
import { Watcher } from "./watcher.ts";

const RULES = { "a.ts": "export const hello = () => 'hello'; export function block() { for (;;); }" };
const OPERATOR = { moduleBase: "itsbox.operator", requestTimeoutMs: 3000 } as const;

async function world(given: Parameters<typeof startEngine>[1] = {}) {
  const jobs = await startEngine(RULES, { workers: 2, slots: 3, limits: { workersMax: 3, slotsMax: 10, queuedMax: 100, dataBytesMax: 1000, resultBytesMax: 1000 }, ...given });
  const pids = async () => (await jobs.engine.look()).workers.map(({ pid }) => pid);
  return {
    ...jobs,
    manage: (action: string, target: string, detail = "") => jobs.engine.manage({ action, target, detail }),
    pids,
    ready: (count: number) => until(async () => (await jobs.engine.look()).workers.filter(({ state }) => state === "ready").length === count, `${count} are ready`),
    async killOne(): Promise<void> {
      const [pid] = await pids();
      process.kill(pid ?? assert.fail("nobody is there"), "SIGKILL");
      await until(async () => !(await pids()).some((each) => each === pid), "it is gone");
    },
  };
}

test("watcher: a worker that is killed is replaced; while the watcher is stopped it is not, but as soon as it is started", { timeout: 3 * WAIT_MS }, async () => {
  await using here = await world();
  await here.killOne();
  await here.ready(2);
  await here.manage("stop", "watcher");
  await assert.rejects(here.manage("stop", "watcher"), /already stopped/);
  await here.killOne();
  assert.equal((await here.run("a:hello")).result, '"hello"');
  assert.equal((await here.pids()).length, 1);
  await assert.rejects(here.manage("start", "worker", "2"), /too many workers: 2 running \+ 2 > 3/, "the one that will come again counts");
  await here.manage("start", "watcher");
  await here.ready(2);
  assert.deepEqual((await here.engine.look()).workers.map(({ slots }) => slots), [3, 3]);
});

test("watcher: whom nobody wants any more it does not begin again", { timeout: 3 * WAIT_MS }, async () => {
  await using here = await world();
  await here.manage("stop", "watcher");
  await here.killOne();
  await here.manage("stop", "worker", "all");
  await here.manage("start", "watcher");
  await here.manage("start", "worker", "1");
  assert.equal((await here.run("a:hello")).result, '"hello"');
  assert.equal((await here.pids()).length, 1);
});

test("watcher: how often it looks is the config's, and so is how long a worker may be silent before it is Unknown", { timeout: 3 * WAIT_MS }, async () => {
  await using here = await world({ workers: 1, recycle: { jobs: 1, memoryBytes: null }, watcher: { isOn: true, intervalMs: 100 } });
  await here.ready(1);
  const [first] = await here.pids();
  assert.equal((await here.run("a:hello")).result, '"hello"');
  await until(async () => (await here.pids()).every((pid) => pid !== first), "another has taken over");
  await using patient = await world({ workers: 1, operator: { ...OPERATOR, requestTimeoutMs: 3_600_000 } });
  await using hasty = await world({ workers: 1, operator: { ...OPERATOR, requestTimeoutMs: 2000 } });
  for (const one of [patient, hasty]) await one.submit([{ rule: "a:block" }]);
  const status = async (one: typeof hasty) => (await one.manage("info", "worker", "all")).info?.workers[0]?.status;
  await until(async () => (await status(hasty)) === "Unknown", "it is Unknown");
  await until(async () => (await patient.engine.look()).workers[0]?.state === "blocked", "the other is blocked as well");
  assert.equal(await status(patient), "Active");
});

test("watcher: five that end quickly are begun at once, those after them later and later, and one that was well puts an end to it", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const begun: number[] = [];
  const watcher = new Watcher(true, (slots) => void begun.push(slots));
  const waits = (isWell: boolean): number => {
    const before = begun.length;
    watcher.ended(7, isWell);
    for (let waitedMs = 0; ; waitedMs += 10) {
      context.mock.timers.tick(waitedMs === 0 ? 1 : 10);
      if (before < begun.length) return waitedMs;
    }
  };
  assert.deepEqual(Array.from({ length: 5 }, () => waits(false)), [0, 0, 0, 0, 0]);
  for (const plainMs of [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]) {
    const waitedMs = waits(false);
    assert.ok(plainMs * 0.8 - 10 <= waitedMs && waitedMs <= plainMs * 1.2 + 10, `${waitedMs} ms, about ${plainMs}`);
  }
  assert.deepEqual([waits(true), waits(false)], [0, 0]);
  assert.equal(watcher.missing, 0);
});
