// What is left when an agent is killed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { endLeftOvers, findLeftOvers } from "#base/child/left-overs.ts";
import { flowPlan, holderPrefix, plan, stage, until } from "./flows.testing.ts";

const DRIVER = fileURLToPath(new URL("flows-driver.testing.ts", import.meta.url));
const HAS_FIFOS = process.platform === "linux" || process.platform === "darwin";
const TRIALS = Number(process.env["DURE_FLOW_TRIALS"] ?? 8);
const COUNT = TRIALS * 4000;
/** At each of three stages, and with who sends. */
const IN_FLIGHT_MAX = 4;

test("agent and children are killed again and again: no event is lost, and only what was in flight comes twice", { skip: !HAS_FIFOS && "no named pipes", timeout: 600_000 }, async (t) => {
  const seed = Number(process.env["DURE_SEED"] ?? Date.now() % 1e9);
  t.diagnostic(`seed ${seed}`);
  const dir = mkdtempSync(join(tmpdir(), "dure-killed-"));
  mkdirSync(join(dir, "flows"));
  try {
    let kills = 0;
    for (let run = 0; ; run += 1) {
      const child = spawn(process.execPath, [DRIVER, dir, String(seed + run), String(COUNT)], { stdio: ["ignore", "inherit", "inherit"] });
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      // Killed after it has done something, at no moment in particular.
      const waitMs = 400 + ((seed * (run + 7)) % 900);
      const timer = run < TRIALS ? setTimeout(() => child.kill("SIGKILL"), waitMs) : undefined;
      const code = await ended;
      clearTimeout(timer);
      if (code === 0) break;
      assert.equal(code, null, `the driver ended with ${code}`);
      kills += 1;
    }
    const arrived = readFileSync(join(dir, "end"), "utf8").split("\n").filter((line) => line !== "");
    const numbers = arrived.map((line) => Number(/^21 (\d+)$/.exec(line)?.[1]));
    assert.deepEqual([...new Set(numbers)].sort((one, other) => one - other), Array.from({ length: COUNT }, (_, index) => index + 1));
    const childrenKilled = readFileSync(join(dir, "ends"), "utf8").length;
    assert.ok(numbers.length - COUNT <= kills * IN_FLIGHT_MAX + childrenKilled, `${numbers.length - COUNT} came twice, of ${kills} agents and ${childrenKilled} children killed`);
    t.diagnostic(`${kills} agents killed, ${arrived.length - COUNT} of ${COUNT} came twice, ${childrenKilled} children killed`);
  } finally {
    await endLeftOvers(await findLeftOvers(holderPrefix(join(dir, "flows"))), { signal: "SIGKILL", waitMs: 0 });
    for (const pid of existsSync(join(dir, "pids")) ? readFileSync(join(dir, "pids"), "utf8").split("\n").filter((line) => line !== "") : []) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // It has gone.
      }
    }
    rmSync(dir, { recursive: true, force: true });
  }
});

test("what a source had printed when the agent was killed is read by the next one, to the last whole line", { skip: !HAS_FIFOS && "no named pipes" }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "dure-salvage-"));
  const flow = flowPlan("broad", "source", "end");
  try {
    const before = await stage(plan({ source: {}, end: { queue: { eventsMax: 1, bytesMax: 1 << 20 } } }, [flow]), { dir });
    const numbers = Array.from({ length: 1500 }, (_, index) => `number ${index} ${"x".repeat(index % 40)}`);
    // It prints one line and the half of another; when the queue is full and nobody reads it any more, the rest, and the half of one that never ends.
    const script = `const all = Array.from({ length: 1500 }, (_, i) => 'number ' + i + ' ' + 'x'.repeat(i % 40)).join('\\n') + '\\nhalf';
      process.stdout.write(all.slice(0, 15)); process.stdin.once('data', () => process.stdout.write(all.slice(15), () => console.error('done')))`;
    const { child } = await before.start("source", [process.execPath, "-e", script]);
    await until("the queue is full", () => before.flows.queues()[1]?.isFull === true);
    await before.flows.send("source", "go on", AbortSignal.timeout(60_000));
    await until("all is printed", () => before.flows.lines("source", 10).some(({ text }) => text === "done"));
    assert.equal(before.flows.queues()[1]?.own, 1);
    await before.flows.close();
    // The agent before is gone from here on; its child is not.
    const after = await stage(plan({ source: {}, end: {} }, [flow]), { dir });
    const { finish } = await after.flows.salvage();
    assert.equal(after.flows.queues()[1]?.own, numbers.length);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    await finish();
    await after.start("end", ["cat"]);
    await until("all is through", () => after.flows.queues()[1]?.eventsOut === numbers.length);
    assert.deepEqual(after.flows.lines("end", 1000).filter(({ stream }) => stream === "stdout").map(({ text }) => text), numbers.slice(-1000));
    await after[Symbol.asyncDispose]();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("what an agent had read when it was killed, and not told its journal, is an event all the same; what it had told is none again", { skip: !HAS_FIFOS && "no named pipes" }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "dure-landing-"));
  const one = plan({ source: {}, end: {} }, [flowPlan("broad", "source", "end")]);
  try {
    const before = await stage(one, { dir });
    const { child, settled } = await before.start("source", ["/bin/sh", "-c", "echo one; exec sleep 600"]);
    await until("it is told", () => before.flows.queues()[1]?.own === 1);
    await before.flows.close();
    child.kill("SIGKILL");
    await settled;
    // As the kill leaves it: a chunk lies there under the next number, and is in no journal.
    const landing = join(dir, "fifo", "source.1.read");
    const file = readFileSync(landing);
    const told = file.readDoubleLE(0) - 1;
    file.write("two\nthree\nhal", 4096);
    for (const [chunk, waiting] of [[told + 1, 3], [told, 3]] as const) {
      file.writeDoubleLE(chunk, 0);
      writeFileSync(landing, file);
      await using after = await stage(one, { dir });
      const { finish } = await after.flows.salvage();
      await finish();
      assert.equal(after.flows.queues()[1]?.own, waiting);
    }
    await using last = await stage(one, { dir });
    await last.start("end", ["cat"]);
    await until("all is through", () => last.flows.queues()[1]?.eventsOut === 3);
    assert.deepEqual(last.flows.lines("end", 10).filter(({ stream }) => stream === "stdout").map(({ text }) => text), ["one", "two", "three"]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
