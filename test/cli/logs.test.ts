// `dure logs`: the agent's log file and those it was rotated into.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync } from "node:fs";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { createLog } from "#kernel/log.ts";
import { folder, until } from "./run-dure.ts";
import type { Folder } from "./run-dure.ts";

const CONFIG = "pipelines:\n  웹: [in.FakeData, out.Null]\n";

/** Writes as an agent does; small files, so that they rotate. */
function logOf(here: Folder, { bytesMax = 1000, filesMax = 1000, now = Date.now }: { bytesMax?: number; filesMax?: number; now?: () => number } = {}) {
  return createLog({ level: "debug", file: { path: here.file(".dure", "dure.log"), bytesMax, filesMax }, now });
}

const numbersOf = (stdout: string): number[] => [...stdout.matchAll(/name=n(\d+)/g)].map(([, number]) => Number(number));

test("logs: the lines of all files in order, the last ones unless more is asked for", async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const log = logOf(here);
  for (let number = 0; number < 250; number += 1) log.info("a fact", { name: `n${number}` });
  log.close();
  const [usual, ten, none, all] = await Promise.all([here.dure(["logs"]), here.dure(["logs", "-n", "10"]), here.dure(["logs", "-n", "0"]), here.dure(["logs", "--since", "1h"])]);
  assert.deepEqual(numbersOf(usual.stdout), Array.from({ length: 100 }, (_, index) => 150 + index), usual.stderr);
  assert.deepEqual(numbersOf(ten.stdout), Array.from({ length: 10 }, (_, index) => 240 + index));
  assert.equal(none.stdout, "");
  assert.deepEqual(numbersOf(all.stdout), Array.from({ length: 250 }, (_, index) => index));
  assert.match(ten.stdout, /^\d{4}-\d\d-\d\d\n\d\d:\d\d:\d\d\.\d{3} info {2}a fact {2}name=n240\n/, "as on the console, below its date");
});

test("logs: by time, level, pipeline and text; as JSON; what is no record is shown, and can do nothing to a terminal", async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  let clock = Date.parse("2026-01-02T15:04:05.000Z"); // That day, wherever one is.
  const log = logOf(here, { now: () => clock });
  log.info("old", { pipeline: "웹" });
  clock = Date.now();
  log.debug("detail", { pipeline: "웹" });
  log.warn("batch refused", { pipeline: "웹", step: "2", error: new Error("connect ECONNREFUSED") });
  log.error("batch refused", { pipeline: "게임" });
  log.info("\x1b]0;taken\x07over", { value: "\x1b[2J" });
  log.close();
  mkdirSync(here.file(".dure"), { recursive: true });
  appendFileSync(here.file(".dure", "dure.log"), 'a line of \x1b[31msomebody else\n{"time":"2026-01');
  const shown = async (...args: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await here.dure(["logs", ...args]);
    assert.equal(code, exitCode.done, stderr);
    return stdout.split("\n").filter((line) => line !== "" && !/^\d{4}-\d\d-\d\d$/.test(line));
  };
  const all = await shown();
  assert.equal(all.length, 7);
  assert.deepEqual(all.slice(5), ["a line of �[31msomebody else", '{"time":"2026-01']);
  assert(!all.join("").includes("\x1b"), "no sequence reaches the terminal");
  assert.equal((await shown("--since", "1h")).length, 4);
  assert.equal((await shown("--since", "2026-01-02")).length, 5);
  assert.equal((await shown("--level", "warn")).length, 2);
  assert.equal((await shown("--pipeline", "웹", "--level", "warn"))[0]?.slice(13), 'WARN  웹 2  batch refused  error="connect ECONNREFUSED"');
  assert.equal((await shown("--grep", "econnrefused")).length, 1);
  assert.equal((await shown("--regex", "econn\\w+\"")).length, 1);
  assert.equal((await here.dure(["logs", "--regex", "(a"])).code, exitCode.wrongUse);
  const [record] = (await shown("--json", "--pipeline", "게임")).map((line) => (JSON.parse(line) as { record: Record<string, unknown> }).record);
  assert.deepEqual([record?.["level"], record?.["message"]], ["error", "batch refused"]);
});

test("logs: of pipelines by their names; a name that is none is refused, and nothing to show is said", async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG.replace("out.Null]", "out.Null]\n  게임: [in.FakeData, out.Null]\n  조용: [in.FakeData, out.Null]"));
  const log = logOf(here);
  for (const [name, pipeline] of [["n1", "웹"], ["n2", "게임"], ["n3", "옛날"], ["n4", "웹"]] as const) log.info("a fact", { name, pipeline });
  log.close();
  const logs = (...args: string[]) => here.dure(["logs", ...args]);
  assert.deepEqual(numbersOf((await logs("웹")).stdout), [1, 4]);
  assert.deepEqual(numbersOf((await logs("웹".normalize("NFD"), "게임", "dure.yml")).stdout), [1, 2, 4], "several, and the config among them");
  assert.deepEqual(numbersOf((await logs("옛날")).stdout), [3], "what the config has no more may have lines");
  const quiet = await logs("조용");
  assert.deepEqual([quiet.code, quiet.stdout], [exitCode.done, ""]);
  assert.match(quiet.stderr, /no line of .*dure\.log fits/);
  assert.equal((await logs("조용", "--json")).stderr, "");
  const [wrong, korean] = [await logs("조용히"), await logs("없음", "--lang", "ko")];
  assert.deepEqual([wrong.code, korean.code], [exitCode.wrongUse, exitCode.wrongUse]);
  assert.match(wrong.stderr, /no pipeline `조용히`\n +did you mean `조용`\?/);
  assert.match(korean.stderr, /`없음` 파이프라인이 없습니다\n +있는 것: 웹, 게임, 조용/);
});

test("logs -f: goes on through rotation, truncation and a file that comes later, until it is interrupted", { skip: process.platform === "win32" && "the tests stop it by a signal" }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const following = here.spawn(["logs", "-f"]);
  await following.printed(/there is no log yet: it would be .*dure\.log/);
  const log = logOf(here, { bytesMax: 3000 });
  const wanted = Array.from({ length: 2000 }, (_, index) => index);
  for (const number of wanted) {
    log.info("a fact", { name: `n${number}` });
    if (number % 100 === 99) await new Promise(setImmediate);
    if (number === 999) await following.printed(/name=n999\b/);
  }
  log.close();
  await following.printed(/name=n1999\b/);
  here.write(".dure/dure.log", ""); // As an operator's `> dure.log` does.
  appendFileSync(here.file(".dure", "dure.log"), `${JSON.stringify({ time: new Date().toISOString(), level: "info", message: "after", name: "n2000" })}\n`);
  await following.printed(/name=n2000\b/);
  following.child.kill("SIGINT");
  const { code, stdout } = await following.ended;
  assert.equal(code, exitCode.interrupted);
  assert.deepEqual(numbersOf(stdout), [...wanted, 2000], "each once, in order");
});

test("logs: of a real agent, with a config that was broken since", { skip: process.platform === "win32" && "the tests stop agents by signals" }, async () => {
  await using here = folder();
  here.write("dure.yml", "agent: { log: { file: own.log } }\npipelines:\n  웹: [in.FakeData: { count: 0, rate: 10 }, out.Null]\n");
  const missing = await here.dure(["logs"]);
  assert.equal(missing.code, exitCode.failed);
  assert.match(missing.stderr, /there is no log yet: it would be .*own\.log[^]*agent\.log\.file/);
  const agent = here.spawn(["run"]);
  await until(async () => (await here.dure(["logs"])).stdout !== "", "the agent has said something");
  agent.child.kill("SIGTERM");
  await agent.ended;
  here.write("dure.yml", "pipelines: {");
  const broken = await here.dure(["logs"]);
  assert.equal(broken.code, exitCode.configInvalid);
  assert.match(broken.stderr, /cannot be told where the log is/);
  here.write(".dure/dure.log", "a line\n");
  assert.equal((await here.dure(["logs"])).stdout, "a line\n");
  const wrong = await here.dure(["logs", "-n", "ten"]);
  assert.equal(wrong.code, exitCode.wrongUse);
});
