// The journal's program is played by a script that keeps entries in a file, honours --after-cursor and follows; the real one, where it is
// there, is held to the command line.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import iconv from "iconv-lite";
import type { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { journald } from "./journald.ts";
import { findProgram } from "#base/child/find-program.ts";

const never = new AbortController().signal;
const skip = process.platform === "win32" ? "needs a POSIX shell" : false;
type Options = z.input<(typeof journald)["options"]>;

const PLAYER = `#!${process.execPath}
const { appendFileSync, readFileSync, existsSync } = require("node:fs");
const dir = ${"__dirname"};
const args = process.argv.slice(2);
appendFileSync(dir + "/calls", JSON.stringify(args) + "\\n");
if (existsSync(dir + "/broken")) { process.stderr.write("고장\\n"); process.exit(1); }
const after = args.find((a) => a.startsWith("--after-cursor="))?.slice(15);
let isPast = after === undefined, seen = 0;
const step = () => {
  const lines = readFileSync(dir + "/journal", "utf8").split("\\n").slice(0, -1);
  for (; seen < lines.length; seen += 1) {
    if (isPast) process.stdout.write(lines[seen] + "\\n");
    else if (lines[seen].includes(JSON.stringify(after))) isPast = true;
  }
  if (!args.includes("--follow")) return;
  if (existsSync(dir + "/end")) process.exit(0);
  setTimeout(step, 5);
};
step();
`;

/** Puts the player in front of PATH until it is disposed of. */
function play(context: TestContext) {
  const dir = join(context.dataDir, "bin");
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "journalctl"), PLAYER, { mode: 0o755 });
  writeFileSync(join(dir, "journal"), "");
  const before = process.env["PATH"];
  process.env["PATH"] = `${dir}:${before}`;
  return {
    add: (...entries: Record<string, unknown>[]) => appendFileSync(join(dir, "journal"), entries.map((entry) => `${JSON.stringify(entry)}\n`).join("")),
    addText: (text: string) => appendFileSync(join(dir, "journal"), text),
    mark: (name: string) => writeFileSync(join(dir, name), ""),
    calls: () => readFileSync(join(dir, "calls"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as string[]),
    [Symbol.dispose]: () => void (process.env["PATH"] = before),
  };
}

const entry = (n: number, more: Record<string, unknown> = {}) => ({ __CURSOR: `s=${n};i=x`, __REALTIME_TIMESTAMP: String(1_790_000_000_000_000 + n), __MONOTONIC_TIMESTAMP: "1", MESSAGE: `줄 ${n}`, ...more });

async function read(context: TestContext, options: Options, most: number) {
  const input = await journald.open(journald.options.parse(options), context);
  const records: Record<string, unknown>[] = [];
  while (records.length < most) {
    const delivery = await input.read(never);
    if (delivery === undefined) break;
    records.push(...recordsOf(delivery.batch));
    for (const [key, value] of Object.entries(delivery.positions ?? {})) context.store.set(key, value as JsonValue);
    delivery.batch.release();
  }
  await input.close();
  assert.equal(context.pool.usedBytes, 0);
  return records;
}

test("journald: fields by plain names, numbers as numbers, time of the journal", { skip }, async () => {
  await using context = await testContext();
  using player = play(context);
  player.add(entry(7, { PRIORITY: "4", SYSLOG_IDENTIFIER: "sshd", SYSLOG_FACILITY: "10", _SYSTEMD_UNIT: "ssh.service", _PID: "812", PID: "말뿐", _HOSTNAME: "서버", CUSTOM_FIELD: "x", _BOOT_ID: "b", BIG: null }));
  const input = await journald.open(journald.options.parse({}), context);
  const delivery = await input.read(never);
  assert.ok(delivery !== undefined);
  assert.deepEqual(recordsOf(delivery.batch), [{ message: "줄 7", priority: 4, identifier: "sshd", facility: 10, unit: "ssh.service", pid: 812, hostname: "서버", custom_field: "x", boot_id: "b", big: null }]);
  assert.equal(Math.round(delivery.batch.timeMs(0) * 1000), 1_790_000_000_000_007);
  assert.deepEqual(delivery.positions, { journald: "s=7;i=x" });
  delivery.batch.release();
  await input.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("journald: raw fields, bytes, and fields that were given twice", { skip }, async () => {
  await using context = await testContext();
  using player = play(context);
  const cp949 = [...iconv.encode("똠방각하", "cp949")];
  player.add(entry(1, { MESSAGE: cp949, COLOURED: [...Buffer.from("\u001b[31m빨강\0")], TWICE: ["a", [0xea, 0xb0, 0x80]], EMPTY: [] }));
  const [record] = await read(context, { fields: "raw", encoding: "cp949" }, 1);
  assert.equal(record?.["MESSAGE"], "똠방각하");
  assert.equal(record?.["COLOURED"], "\u001b[31m빨강\0");
  assert.deepEqual(record?.["TWICE"], ["a", "가"]);
  assert.equal(record?.["EMPTY"], "");
  assert.equal(record?.["__CURSOR"], "s=1;i=x");
});

test("journald: goes on exactly behind the last entry, over restarts of the agent and of journalctl", { skip }, async () => {
  await using context = await testContext({ clock: { now: () => Date.now(), pause: async () => {} } });
  using player = play(context);
  player.add(entry(1), entry(2));
  assert.deepEqual((await read(context, {}, 2)).map(({ message }) => message), ["줄 1", "줄 2"]);
  player.add(entry(3));
  assert.deepEqual((await read(context, {}, 1)).map(({ message }) => message), ["줄 3"]);
  assert.equal(player.calls().at(-1)?.includes("--after-cursor=s=2;i=x"), true);

  const input = await journald.open(journald.options.parse({}), context);
  player.add(entry(4));
  (await input.read(never))?.batch.release();
  player.mark("end"); // The next one follows nothing: each start gives what is new, and ends.
  player.add(entry(5));
  const delivery = await input.read(never);
  assert.deepEqual(recordsOf(delivery?.batch ?? assert.fail()).map(({ message }) => message), ["줄 5"]);
  delivery?.batch.release();
  await input.close();
});

test("journald: a start at the end misses nothing when journalctl fails before the first entry", { skip }, async () => {
  const stop = new AbortController();
  let pauses = 0;
  await using context = await testContext({ clock: { now: () => 1_790_000_000_500, pause: async () => void ((pauses += 1) === 3 && stop.abort()) } });
  using player = play(context);
  player.mark("broken");
  const input = await journald.open(journald.options.parse({ start: "end" }), context);
  assert.equal(await input.read(stop.signal), undefined);
  await input.close();
  const calls = player.calls();
  assert.ok(calls[0]?.includes("--lines=0"));
  assert.ok(calls[1]?.includes("--since=@1790000000") && calls[1].includes("--no-tail"));
  assert.equal(context.said.filter(({ level }) => level === "warn").length, 1);
  assert.ok(context.said.some(({ fields }) => fields["line"] === "고장"));
  assert.equal(context.counts.get("journald_failures_total"), 3);
});

test("journald: names that every object has are names, and lists without end break nothing", { skip }, async () => {
  await using context = await testContext();
  using player = play(context);
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  player.addText(`${JSON.stringify(entry(1)).slice(0, -1)},"constructor":"c","_toString":["a",1.5],"DEEP":${deep}}\n`);
  player.add(entry(2));
  const [odd, next] = await read(context, { max_entry: "1MB" }, 2);
  assert.deepEqual([odd?.["constructor"], odd?.["tostring"], odd?.["message"], next?.["message"]], ["c", ["a", 1.5], "줄 1", "줄 2"]);
});

test("journald: what is no entry or too long is left out, said once and counted", { skip }, async () => {
  await using context = await testContext({ mode: "test" });
  using player = play(context);
  player.addText('not json\n{"MESSAGE":"no cursor"}\n[1]\n\n');
  player.add(entry(1, { LONG: "x".repeat(5000) }), entry(2));
  assert.deepEqual((await read(context, { max_entry: 2000 }, 10)).map(({ message }) => message), ["줄 2"]);
  assert.equal(context.counts.get("journald_entries_left_out_total"), 4);
  assert.equal(context.said.filter(({ level }) => level === "warn").length, 1);
});

test("journald: a stop ends the waiting", { skip }, async () => {
  await using context = await testContext();
  using player = play(context);
  assert.ok(player);
  const input = await journald.open(journald.options.parse({}), context);
  const stop = new AbortController();
  const waiting = input.read(stop.signal);
  stop.abort();
  assert.equal(await waiting, undefined);
  await input.close();
});

test("journald: the command line, which the real journalctl takes", { skip }, async () => {
  await using context = await testContext({ mode: "test" });
  mkdirSync(join(context.dataDir, "empty"));
  {
    using player = play(context);
    await read(context, { unit: ["nginx.service", "a b"], priority: "err..warning", matches: ["_TRANSPORT=kernel", "+", "MESSAGE=가 나"], directory: "empty" }, 1);
    assert.deepEqual(player.calls(), [
      ["--no-pager", "--quiet", "--all", "--output=json", "--no-tail", `--directory=${join(context.configDir, "empty")}`, "--unit=nginx.service", "--unit=a b", "--priority=err..warning", "_TRANSPORT=kernel", "+", "MESSAGE=가 나"],
    ]);
  }
  if (findProgram("journalctl", context.configDir) === undefined) return;
  assert.deepEqual(await read(context, { unit: "nginx.service", priority: 4, matches: "_TRANSPORT=kernel", directory: "empty", start: "end" }, 1), []);
  assert.deepEqual(context.said, [], "it has nothing to complain of");
});

test("journald: dure validate says that journalctl is missing", async () => {
  const before = process.env["PATH"];
  process.env["PATH"] = "/no-such-folder";
  try {
    const said = await journald.checkEnvironment?.(journald.options.parse({}), { configDir: "/", signal: never });
    assert.match(said?.[0]?.en ?? "", /^journalctl is not found/);
  } finally {
    process.env["PATH"] = before;
  }
});

for (const [odd, at] of [[{ priority: "urgent" }, "priority"], [{ priority: 8 }, "priority"], [{ matches: ["--root=/x"] }, "matches"], [{ unit: [""] }, "unit"]] as const) {
  test(`journald: refuses ${JSON.stringify(odd)}`, () => assert.equal(journald.options.safeParse(odd).error?.issues[0]?.path[0], at));
}
