import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ChildEnd } from "#base/child/child-tree.ts";
import { StillClock } from "#base/still-clock.ts";
import type { HealthPlan, RestartPlan } from "../config/process-plan.ts";
import { Supervised } from "./supervised.ts";
import type { EndHow, ExitFacts, SupervisedChild, SupervisedPlan } from "./supervised.ts";

const RESTART: RestartPlan = { when: "always", firstMs: 1000, mostMs: 30_000, attemptsMax: null, steadyMs: 10_000 };
const STOP: EndHow = { signal: "SIGTERM", waitMs: 10_000 };

interface FakeChild extends SupervisedChild {
  die(end: Partial<ChildEnd>): void;
  readonly asked: EndHow[];
}

/** A child that does what the test says; asked to end, it does so at once unless it is stubborn. */
function fakeChild(pid: number, isStubborn = false): FakeChild {
  const { promise: ended, resolve } = Promise.withResolvers<ChildEnd>();
  const asked: EndHow[] = [];
  return {
    pid,
    ended,
    asked,
    die: (end) => resolve({ code: null, signal: null, ...end }),
    async end(how) {
      asked.push(how);
      if (!isStubborn || how.waitMs === 0) resolve({ code: null, signal: how.waitMs === 0 ? "SIGKILL" : how.signal });
      await ended;
    },
    settle: async () => [`last words of ${pid}`],
  };
}

function supervise(plan: Partial<SupervisedPlan> = {}, more: { readonly isStubborn?: boolean; readonly mayStart?: (signal: AbortSignal, waits: (reason: string) => void) => Promise<void>; readonly fails?: () => Error | undefined; readonly probe?: (health: HealthPlan, signal: AbortSignal) => Promise<string> } = {}) {
  const clock = new StillClock(1_000_000);
  const children: FakeChild[] = [];
  const exits: ExitFacts[] = [];
  const states: string[] = [];
  const supervised: Supervised = new Supervised({
    clock,
    plan: () => ({ restart: RESTART, stop: STOP, ...plan }),
    mayStart: more.mayStart ?? (async () => {}),
    async start() {
      const failure = more.fails?.();
      if (failure !== undefined) throw failure;
      const child = fakeChild(children.length + 1, more.isStubborn);
      children.push(child);
      return child;
    },
    probe: more.probe,
    onChange: () => states.push(supervised.state),
    onExit: (exit) => exits.push(exit),
  });
  return { clock, children, exits, states, supervised };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("supervised: what ends is started again, at once the first time, then after longer and longer waits", async () => {
  const { clock, children, supervised, exits } = supervise();
  supervised.start();
  await turns();
  children[0]?.die({ code: 1 });
  await turns();
  assert.deepEqual([children.length, supervised.state], [2, "running"], "the first end is followed at once");
  children[1]?.die({ code: 1 });
  await turns();
  assert.equal(supervised.state, "backoff");
  assert.equal(supervised.reason, "exit 1");
  const waits = [(supervised.nextTryMs ?? 0) - clock.now()];
  clock.advance(waits[0] ?? 0);
  await turns();
  children[2]?.die({ signal: "SIGSEGV" });
  await turns();
  assert.ok(supervised.isCrashLooping);
  waits.push((supervised.nextTryMs ?? 0) - clock.now());
  assert.ok(800 <= (waits[0] ?? 0) && (waits[0] ?? 0) <= 1200 && 1600 <= (waits[1] ?? 0) && (waits[1] ?? 0) <= 2400, waits.join());
  assert.deepEqual(exits.map(({ code, signal, isWanted, stderr }) => [code, signal, isWanted, stderr[0]]), [[1, null, false, "last words of 1"], [1, null, false, "last words of 2"], [null, "SIGSEGV", false, "last words of 3"]]);
  await supervised.stop();
  assert.deepEqual([supervised.state, supervised.isCrashLooping], ["stopped", false]);
});

test("supervised: having run for a good while, it is no loop any more, and the next end is followed at once", async () => {
  const { clock, children, supervised } = supervise();
  supervised.start();
  await turns();
  for (let end = 0; end < 3; end += 1) {
    children.at(-1)?.die({ code: 1 });
    await turns();
    clock.advance(5000);
    await turns();
  }
  assert.ok(supervised.isCrashLooping);
  clock.advance(RESTART.steadyMs);
  await turns();
  assert.ok(!supervised.isCrashLooping);
  const before = children.length;
  children.at(-1)?.die({ code: 1 });
  await turns();
  assert.deepEqual([children.length, supervised.state], [before + 1, "running"]);
  await supervised.stop();
});

for (const [when, end, state] of [["never", { code: 0 }, "done"], ["never", { code: 3 }, "failed"], ["on-failure", { code: 0 }, "done"], ["on-failure", { code: 3 }, "running"], ["always", { code: 0 }, "running"]] as const) {
  test(`supervised: restart ${when} after exit ${end.code} is ${state}`, async () => {
    const { children, supervised } = supervise({ restart: { ...RESTART, when } });
    supervised.start();
    await turns();
    children[0]?.die(end);
    await turns();
    assert.equal(supervised.state, state);
    await supervised.stop();
    assert.equal(supervised.state, "stopped");
  });
}

test("supervised: it gives up after the attempts that the plan allows, and begins anew when it is started", async () => {
  const { clock, children, supervised } = supervise({ restart: { ...RESTART, attemptsMax: 3 } });
  supervised.start();
  await turns();
  for (let end = 0; end < 3; end += 1) {
    children.at(-1)?.die({ code: 9 });
    await turns();
    clock.advance(5000);
    await turns();
  }
  assert.deepEqual([children.length, supervised.state, supervised.reason], [3, "failed", "exit 9; gave up after 3 tries"]);
  supervised.start();
  await turns();
  assert.deepEqual([children.length, supervised.state, supervised.restarts], [4, "running", 0]);
  await supervised.stop();
});

test("supervised: what cannot be started is tried again and says why", async () => {
  let failure: Error | undefined = new Error("there is no program `etl`");
  const { clock, children, supervised, exits } = supervise({}, { fails: () => failure });
  supervised.start();
  await turns();
  assert.deepEqual([supervised.state, supervised.reason, exits[0]?.reason], ["backoff", "there is no program `etl`", "there is no program `etl`"]);
  failure = undefined;
  clock.advance(5000);
  await turns();
  assert.deepEqual([children.length, supervised.state], [1, "running"]);
  await supervised.stop();
});

test("supervised: a stop in each state ends in `stopped`, and nothing is left running", async () => {
  const states = ["waiting", "running", "backoff", "failed", "done"] as const;
  for (const state of states) {
    const gate = Promise.withResolvers<void>();
    const when = state === "failed" || state === "done" ? "never" : "always";
    const { clock, children, supervised } = supervise({ restart: { ...RESTART, when } }, state === "waiting" ? { mayStart: (signal) => Promise.race([gate.promise, new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()))]) } : {});
    supervised.start();
    await turns();
    if (state === "backoff") for (let end = 0; end < 2; end += 1, await turns()) children.at(-1)?.die({ code: 1 });
    if (state === "failed") children[0]?.die({ code: 1 });
    if (state === "done") children[0]?.die({ code: 0 });
    await turns();
    assert.equal(supervised.state, state);
    await supervised.stop();
    const before = children.length;
    clock.advance(100_000);
    await turns();
    assert.deepEqual([supervised.state, children.length], ["stopped", before], state);
  }
});

test("supervised: a second, shorter stop hastens the first", async () => {
  const { children, supervised } = supervise({}, { isStubborn: true });
  supervised.start();
  await turns();
  const first = supervised.stop();
  await turns();
  assert.equal(supervised.state, "stopping");
  await supervised.stop({ signal: "SIGKILL", waitMs: 0 });
  await first;
  assert.deepEqual([supervised.state, children[0]?.asked.map(({ waitMs }) => waitMs)], ["stopped", [10_000, 0]]);
});

test("supervised: a restart that is asked for is no failure, one for silence is", async () => {
  const { children, supervised, exits } = supervise();
  supervised.start();
  await turns();
  supervised.restart();
  await turns();
  assert.deepEqual([children.length, supervised.state, exits[0]?.isWanted], [2, "running", true]);
  supervised.renew("no acknowledgement within 30000 ms");
  await turns();
  assert.deepEqual([children.length, exits[1]?.isWanted, exits[1]?.reason], [3, false, "no acknowledgement within 30000 ms"]);
  await supervised.stop();
});

const HEALTH: HealthPlan = { type: "tcp", host: "127.0.0.1", port: 1, intervalMs: 1000, timeoutMs: 500, failures: 2, graceMs: 5000, isRestarted: false };

test("supervised: with a probe it runs when that is well, is unhealthy after so many failures, and well again after one answer", async () => {
  let isWell = false;
  const { clock, supervised } = supervise({ health: HEALTH }, { probe: async () => (isWell ? "ok" : Promise.reject(new Error("refused"))) });
  supervised.start();
  await turns();
  assert.deepEqual([supervised.state, supervised.reason], ["starting", "refused"]);
  isWell = true;
  clock.advance(1000);
  await turns();
  assert.equal(supervised.state, "running");
  isWell = false;
  clock.advance(1000);
  await turns();
  assert.equal(supervised.state, "running", "one failure is none");
  clock.advance(1000);
  await turns();
  assert.deepEqual([supervised.state, supervised.reason], ["unhealthy", "refused"]);
  isWell = true;
  clock.advance(1000);
  await turns();
  assert.deepEqual([supervised.state, supervised.reason], ["running", undefined]);
  await supervised.stop();
});

test("supervised: an unhealthy one is started anew where the plan says so", async () => {
  let isWell = true;
  const { clock, children, supervised, exits } = supervise({ health: { ...HEALTH, isRestarted: true } }, { probe: async () => (isWell ? "ok" : Promise.reject(new Error("refused"))) });
  supervised.start();
  await turns();
  isWell = false;
  for (let failure = 0; failure < 2; failure += 1) {
    clock.advance(1000);
    await turns();
  }
  assert.deepEqual([children.length, exits[0]?.reason], [2, "the probe failed 2 times: refused"]);
  await supervised.stop();
});

test("supervised: whatever is asked in whatever order, at most one child lives, and the last wish holds", async () => {
  const actions = fc.array(fc.constantFrom("start", "stop", "restart", "renew", "die well", "die", "wait"), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(actions, async (asked) => {
      const { clock, children, supervised } = supervise();
      const alive = new Set<number>();
      let isWanted = false;
      for (const action of asked) {
        if (action === "start") supervised.start();
        if (action === "restart") supervised.restart();
        if (action === "renew") supervised.renew("silent");
        if (action === "stop") void supervised.stop();
        if (action === "start" || action === "restart") isWanted = true;
        if (action === "stop") isWanted = false;
        if (action === "die" || action === "die well") children.at(-1)?.die({ code: action === "die" ? 1 : 0 });
        if (action === "wait") clock.advance(60_000);
        await turns();
        for (const child of children) {
          alive.add(child.pid ?? 0);
          void child.ended.then(() => alive.delete(child.pid ?? 0));
        }
        await turns();
        assert.ok(alive.size <= 1, `${alive.size} children at a time`);
      }
      clock.advance(60_000);
      await turns();
      assert.equal(supervised.state, isWanted ? "running" : "stopped");
      await supervised.stop();
      assert.equal(supervised.state, "stopped");
    }),
    { numRuns: 60 },
  );
});
