import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { mkdtemp, readdir, stat, readFile, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { mock, test } from "node:test";
import { UsageError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { lineOf, readPositions, snapshotOf } from "./position-lines.ts";
import { openPositionStore } from "./position-store.ts";

async function folder(): Promise<AsyncDisposable & { dir: string; warnings: Record<string, unknown>[]; log: { warn(message: string, fields?: Record<string, unknown>): void } }> {
  const dir = await mkdtemp(join(tmpdir(), "dure-positions-"));
  const warnings: Record<string, unknown>[] = [];
  return { dir, warnings, log: { warn: (message, fields) => void warnings.push({ message, ...fields }) }, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

test("what was committed is there after closing, in a file a person can read", async () => {
  await using at = await folder();
  const store = openPositionStore({ dir: join(at.dir, "positions"), name: "주문/로그", log: at.log });
  void store.commit({ "file:1": { offset: 10 }, "file:2": { offset: 20 } });
  void store.commit({ "file:1": { offset: 30, path: "/로그/a.log" }, "file:2": null, "out:3": 7 });
  await store.close();
  const [name = ""] = await readdir(join(at.dir, "positions"));
  assert.match(name, /^주문_로그~[0-9a-f]{8}\.pos$/);
  // What a parser holds back until the next line stands in it, too.
  if (process.platform !== "win32") assert.equal((await stat(join(at.dir, "positions", name))).mode & 0o077, 0);
  assert.match(await readFile(join(at.dir, "positions", name), "utf8"), /^[0-9a-f]{8} \{"file:1":\{"offset":30,"path":"\/로그\/a\.log"\},"file:2":null,"out:3":7\}$/m);

  const again = openPositionStore({ dir: join(at.dir, "positions"), name: "주문/로그", log: at.log });
  assert.deepEqual(again.get("file:1"), { offset: 30, path: "/로그/a.log" });
  assert.equal(again.get("file:2"), undefined);
  assert.deepEqual(again.keys("file:"), ["file:1"]);
  await again.close();
  await rm(join(at.dir, "positions", name));
  const fresh = openPositionStore({ dir: join(at.dir, "positions"), name: "주문/로그", log: at.log });
  assert.deepEqual(fresh.keys(""), []);
  await fresh.close();
  assert.deepEqual(at.warnings, []);
});

/** A small file and the states it goes through, with the length of the file at each. */
function sample(): { bytes: Buffer; states: { length: number; state: Record<string, JsonValue> }[] } {
  const start: Record<string, JsonValue> = { "file:a": { offset: 5 }, "나": "다" };
  let bytes = snapshotOf(new Map(Object.entries(start)));
  const states = [{ length: bytes.length, state: start }];
  for (const changes of [{ "file:a": { offset: 9 } }, { "file:b": 1, "나": null }, { "file:a": { offset: 12 }, "out:2": { size: 400 } }]) {
    bytes = Buffer.concat([bytes, lineOf(changes)]);
    const state: Record<string, JsonValue> = { ...states.at(-1)?.state };
    for (const [key, value] of Object.entries(changes)) if (value === null) delete state[key];
      else state[key] = value;
    states.push({ length: bytes.length, state });
  }
  return { bytes, states };
}

test("any bit flipped, at any byte: the state is the one before the damage, and it is said", () => {
  const { bytes, states } = sample();
  const first = states[0]?.length ?? 0;
  for (let at = 0; at < bytes.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
      const found = readPositions(damaged);
      // A flip in one copy of the snapshot costs nothing; behind it, the commit that was hit and all later ones.
      const expected = at < first ? states.at(-1) : states.findLast((state) => state.length <= at);
      assert.deepEqual(Object.fromEntries(found.state), expected?.state, `byte ${at} bit ${bit}`);
      assert.notEqual(found.problem, undefined, `byte ${at} bit ${bit}`);
    }
  }
});

test("cut off at any byte: the state is the one of the whole lines, and it is said", async () => {
  const { bytes, states } = sample();
  const copy = (states[0]?.length ?? 0) / 2;
  for (let length = 0; length <= bytes.length; length += 1) {
    const found = readPositions(bytes.subarray(0, length));
    const expected = length < copy ? undefined : (states.findLast((state) => state.length <= length) ?? states[0]);
    assert.deepEqual(Object.fromEntries(found.state), expected?.state ?? {}, `length ${length}`);
    const isWhole = length === 0 || states.some((state) => state.length === length);
    assert.equal(found.problem === undefined, isWhole, `length ${length}`);
  }
});

test("a damaged file is kept beside, said once, and written anew", async () => {
  await using at = await folder();
  const { bytes, states } = sample();
  const damaged = Buffer.from(bytes);
  damaged[(states[1]?.length ?? 0) + 12] = 0;
  await writeFile(join(at.dir, "p.pos"), damaged);
  const store = openPositionStore({ dir: at.dir, name: "p", log: at.log });
  assert.deepEqual(store.get("file:a"), { offset: 9 });
  void store.commit({ "file:a": { offset: 10 } });
  await store.close();
  assert.equal(at.warnings.length, 1);
  assert.match(String(at.warnings[0]?.["kept"]), /p\.pos\.damaged-\d{8}T\d{9}Z$/);
  assert.deepEqual(await readFile(String(at.warnings[0]?.["kept"])), damaged);
  const again = openPositionStore({ dir: at.dir, name: "p", log: at.log });
  assert.deepEqual(again.get("file:a"), { offset: 10 });
  assert.equal(again.get("나"), "다");
  await again.close();
  assert.equal(at.warnings.length, 1);
});

test("the file is written anew when it has grown, while commits go on", async () => {
  await using at = await folder();
  const store = openPositionStore({ dir: at.dir, name: "p", log: at.log });
  let largest = 0;
  let rounds = 0;
  // On a busy machine several rounds are written together, and it takes more of them.
  for (; rounds < 40 || (largest <= 256 << 10 && rounds < 4000); rounds += 1) {
    const round = rounds;
    for (let index = 0; index < 200; index += 1) void store.commit({ [`file:${index % 10}`]: { offset: round * 200 + index, path: "x".repeat(100) } });
    void store.commit({ [`round:${round % 40}`]: true }); // In some rounds while the file is being written anew.
    await new Promise((resolve) => setImmediate(resolve));
    largest = Math.max(largest, fs.statSync(join(at.dir, "p.pos")).size);
  }
  await store.close();
  assert.ok(fs.statSync(join(at.dir, "p.pos")).size < 600_000);
  assert.ok(256 << 10 < largest, `${largest} bytes at most in ${rounds} rounds: it never grew`);
  assert.deepEqual((await readdir(at.dir)).sort(), ["p.pos"]);
  const again = openPositionStore({ dir: at.dir, name: "p", log: at.log });
  assert.equal(again.keys("round:").length, 40);
  for (let index = 0; index < 10; index += 1) assert.equal((again.get(`file:${index}`) as { offset: number }).offset, (rounds - 1) * 200 + 190 + index);
  await again.close();
  assert.deepEqual(at.warnings, []);
});

test("fsync: none never, every before the commit resolves, interval within a second of the first commit", async () => {
  await using at = await folder();
  const flushes: number[] = [];
  const real = fs.fdatasync;
  mock.method(fs, "fdatasync", (fd: number, done: fs.NoParamCallback) => real(fd, (error) => (flushes.push(fd), done(error))));
  syncBuiltinESMExports();
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const none = openPositionStore({ dir: at.dir, name: "none", fsync: "none" });
    assert.equal(none.commit({ a: 1 }), undefined);
    await none.close();
    assert.equal(flushes.length, 0);

    const every = openPositionStore({ dir: at.dir, name: "every", fsync: "every" });
    await every.commit({ a: 1 });
    assert.equal(flushes.length, 1);
    await every.close();
    flushes.length = 0;

    const interval = openPositionStore({ dir: at.dir, name: "interval" });
    assert.equal(interval.commit({ a: 1 }), undefined);
    void interval.commit({ a: 2 });
    mock.timers.tick(999);
    assert.equal(flushes.length, 0);
    mock.timers.tick(1);
    while (flushes.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(flushes.length, 1);
    await interval.close();
  } finally {
    mock.timers.reset();
    mock.restoreAll();
    syncBuiltinESMExports();
  }
});

test("a store has one owner: a living agent keeps it, a dead one's lock is taken over", async () => {
  await using at = await folder();
  const here = openPositionStore({ dir: at.dir, name: "p" });
  assert.throws(() => openPositionStore({ dir: at.dir, name: "p" }), UsageError);
  await here.close();

  const module = new URL("./position-store.ts", import.meta.url).href;
  const program = `import { openPositionStore } from ${JSON.stringify(module)}; openPositionStore({ dir: ${JSON.stringify(at.dir)}, name: "p" }); console.log("open"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => createInterface(child.stdout).once("line", resolve));
  assert.throws(() => openPositionStore({ dir: at.dir, name: "p" }), new RegExp(`in use by another agent \\(process ${child.pid}\\)`));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  const after = openPositionStore({ dir: at.dir, name: "p" });
  await after.close();
});

test("kill -9 at any instant: what commit returned for is there", async () => {
  await using at = await folder();
  const module = new URL("./position-store.ts", import.meta.url).href;
  const program = `import { openPositionStore } from ${JSON.stringify(module)}; import { writeSync } from "node:fs";
    const store = openPositionStore({ dir: ${JSON.stringify(at.dir)}, name: "p" });
    for (let n = (store.get("n") ?? 0) + 1; ; n += 1) { store.commit({ n, ["key" + (n % 50)]: "x".repeat(300) }); writeSync(1, n + "\\n"); if (n % 64 === 0) await new Promise(setImmediate); }`;
  let last = 0;
  for (let life = 0; life < Number(process.env["DURE_KILLS"] ?? 5); life += 1) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const killAt = last + 1 + Math.floor(Math.random() * 3000);
    const lines = createInterface(child.stdout);
    const ended = new Promise((resolve) => child.once("close", resolve));
    lines.on("line", (line) => {
      last = Math.max(last, Number(line));
      if (killAt <= last) child.kill("SIGKILL");
    });
    await ended;
    const store = openPositionStore({ dir: at.dir, name: "p", log: at.log });
    assert.ok(last <= Number(store.get("n")), `${last} was committed, ${String(store.get("n"))} is there`);
    await store.close();
  }
  // A kill may cut a write in two where it crosses a page; that commit had not returned.
  for (const { problem } of at.warnings) assert.equal(problem, "the last line is cut off");
});

const isRoot = process.getuid?.() === 0 && process.platform === "linux";

test("disk full: the commit fails, a later one brings its changes, and no line is torn", { skip: !isRoot && "needs root to mount a small disk" }, async () => {
  await using at = await folder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", at.dir]);
  try {
    const store = openPositionStore({ dir: at.dir, name: "p", log: at.log });
    void store.commit({ first: 1 });
    fs.writeFileSync(join(at.dir, "filler"), "");
    assert.throws(() => fs.writeFileSync(join(at.dir, "filler"), Buffer.alloc(128 << 10)), { code: "ENOSPC" });
    assert.throws(() => {
      for (let n = 0; n < 1000; n += 1) void store.commit({ second: n, text: "x".repeat(500) });
    }, { code: "ENOSPC" });
    assert.throws(() => void store.commit({ third: "y".repeat(9000) }), { code: "ENOSPC" });
    assert.equal(readPositions(fs.readFileSync(join(at.dir, "p.pos"))).problem, undefined, "no half-written line is left behind");
    fs.rmSync(join(at.dir, "filler"));
    void store.commit({ fourth: 4 });
    await store.close();
    const again = openPositionStore({ dir: at.dir, name: "p", log: at.log });
    assert.deepEqual(again.keys("").toSorted(), ["first", "fourth", "second", "text", "third"]);
    await again.close();
    assert.deepEqual(at.warnings, []);
  } finally {
    execFileSync("umount", ["-l", at.dir]);
  }
});

test("a folder that cannot be written to is said clearly", { skip: !isRoot && "needs root to mount a read-only disk" }, async () => {
  await using at = await folder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", at.dir]);
  try {
    assert.throws(() => openPositionStore({ dir: at.dir, name: "p" }), (error) => error instanceof UsageError && /positions cannot be written: .*EROFS/.test(error.message) && error.hint !== undefined);
  } finally {
    execFileSync("umount", ["-l", at.dir]);
  }
});
