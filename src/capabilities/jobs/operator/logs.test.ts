import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { OperatorLogPlan } from "#kernel/config/jobs-plan.ts";
import { engineText, managementText, taskText, timeText } from "./log-lines.ts";
import type { EngineLine, TaskLine } from "./log-lines.ts";
import { openOldLogs } from "./logs.ts";

const TASK: TaskLine = { company: "1", channel: "ABCD1234", rule: "test.module:TestClass.callme", isSuccess: true, isAnswered: true, requestSize: 41, responseSize: 12, seconds: 0.0034 };
const ENGINE: EngineLine = { level: "INFO", logger: "operator", pid: 4711, thread: "jobs", where: "begin(engine.ts:70)", message: "jobs begun" };
const AT_MS = new Date(2017, 1, 21, 5, 3, 1, 7).getTime();

for (const [line, expected] of [
  [taskText(TASK), '[TASK] 1 ABCD1234 "test.module:TestClass:callme" True True 41 12 0.003'],
  [taskText({ ...TASK, rule: "m:f", isSuccess: false, isAnswered: false, responseSize: undefined, seconds: 12 }), '[TASK] 1 ABCD1234 "m:-:f" False False 41 - 12.000'],
  [taskText({ company: "-", channel: "-", rule: "-", isSuccess: false, isAnswered: false, seconds: 0.001 }), '[TASK] - - "-:-:-" False False - - 0.001'],
  [taskText({ ...TASK, company: 'a"\n[x', channel: "" }), '[TASK] a_[x - "test.module:TestClass:callme" True True 41 12 0.003'],
  [managementText({ action: "start", target: "worker", detail: "3(40)", isSuccess: true, isAnswered: true, seconds: 1.2346 }), '[MGMT] - - "start:worker:3(40)" True True - - 1.235'],
  [engineText(ENGINE), "[INFO] [operator] [4711] [jobs] [begin(engine.ts:70)] jobs begun"],
  [engineText({ ...ENGINE, level: "ERROR", message: "no\nroom", stack: "Error: no\n    at x" }), "[ERROR] [operator] [4711] [jobs] [begin(engine.ts:70)] no room\nError: no\n    at x"],
  [timeText(AT_MS), "2017-02-21 05:03:01,007"],
] as const)
  test(`old logs: ${expected}`, () => assert.equal(line, expected));

test("old logs: a task is one line, whatever its sender calls himself", () =>
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (company, channel) => assert.match(taskText({ ...TASK, company, channel }), /^\[TASK\] \S+ \S+ "test\.module:TestClass:callme" True True 41 12 0\.003$/u))));

async function room(change: Partial<OperatorLogPlan> = {}) {
  const dir = await mkdtemp(join(tmpdir(), "dure-old-logs-"));
  const said: string[] = [];
  const tell = (message: string, fields?: Record<string, unknown>): void => void said.push(`${message} ${JSON.stringify(fields)}`);
  const logs = openOldLogs({ dir: join(dir, "logs"), prefix: "operator", level: "DEBUG", isRotated: false, fileBytesMax: 10 << 20, filesMax: 10, isAllInOne: false, ...change }, { now: () => AT_MS, log: { warn: tell, info: tell } });
  const read = (name: string): Promise<string> => readFile(join(dir, "logs", name), "utf8");
  return {
    dir,
    logs,
    said,
    read,
    async [Symbol.asyncDispose]() {
      await logs.close();
      await rm(dir, { recursive: true });
    },
  };
}

test("old logs: engine, access and error have a file each; an error is in two of them", async () => {
  await using at = await room();
  at.logs.engine(ENGINE);
  at.logs.engine({ ...ENGINE, level: "ERROR", message: "broken", stack: "Error: broken\n    at x" });
  at.logs.task(TASK);
  at.logs.management({ action: "stop", target: "all", detail: "", isSuccess: true, isAnswered: true, seconds: 0 });
  await at.logs.close();
  const time = "[2017-02-21 05:03:01,007]";
  assert.equal(await at.read("operator_engine.log"), `${time} [INFO] [operator] [4711] [jobs] [begin(engine.ts:70)] jobs begun\n${time} [ERROR] [operator] [4711] [jobs] [begin(engine.ts:70)] broken\n`);
  assert.equal(await at.read("operator_error.log"), `${time} [ERROR] [operator] [4711] [jobs] [begin(engine.ts:70)] broken\nError: broken\n    at x\n`);
  assert.equal(await at.read("operator_access.log"), `${time} [TASK] 1 ABCD1234 "test.module:TestClass:callme" True True 41 12 0.003\n${time} [MGMT] - - "stop:all:" True True - - 0.000\n`);
});

test("old logs: all in one is one file, and an error stands in it once", async () => {
  await using at = await room({ isAllInOne: true });
  at.logs.task(TASK);
  at.logs.engine({ ...ENGINE, level: "ERROR", stack: "Error" });
  await at.logs.flush();
  assert.deepEqual(await readdir(join(at.dir, "logs")), ["operator_all.log"]);
  assert.equal((await at.read("operator_all.log")).split("\n").length, 4);
});

for (const [level, lines] of [["NOTSET", 0], ["CRITICAL", 1], ["ERROR", 2], ["WARNING", 3], ["INFO", 4], ["DEBUG", 5]] as const)
  test(`old logs: at ${level} ${lines} of five levels are written`, async () => {
    await using at = await room({ level, isAllInOne: true });
    for (const each of ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"] as const) at.logs.engine({ ...ENGINE, level: each });
    await at.logs.flush();
    assert.equal((await at.read("operator_all.log").catch(() => "")).split("\n").length - 1, lines);
  });

test("old logs: a full file is moved aside, and the oldest deleted; no line is cut or lost before that", async () => {
  await using at = await room({ isRotated: true, fileBytesMax: 1000, filesMax: 3 });
  for (let round = 0; round < 4; round++) {
    for (let number = 0; number < 10; number++) at.logs.task({ ...TASK, channel: `길동-${round * 10 + number}` });
    await at.logs.flush();
  }
  const names = (await readdir(join(at.dir, "logs"))).toSorted();
  assert.deepEqual(names, ["operator_access.log", "operator_access.log.1", "operator_access.log.2", "operator_access.log.3"]);
  const text = (await Promise.all(names.toReversed().map(async (name) => at.read(name)))).join("");
  for (const name of names) assert.ok(Buffer.byteLength(await at.read(name)) <= 1000);
  const seen = [...text.matchAll(/길동-(\d+) /g)].map(([, number]) => Number(number));
  assert.deepEqual(seen, Array.from({ length: seen.length }, (_, index) => 40 - seen.length + index), "the newest, in their order");
  assert.ok(text.endsWith("0.003\n"));
});

test("old logs: on a full disk lines wait up to a bound, it is said once, and what was lost is counted", { skip: process.platform !== "linux" && "needs /dev/full" }, async () => {
  await using at = await room({ isAllInOne: true });
  at.logs.task(TASK);
  await at.logs.flush();
  const path = join(at.dir, "logs", "operator_all.log");
  await rm(path);
  await symlink("/dev/full", path);
  for (let number = 0; number < 60_000; number++) at.logs.task(TASK);
  await at.logs.flush();
  await at.logs.flush();
  assert.equal(at.said.filter((line) => line.includes("cannot be written")).length, 1);
  assert.match(at.said[0] ?? "", /operator_all\.log/);
  await rm(path);
  await at.logs.flush();
  const written = (await at.read("operator_all.log")).split("\n").length - 1;
  const [, lost] = /lostLines":(\d+)/.exec(at.said.at(-1) ?? "") ?? [];
  assert.equal(written + Number(lost), 60_000);
});
