import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { uniqueId } from "../unique-id.ts";
import { CgroupHome } from "./cgroup.ts";
import type { ChildLimits, ChildSpec, ChildTree } from "./child-tree.ts";
import { limitsHeld } from "./limits.ts";
import { tableNow } from "./process-table.ts";
import { startChild } from "./start-child.ts";

const skip = process.platform === "linux" ? false : "tried on Linux";
const asRootOnly = skip || (process.getuid?.() === 0 ? false : "needs root");

function start(command: string | readonly string[], more: Partial<ChildSpec>, cgroups?: CgroupHome): ChildTree & { readonly mark: string } {
  const mark = `test.${uniqueId()}`;
  const argv = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
  return Object.assign(startChild({ command: argv, cwd: "/", env: process.env, stdio: ["ignore", "pipe", "pipe"], ...more, mark }, cgroups), { mark });
}

async function saidBy(child: ChildTree): Promise<string> {
  const said = child.stdout === null ? "" : await text(child.stdout);
  await child.ended;
  child.stderr?.destroy();
  return said.trim();
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 6000; turns += 1) {
    if (await isSo()) return;
    await delay(10);
  }
  assert.fail(`not within a minute: ${what}`);
}

/** A system with control groups, as its files say. */
function fakeSystem({ controllers = "cpuset cpu io memory pids", enabled = "", processes = String(process.pid), root = "/", own = "/service" } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "dure cgroup-"));
  const mount = join(dir, "mount");
  const folder = join(mount, root === "/" ? own : own.slice(root.length));
  for (const made of [join(dir, "proc/self"), join(dir, `proc/${process.pid}`), join(dir, "proc/4242"), folder]) mkdirSync(made, { recursive: true });
  writeFileSync(join(dir, "proc/self/mountinfo"), `22 1 0:20 / /proc rw - proc proc rw\n41 31 0:38 ${root} ${mount.replaceAll(" ", "\\040")} rw,relatime shared:4 - cgroup2 cgroup2 rw\n`);
  writeFileSync(join(dir, "proc/self/cgroup"), `3:pids:/elsewhere\n0::${own}\n`);
  writeFileSync(join(dir, `proc/${process.pid}/stat`), `${process.pid} (a) b) S 1 1 1`);
  writeFileSync(join(dir, "proc/4242/stat"), `4242 (child) S ${process.pid} 1 1`);
  mkdirSync(join(dir, "proc/1"));
  writeFileSync(join(dir, "proc/1/stat"), "1 (init) S 0 1 1");
  for (const [name, value] of [["cgroup.controllers", controllers], ["cgroup.subtree_control", enabled], ["cgroup.procs", processes]] as const) writeFileSync(join(folder, name), `${value}\n`);
  return { proc: join(dir, "proc"), folder, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

test("limits: open files, without a change of the process's number or its environment", { skip }, async () => {
  const child = start('echo $$; ulimit -n; echo "$DURE_TREE"', { limits: { filesMax: 77 } });
  assert.deepEqual((await saidBy(child)).split("\n"), [String(child.pid), "77", child.mark]);
  const env = start(["env"], { limits: { filesMax: 77 }, env: { ...process.env, "a.b": "odd name" } });
  assert.match(await saidBy(env), /^a\.b=odd name$/m);
});

test("limits: who has more memory or processes than it may is ended with its tree, and that is told", { skip }, async () => {
  const greedy = start(["/bin/sh", "-c", '"$0" -e "globalThis.held = Buffer.alloc(400e6, 1); setInterval(() => {}, 1000)"; true', process.execPath], { limits: { memoryBytesMax: 200 << 20 }, stdio: ["ignore", "ignore", "ignore"] });
  const crowd = start("for i in 1 2 3 4 5 6 7 8 9; do sleep 300 & done; wait", { limits: { processesMax: 5 } });
  const modest = start([process.execPath, "-e", "console.log(Buffer.alloc(10e6).length)"], { limits: { memoryBytesMax: 400 << 20, processesMax: 5 } });
  assert.equal(await saidBy(modest), "10000000", "what it only reserves does not count");
  assert.deepEqual(await modest.ended, { code: 0, signal: null });
  assert.deepEqual(await crowd.ended, { code: null, signal: "SIGKILL", overLimit: "processesMax" });
  assert.deepEqual(await greedy.ended, { code: null, signal: "SIGKILL", overLimit: "memoryBytesMax" });
  for (const child of [greedy, crowd]) {
    await child.end({ signal: "SIGKILL", waitMs: 0 });
    assert.equal((await child.usage()).processes, 0);
    child.stdout?.destroy();
  }
});

for (const [what, command, message] of [
  ["is not there", ["no-such-program-here"], /no-such-program-here is not found \(ENOENT\)/],
  ["is not executable", ["/etc/passwd"], /may not be started \(EACCES\)/],
  ["is a folder", ["/etc"], /may not be started \(EACCES\)/],
] as const) {
  test(`limits: a program that ${what} is told as without limits`, { skip }, async () => {
    const child = start(command, { limits: { filesMax: 100 } });
    assert.match((await child.ended).error?.message ?? "", message);
  });
}

test("limits: which hold without control groups, and why others do not", { skip: asRootOnly }, () => {
  const limits: ChildLimits = { memoryBytesMax: 1 << 30, processesMax: 10, filesMax: 100, cpus: 0.5 };
  assert.equal(CgroupHome.find("/no-such-folder"), undefined);
  const { held, notHeld } = limitsHeld(limits, { system: null });
  assert.deepEqual(held, ["filesMax"]);
  assert.deepEqual(notHeld.map(({ limit }) => limit), ["memoryBytesMax", "processesMax", "cpus"]);
  for (const { why } of notHeld) assert.match(`${why.en} ${why.ko}`, /Delegate=yes.*cgroup v2/s);
  assert.deepEqual(limitsHeld(limits, { system: null, user: "nobody" }).held, ["processesMax", "filesMax"]);
  assert.deepEqual(limitsHeld(limits, { system: null, user: "root" }).held, ["filesMax"]);
  assert.deepEqual(limitsHeld({}), { held: [], notHeld: [] });
  using fake = fakeSystem();
  assert.deepEqual(limitsHeld(limits, { system: CgroupHome.find(fake.proc) ?? null }).held.toSorted(), ["cpus", "filesMax", "memoryBytesMax", "processesMax"]);
});

for (const [what, bomb] of [
  ["in its group", "while (1) { fork }"],
  ["each in a session of its own", "while (1) { my $pid = fork; POSIX::setsid() if defined $pid && $pid == 0 }"],
] as const) {
  const noPerl = spawnSync("perl", ["-v"]).error !== undefined;
  test(`limits: a fork bomb, ${what}, is held and ended to the last process`, { skip: asRootOnly || (noPerl ? "needs perl" : false) }, async () => {
    const user = String(60_000 + Math.floor(Math.random() * 5000)); // Nobody else's: the system counts by user.
    const child = start(["perl", "-MPOSIX", "-e", bomb], { user, limits: { processesMax: 40 }, stdio: ["ignore", "ignore", "ignore"] });
    await until("it has grown", async () => 40 <= (await child.usage()).processes);
    assert.deepEqual(await child.end({ signal: "SIGTERM", waitMs: 0 }), []);
    const left = (await tableNow()).members({ pid: child.pid ?? 0, mark: child.mark }, true);
    assert.deepEqual(left, []);
  });
}

test("control groups: a tree is let in before it begins, with its limits, and ended at one blow", { skip }, async () => {
  using fake = fakeSystem();
  const home = CgroupHome.find(fake.proc);
  const child = start("echo $$$go; test -e /proc/$$/fd/3 || echo shut", { limits: { memoryBytesMax: 1 << 30, processesMax: 10, cpus: 1.5, filesMax: 99 } }, home);
  const said = (await saidBy(child)).split("\n");
  assert.equal(said[0], String(child.pid));
  assert.equal(said[1], "shut", "the gate is not left open to the program");
  const [name = ""] = readdirSync(fake.folder).filter((file) => file.startsWith("dure-tree-"));
  const group = join(fake.folder, name);
  const written = Object.fromEntries(readdirSync(group).map((file) => [file, readFileSync(join(group, file), "utf8")]));
  assert.deepEqual(written, { "cgroup.procs": String(child.pid), "cpu.max": "150000 100000", "memory.max": String(1 << 30), "memory.oom.group": "1", "pids.max": "10" });
  assert.equal(readFileSync(join(fake.folder, "cgroup.subtree_control"), "utf8"), "+cpu +memory +pids");
  writeFileSync(join(group, "cgroup.procs"), "");
  await child.end({ signal: "SIGKILL", waitMs: 0 });
});

test("control groups: a tree that cannot be let in is not started", { skip }, async () => {
  using fake = fakeSystem();
  const home = CgroupHome.find(fake.proc);
  assert.ok(home !== undefined);
  rmSync(fake.folder, { recursive: true });
  const child = start("echo began", { limits: { cpus: 1 } }, home);
  assert.equal(await saidBy(child), "");
  assert.match((await child.ended).error?.message ?? "", /could not be started/);
});

for (const [what, options, isThere] of [
  ["ours alone", {}, true],
  ["with our children in it", { processes: `${process.pid}\n4242` }, true],
  ["with a stranger in it", { processes: `${process.pid}\n1` }, false],
  ["with a stranger in it, but divided already", { processes: "1", enabled: "cpu memory pids" }, true],
  ["of a container that sees its own group as the root", { root: "/docker/x", own: "/docker/x" }, true],
  ["of a container that sees a part", { root: "/docker/x", own: "/docker/x/service" }, true],
  ["in which the agent moved aside before", { own: "/service/dure-agent", enabled: "cpu memory pids" }, undefined],
] as const) {
  test(`control groups: a group ${what} is ${isThere === false ? "left alone" : "found"}`, { skip }, () => {
    using fake = fakeSystem(options);
    if (isThere === undefined) for (const name of ["cgroup.controllers", "cgroup.subtree_control", "cgroup.procs"]) writeFileSync(join(fake.folder, "..", name), "cpu memory pids\n");
    const home = CgroupHome.find(fake.proc);
    assert.equal(home !== undefined, isThere !== false);
    if (home !== undefined) assert.deepEqual([...home.controllers], ["cpu", "memory", "pids"]);
  });
}

test("control groups: without controllers none of the limits is theirs", { skip }, () => {
  using fake = fakeSystem({ controllers: "hugetlb" });
  assert.equal(CgroupHome.find(fake.proc)?.controllers.size, 0);
  assert.deepEqual(limitsHeld({ cpus: 1 }, { system: CgroupHome.find(fake.proc) ?? null }).held, []);
});

const real = CgroupHome.find();
test("control groups: the system's own find all of a tree, end it and go", { skip: asRootOnly || (real === undefined ? "needs control groups that may be divided" : false) }, async () => {
  assert.ok(real !== undefined);
  const group = real.make({});
  const child = spawn("/bin/sh", ["-c", "read go; (env -i setsid /bin/sh -c '/bin/sleep 300 & /bin/sleep 300; true' &) ; exit 0"], { stdio: ["pipe", "ignore", "ignore"], env: {} });
  group.admit(child.pid ?? 0);
  child.stdin.end("go\n");
  await once(child, "exit");
  await until("all have started", () => 3 === group.pids().length);
  const pids = group.pids();
  assert.equal(group.remove(), false, "somebody is in it");
  group.kill();
  await until("all are gone", () => group.pids().length === 0 && group.remove());
  const table = await tableNow();
  assert.deepEqual(pids.filter((pid) => table.get(pid) !== undefined), []);
});
