import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import fc from "fast-check";
import { ProcessTypes } from "#kernel/process-types.ts";
import { builtInProcessTypes } from "#plugins/all.ts";
import { currentProgram } from "./program-folder.ts";
import { openPrograms } from "./programs-store.ts";
import type { ProgramsParts } from "./programs-store.ts";
import { zipOf } from "./zip.testing.ts";

const types = new ProcessTypes(builtInProcessTypes);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function openIn(given: Partial<ProgramsParts> = {}) {
  const dir = await mkdtemp(join(tmpdir(), "dure-programs-"));
  const parts: ProgramsParts = { dir: join(dir, "programs"), log: silent, types, ...given };
  return { ...parts, outer: dir, programs: openPrograms(parts), [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

test("programs: an upload is the newest version and the current one; going back changes only that", async () => {
  await using store = await openIn({ now: () => 1234 });
  const first = await store.programs.put("적재 etl", "process", "작업 (1).py", Buffer.from("print(1)"), "kim");
  assert.deepEqual(first, { version: 1, fileName: "작업 (1).py", bytes: 8, sha256: "d287bb7f9d15abdc5b6e98536263815744b6ef21c8f3c839fc434ca70d8efe99", atMs: 1234, by: "kim", isCurrent: true });
  const second = await store.programs.put("적재 etl", "process", "작업.py", Readable.from([Buffer.from("print("), Buffer.from("2)")]), "lee");
  assert.equal(second.version, 2);
  const now = currentProgram(store.dir, "적재 etl");
  assert.equal(await readFile(now?.path ?? "", "utf8"), "print(2)");
  if (process.platform !== "win32") assert.equal((await stat(now?.path ?? "")).mode & 0o111, 0o111);
  await store.programs.use("적재 etl", 1);
  assert.equal(currentProgram(store.dir, "적재 etl")?.fileName, "작업 (1).py");
  // Another agent after a restart sees the same.
  const [status] = await openPrograms(store).list();
  assert.deepEqual([status?.process, status?.versions.map(({ version, isCurrent }) => [version, isCurrent])], ["적재 etl", [[2, false], [1, true]]]);
  await store.programs.remove("적재 etl");
  assert.deepEqual(await store.programs.list(), []);
});

test("programs: the last ten are kept, and the current one whatever its age", async () => {
  await using store = await openIn({ versionsMax: 3 });
  for (let count = 1; count <= 4; count += 1) await store.programs.put("etl", "process", "a", Buffer.from(String(count)), "kim");
  assert.deepEqual((await store.programs.list())[0]?.versions.map(({ version }) => version), [4, 3, 2]);
  await assert.rejects(store.programs.use("etl", 1), { code: "NOT_FOUND", hint: "There are 4, 3, 2." });
  // A number never comes twice, though the newest were not the current one.
  await store.programs.use("etl", 2);
  assert.equal((await store.programs.put("etl", "process", "a", Buffer.from("5"), "kim")).version, 5);
});

test("programs: names that lead elsewhere are refused, and nothing is left of them", async () => {
  await using store = await openIn();
  for (const name of ["../evil", "a/b", "a\\b", "..", ".", "", "C:evil", "nul", "a\0b", "a\nb", "end.", "x".repeat(300)]) await assert.rejects(store.programs.put("etl", "process", name, Buffer.from("x"), "kim"), { code: "INVALID" }, JSON.stringify(name));
  for (const process of ["..", "../../evil", "a/b", "/etc", "C:\\evil", ".", "con"]) await store.programs.put(process, "process", "a", Buffer.from("x"), "kim");
  assert.deepEqual(await readdir(store.outer), ["programs"]);
  assert.equal((await readdir(store.dir)).length, 7);
  await fc.assert(fc.asyncProperty(fc.string({ unit: "binary" }), async (name) => {
    await store.programs.put("etl", "process", name, Buffer.from("x"), "kim").catch(() => {});
    assert.deepEqual(await readdir(store.outer), ["programs"]);
  }), { numRuns: 50 });
});

test("programs: one that is removed while a file comes says so, and keeps nothing", async () => {
  await using store = await openIn();
  const content = new Readable({ read() {} });
  const put = assert.rejects(store.programs.put("etl", "process", "a", content, "kim"), { code: "CONFLICT", message: /removed while/ });
  content.push("half");
  while (!existsSync(join(store.dir, "etl"))) await new Promise((resolve) => setImmediate(resolve));
  while (!(await readdir(join(store.dir, "etl"))).some((name) => existsSync(join(store.dir, "etl", name, "bin", "a")))) await new Promise((resolve) => setImmediate(resolve));
  await store.programs.remove("etl");
  content.push(null);
  await put;
  assert.deepEqual(await readdir(store.dir), []);
});

test("programs: what is too long, empty, cut off, or finds the disk full leaves nothing", async () => {
  await using store = await openIn({ bytesMax: 1000 });
  const failing = (code: string) => new Readable({ read() { this.push("half"); this.destroy(Object.assign(new Error("broken"), { code })); } });
  await assert.rejects(store.programs.put("etl", "process", "a", Readable.from([Buffer.alloc(600), Buffer.alloc(600)]), "kim"), { code: "INVALID", message: /larger than/ });
  await assert.rejects(store.programs.put("etl", "process", "a", Buffer.alloc(0), "kim"), { code: "INVALID", message: /empty/ });
  await assert.rejects(store.programs.put("etl", "process", "a", failing("ECONNRESET"), "kim"), { code: "INVALID", message: /in part/ });
  await assert.rejects(store.programs.put("etl", "process", "a", failing("ENOSPC"), "kim"), { code: "UNAVAILABLE", message: /is full/ });
  await assert.rejects(store.programs.put("etl", "talend", "job_0.1.zip", Buffer.from("no zip at all"), "kim"), { code: "INVALID", message: /no zip/ });
  await assert.rejects(store.programs.put("etl", "talend", "job_0.1.zip", zipOf([{ name: "readme" }]), "kim"), { code: "INVALID", message: /job_run\.sh/ });
  await assert.rejects(store.programs.put("etl", "talend", "job.py", zipOf([{ name: "readme" }]), "kim"), { code: "INVALID", message: /is no zip/ });
  assert.deepEqual(await readdir(join(store.dir, "etl")), []);
});

test("programs: many at once are each a version of its own", async () => {
  await using store = await openIn();
  const made = await Promise.all(Array.from({ length: 8 }, (_, index) => store.programs.put("etl", "process", "a", Buffer.from(String(index)), "kim")));
  assert.deepEqual(made.map(({ version }) => version).sort((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal((await store.programs.list())[0]?.versions.filter(({ isCurrent }) => isCurrent).length, 1);
});

test("programs: killed at any moment, the versions there are, are whole, and what was begun is removed", { timeout: 240_000 }, async () => {
  await using store = await openIn();
  const script = join(store.outer, "put.mjs");
  await writeFile(script, `
    import { openPrograms } from ${JSON.stringify(new URL("./programs-store.ts", import.meta.url).href)};
    import { ProcessTypes } from ${JSON.stringify(new URL("../../../kernel/process-types.ts", import.meta.url).href)};
    import { builtInProcessTypes } from ${JSON.stringify(new URL("../../../plugins/all.ts", import.meta.url).href)};
    const programs = openPrograms({ dir: ${JSON.stringify(store.dir)}, log: { warn() {} }, types: new ProcessTypes(builtInProcessTypes) });
    console.log("ready");
    for (let count = 0; ; count += 1) await programs.put("etl", "process", "a", Buffer.alloc(200_000, count), "kim");
  `);
  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    // Some moment of its work: as long as this many looks at the disk take.
    for (let look = 0; look < 40 + round * 17; look += 1) await readdir(store.outer);
    child.kill("SIGKILL");
    await once(child, "exit");
    const [status] = await store.programs.list();
    for (const { version, bytes, sha256 } of status?.versions ?? []) {
      const content = await readFile(join(store.dir, "etl", String(version), "bin", "a"));
      assert.equal(content.length, bytes);
      assert.equal((await import("node:crypto")).hash("sha256", content), sha256);
    }
    const current = currentProgram(store.dir, "etl");
    if (current !== undefined) assert.ok(existsSync(current.path));
  }
  await mkdir(join(store.dir, "etl", ".incoming-999"), { recursive: true });
  await openPrograms(store).put("etl", "process", "a", Buffer.from("x"), "kim");
  assert.deepEqual((await readdir(join(store.dir, "etl"))).filter((name) => name.startsWith(".")), []);
});
