import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AlreadyRunning, readPidFile, takePidFile } from "./pid-file.ts";
import { isAlive } from "#base/alive.ts";
import { processStart } from "#base/process-identity.ts";
import { onStopRequest, requestStop } from "./stop-request.ts";

function temporaryFile() {
  const folder = mkdtempSync(join(tmpdir(), "dure-pid-"));
  return { folder, path: join(folder, "run", "dure.pid"), [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A process that has ended and whose id nobody has. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

test("pid file: one agent at a time; giving it up takes it away", () => {
  using file = temporaryFile();
  assert.deepEqual(readPidFile(file.path), { state: "absent" });
  const held = takePidFile(file.path);
  const state = readPidFile(file.path);
  assert.ok(state.state === "running" && state.pid === process.pid);
  assert.throws(() => takePidFile(file.path), (error) => error instanceof AlreadyRunning && error.pid === process.pid);
  held.release();
  held.release();
  assert.deepEqual(readPidFile(file.path), { state: "absent" });
  assert.deepEqual(readdirSync(join(file.folder, "run")), [], "nothing is left beside it");
});

test("pid file: one that a dead process left is stale", async () => {
  using file = temporaryFile();
  const pid = await endedPid();
  takePidFile(file.path).release();
  writeFileSync(file.path, `${pid}\nwhatever\n0\n`);
  assert.deepEqual(readPidFile(file.path), { state: "dead", pid });
  takePidFile(file.path).release();
});

test("pid file: an id that another process has now is not ours", () => {
  using file = temporaryFile();
  takePidFile(file.path).release();
  writeFileSync(file.path, `${process.pid}\nstarted at some other time\n0\n`);
  assert.deepEqual(readPidFile(file.path), { state: "dead", pid: process.pid });
  takePidFile(file.path).release();
});

test("pid file: garbage in it is stale, whatever it is", () => {
  using file = temporaryFile();
  takePidFile(file.path).release();
  for (const garbage of ["", "0\nx\n0\n", "-1\nx\n", "abc", "\0\0\0", "99999999999999999999\n"]) {
    writeFileSync(file.path, garbage);
    assert.equal(readPidFile(file.path).state, "dead", JSON.stringify(garbage));
    takePidFile(file.path).release();
  }
});

test("pid file: what is somebody else's by now is not taken away", () => {
  using file = temporaryFile();
  const held = takePidFile(file.path);
  writeFileSync(file.path, "1\nother\n0\n");
  held.release();
  assert.equal(readFileSync(file.path, "utf8"), "1\nother\n0\n");
});

test("pid file: of many that start at once over a stale file, one gets it", async () => {
  using file = temporaryFile();
  takePidFile(file.path).release();
  writeFileSync(file.path, `${await endedPid()}\nwhatever\n0\n`);
  const program = `
    const { takePidFile } = await import(${JSON.stringify(new URL("./pid-file.ts", import.meta.url).href)});
    process.stdin.once("data", () => {
      try { takePidFile(${JSON.stringify(file.path)}); console.log("mine"); } catch (error) { console.log(error.code); }
    });
    process.stdin.on("end", () => process.exit());
    console.log("waiting");`;
  const children = Array.from({ length: 6 }, () => spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] }));
  await Promise.all(children.map((child) => once(child.stdout, "data")));
  const answers = children.map(async (child) => String((await once(child.stdout, "data"))[0]).trim());
  for (const child of children) child.stdin.write("go\n");
  const said = await Promise.all(answers);
  for (const child of children) child.stdin.end();
  await Promise.all(children.map((child) => once(child, "exit")));
  assert.deepEqual(said.toSorted(), [...Array.from({ length: 5 }, () => "ALREADY_RUNNING"), "mine"]);
});

test("process identity: a process has one, an ended one has none", async () => {
  assert.equal(processStart(process.pid), processStart(process.pid));
  assert.equal(processStart(await endedPid()), undefined);
  assert.notEqual(processStart(process.pid), processStart(process.ppid));
});

test("process identity: what `ps` says serves where there is no /proc", { skip: process.platform === "win32" }, () => {
  const start = processStart(process.pid, "darwin");
  assert.ok(start !== undefined && start !== "");
  assert.equal(processStart(process.pid, "darwin"), start);
});

test("stop request: a signal where there are signals", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const stop = onStopRequest(undefined, resolve);
  process.kill(process.pid, "SIGTERM");
  assert.equal(await promise, "SIGTERM");
  stop();
  assert.equal(process.listenerCount("SIGTERM"), 0);
});

test("stop request: a file beside the pid file where there are none, as on Windows", async () => {
  using file = temporaryFile();
  const held = takePidFile(file.path);
  writeFileSync(`${file.path}.stop`, ""); // Left from a time before: not meant for us.
  const { promise, resolve } = Promise.withResolvers<string>();
  const keepAlive = setTimeout(() => {}, 60_000);
  const stop = onStopRequest(file.path, resolve, "win32");
  assert.ok(!existsSync(`${file.path}.stop`));
  assert.ok(requestStop(process.pid, file.path, "win32"));
  assert.equal(await promise, "SIGTERM");
  assert.ok(!existsSync(`${file.path}.stop`));
  clearTimeout(keepAlive);
  stop();
  held.release();
});

test("stop request: nobody is asked when nobody is there", async () => {
  const pid = await endedPid();
  assert.equal(isAlive(pid), false);
  assert.equal(requestStop(pid, "unused"), false);
});
