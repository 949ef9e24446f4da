import assert from "node:assert/strict";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import iconv from "iconv-lite";
import type { z } from "zod";
import { TEST_FACTS, linesBatch, recordsBatch, recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { exec } from "./exec.ts";

const never = new AbortController().signal;
const skip = process.platform === "win32" ? "needs a POSIX shell" : false;

const open = (context: TestContext, options: z.input<(typeof exec)["options"]>, mode: "run" | "test" = "test") =>
  exec.open(exec.options.parse(options), { ...context, mode });
const textOf = (records: Record<string, unknown>[]) => records.map(({ message }) => message);

for (const [what, cmd] of [
  ["paths at the end", `sh -c 'tr a-z A-Z < "$1" > "$2"' sh`],
  ["placeholders", `tr a-z A-Z < {input} > "{output}"`],
  ["a list of words", ["sh", "-c", "tr a-z A-Z < $0 > $1", "{input}", "{output}"]],
  ["a list and paths at the end", ["sh", "-c", "tr a-z A-Z < $0 > $1"]],
] as const) {
  test(`exec: the result goes on as the stream (${what})`, { skip }, async () => {
    await using context = await testContext();
    const transform = await open(context, { cmd: typeof cmd === "string" ? cmd : [...cmd] });
    const result = await transform.apply(linesBatch(context.pool, "one\ntwo\n한글\n"), never);
    assert.ok(result !== undefined);
    assert.deepEqual(textOf(recordsOf(result)), ["ONE", "TWO", "한글"]);
    assert.equal(result.tag, "test");
    result.release();
    assert.deepEqual(await readdir(join(context.dataDir, "exec-1")), [], "no temporary file stays");
    await transform.close?.();
    assert.equal(context.pool.usedBytes, 0);
  });
}

test("exec: records go in as JSON lines and come back as records", { skip }, async () => {
  await using context = await testContext();
  const transform = await open(context, { cmd: "cp", result: "json", time_key: "" });
  const result = await transform.apply(
    recordsBatch(context.pool, [
      { name: "김서연", age: 41 },
      { name: "이도윤", age: 30 },
    ]),
    never,
  );
  assert.ok(result !== undefined);
  assert.deepEqual(recordsOf(result), [
    { name: "김서연", age: 41 },
    { name: "이도윤", age: 30 },
  ]);
  result.release();
});

test("exec: a program that speaks CP949 is understood", { skip }, async () => {
  await using context = await testContext();
  const transform = await open(context, { cmd: "cp", input_encoding: "cp949", output_encoding: "cp949" });
  const result = await transform.apply(linesBatch(context.pool, "똠방각하\n"), never);
  assert.ok(result !== undefined);
  assert.deepEqual(textOf(recordsOf(result)), ["똠방각하"]);
  result.release();
  const seen = await open(context, { cmd: `cp {input} ${context.dataDir}/seen`, result: "none", input_encoding: "cp949" });
  (await seen.apply(linesBatch(context.pool, "한\n"), never))?.release();
  assert.deepEqual(await readFile(join(context.dataDir, "seen")), iconv.encode("한\n", "cp949"));
});

test("exec: an empty result ends the stream there; `none` lets it go on as it was", { skip }, async () => {
  await using context = await testContext();
  const empty = await open(context, { cmd: ": > {output}" });
  assert.equal(await empty.apply(linesBatch(context.pool, "a\n"), never), undefined);
  const none = await open(context, { cmd: "test -s {input}", result: "none" });
  const result = await none.apply(linesBatch(context.pool, "a\n"), never);
  assert.deepEqual(textOf(recordsOf(result ?? assert.fail())), ["a"]);
  result?.release();
  assert.equal(context.pool.usedBytes, 0);
});

test("exec: a failure says how the command ended and what it said last", { skip }, async () => {
  await using context = await testContext();
  for (const [cmd, pattern] of [
    ["echo 'no such abuse' >&2; exit 3 #", /ended with 3: no such abuse/],
    ["/no/such/program", /ended with 127/],
    [["/no/such/program"], /cannot be started/],
    ["true", /made no output file.*result: none/],
  ] as const) {
    const transform = await open(context, { cmd: typeof cmd === "string" ? cmd : [...cmd] });
    await assert.rejects(async () => transform.apply(linesBatch(context.pool, "a\n"), never), pattern);
  }
  assert.equal(context.pool.usedBytes, 0);
  assert.deepEqual(await readdir(join(context.dataDir, "exec-1")), []);
});

test("exec: outside a test run a failing command is run again until it succeeds, with the same batch", { skip }, async () => {
  await using context = await testContext();
  const flaky = { ...context.clock, pause: async () => {} };
  const transform = await exec.open(exec.options.parse({ cmd: `echo x >> ${context.dataDir}/tries; test $(wc -l < ${context.dataDir}/tries) -ge 3 && cp` }), {
    ...context,
    clock: flaky,
  });
  const result = await transform.apply(linesBatch(context.pool, "again\n"), never);
  assert.deepEqual(textOf(recordsOf(result ?? assert.fail())), ["again"]);
  result?.release();
  assert.equal(context.counts.get("exec_failures_total"), 2);
  assert.equal(context.said.filter(({ level }) => level === "warn").length, 1, "an outage is said once");
});

test("exec: at its time limit, and when the pipeline stops, everything the command started ends", { skip }, async () => {
  await using context = await testContext();
  const startIn = async (pids: string, timeout: string, signal: AbortSignal): Promise<{ applied: Promise<unknown> }> => {
    const cmd = `(sleep 300 & echo $! >> ${pids}; wait) & echo $! >> ${pids}; sleep 301 #`;
    const transform = await open(context, { cmd, timeout });
    return { applied: Promise.resolve(transform.apply(linesBatch(context.pool, "a\n"), signal)) };
  };
  // A busy machine may need longer than that to start a shell.
  for (let [timeoutMs, started] = [500, 0]; started < 2; timeoutMs *= 5) {
    const pids = join(context.dataDir, `pids-${timeoutMs}`);
    const { applied } = await startIn(pids, `${timeoutMs}ms`, never);
    await assert.rejects(applied, new RegExp(`did not end within ${timeoutMs} ms`));
    const there = await lines(pids, 0);
    for (const pid of there) await gone(Number(pid));
    started = there.length;
    assert.ok(timeoutMs < 60_000 || started === 2, "the command did not start");
  }
  const stop = new AbortController();
  const { applied } = await startIn(join(context.dataDir, "pids"), "60s", stop.signal);
  const there = await lines(join(context.dataDir, "pids"), 2);
  stop.abort();
  await assert.rejects(applied, /stopped/);
  for (const pid of there) await gone(Number(pid));
  assert.equal(context.pool.usedBytes, 0);
});

test("exec: what a crash left behind is gone at the next start, and a result that is too big is refused", { skip }, async () => {
  await using context = await testContext();
  const first = await open(context, { cmd: "cp", result_max: 10 });
  await writeFile(join(context.dataDir, "exec-1", "7.in"), "left behind");
  const second = await open(context, { cmd: "cp", result_max: 10 });
  assert.deepEqual(await readdir(join(context.dataDir, "exec-1")), []);
  await assert.rejects(async () => second.apply(linesBatch(context.pool, "more than ten bytes\n"), never), /over result_max/);
  await first.close?.();
});

async function lines(path: string, count: number): Promise<string[]> {
  for (const end = Date.now() + 60_000; ; await delay(5)) {
    const found = (await readFile(path, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
    if (count <= found.length) return found;
    assert.ok(Date.now() < end, "the command did not start");
  }
}

async function gone(pid: number): Promise<void> {
  for (const end = Date.now() + 60_000; ; await delay(5)) {
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    if (state === undefined ? !isAlive(pid) : /\) Z /.test(state)) return;
    assert.ok(Date.now() < end, `process ${pid} still runs`);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("exec: a tag from the network with a NUL, or without an end, does not keep the command from running", { skip }, async () => {
  await using context = await testContext();
  const transform = await open(context, { cmd: ["sh", "-c", 'printf "%s" "$DURE_TAG" > "$2"', "sh"] });
  for (const [tag, seen] of [["a\0b", "a_b"], ["가".repeat(100_000), "가".repeat(1000)]] as const) {
    const result = await transform.apply(linesBatch(context.pool, "x\n", { ...TEST_FACTS, tag }), never);
    assert.deepEqual(result === undefined ? [] : textOf(recordsOf(result)), [seen]);
    assert.equal(result?.tag, tag);
    result?.release();
  }
  await transform.close?.();
  assert.equal(context.pool.usedBytes, 0);
});

test("exec: while its input cannot be written it is tried again, and holds no memory meanwhile", { skip }, async () => {
  await using context = await testContext();
  const transform = await open(context, { cmd: "cp" });
  await rm(join(context.dataDir, "exec-1"), { recursive: true });
  await assert.rejects(async () => transform.apply(linesBatch(context.pool, "x\n"), never), /ENOENT/);
  await transform.close?.();
  assert.equal(context.pool.usedBytes, 0);
});
