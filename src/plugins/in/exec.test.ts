import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import iconv from "iconv-lite";
import type { z } from "zod";
import type { Input } from "#sdk/plugin.ts";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { exec } from "./exec.ts";

const never = new AbortController().signal;
const skip = process.platform === "win32" ? "needs a POSIX shell" : false;
type Options = z.input<(typeof exec)["options"]>;

const open = (context: TestContext, options: Options) => exec.open(exec.options.parse(options), context);
/** Pauses pass at once. */
const hasty = { now: () => Date.now(), pause: async () => {} };

/** The next `most` lines, or all to the end. */
async function lines(input: Input, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const got: string[] = [];
  while (got.length < most) {
    const delivery = await input.read(never);
    if (delivery === undefined) break;
    got.push(...recordsOf(delivery.batch).map(({ message }) => String(message)));
    delivery.batch.release();
  }
  return got;
}

/** Waits, with a bound, until it is so. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let turns = 0; turns < 6000; turns += 1) {
    if (isSo()) return;
    await delay(10);
  }
  assert.fail(`not within a minute: ${what}`);
}

const isRunning = (pid: number): boolean => {
  // A child that nobody has asked after is a zombie: ended, though its number is still taken.
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
};

for (const [what, command, expected] of [
  ["a shell command", "printf 'one\\n한글\\n'; echo two", ["one", "한글", "two"]],
  ["a list of words, without a shell", ["printf", "%s\\n", "a b", "$HOME", "'"], ["a b", "$HOME", "'"]],
  ["a last line without a newline", "printf 'a\\nb'", ["a", "b"]],
  ["NUL bytes", "printf 'a\\000b\\n'", ["a\0b"]],
  ["nothing", "true", []],
  ["the variables and the folder", "echo $GREETING; pwd -P | sed 's:.*/::'; echo $DURE_TAG", undefined],
] as const) {
  test(`exec input: ${what}`, { skip }, async () => {
    await using context = await testContext();
    const input = await open(context, { command: typeof command === "string" ? command : [...command] as [string, ...string[]], restart: "never", env: { GREETING: "안녕" } });
    assert.deepEqual(await lines(input), expected ?? ["안녕", context.configDir.replace(/.*\//, ""), "exec"]);
    await input.close();
    assert.equal(context.pool.usedBytes, 0);
  });
}

test("exec input: a program that speaks CP949 is understood, wherever its bytes are torn", { skip }, async () => {
  await using context = await testContext();
  await writeFile(join(context.dataDir, "said"), iconv.encode("똠방각하 펲시콜라\n".repeat(40_000), "cp949"));
  const input = await open(context, { command: "cat said", encoding: "cp949", restart: "never" });
  assert.deepEqual(new Set(await lines(input)), new Set(["똠방각하 펲시콜라"]));
  await input.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("exec input: a huge line is cut, counted and said once", { skip }, async () => {
  await using context = await testContext();
  const input = await open(context, { command: "for i in 1 2; do head -c 3000000 /dev/zero | tr '\\0' x; echo; done; echo after", max_line: 100, restart: "never" });
  assert.deepEqual(await lines(input), ["x".repeat(100), "x".repeat(100), "after"]);
  assert.equal(context.counts.get("lines_too_long_total"), 2);
  assert.equal(context.said.filter(({ message }) => message.includes("too long")).length, 1);
  await input.close();
});

test("exec input: many empty lines come in batches that what stands behind can bear, and none is lost", { skip }, async () => {
  await using context = await testContext();
  const input = await open(context, { command: "head -c 300000 /dev/zero | tr '\\0' '\\n'; echo after", restart: "never" });
  let rows = 0;
  let last: unknown;
  for (let delivery = await input.read(never); delivery !== undefined; delivery = await input.read(never)) {
    assert.ok(delivery.batch.rows <= 16_384, `${delivery.batch.rows} rows`);
    rows += delivery.batch.rows;
    last = recordsOf(delivery.batch).at(-1);
    delivery.batch.release();
  }
  assert.deepEqual([rows, last, context.pool.usedBytes], [300_001, { message: "after" }, 0]);
  await input.close();
});

test("exec input: with an interval it is run again and again, after the pause", { skip }, async () => {
  const pauses: number[] = [];
  await using context = await testContext({ clock: { now: () => Date.now(), pause: async (ms) => void pauses.push(ms) } });
  const input = await open(context, { command: "echo x >> runs; wc -l < runs | tr -d ' '", interval: "7s" });
  assert.deepEqual(await lines(input, 3), ["1", "2", "3"]);
  assert.deepEqual(pauses, [7000, 7000]);
  await input.close();
  await using trial = await testContext({ mode: "test" });
  assert.deepEqual(await lines(await open(trial, { command: "echo once", interval: "1h" })), ["once"]);
});

test("exec input: what ends is started again, each time after a longer pause, and bad ends are said once", { skip }, async () => {
  const pauses: number[] = [];
  await using context = await testContext({ clock: { now: () => Date.now(), pause: async (ms) => void pauses.push(ms) } });
  const input = await open(context, { command: "echo again; exit 3" });
  assert.equal((await lines(input, 6)).length, 6);
  await input.close();
  assert.equal(pauses.length, 5);
  assert.ok(pauses.every((ms, index) => 160 * 2 ** index <= ms && ms <= 240 * 2 ** index), `pauses of ${pauses.join(", ")} ms`);
  assert.equal(context.counts.get("exec_failures_total"), 5);
  assert.deepEqual(context.said.filter(({ level }) => level === "warn").map(({ fields }) => fields["ended"]), ["with 3"]);
});

for (const [restart, command, expected] of [
  ["on-failure", "echo x >> runs; test $(wc -l < runs) -eq 3 && echo third", ["third"]],
  ["never", "echo one; exit 1", ["one"]],
  ["never", "echo one; kill -9 $$", ["one"]],
] as const) {
  test(`exec input: restart ${restart}: ${command}`, { skip }, async () => {
    await using context = await testContext({ clock: hasty });
    const input = await open(context, { command, restart });
    assert.deepEqual(await lines(input), expected);
    assert.equal(await input.read(never), undefined, "an input that has ended stays so");
    assert.equal(context.counts.get("exec_failures_total"), restart === "never" ? 1 : 2);
    await input.close();
  });
}

test("exec input: a program that is not there is said, and tried again", { skip }, async () => {
  await using context = await testContext({ clock: hasty });
  const input = await open(context, { command: ["./made-later"] });
  const reading = lines(input, 1);
  await until("it failed twice", () => 1 < (context.counts.get("exec_failures_total") ?? 0));
  await writeFile(join(context.configDir, "made-later"), "#!/bin/sh\necho here\n", { mode: 0o755 });
  assert.deepEqual(await reading, ["here"]);
  await input.close();
  const said = context.said.filter(({ level }) => level === "warn").map(({ fields }) => String(fields["ended"]));
  assert.equal(said.filter((how) => how.includes("ENOENT")).length, 1);
});

test("exec input: what takes too long is ended with all it started; what it printed is kept", { skip }, async () => {
  // A busy machine may need longer than that to start a shell.
  for (let timeoutMs = 1000; ; timeoutMs *= 4) {
    await using context = await testContext();
    const input = await open(context, { command: "sleep 300 & echo $! > pid; echo before; printf half; touch begun; sleep 300", timeout: `${timeoutMs}ms`, restart: "never" });
    const got = await lines(input);
    await input.close();
    if (!existsSync(join(context.dataDir, "begun")) && timeoutMs < 60_000) continue;
    assert.deepEqual(got, ["before", "half"]);
    const pid = Number(readFileSync(join(context.dataDir, "pid"), "utf8"));
    await until("the grandchild is gone", () => !isRunning(pid));
    assert.deepEqual(context.said.filter(({ level }) => level === "warn").map(({ fields }) => fields["ended"]), [`not within ${timeoutMs} ms`]);
    return;
  }
});

test("exec input: a stop ends the waiting, and close ends all it started", { skip }, async () => {
  await using context = await testContext();
  const input = await open(context, { command: "sleep 300 & echo $!; wait" });
  const [pid = "0"] = await lines(input, 1);
  assert.ok(isRunning(Number(pid)));
  const stop = new AbortController();
  const waiting = input.read(stop.signal);
  stop.abort();
  assert.equal(await waiting, undefined);
  await input.close();
  await until("the grandchild is gone", () => !isRunning(Number(pid)));
  assert.equal(context.pool.usedBytes, 0);
});

test("exec input: a stop gives on what the command had printed, the line in the making too", { skip }, async () => {
  await using context = await testContext();
  const input = await open(context, { command: "printf 'one\\n하나'; sleep 1000" });
  assert.deepEqual(await lines(input, 1), ["one"]);
  const rest = await input.readRest?.(never);
  assert.deepEqual(rest === undefined ? [] : recordsOf(rest.batch), [{ message: "하나" }]);
  rest?.batch.release();
  assert.equal(await input.readRest?.(never), undefined);
  await input.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("exec input: while memory is full the program has to wait, its time stands still, and no line is lost", { skip }, async () => {
  await using context = await testContext();
  const pool = context.pool.memory.pool(1 << 20);
  const held = pool.take((1 << 20) - 64);
  const input = await exec.open(exec.options.parse({ command: "touch started; seq 1 300000; touch done", restart: "never", timeout: "60s" }), { ...context, pool });
  const reading = lines(input);
  await until("it has begun", () => existsSync(join(context.dataDir, "started")));
  assert.ok(pool.usedBytes <= 1 << 20, "nothing is taken beyond the limit");
  assert.equal(existsSync(join(context.dataDir, "done")), false, "the program is held up");
  held.release();
  assert.deepEqual(await reading, Array.from({ length: 300_000 }, (_, index) => String(index + 1)));
  await input.close();
  assert.equal(pool.usedBytes, 0);
});

test("exec input: its standard error is logged in lines, shortened, and not without end", { skip }, async () => {
  await using context = await testContext();
  const input = await open(context, { command: "printf '경고\\n' >&2; head -c 100000 /dev/zero | tr '\\0' e >&2; echo >&2; seq 1 500 >&2; echo out", restart: "never" });
  assert.deepEqual(await lines(input), ["out"]);
  await input.close();
  await until("all of it is counted", () => context.counts.get("exec_stderr_lines_total") === 502);
  const said = context.said.map(({ fields }) => fields["line"]);
  assert.deepEqual(said.slice(0, 3), ["경고", "e".repeat(500), "1"]);
  assert.equal(said.length, 10);
});

test("exec input: what dure validate says", { skip }, async () => {
  const ask = (options: Options) => exec.checkEnvironment?.(exec.options.parse(options), { configDir: "/", signal: never });
  assert.deepEqual(await ask({ command: ["sh", "-c", "true"] }), []);
  assert.deepEqual(await ask({ command: "anything | else" }), []);
  assert.match((await ask({ command: ["no-such-program-here"] }))?.[0]?.en ?? "", /no-such-program-here is not found/);
  assert.match((await ask({ command: "true", cwd: "/no-such-folder" }))?.[0]?.ko ?? "", /폴더가 없습니다/);
});

test("exec input: options that contradict are refused at their place", () => {
  const refused = exec.options.safeParse({ command: "x", interval: "1s", restart: "never" });
  assert.deepEqual(refused.error?.issues.map(({ path }) => path), [["restart"]]);
  for (const odd of [{}, { command: "" }, { command: [] }, { command: "x", timeout: "0s" }, { command: "x", encoding: "klingon" }]) assert.equal(exec.options.safeParse(odd).success, false);
  assert.deepEqual(exec.options.parse({ command: ["a", "b"] }).command, ["a", "b"]);
});
