import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UsageError } from "#base/errors.ts";
import { createLog, forwardingLog } from "./log.ts";
import type { LogOptions, LogRecord } from "./log.ts";
import { prettyLine } from "./log-console.ts";

/** A log whose console lines are kept, on a clock that the test moves. */
function testLog(options: Partial<LogOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const clock = { now: 1_790_000_000_000 };
  const log = createLog({
    level: "info",
    now: () => clock.now,
    console: { level: "debug", format: "json", hasColor: false, write: (text) => void lines.push(JSON.parse(text) as Record<string, unknown>) },
    ...options,
  });
  return { log, lines, clock };
}

function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), "dure-log-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

test("log: what repeats is said once, then counted; numbers alone make no difference", () => {
  const { log, lines, clock } = testLog();
  for (let attempt = 1; attempt <= 5; attempt += 1) log.warn("batch refused", { pipeline: "web", attempt, error: new Error("connect ECONNREFUSED") });
  log.warn("batch refused", { pipeline: "games", attempt: 1 });
  assert.deepEqual(lines.map(({ pipeline, attempt, suppressed }) => ({ pipeline, attempt, suppressed })), [
    { pipeline: "web", attempt: 1, suppressed: undefined },
    { pipeline: "games", attempt: 1, suppressed: undefined },
  ]);
  clock.now += 10_001;
  log.info("something else");
  assert.deepEqual(lines.slice(2).map(({ message, attempt, suppressed }) => ({ message, attempt, suppressed })), [
    { message: "batch refused", attempt: 5, suppressed: 4 },
    { message: "something else", attempt: undefined, suppressed: undefined },
  ]);
  log.warn("batch refused", { pipeline: "web", attempt: 6, error: new Error("connect ECONNREFUSED") });
  log.close();
  assert.equal(lines.at(-1)?.["suppressed"], 1, "what was still held back is said at the end");
});

test("log: a clock that is set back silences nothing for the hours that it was", () => {
  const { log, lines, clock } = testLog();
  log.warn("batch refused", { attempt: 1 });
  log.warn("batch refused", { attempt: 2 });
  clock.now -= 9 * 3_600_000;
  log.warn("batch refused", { attempt: 3 });
  assert.deepEqual(lines.map(({ attempt, suppressed }) => ({ attempt, suppressed })), [{ attempt: 1, suppressed: undefined }, { attempt: 2, suppressed: 1 }]);
  log.close();
});

test("log: details are never held back, and records below the level are dropped", () => {
  const { log, lines } = testLog();
  log.debug("read", { bytes: 1 });
  log.debug("read", { bytes: 1 });
  assert.equal(lines.length, 2);
  const quiet = testLog({ console: { level: "warn", format: "json", hasColor: false, write: () => assert.fail("nothing is to be said") } });
  quiet.log.info("started");
});

test("log: thousands of different failures hold a bounded number of windows, and none is lost", () => {
  const { log, lines } = testLog();
  for (let file = 0; file < 3000; file += 1) log.warn("cannot read", { path: `/var/log/${"x".repeat(file % 7)}${file}.log` });
  for (let file = 0; file < 3000; file += 1) log.warn("cannot read", { path: `/var/log/${"x".repeat(file % 7)}${file}.log` });
  log.close();
  const said = lines.reduce((sum, { suppressed }) => sum + (typeof suppressed === "number" ? suppressed : 1), 0);
  assert.equal(said, 6000);
});

test("log: no secret gets out, however deep it sits", () => {
  const { log, lines } = testLog();
  log.error("refused", {
    password: "hunter2",
    options: { tls: { key_password: "hunter2" }, shared_key: "hunter2", sharedKey: "hunter2", api_key: "hunter2", tokens: [{ token: "hunter2" }], headers: { Authorization: "Bearer hunter2" } },
    url: "mysql://app:hunter2@127.0.0.1/logs",
    error: new UsageError("cannot log in to http://me:hunter2@host/", { cause: new Error("ftp://me:hunter2@host"), hint: "see http://me:hunter2@host" }),
    password_file: "/etc/dure/key",
    has_password: true,
  });
  const text = JSON.stringify(lines);
  assert.ok(!text.includes("hunter2"), text);
  assert.ok(text.includes("/etc/dure/key"), "a path is no secret");
  assert.ok(text.includes("127.0.0.1/logs"), "the rest of the address stays");
});

test("log: circles, depths and odd values do no harm", () => {
  const { log, lines } = testLog();
  const circle: Record<string, unknown> = { big: 10n, not: Number.NaN, when: new Date(0), bytes: new Uint8Array(3), nothing: undefined, call: () => 1 };
  circle["self"] = circle;
  log.info("odd", circle);
  assert.equal(lines[0]?.["big"], "10");
  assert.equal(lines[0]?.["when"], "1970-01-01T00:00:00.000Z");
  assert.equal(lines[0]?.["bytes"], "[3 bytes]");
});

test("log: the file rotates by size and keeps as many as it is told", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "logs", "dure.log");
  const log = createLog({ level: "info", file: { path, bytesMax: 1000, filesMax: 3 } });
  for (let number = 0; number < 100; number += 1) log.info("a fact", { name: `record ${number}` });
  log.close();
  assert.deepEqual(readdirSync(join(folder.path, "logs")).sort(), ["dure.log", "dure.log.1", "dure.log.2"]);
  for (const name of readdirSync(join(folder.path, "logs"))) assert.ok(statSync(join(folder.path, "logs", name)).size <= 1000);
  const lines = ["dure.log.2", "dure.log.1", "dure.log"].flatMap((name) => readFileSync(join(folder.path, "logs", name), "utf8").trimEnd().split("\n"));
  const numbers = lines.map((line) => Number((JSON.parse(line) as { name: string }).name.slice(7)));
  assert.deepEqual(numbers, Array.from(numbers, (_, index) => 100 - numbers.length + index), "the newest, in order, none missing");
});

test("log: one file is a bound too, and a new start goes on with the old file", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "dure.log");
  for (let start = 0; start < 20; start += 1) {
    const log = createLog({ level: "info", file: { path, bytesMax: 300, filesMax: 1 } });
    log.info("started", { name: "x".repeat(30) });
    log.close();
  }
  assert.deepEqual(readdirSync(folder.path), ["dure.log"]);
  assert.ok(statSync(path).size <= 300);
});

test("log: another thread's records go on by posting, as they were said", () => {
  const posted: LogRecord[] = [];
  const other = forwardingLog((record) => void posted.push(structuredClone(record)), () => 7);
  other.warn("late", { waitMs: 3, error: new Error("no"), secret: "hunter2" });
  const { log, lines } = testLog();
  for (const record of posted) log.write(record);
  assert.equal(lines[0]?.["message"], "late");
  assert.equal(lines[0]?.["secret"], "[hidden]");
  assert.equal((lines[0]?.["error"] as { message: string } | undefined)?.message, "no");
  assert.equal(lines[0]?.["time"], "1970-01-01T00:00:00.007Z");
});

test("log: a child carries its fields, and closing it closes nothing", () => {
  const { log, lines } = testLog();
  const child = log.child({ pipeline: "web" });
  child.close();
  child.info("started", { step: "1" });
  log.close();
  log.close();
  child.info("never said");
  assert.deepEqual(lines.map(({ message, pipeline, step }) => [message, pipeline, step]), [["started", "web", "1"]]);
});

test("log: a pretty line says where, what and with which values", () => {
  const record: LogRecord = { time: new Date(2026, 10, 21, 21, 3, 11, 204).getTime(), level: "warn", message: "batch refused", fields: { pipeline: "웹", step: "3", attempt: 2, error: { message: "no answer", cause: { message: "ETIMEDOUT" } }, note: "two words" } };
  assert.equal(prettyLine(record, false), '21:03:11.204 WARN  웹 3  batch refused  attempt=2 error="no answer: ETIMEDOUT" note="two words"\n');
  assert.match(prettyLine(record, true), /\x1b\[33mWARN/);
  const twice = { message: "the table cannot be used: no such file", cause: { message: "no such file" } };
  assert.match(prettyLine({ ...record, fields: { error: twice } }, false), /error="the table cannot be used: no such file"\n$/);
});

test("what a peer says cannot steer the terminal of who reads the log", () => {
  const line = prettyLine({ time: 0, level: "warn", message: "refused \x1b[2J", fields: { pipeline: "웹\x9b", peer: "\x1b]0;x\x07", error: { message: "a\x7fb\u0085" } } }, false);
  assert.doesNotMatch(line.slice(0, -1), /[\x00-\x1f\x7f-\x9f]/);
  assert.match(line, /refused \\x1b\[2J {2}peer=\\x1b\]0;x\\x07/);
  assert.match(line, /웹\\x9b/);
});
