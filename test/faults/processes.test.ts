// Programs that behave badly, kept by the whole agent: they cost neither its memory nor its stop, and leave nobody behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { folder, until } from "../cli/run-dure.ts";
import { startAgent } from "./agent.ts";
import { processesWithArgument } from "./processes-with.ts";

/** A gigabyte as a soak. */
const ENDLESS_MIB = Number(process.env["DURE_ENDLESS_MIB"] ?? 256);
const onLinux = { timeout: 240_000, skip: process.platform !== "linux" && "looks into /proc" };

test("a fork bomb above its limit, one that ignores SIGTERM with a grandchild that has left its session: a stop ends them all", onLinux, async () => {
  await using dir = folder();
  const mark = String(100_000_000 + process.pid);
  const processes = {
    bomb: { command: `for i in $(seq 200); do sleep ${mark} & done; wait`, limits: { processes: 20 }, restart: { first: "10ms", attempts: 2 } },
    stubborn: { command: `trap '' TERM; setsid sh -c "trap '' TERM; while :; do sleep ${mark}; done" & while :; do sleep ${mark}; done`, stop: { wait: "300ms" } },
  };
  const agent = startAgent(dir, {}, { agent: { data_dir: "./data" }, config: { http: false, processes } });
  await agent.logged(/more processes than|limits: processes/);
  await until(() => processesWithArgument(mark).length >= 2, "the stubborn one has a grandchild");
  await agent.stop();
  assert.equal(processesWithArgument(mark).length, 0);
});

test(`${ENDLESS_MIB} MiB without a line's end pass through the agent, and its memory stays`, onLinux, async () => {
  await using dir = folder();
  const processes = { endless: { command: `head -c ${ENDLESS_MIB * 1048576} /dev/zero | tr '\\0' x; echo; echo finished >&2; exit 3`, restart: "never" } };
  const agent = startAgent(dir, {}, { agent: { data_dir: "./data" }, config: { http: false, processes } });
  await agent.logged(/a process has ended.*endless|endless.*a process has ended/);
  assert.ok((agent.memoryMiB() ?? 0) < 400, `${agent.memoryMiB()} MiB`);
  await agent.stop();
});

test("a second agent on the same data folder says who runs, and does not start", { timeout: 240_000 }, async () => {
  await using dir = folder();
  const agent = startAgent(dir, {}, { agent: { data_dir: "./data" }, config: { http: false, processes: { one: { command: ["sleep", "1000"] } } } });
  await agent.logged(/agent started/);
  const second = await dir.dure(["run", "dure.yml", "--lang", "en"]);
  assert.equal(second.code, 75);
  assert.match(second.stderr, new RegExp(`another agent \\(process ${agent.pid}\\).*\\n.*dure stop`));
  // A pid file of its own does not give it the queues of the first.
  const sleeping = JSON.stringify({ agent: { data_dir: "./data", pid_file: "./other.pid" }, http: false, processes: { other: { command: ["sleep", "1000"] } } });
  const third = await dir.dure(["run", dir.write("other.yml", sleeping), "--lang", "en"]);
  assert.equal(third.code, 75);
  assert.match(third.stderr, new RegExp(`another agent \\(process ${agent.pid}\\)`));
  await agent.stop();
});
