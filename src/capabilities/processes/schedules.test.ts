import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { StillClock } from "#base/still-clock.ts";
import type { SchedulePlan } from "#kernel/config/process-plan.ts";
import { Schedules } from "./schedules.ts";

const START = Date.parse("2026-01-01T00:00:30Z");
const MINUTE = 60_000;

function scheduleOf(cron: string, given: Partial<SchedulePlan> = {}): SchedulePlan {
  return { name: "nightly", cron, process: "etl", action: "send", message: "run", timeZone: "UTC", index: 0, ...given };
}

/** Agents one after the other on one folder, and what they did. */
async function site() {
  const dir = await mkdtemp(join(tmpdir(), "dure-schedules-"));
  const clock = new StillClock(START);
  const done: string[] = [];
  const said: string[] = [];
  let failure: Error | undefined;
  let gate: Promise<void> = Promise.resolve();
  let agent: Schedules | undefined;
  const act = (word: string) => async (process: string): Promise<void> => {
    if (failure !== undefined) throw failure;
    done.push(`${word} ${process}`);
  };
  const log = { debug() {}, info() {}, warn: (message: string) => void said.push(message), error: (message: string) => void said.push(message) };
  return {
    clock,
    done,
    said,
    file: join(dir, "schedules.json"),
    fail: (error?: Error) => (failure = error),
    hold: (until: Promise<void>): void => void (gate = until),
    begin(schedules: readonly SchedulePlan[], areSchedulesRun = true): Schedules {
      agent = new Schedules({
        file: join(dir, "schedules.json"),
        clock,
        log,
        actions: {
          async send(process, message, signal) {
            await Promise.race([gate, new Promise((resolve) => signal.addEventListener("abort", resolve))]);
            if (!signal.aborted) await act(`send ${message} to`)(process);
          },
          start: act("start"),
          stop: act("stop"),
          restart: act("restart"),
        },
      });
      agent.apply({ schedules, settings: { areSchedulesRun } });
      return agent;
    },
    /** Lets time pass as it does, a look at a time. */
    async pass(ms: number) {
      for (let left = ms; 0 < left; left -= 5000) {
        clock.advance(Math.min(5000, left));
        await settled();
      }
    },
    async [Symbol.asyncDispose]() {
      await agent?.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Everything that waits for nothing but its turn has had it. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("schedules: each does its work when its minute comes, once", async () => {
  await using here = await site();
  const schedules = here.begin([scheduleOf("*/2 * * * *"), scheduleOf("3 * * * *", { name: "up", action: "start" }), scheduleOf("3 * * * *", { name: "down", action: "stop" }), scheduleOf("4 * * * *", { name: "anew", action: "restart" })]);
  assert.deepEqual(schedules.list().map(({ nextRunMs }) => new Date(nextRunMs ?? 0).toISOString().slice(11, 16)), ["00:02", "00:03", "00:03", "00:04"]);
  await here.pass(4 * MINUTE);
  assert.deepEqual(here.done.slice(0, 3), ["send run to etl", "start etl", "stop etl"]);
  assert.deepEqual(here.done.slice(3).sort(), ["restart etl", "send run to etl"]);
  assert.equal(schedules.list()[0]?.lastRunMs, START - 30_000 + 4 * MINUTE);
});

test("schedules: ##DATE_TIME## is the minute in the schedule's zone", async () => {
  await using here = await site();
  here.begin([scheduleOf("* * * * *", { message: "a ##DATE_TIME## b ##DATE_TIME##", timeZone: "Asia/Seoul" })]);
  await here.pass(MINUTE);
  assert.deepEqual(here.done, ["send a 20260101090100 b 20260101090100 to etl"]);
});

test("schedules: minutes missed while the machine slept are made up for once, and each where its time is in the message", async () => {
  await using here = await site();
  here.begin([scheduleOf("*/10 * * * *"), scheduleOf("*/10 * * * *", { name: "dated", message: "##DATE_TIME##" })]);
  here.clock.advance(35 * MINUTE);
  await settled();
  assert.deepEqual([...here.done].sort(), ["send 20260101001000 to etl", "send 20260101002000 to etl", "send 20260101003000 to etl", "send run to etl"]);
  await here.pass(2 * MINUTE);
  assert.equal(here.done.length, 4);
});

test("schedules: what was missed by more than an hour is left out, and said", async () => {
  await using here = await site();
  here.begin([scheduleOf("5,20,40 * * * *", { message: "##DATE_TIME##" })]);
  here.clock.advance(10 * 60 * MINUTE);
  await settled();
  assert.deepEqual(here.done, ["send 20260101090500 to etl", "send 20260101092000 to etl", "send 20260101094000 to etl"]);
  assert.match(here.said.join(), /missed by more than an hour/);
});

test("schedules: a restart makes up for what came meanwhile, does nothing twice, and begins anew what has changed", async () => {
  await using here = await site();
  const plan = [scheduleOf("*/10 * * * *")];
  const first = here.begin(plan);
  await here.pass(10 * MINUTE);
  await first.close();
  assert.deepEqual(here.done, ["send run to etl"]);
  await (here.begin(plan).close());
  assert.equal(here.done.length, 1, "the minute was done before");
  here.clock.advance(12 * MINUTE);
  const third = here.begin(plan);
  await settled();
  assert.equal(here.done.length, 2, "the one while nobody was there");
  assert.equal(third.list()[0]?.lastRunMs, here.clock.now());
  await third.close();
  here.clock.advance(12 * MINUTE);
  here.begin([scheduleOf("*/10 * * * *", { message: "another" })]);
  await settled();
  assert.equal(here.done.length, 2, "another schedule has missed nothing");
});

test("schedules: a file that cannot be read is said, and nothing is made up for", async () => {
  for (const text of ["{", "null", "[1]", '{"nightly":{"says":3}}', '{"nightly":null}']) {
    await using here = await site();
    await writeFile(here.file, text);
    const schedules = here.begin([scheduleOf("* * * * *")]);
    await here.pass(MINUTE);
    await schedules.close();
    assert.equal(here.done.length, 1, text);
    assert.match(await readFile(here.file, "utf8"), /"lastRunMs":\d+/);
  }
});

test("schedules: a clock that is set back does nothing twice; by hours, it goes by what it shows", async () => {
  await using here = await site();
  here.begin([scheduleOf("*/10 * * * *")]);
  await here.pass(10 * MINUTE);
  here.clock.set(here.clock.now() - 5 * MINUTE);
  await here.pass(6 * MINUTE);
  assert.equal(here.done.length, 1);
  here.clock.set(here.clock.now() - 24 * 60 * MINUTE);
  await here.pass(10 * MINUTE);
  assert.equal(here.done.length, 2);
  assert.match(here.said.join(), /the clock was set back/);
});

test("schedules: switched off nothing runs, and switched on nothing is made up for", async () => {
  await using here = await site();
  const plan = [scheduleOf("* * * * *")];
  const schedules = here.begin(plan, false);
  assert.equal(schedules.list()[0]?.nextRunMs, null);
  await here.pass(5 * MINUTE);
  schedules.apply({ schedules: plan, settings: { areSchedulesRun: true } });
  await settled();
  assert.deepEqual(here.done, []);
  await here.pass(MINUTE);
  assert.equal(here.done.length, 1);
});

test("schedules: one that fails says why until it runs again; run by hand it answers at once", async () => {
  await using here = await site();
  const schedules = here.begin([scheduleOf("* * * * *")]);
  here.fail(new Error("no such process"));
  await here.pass(MINUTE);
  assert.equal(schedules.list()[0]?.lastProblem, "no such process");
  await assert.rejects(schedules.run("nightly", "kim"), /no such process/);
  await assert.rejects(schedules.run("nightli", "kim"), { code: "NOT_FOUND", hint: "Did you mean `nightly`?" });
  here.fail();
  await schedules.run("nightly", "kim");
  assert.equal(schedules.list()[0]?.lastProblem, undefined);
  assert.deepEqual(here.done, ["send run to etl"]);
});

test("schedules: a full queue is waited for, and what came meanwhile follows in its order; an end gives it up for the next agent", async () => {
  await using here = await site();
  const plan = [scheduleOf("* * * * *", { message: "##DATE_TIME##" })];
  const { promise, resolve } = Promise.withResolvers<void>();
  void here.hold(promise);
  const schedules = here.begin(plan);
  await here.pass(3 * MINUTE);
  assert.deepEqual(here.done, []);
  await schedules.close();
  assert.deepEqual(here.done, []);
  resolve();
  here.begin(plan);
  await settled();
  await here.pass(20_000);
  assert.deepEqual(here.done, ["send 20260101000100 to etl", "send 20260101000200 to etl", "send 20260101000300 to etl"]);
});
