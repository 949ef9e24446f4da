import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { uniqueId } from "../unique-id.ts";
import type { ChildSpec, ChildTree } from "./child-tree.ts";
import { ProcessTable, tableNow } from "./process-table.ts";
import { startChild } from "./start-child.ts";

const skip = process.platform === "win32" ? "needs a POSIX shell" : false;
const linuxOnly = process.platform === "linux" ? false : "reads /proc";
const asRootOnly = skip || (process.getuid?.() === 0 ? false : "needs root");
const dir = mkdtempSync(join(tmpdir(), "dure-child-"));
const started: ChildTree[] = [];
after(async () => {
  await Promise.all(started.map((child) => child.end({ signal: "SIGKILL", waitMs: 0 })));
  for (const { stdout, stderr } of started) for (const stream of [stdout, stderr]) stream?.destroy(); // Some were not read to their end.
  rmSync(dir, { recursive: true, force: true });
});

function start(command: string | readonly string[], more: Partial<ChildSpec> = {}): ChildTree & { readonly mark: string } {
  const mark = more.mark ?? `test.${uniqueId()}`;
  const argv = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
  const child = startChild({ command: argv, cwd: dir, env: process.env, stdio: ["ignore", "pipe", "pipe"], ...more, mark });
  started.push(child);
  return Object.assign(child, { mark });
}

/** Who carries the mark, and who is in the group. */
async function membersOf({ pid = 0, mark }: { pid: number | undefined; mark: string }): Promise<number[]> {
  return (await tableNow()).members({ pid, mark }, true).map((entry) => entry.pid);
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 6000; turns += 1) {
    if (await isSo()) return;
    await delay(10);
  }
  assert.fail(`not within a minute: ${what}`);
}

const textOf = (stream: Readable | null): Promise<string> => (stream === null ? Promise.resolve("") : text(stream));

async function firstLine(child: ChildTree): Promise<string> {
  let said = "";
  for await (const part of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    said += String(part);
    if (said.includes("\n")) break;
  }
  return said.trim();
}

test("child: what it prints, its end, and its mark", { skip }, async () => {
  const child = start(["/bin/sh", "-c", 'echo "$DURE_TREE|$1|$GREETING"; pwd -P; echo oops >&2; exit 3', "sh", "a b"], { env: { ...process.env, GREETING: "안녕" } });
  const [said, complained, end] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.ended]);

  assert.equal(said.split("\n")[0], `${child.mark}|a b|안녕`);
  assert.equal(complained, "oops\n");
  assert.deepEqual(end, { code: 3, signal: null });
  assert.equal(child.signal("SIGTERM"), false);
  assert.deepEqual(await child.end({ signal: "SIGTERM", waitMs: 1000 }), []);
  assert.deepEqual(await child.end({ signal: "SIGKILL", waitMs: 0 }), [], "ending what has ended is harmless");
});

test("child: its standard input is a pipe of ours, and closing it is heard; writing too late hurts nobody", { skip }, async () => {
  const child = start(["cat"], { stdio: ["pipe", "pipe", "ignore"] });
  child.stdin?.end("하나\n");
  assert.equal(await textOf(child.stdout), "하나\n");
  assert.deepEqual(await child.ended, { code: 0, signal: null });
  assert.equal(child.stderr, null);
  child.stdin?.write("too late");
  const deaf = start("exec <&-; sleep 300", { stdio: ["pipe", "ignore", "ignore"] });
  for (let writes = 0; writes < 50; writes += 1) {
    deaf.stdin?.write(Buffer.alloc(100_000));
    await delay(1);
  }
  await deaf.end({ signal: "SIGKILL", waitMs: 0 });
  assert.deepEqual(await deaf.ended, { code: null, signal: "SIGKILL" });
});

test("child: descriptors of the caller's stay his", { skip }, async () => {
  const file = openSync(join(dir, "printed"), "w+");
  const child = start("echo out; echo err >&2", { stdio: ["ignore", file, file] });
  await child.ended;
  assert.deepEqual([child.stdin, child.stdout, child.stderr], [null, null, null]);
  assert.equal(readFileSync(join(dir, "printed"), "utf8"), "out\nerr\n");
  closeSync(file);
});

for (const [what, more, message, korean] of [
  ["a program that is not there", { command: ["no-such-program-here"] }, /no-such-program-here is not found \(ENOENT\)/, /찾을 수 없습니다/],
  ["an empty command", { command: [] }, /could not be started/, /시작하지 못했습니다/],
  ["a file that is not a program", { command: ["/etc/passwd"] }, /may not be started \(EACCES\)/, /권한이 없습니다/],
  ["a folder as program", { command: ["/"] }, /may not be started \(EACCES\)/, /권한이 없습니다/],
  ["a folder that is not there", { cwd: "/no-such-folder" }, /folder .* is not there: \/no-such-folder/, /폴더가 없습니다/],
  ["a file as folder", { cwd: "/etc/passwd" }, /not a folder/, /폴더가 아닙니다/],
  ["a zero byte in an argument", { command: ["echo", "a\0b"] }, /could not be started/, /시작하지 못했습니다/],
  ["arguments that are too long", { command: ["echo", "x".repeat(9 << 20)] }, /too long \(E2BIG\)/, /너무 깁니다/],
  ["an unknown user", { user: "no-such-user-here" }, /no user "no-such-user-here"/, /사용자가 없습니다/],
  ["an odd user", { user: "-u" }, /no user "-u"/, /사용자가 없습니다/],
] as const) {
  test(`child: ${what} is told, and all about it is at its end`, { skip }, async () => {
    const child = start(more.command ?? ["true"], { stdio: ["pipe", "pipe", "pipe"], ...more });
    assert.equal(child.pid, undefined);
    child.stdin?.write("nobody reads it");
    assert.deepEqual(await Promise.all([textOf(child.stdout), textOf(child.stderr)]), ["", ""]);
    const { code, signal, error } = await child.ended;
    assert.deepEqual([code, signal], [null, null]);
    assert.match(error?.message ?? "", message);
    assert.match((error as { ko?: { message: string } } | undefined)?.ko?.message ?? "", korean);
    assert.equal(child.signal("SIGTERM"), false);
    assert.deepEqual(await child.end({ signal: "SIGTERM", waitMs: 1000 }), []);
    assert.equal((await child.usage()).processes, 0);
  });
}

for (const user of ["nobody", String(65_534)]) {
  test(`child: started as the user ${user}, with that user's main group and no other`, { skip: asRootOnly }, async () => {
    const child = start("id -u; id -G; id -g", { user, cwd: "/" });
    const [uid, groups, gid] = (await textOf(child.stdout)).trim().split("\n");
    assert.equal(uid, "65534");
    assert.equal(groups, gid);
  });
}

test("child: signals by their names; one that does not exist is refused", { skip }, async () => {
  for (const name of ["SIGUSR1", "usr1", "Usr1"]) {
    const child = start("trap 'echo heard; exit 7' USR1; echo ready; while :; do sleep 0.05; done");
    const said = textOf(child.stdout);
    await until("it listens", () => membersOf(child).then((pids) => 1 < pids.length));
    assert.equal(child.signal(name), true);
    assert.match(await said, /heard/);
    assert.equal((await child.ended).code, 7);
  }
  const child = start("sleep 300");
  assert.throws(() => child.signal("SIGNONSENSE"), { name: "UsageError", message: /no signal "SIGNONSENSE"/ });
  await assert.rejects(child.end({ signal: "constructor", waitMs: 0 }), { name: "UsageError" });
});

test("child: one that listens ends by itself, one that does not is killed, one that is stopped hears of it", { skip }, async () => {
  const good = start("trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done");
  const deaf = start("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  const stopped = start("trap 'exit 6' TERM; echo ready; while :; do sleep 0.05; done");
  await Promise.all([firstLine(good), firstLine(deaf), firstLine(stopped)]);
  stopped.signal("SIGSTOP");
  await Promise.all([good.end({ signal: "SIGTERM", waitMs: 60_000 }), deaf.end({ signal: "SIGTERM", waitMs: 50 }), stopped.end({ signal: "SIGTERM", waitMs: 60_000 })]);
  assert.deepEqual(await good.ended, { code: 5, signal: null });
  assert.deepEqual(await deaf.ended, { code: null, signal: "SIGKILL" });
  assert.deepEqual(await stopped.ended, { code: 6, signal: null });
});

test("child: a second, shorter wait hastens the first; a longer one does not hold it up", { skip }, async () => {
  const child = start("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  await firstLine(child);
  const first = child.end({ signal: "SIGTERM", waitMs: 1_000_000 });
  const second = child.end({ signal: "SIGTERM", waitMs: 0 });
  const third = child.end({ signal: "SIGTERM", waitMs: 2_000_000 });
  assert.deepEqual(await Promise.all([first, second, third]), [[], [], []]);
  assert.deepEqual(await child.ended, { code: null, signal: "SIGKILL" });
});

test("child: who leaves the group and the session, and is given to another parent, is ended all the same", { skip: linuxOnly }, async () => {
  const child = start("trap '' TERM; (setsid sh -c 'trap \"\" TERM; sleep 300; true' &) ; (env -i setsid sleep 300 &) ; setsid env -i /bin/sh -c 'while :; do /bin/sleep 0.1; done' & echo ready; wait");
  await firstLine(child);
  await until("all are there", () => membersOf(child).then((pids) => 4 <= pids.length));
  const before = await membersOf(child);
  await child.end({ signal: "SIGTERM", waitMs: 50 });
  assert.deepEqual(await membersOf(child), []);
  const table = await tableNow();
  for (const pid of before) assert.equal(table.get(pid)?.mark === child.mark, false);
});

test("child: it ends while grandchildren go on and hold its output open: the end is told, and they are found", { skip: linuxOnly }, async () => {
  const child = start("sleep 300 & setsid sleep 300 & echo started");
  assert.equal(await firstLine(child), "started");
  assert.deepEqual(await child.ended, { code: 0, signal: null });
  assert.equal((await membersOf(child)).length, 2);
  const rest = textOf(child.stdout);
  await child.end({ signal: "SIGTERM", waitMs: 60_000 });
  assert.equal(await rest, "", "nobody holds it open any more");
  assert.deepEqual(await membersOf(child), []);
});

test("child: a tree of fifty is ended, whatever each does about it", { skip: linuxOnly }, async () => {
  const grow = "if [ $1 -gt 0 ]; then trap '' TERM; n=$(($1 - 1)); for i in 1 2 3; do /bin/sh -c \"$0\" \"$0\" $n & done; setsid /bin/sh -c \"$0\" \"$0\" 0 & wait; else sleep 300; fi";
  const child = start(["/bin/sh", "-c", grow, grow, "3"]);
  await until("it is grown", () => membersOf(child).then((pids) => 50 <= pids.length));
  await child.end({ signal: "SIGTERM", waitMs: 20 });
  assert.deepEqual(await membersOf(child), []);
});

test("child: usage is of the whole tree, and grows", { skip: linuxOnly }, async () => {
  const child = start("setsid sh -c 'while :; do :; done' & sleep 300");
  await until("it is at work", async () => 0.05 < (await child.usage()).cpuSeconds);
  const { cpuSeconds, residentBytes, processes } = await child.usage();
  assert.equal(processes, 3);
  assert.ok(300_000 < residentBytes && residentBytes < 1e9, `${residentBytes} bytes`);
  await until("it grows", async () => cpuSeconds < (await child.usage()).cpuSeconds);
  await child.end({ signal: "SIGKILL", waitMs: 0 });
  await until("it is nothing", async () => (await child.usage()).processes === 0);
});

test("child: after hundreds of starts no zombie is left, and no descriptor", { skip: linuxOnly }, async () => {
  const descriptors = (): number => readdirSync("/proc/self/fd").length;
  const once = async (index: number): Promise<void> => {
    const kinds = [["true"], ["no-such-program-here"], ["sh", "-c", "sleep 300 & wait"]] as const;
    const child = start(kinds[index % 3] ?? [], { stdio: ["pipe", "pipe", "pipe"] });
    if (index % 3 !== 2) await child.ended;
    await child.end({ signal: "SIGTERM", waitMs: 60_000 });
    await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  };
  await once(2);
  const before = descriptors();
  for (let index = 0; index < 300; index += 10) await Promise.all(Array.from({ length: 10 }, (_, offset) => once(index + offset)));
  await until("all descriptors are closed", () => descriptors() <= before);
  const zombies = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isZombieOfOurs(name));
  assert.deepEqual(zombies, []);
});

function isZombieOfOurs(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" && Number(parent) === process.pid;
  } catch {
    return false;
  }
}

test("process table: a number that was given to another process brings neither it nor its group into the tree", () => {
  const entry = (pid: number, parent: number, group: number, mark?: string) => ({ pid, parent, group, start: "1", mark, cpuSeconds: 0, residentBytes: 0 });
  const table = new ProcessTable([entry(10, 1, 10), entry(11, 10, 10), entry(12, 1, 12, "m"), entry(13, 12, 13), entry(14, 1, 14, "m2")]);
  assert.deepEqual(table.members({ pid: 10, mark: "m" }, true).map(({ pid }) => pid).sort(), [12, 13]);
  assert.deepEqual(table.members({ pid: 10, mark: "m" }, false).map(({ pid }) => pid).sort(), [10, 11, 12, 13]);
});
