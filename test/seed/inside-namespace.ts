// Runs inside the namespace that seed.test.ts makes: here 192.168.0.1, 169.168.0.2, /usr/bin/r and /tmp belong to the test.
import assert from "node:assert/strict";
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import iconv from "iconv-lite";
import { folder, ROOT, until } from "../cli/run-dure.ts";
import type { Folder, RunningDure } from "../cli/run-dure.ts";
import { startForwardReceiver } from "../receivers/forward-receiver.ts";
import { startMariaDb } from "../servers/mariadb.ts";

const SEED = join(ROOT, "test", "seed");
const FORWARD_PORT = 24_224;
const FAILED = "/tmp/failed.txt";
const WITHIN_MS = 60_000;

test("made-up people are printed, and again each second", async () => {
  await using dir = folder();
  const agent = run(dir, "fake-data.yml");
  const printedAt: number[] = [];
  let lines = 0;
  agent.child.stdout.on("data", (text: string) => {
    const got = text.split("\n").filter((line) => line.startsWith("{")).length;
    lines += got;
    if (0 < got && 500 < performance.now() - (printedAt.at(-1) ?? -Infinity)) printedAt.push(performance.now());
  });
  await until(() => 3 <= printedAt.length, "three rounds", WITHIN_MS);
  agent.child.kill("SIGTERM");
  const { code, stdout } = await agent.ended;
  assert.equal(code, 143);
  const [first, , third] = printedAt;
  assert(1_500 < (third ?? 0) - (first ?? 0), "a second between two rounds");
  const records = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert(3 <= records.length && records.every((record) => typeof record["name"] === "string"), stdout.slice(0, 500));
});

test("CP949 lines come as UTF-8 to one Fluentd, to the other when that is down, and to the file when both are", async () => {
  await using dir = folder();
  mkdirSync(dir.file("plugins"));
  copyFileSync(join(SEED, "plugins", "MyLogParser.ts"), dir.file("plugins", "MyLogParser.ts"));
  const log = dir.file("C:", "myprj", "logs", "mylog.txt");
  mkdirSync(join(log, ".."), { recursive: true });
  let written = 0;
  const say = (count: number): void => {
    for (let line = 0; line < count; line += 1)
      appendFileSync(log, iconv.encode(`2026-11-21 23:10:05 [전투] 홍길동: 펲시맨 ${written++}마리를 잡았다\n`, "cp949"));
  };
  const recordOf = (number: number) => ({ at: "2026-11-21 23:10:05", channel: "전투", who: "홍길동", what: `펲시맨 ${number}마리를 잡았다` });
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => recordOf(from + at));
  const failed = (): unknown[] => (existsSync(FAILED) ? readFileSync(FAILED, "utf8").trimEnd().split("\n").map(withoutTime) : []);

  say(10);
  await runUntil(dir, log, () => failed().length === 10);
  assert.deepEqual(failed(), range(0, 10));
  assert(existsSync(dir.file("C:", "swak_temp", "pos")), "positions are where pos_dir says");

  const one = await startForwardReceiver({ host: "192.168.0.1", port: FORWARD_PORT });
  const two = await startForwardReceiver({ host: "169.168.0.2", port: FORWARD_PORT });
  try {
    say(10);
    await runUntil(dir, log, () => one.entries.length + two.entries.length === 10);
    const [used, other] = 0 < one.entries.length ? [one, two] : [two, one];
    assert.deepEqual(
      used.entries.map(({ record }) => record),
      range(10, 20),
    );
    assert.equal(other.entries.length, 0, "only one of the two is used");

    await used.down();
    say(10);
    await runUntil(dir, log, () => other.entries.length === 10);
    assert.deepEqual(
      other.entries.map(({ record }) => record),
      range(20, 30),
    );
    assert.equal(failed().length, 10, "nothing more in the file");
  } finally {
    await one.close();
    await two.close();
  }
});

test("rows of the table go in hundreds through /usr/bin/r, and what it says is printed; a restart goes on behind them", async () => {
  await using dir = folder();
  // A stand-in for R: says how many rows it was given, with its script, and gives the rows back.
  writeFileSync("/usr/bin/r", '#!/bin/sh\n{ echo "$(wc -l < "$2") rows, $(cat "$1")"; cat "$2"; } > "$3"\n');
  chmodSync("/usr/bin/r", 0o755);
  writeFileSync("/etc/detect_abuse.r", "no abuse\n");
  await using database = await startMariaDb({ port: 3306 });
  await database.query("USE logdb; CREATE TABLE logtbl (id INT AUTO_INCREMENT PRIMARY KEY, who VARCHAR(40))");
  const insert = async (from: number, to: number): Promise<void> => {
    const rows = Array.from({ length: to - from }, (_, at) => `('유저 ${from + at}')`);
    await database.query(`INSERT INTO logdb.logtbl (who) VALUES ${rows.join(", ")}`);
  };
  const users = (stdout: string): number[] => [...stdout.matchAll(/"who":"유저 (\d+)"/g)].map(([, number]) => Number(number));
  const batches = (stdout: string): string[] => [...stdout.matchAll(/^.*rows, no abuse$/gm)].map(([line]) => line.trim());

  await insert(0, 250);
  const first = run(dir, "mysql-tail.yml");
  await first.printed(/유저 199"/);
  first.child.kill("SIGTERM");
  const end = await first.ended;
  assert.equal(end.code, 143, end.stderr);
  assert.deepEqual(batches(end.stdout), ["100 rows, no abuse", "100 rows, no abuse", "50 rows, no abuse"], "the rest goes when the agent ends");
  assert.deepEqual(
    users(end.stdout),
    Array.from({ length: 250 }, (_, number) => number),
  );

  await insert(250, 350);
  const second = run(dir, "mysql-tail.yml");
  await second.printed(/유저 349"/);
  second.child.kill("SIGTERM");
  const { stdout } = await second.ended;
  assert.deepEqual(batches(stdout), ["100 rows, no abuse"]);
  assert.deepEqual(
    users(stdout),
    Array.from({ length: 100 }, (_, number) => 250 + number),
  );
});

/** A file of JSON lines has the time of each record too. */
function withoutTime(line: string): unknown {
  const { time, ...record } = JSON.parse(line) as Record<string, unknown>;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
  return record;
}

/** The block exactly as it stands in the document. */
function run(dir: Folder, name: string): RunningDure {
  copyFileSync(join(SEED, name), dir.file(name));
  return dir.spawn([join(ROOT, "src", "main.ts"), "run", name, "--lang", "en"], { program: process.execPath });
}

/**
 * The block holds lines for five minutes; an agent that is asked to stop gives on what it holds. Whether it has read the lines by
 * then nobody outside can see: when they did not come, nothing was committed, and another run gets a little longer.
 */
async function runUntil(dir: Folder, log: string, isThere: () => boolean): Promise<void> {
  let last = "";
  for (let lifeMs = 200; lifeMs < WITHIN_MS / 2 && !isThere(); lifeMs *= 2) {
    const agent = run(dir, "file-tail.yml");
    await until(() => hasOpen(agent.child.pid ?? 0, log), "the log is open", WITHIN_MS);
    await new Promise((resolve) => setTimeout(resolve, lifeMs));
    agent.child.kill("SIGTERM");
    const { code, stderr } = await agent.ended;
    last = stderr;
    assert.equal(code, 143, stderr);
  }
  assert(isThere(), last);
}

function hasOpen(pid: number, file: string): boolean {
  const descriptors = `/proc/${pid}/fd`;
  return readdirSync(descriptors).some((descriptor) => {
    try {
      return readlinkSync(join(descriptors, descriptor)) === file;
    } catch {
      return false; // Closed in between.
    }
  });
}
