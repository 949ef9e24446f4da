import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { processStart } from "#base/process-identity.ts";
import type { HealthPlan } from "#kernel/config/process-plan.ts";
import { engineStage } from "./engine.testing.ts";
import { plan } from "./flows/flows.testing.ts";

const SLEEP = ["sleep", "1000"] as const;
const HEALTH = { intervalMs: 50, timeoutMs: 5000, failures: 2, graceMs: 60_000, isRestarted: false } as const;

/** One that has ended and was not collected by its parent is no process. */
const isAlive = (pid: number): boolean => processStart(pid) !== undefined;

test("processes: they are started, stopped, started again, and what is wanted of each holds over a restart of the agent", async () => {
  const config = plan({ etl: { command: SLEEP }, spare: { command: SLEEP, start: "manual" } });
  await using stage = await engineStage(config);
  const first = await stage.until("etl", ({ state }) => state === "running");
  assert.equal((await stage.status("spare")).state, "stopped");
  await stage.engine.stop(["etl"], "hong");
  await stage.engine.start(["spare"], "hong");
  const stopped = await stage.status("etl");
  assert.deepEqual([stopped.state, stopped.wanted, stopped.by, stopped.lastExit?.isWanted], ["stopped", "stopped", "hong", true]);
  assert.ok(!isAlive(first.instances[0]?.pid ?? 0));
  await stage.until("spare", ({ state }) => state === "running");
  await using later = await stage.again(config);
  assert.deepEqual([(await later.status("etl")).state, (await later.status("etl")).by], ["stopped", "hong"]);
  await later.until("spare", ({ state }) => state === "running");
});

test("processes: one that is taken away cannot be started while it ends, and nothing runs behind an end", async () => {
  const slow = ["/bin/sh", "-c", "trap 'sleep 0.3; exit 0' TERM; echo ready; while :; do sleep 0.05; done"] as const;
  await using stage = await engineStage(plan({ gone: { command: slow }, stays: { command: SLEEP } }));
  await stage.until("gone", ({ state }) => state === "running");
  while ((await stage.engine.lines("gone", 1)).length === 0) await turn(); // The test's time-out bounds it.
  const pid = (await stage.status("gone")).instances[0]?.pid ?? 0;
  const applied = stage.engine.apply({ ...plan({ stays: { command: SLEEP } }), settings: stage.engine.settings });
  await turn();
  assert.ok(isAlive(pid), "it is about to end");
  await assert.rejects(stage.engine.start(["gone"], "hong"), { code: "NOT_FOUND" });
  assert.equal(await applied, undefined);
  assert.ok(!isAlive(pid));
  const added = stage.engine.apply({ ...plan({ stays: { command: SLEEP }, late: { command: SLEEP } }), settings: stage.engine.settings });
  const ended = stage.engine.end();
  const late = stage.engine.apply(plan({ later: { command: SLEEP } }));
  await Promise.all([added, ended]);
  assert.equal(await late, "the agent is ending");
  assert.deepEqual((await stage.engine.list()).map(({ instances }) => instances[0]?.pid ?? null), (await stage.engine.list()).map(() => null));
  for (const act of [() => stage.engine.start(["stays"], "hong"), () => stage.engine.restart(["stays"], "hong"), () => stage.engine.scale("stays", 3, "hong"), () => stage.engine.recover("stays", "x")]) await assert.rejects(act(), { code: "CONFLICT" });
});

test("processes: one of another user finds that user's home and name, unless its own variables say otherwise", { skip: process.getuid?.() !== 0 && "only root may choose a user" }, async () => {
  const command = ["/bin/sh", "-c", "echo $HOME $USER $LOGNAME; exec sleep 1000"];
  await using stage = await engineStage(plan({ own: { command, user: "nobody", cwd: "/" }, told: { command, user: "nobody", cwd: "/", env: { HOME: "/var/empty" } } }));
  const saidBy = async (name: string): Promise<string | undefined> => {
    for (;;) {
      const [line] = await stage.engine.lines(name, 1); // The test's time-out bounds it.
      if (line !== undefined) return line.text;
      await turn();
    }
  };
  assert.equal(await saidBy("own"), "/nonexistent nobody nobody");
  assert.equal(await saidBy("told"), "/var/empty nobody nobody");
});

test("processes: one that is killed runs again with another pid; its end is kept with what it said last", async () => {
  await using stage = await engineStage(plan({ etl: { command: ["/bin/sh", "-c", "echo 끝 >&2; exec sleep 1000"] } }));
  const { instances } = await stage.until("etl", ({ state }) => state === "running");
  while ((await stage.engine.lines("etl", 1)).length === 0) await stage.status("etl"); // The test's time-out bounds it.
  process.kill(instances[0]?.pid ?? 0, "SIGKILL");
  const again = await stage.until("etl", ({ state, restarts }) => state === "running" && restarts === 1);
  assert.notEqual(again.instances[0]?.pid, instances[0]?.pid);
  assert.deepEqual([again.lastExit?.signal, again.lastExit?.isWanted, again.lastExit?.stderr.at(-1)?.trim()], ["SIGKILL", false, "끝"]);
  assert.deepEqual(stage.events.map(({ name }) => name), ["process.started", "process.exited", "process.started"]);
});

test("processes: one that is silent over an event is ended at once, not after half of the time that a stop waits", async () => {
  const stop = { signal: "SIGTERM", waitMs: 1_800_000 } as const;
  await using stage = await engineStage(plan({ mute: { command: ["/bin/sh", "-c", "read -r line; exec sleep 1000"], ack: { type: "line", timeoutMs: 500 }, stop } }));
  await stage.until("mute", ({ state }) => state === "running");
  await stage.engine.send("mute", "x");
  const again = await stage.until("mute", ({ restarts }) => 1 <= restarts);
  assert.equal(again.lastExit?.reason, "no acknowledgement within 500 ms");
  await stage.engine.kill("mute", "hong");
});

test("processes: what Python prints comes at once, unless somebody says otherwise", async () => {
  const command = ["/bin/sh", "-c", "echo [$PYTHONUNBUFFERED]; exec sleep 1000"];
  await using stage = await engineStage(plan({ usual: { command }, told: { command, env: { PYTHONUNBUFFERED: "" } } }));
  for (const [name, said] of [["usual", "[1]"], ["told", "[]"]] as const) {
    let lines = await stage.engine.lines(name, 1);
    while (lines.length === 0) {
      await turn(); // The test's time-out bounds it.
      lines = await stage.engine.lines(name, 1);
    }
    assert.equal(lines[0]?.text, said);
  }
});

test("processes: a crash loop is told, waits longer and longer, and gives up where the config says so", async () => {
  const quick = { when: "always", firstMs: 1, mostMs: 2, attemptsMax: 5, steadyMs: 60_000 } as const;
  await using stage = await engineStage(plan({ bad: { command: ["/bin/sh", "-c", "echo no database >&2; exit 7"], restart: quick } }));
  const failed = await stage.until("bad", ({ state }) => state === "failed");
  assert.deepEqual([failed.reason, failed.isCrashLooping, (await stage.engine.show("bad")).exits.length], ["exit 7; gave up after 5 tries", true, 5]);
  assert.ok(stage.events.some(({ name, data }) => name === "process.crash-looping" && data["process"] === "bad"));
  assert.ok(stage.events.some(({ name }) => name === "process.failed"));
});

test("processes: what depends on others starts after them, and ends before them", async () => {
  const order = (name: string): string[] => ["/bin/sh", "-c", `echo start ${name} >> ../order; trap 'echo end ${name} >> ../order; exit' TERM; while :; do sleep 0.01; done`];
  await using stage = await engineStage(
    plan({
      web: { command: order("web"), dependsOn: [{ process: "db", until: "healthy" }, { process: "prepare", until: "done" }] },
      db: { command: order("db"), health: { ...HEALTH, type: "exec", command: ["test", "-e", "ready"] } as HealthPlan },
      prepare: { command: ["true"], restart: { when: "never" } },
    }),
  );
  const waiting = await stage.until("web", ({ reason }) => reason === "waits for db to be healthy");
  assert.equal(waiting.state, "waiting");
  await stage.until("db", ({ instances }) => instances[0]?.pid !== null);
  writeFileSync(join((await stage.engine.show("db")).cwd, "ready"), "");
  await stage.until("web", ({ state }) => state === "running");
  const file = join(stage.dir, "work", "order");
  await stage.until("web", () => existsSync(file) && readFileSync(file, "utf8").includes("start web"));
  await stage.engine.end();
  assert.deepEqual(readFileSync(file, "utf8").trim().split("\n"), ["start db", "start web", "end web", "end db"]);
});

test("processes: a probe over HTTP decides whether it is well; a line does, once it was printed", async () => {
  let status = 503;
  const server = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
  try {
    await using stage = await engineStage(
      plan({
        web: { command: SLEEP, health: { ...HEALTH, type: "http", url } as HealthPlan },
        says: { command: ["/bin/sh", "-c", "echo 준비됨; exec sleep 1000"], health: { ...HEALTH, type: "line", pattern: "^준비됨$" } as HealthPlan },
      }),
    );
    await stage.until("says", ({ state }) => state === "running");
    await stage.until("web", ({ reason }) => reason === "HTTP 503");
    assert.equal((await stage.status("web")).state, "starting");
    status = 200;
    await stage.until("web", ({ state }) => state === "running");
    status = 500;
    await stage.until("web", ({ state }) => state === "unhealthy");
    status = 204;
    await stage.until("web", ({ state }) => state === "running");
    const { probes } = await stage.engine.show("web");
    assert.deepEqual([probes[0]?.isWell, probes[0]?.words], [true, "HTTP 204"]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("processes: scaled up and down, each instance knows its number, and one signal reaches one or all", async () => {
  await using stage = await engineStage(plan({ etl: { command: ["/bin/sh", "-c", 'trap "echo hup $DURE_INSTANCE >&2" HUP; while :; do sleep 0.01; done'] } }));
  await stage.until("etl", ({ state }) => state === "running");
  await stage.engine.scale("etl", 3, "hong");
  const three = await stage.until("etl", ({ instances }) => instances.length === 3 && instances.every(({ state }) => state === "running"));
  assert.equal(new Set(three.instances.map(({ pid }) => pid)).size, 3);
  assert.deepEqual([await stage.engine.signal("etl", "SIGHUP", 2), await stage.engine.signal("etl", "SIGHUP", undefined)], [1, 3]);
  await assert.rejects(stage.engine.signal("etl", "SIGHUP", 4), { code: "NOT_FOUND" });
  await stage.engine.scale("etl", 1, "hong");
  const one = await stage.status("etl");
  assert.deepEqual([one.instances.length, one.instances[0]?.pid], [1, three.instances[0]?.pid]);
  assert.ok(three.instances.slice(1).every(({ pid }) => !isAlive(pid ?? 0)));
});

test("processes: another plan touches only what it changes", async () => {
  const before = plan({ same: { command: SLEEP }, other: { command: SLEEP }, gone: { command: SLEEP }, policy: { command: SLEEP } });
  await using stage = await engineStage(before);
  const pids = async (): Promise<Map<string, number | null | undefined>> => new Map((await stage.engine.list()).map(({ name, instances }) => [name, instances[0]?.pid]));
  for (const { name } of before.processes) await stage.until(name, ({ state }) => state === "running");
  const was = await pids();
  const after = plan({ same: { command: SLEEP }, other: { command: ["sleep", "2000"] }, policy: { command: SLEEP, restart: { when: "never" } }, fresh: { command: SLEEP } });
  await stage.engine.apply({ ...after, settings: { ...after.settings, workDir: join(stage.dir, "work") } });
  await stage.until("fresh", ({ state }) => state === "running");
  await stage.until("other", ({ state, instances }) => state === "running" && instances[0]?.pid !== was.get("other"));
  const is = await pids();
  assert.deepEqual([is.get("same"), is.get("policy"), is.has("gone"), isAlive(was.get("gone") ?? 0)], [was.get("same"), was.get("policy"), false, false]);
});

test("processes: what cannot be started says why, and is tried again", async () => {
  await using stage = await engineStage(plan({ typo: { command: ["no-such-program-here"] } }));
  const status = await stage.until("typo", ({ state }) => state === "backoff");
  assert.match(status.reason ?? "", /no-such-program-here/);
  assert.equal(status.lastExit?.pid, null);
});

test("processes: ending one that ignores the request ends its whole tree in the time it was given", async () => {
  const stubborn = "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $! > child; while :; do sleep 1; done";
  await using stage = await engineStage(plan({ stubborn: { command: ["/bin/sh", "-c", stubborn], stop: { waitMs: 200 } } }));
  const file = join((await stage.engine.show("stubborn")).cwd, "child");
  await stage.until("stubborn", ({ state }) => state === "running" && existsSync(file) && readFileSync(file, "utf8").endsWith("\n"));
  const child = Number(readFileSync(file, "utf8"));
  await stage.engine.stop(["stubborn"], "hong");
  assert.deepEqual([(await stage.status("stubborn")).lastExit?.signal, isAlive(child)], ["SIGKILL", false]);
});

test("processes: two that are called alike but for what a file system makes of it keep apart", async () => {
  await using stage = await engineStage(plan({ "수집..": { command: ["/bin/sh", "-c", "echo one > mine; exec sleep 1000"] }, "수집.": { command: ["/bin/sh", "-c", "echo two > mine; exec sleep 1000"] } }));
  const cwds = [(await stage.engine.show("수집..")).cwd, (await stage.engine.show("수집.")).cwd];
  for (const [index, word] of ["one", "two"].entries()) await stage.until("수집.", () => existsSync(join(cwds[index] ?? "", "mine")) && readFileSync(join(cwds[index] ?? "", "mine"), "utf8") === `${word}\n`);
});

test("processes: one that has more than its limits allow is ended with its tree, and that is told", { skip: process.platform === "win32" ? "needs a POSIX shell" : false }, async () => {
  const crowd = "for i in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done; wait";
  await using stage = await engineStage(plan({ crowd: { command: ["/bin/sh", "-c", crowd], limits: { processesMax: 3 } } }));
  const status = await stage.until("crowd", ({ lastExit }) => lastExit !== undefined);
  assert.equal(status.lastExit?.reason, "it had more processes than `limits: processes` allows");
});

test("processes: a probe that is a program, and what it leaves running, end without the process it asks after", { skip: process.platform === "win32" ? "needs a POSIX shell" : false }, async () => {
  const probe = ["/bin/sh", "-c", "sleep 1000 & echo $! >> probes; echo well"] as const;
  await using stage = await engineStage(plan({ web: { command: ["sleep", "1000"], health: { ...HEALTH, type: "exec", command: probe } } }));
  const file = join((await stage.engine.show("web")).cwd, "probes");
  const { instances } = await stage.until("web", ({ state }) => state === "running" && existsSync(file) && 3 <= readFileSync(file, "utf8").trim().split("\n").length);
  const { instances: later, restarts } = await stage.status("web");
  assert.deepEqual([later[0]?.pid, restarts], [instances[0]?.pid, 0]);
  await stage.engine.stop(["web"], "hong");
  const left = readFileSync(file, "utf8").trim().split("\n").map(Number).filter((pid) => isAlive(pid));
  assert.ok(left.length <= 1, "but for the one that was under way");
});
