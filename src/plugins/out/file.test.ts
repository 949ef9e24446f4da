import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readFile, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync, gzipSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { systemClock } from "#base/clock.ts";
import { ValueReader } from "#dataplane/msgpack.ts";
import { linesBatch, recordsBatch, testContext } from "#sdk/testing.ts";
import { drive } from "./file-test-driver.ts";
import { file } from "./file.ts";

const CHILD = new URL("./file-test-child.ts", import.meta.url).pathname;
const never = new AbortController().signal;

/** A folder, a commit file in it, and drivers that start from that. */
async function place() {
  const context = await testContext();
  const commitFile = join(context.dataDir, "commit.json");
  return {
    ...context,
    path: join(context.dataDir, "out.log"),
    start: (options: Partial<Parameters<typeof drive>[0]> = {}, given: { commits?: boolean; clock?: typeof systemClock; step?: string } = {}) =>
      drive({ path: "out.log", ...options }, { ...context, ...(given.clock === undefined ? {} : { clock: given.clock }), ...(given.step === undefined ? {} : { step: given.step }) }, commitFile, given),
    read: (name = "out.log") => readFile(join(context.dataDir, name), "utf8"),
    names: async () => (await readdir(context.dataDir)).filter((name) => name.startsWith("out")).sort(),
    [Symbol.asyncDispose]: () => context[Symbol.asyncDispose](),
  };
}

test("file: lines stay as they are, and a restart goes on behind them", async () => {
  await using here = await place();
  const first = await here.start();
  await Promise.all([first.write("가\n나\n", 2), first.write("다\n", 3)]);
  await first.close();
  const second = await here.start();
  assert.equal(second.position, 3);
  await second.write("라\n", 4);
  await second.close();
  assert.equal(await here.read(), "가\n나\n다\n라\n");
  assert.equal(here.pool.usedBytes, 0, "every chunk was given back");
});

test("file: steps put in before it or taken out change its number, and nothing that was committed is cut off", async () => {
  await using here = await place();
  for (const [turn, step] of ["3", "4", "3", "2.1.1", "3"].entries()) {
    const output = await here.start({}, { step });
    assert.equal(output.position, turn);
    await output.write(`${turn}\n`, turn + 1);
    await output.close();
  }
  assert.equal(await here.read(), "0\n1\n2\n3\n4\n");
  // Nor does a crash under another number leave anything twice.
  const crashing = await here.start({}, { step: "4", commits: false });
  await crashing.write("lost\n", 9);
  await crashing.close();
  const after = await here.start({}, { step: "3" });
  assert.equal(after.position, 5);
  await after.write("5\n", 6);
  await after.close();
  assert.equal(await here.read(), "0\n1\n2\n3\n4\n5\n");
});

test("file: what somebody else has written to a file that was left in good order stays", async () => {
  await using here = await place();
  const first = await here.start();
  await first.write("ours\n", 1);
  await first.close();
  appendFileSync(here.path, "theirs\n");
  const idle = await here.start();
  await idle.close();
  assert.equal(await here.read(), "ours\ntheirs\n", "also when nothing is written to it any more");
  const second = await here.start();
  await second.write("ours again\n", 2);
  await second.close();
  assert.equal(await here.read(), "ours\ntheirs\nours again\n");
  const crashing = await here.start({}, { commits: false });
  await crashing.write("lost\n", 3);
  await crashing.close();
  await (await here.start()).close();
  assert.equal(await here.read(), "ours\ntheirs\nours again\n", "what was not committed is cut off all the same");
});

test("file: what was written and not committed is cut off, in files of yesterday too", async () => {
  await using here = await place();
  const options = { path: "out-%Y%m%d.log" };
  const committing = await here.start(options);
  await committing.write("one\n", 1, { seconds: 1_790_000_000 });
  await committing.close();
  const crashing = await here.start(options, { commits: false });
  await crashing.write("lost\n", 2, { seconds: 1_790_000_000 });
  await crashing.write("lost\n", 3, { seconds: 1_790_086_400 });
  await crashing.close();
  assert.equal(await here.read("out-20260921.log"), "one\nlost\n");
  const after = await here.start(options);
  assert.equal(await here.read("out-20260921.log"), "one\n");
  assert.equal(await here.read("out-20260922.log"), "");
  await after.close();
  assert.equal(here.said.filter(({ message }) => message.startsWith("cut off")).length, 2);
});

test("file: a file the user had before is appended to, and never gets shorter than it was", async () => {
  await using here = await place();
  await writeFile(here.path, "the user's own\n");
  const crashing = await here.start({}, { commits: false });
  await crashing.write("lost\n", 1);
  await crashing.close();
  const after = await here.start();
  await after.write("ours\n", 1);
  await after.close();
  assert.equal(await here.read(), "the user's own\nours\n");
});

test("file: another file in its place is not cut, even with the same number", async () => {
  await using here = await place();
  const first = await here.start();
  await first.write("ours\n", 1);
  await first.close();
  await writeFile(here.path, "somebody else wrote this, and it is longer\n"); // In place: the inode stays.
  const second = await here.start();
  await second.write("more\n", 2);
  await second.close();
  assert.equal(await here.read(), "somebody else wrote this, and it is longer\nmore\n");
});

test("file: losing the positions does not make it cut what it wrote", async () => {
  await using here = await place();
  const first = await here.start();
  await first.write("one\n", 1);
  await first.close();
  await rm(join(here.dataDir, "commit.json"));
  const second = await here.start();
  await second.write("two\n", 2);
  await second.close();
  assert.equal(await here.read(), "one\ntwo\n");
});

test("file: a file that is moved away or cut short while we write is followed by a new one, without a hole", async () => {
  await using here = await place();
  let nowMs = 0;
  const driver = await here.start({}, { clock: { ...systemClock, now: () => nowMs } });
  await driver.write("one\n", 1);
  await rename(here.path, `${here.path}.1`);
  nowMs += 5_000;
  await driver.write("two\n", 2);
  assert.equal(await here.read("out.log.1"), "one\n");
  assert.equal(await here.read(), "two\n");
  await truncate(here.path, 0); // As copytruncate does.
  await driver.write("three\n", 3);
  await appendFile(here.path, "from elsewhere\n");
  await driver.write("four\n", 4);
  await driver.close();
  assert.equal(await here.read(), "three\nfrom elsewhere\nfour\n");
});

test("file: time codes and tags make the path; a tag cannot leave its folder", async () => {
  await using here = await place();
  const driver = await here.start({ path: "logs/%Y/%m-%d/${tag}/a%%.log", time_zone: "Asia/Seoul" });
  await driver.write("a\n", 1, { tag: "web.access", seconds: Date.UTC(2026, 10, 21, 15, 0) / 1000 });
  await driver.write("b\n", 2, { tag: "..", seconds: Date.UTC(2026, 10, 21, 14, 59) / 1000 });
  await driver.write("c\n", 3, { tag: "../../etc", seconds: Date.UTC(2026, 10, 21, 14, 59) / 1000 });
  await driver.close();
  assert.equal(await here.read("logs/2026/11-22/web.access/a%.log"), "a\n");
  assert.equal(await here.read("logs/2026/11-21/_/a%.log"), "b\n");
  assert.equal(await here.read("logs/2026/11-21/.._.._etc/a%.log"), "c\n");
});

test("file: a tag longer than a name may be is cut, and tags that begin alike stay apart", async () => {
  await using here = await place();
  const driver = await here.start({ path: "logs/app-${tag}.log" });
  const long = "가".repeat(200);
  await driver.write("a\n", 1, { tag: long });
  await driver.write("b\n", 2, { tag: `${long}.other` });
  await driver.write("c\n", 3, { tag: long });
  await driver.close();
  const names = (await readdir(join(here.path, "..", "logs"))).sort();
  assert.equal(names.length, 2);
  for (const name of names) assert.match(name, /^app-가{20,}~[0-9a-f]{8}\.log$/);
  assert.deepEqual((await Promise.all(names.map((name) => here.read(`logs/${name}`)))).sort(), ["a\nc\n", "b\n"]);
});

test("file: an unknown time code is a problem of the config", () => {
  assert.match(String(file.options.safeParse({ path: "a-%Q.log" }).error?.issues[0]?.message), /%Q is no time code/);
  assert.equal(file.options.safeParse({ path: "a.log", time_zone: "Mars/Base" }).success, false);
});

test("file: records become JSON lines with their time, or forward entries", async () => {
  await using context = await testContext();
  for (const [format, name] of [
    ["auto", "a.json"],
    ["msgpack", "a.msgpack"],
  ] as const) {
    // Nothing is committed here, so each has to be a pipeline of its own: the second would cut off what the first wrote.
    const dataDir = join(context.dataDir, format);
    await mkdir(dataDir);
    const output = await file.open(file.options.parse({ path: name, format, time_zone: "+09:00" }), { ...context, dataDir });
    const batch = recordsBatch(context.pool, [{ name: "김서연", age: 41 }]);
    await output.write(batch, never);
    batch.release();
    await output.close();
  }
  assert.equal(await readFile(join(context.dataDir, "a.json"), "utf8"), '{"time":"2026-09-21T23:13:20.000+09:00","name":"김서연","age":41}\n');
  assert.deepEqual(new ValueReader(await readFile(join(context.dataDir, "a.msgpack"))).value(), [1_790_000_000, { name: "김서연", age: 41 }]);
  assert.equal(context.pool.usedBytes < 8192, true, "programs stay, batches do not");
});

for (const [compress, extension] of [
  ["gzip", ".gz"],
  ["zstd", ".zst"],
] as const) {
  test(`file: with ${compress} each batch is a piece of its own, and a cut leaves whole pieces`, async () => {
    await using here = await place();
    const first = await here.start({ compress });
    await Promise.all(["a\n", "b\n", "c\n"].map((text, index) => first.write(text.repeat(1000), index + 1)));
    await first.close();
    const crashing = await here.start({ compress }, { commits: false });
    await crashing.write("lost\n", 4);
    await crashing.close();
    const second = await here.start({ compress });
    await second.write("d\n", 4);
    await second.close();
    const bytes = await readFile(`${here.path}${extension}`);
    assert.equal(allFrames(bytes, compress), "a\n".repeat(1000) + "b\n".repeat(1000) + "c\n".repeat(1000) + "d\n");
  });
}

test("file: rotation by size keeps every line in order, compresses, and deletes the oldest", async () => {
  await using here = await place();
  const driver = await here.start({ rotate: { size: "1k", compress: "gzip" } });
  const texts = Array.from({ length: 40 }, (_, index) => `${index} ${"y".repeat(90)}\n`);
  await Promise.all(texts.map((text, index) => driver.write(text, index + 1)));
  await until(async () => !(await here.names()).some((name) => /-\d{3}$|tmp$/.test(name)));
  await driver.close();
  const rotated = (await here.names()).filter((name) => name.endsWith(".gz"));
  assert.equal(rotated.length, 3);
  const all = [...(await Promise.all(rotated.map(async (name) => gunzipSync(await readFile(join(here.dataDir, name))).toString()))), await here.read()];
  assert.equal(all.join(""), texts.join(""));
  assert.ok(all.every((text) => text.length <= 1024));

  const keeping = await here.start({ rotate: { size: "1k", keep: 2 } });
  await keeping.write("z".repeat(1000), 41);
  await until(async () => (await here.names()).filter((name) => name !== "out.log").length === 2);
  await keeping.close();
});

test("file: a new day begins a new file, whenever the next write comes", async () => {
  await using here = await place();
  let nowMs = Date.UTC(2026, 10, 21, 14, 59);
  const clock = { ...systemClock, now: () => nowMs };
  const driver = await here.start({ rotate: { every: "daily" }, time_zone: "Asia/Seoul" }, { clock });
  await driver.write("monday\n", 1);
  nowMs += 120_000;
  await driver.write("tuesday\n", 2);
  await driver.close();
  assert.deepEqual(await here.names(), ["out.log", "out.log.20261122-000100-000"]);
  assert.equal(await here.read("out.log.20261122-000100-000"), "monday\n");
});

test("file: a file is rotated only when all of it is committed", async () => {
  await using context = await testContext();
  const seen: string[][] = [];
  let commit = (): void => {};
  const clock = {
    ...systemClock,
    async pause() {
      seen.push((await readdir(context.dataDir)).filter((name) => name.startsWith("out")));
      if (seen.length === 3) commit();
    },
  };
  const output = await file.open(file.options.parse({ path: "out.log", rotate: { size: 10 } }), { ...context, clock });
  const [one, two] = [linesBatch(context.pool, "one one\n"), linesBatch(context.pool, "two two\n")];
  const written = await output.write(one, never);
  commit = () => Object.entries(written?.commit ?? {}).forEach(([key, value]) => context.store.set(key, value));
  await output.write(two, never);
  await output.close();
  assert.deepEqual(seen, [["out.log"], ["out.log"], ["out.log"]]);
  assert.equal(await readFile(join(context.dataDir, "out.log"), "utf8"), "two two\n");
});

for (const outcome of ["comes again", "is given up"] as const) {
  test(`file: a batch behind one that failed waits until that one ${outcome}`, { timeout: 240_000 }, async () => {
    await using context = await testContext();
    const output = await file.open(file.options.parse({ path: "later/out.log", mkdir: false }), context);
    const [one, two, three] = [linesBatch(context.pool, "one\n"), linesBatch(context.pool, "two\n"), linesBatch(context.pool, "three\n")];
    await assert.rejects(output.write(one, never), /ENOENT/);
    await mkdir(join(context.dataDir, "later"));
    const order: string[] = [];
    const behind = [output.write(two, never).then(() => order.push("two")), output.write(three, never).then(() => order.push("three"))];
    if (outcome === "comes again") behind.unshift(output.write(one, never).then(() => order.push("one")));
    else one.release();
    await Promise.all(behind);
    await output.close();
    const expected = outcome === "comes again" ? ["one", "two", "three"] : ["two", "three"];
    assert.deepEqual(order, expected);
    assert.equal(await readFile(join(context.dataDir, "later/out.log"), "utf8"), expected.map((text) => `${text}\n`).join(""));
  });
}

const rotated = "out.log.20260101-000000-000";
for (const [what, prepare, expected] of [
  ["before the new file was made", async (dir: string) => rename(join(dir, "out.log"), join(dir, rotated)), [rotated + ".gz"]],
  [
    "with bytes in the new file",
    async (dir: string) => (await rename(join(dir, "out.log"), join(dir, rotated)), writeFile(join(dir, "out.log"), "")),
    [rotated + ".gz"],
  ],
  [
    "in the middle of the compression",
    async (dir: string) => (await rename(join(dir, "out.log"), join(dir, rotated)), writeFile(join(dir, `${rotated}.gz.tmp`), "half")),
    [rotated + ".gz"],
  ],
  [
    "before the original was deleted",
    async (dir: string) => {
      await rename(join(dir, "out.log"), join(dir, rotated));
      await writeFile(join(dir, `${rotated}.gz`), gzipSync(await readFile(join(dir, rotated))));
    },
    [rotated + ".gz"],
  ],
] as const) {
  test(`file: a crash in a rotation, ${what}, is mended at the next start`, async () => {
    await using here = await place();
    const options = { rotate: { size: "1k", compress: "gzip" as const } };
    const first = await here.start(options);
    await first.write("one\n", 1);
    await first.close();
    await prepare(here.dataDir);
    const crashing = await here.start(options, { commits: false });
    await crashing.write("lost\n", 2); // Into the new file, never committed.
    await crashing.close();
    const second = await here.start(options);
    await second.write("two\n", 2);
    await until(async () => (await here.names()).length === 1 + expected.length && !existsSync(join(here.dataDir, rotated)));
    await second.close();
    assert.equal(await here.read(), "two\n");
    assert.equal(gunzipSync(await readFile(join(here.dataDir, expected[0]))).toString(), "one\n");
  });
}

test("file: whatever is written, committed and cut off, each line is there once and in order", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ batches: fc.integer({ min: 1, max: 6 }), isCommitted: fc.boolean(), bytes: fc.integer({ min: 1, max: 400 }) }), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.constantFrom("none", "gzip", "zstd"),
      fc.option(fc.constantFrom("300", "1k"), { nil: undefined }),
      async (lives, compress, size) => {
        await using here = await place();
        const options = { compress, rotate: { size } } as const;
        for (const life of [...lives, { batches: 1, isCommitted: true, bytes: 1 }]) {
          const driver = await here.start(options, { commits: life.isCommitted });
          const from = driver.position;
          const batches = size !== undefined && !life.isCommitted ? 1 : life.batches; // Rotation waits for commits.
          await Promise.all(Array.from({ length: batches }, (_, index) => driver.write(`${from + index} ${"z".repeat(life.bytes)}\n`, from + index + 1)));
          await driver.close();
        }
        const current = compress === "none" ? "out.log" : compress === "gzip" ? "out.log.gz" : "out.log.zst";
        const ordered = [...(await here.names()).filter((name) => name !== current), current];
        const text = (await Promise.all(ordered.map(async (name) => allFrames(await readFile(join(here.dataDir, name)), compress)))).join("");
        const numbers = text
          .split("\n")
          .slice(0, -1)
          .map((line) => Number(line.split(" ")[0]));
        assert.deepEqual(
          numbers,
          numbers.map((_, index) => index),
        );
      },
    ),
    { numRuns: 25 },
  ));

const KILLS = Number(process.env["DURE_SOAK_KILLS"] ?? 4);
for (const options of [{}, { compress: "gzip" }, { rotate: { size: "40k", compress: "gzip" } }, { rotate: { size: "10k" }, path: "out-${tag}.log" }] as const) {
  test(`file: kill -9 at random instants leaves each line once (${JSON.stringify(options)})`, { timeout: 120_000 }, async () => {
    const dir = await mkdtemp(join(tmpdir(), "dure-file-crash-"));
    // Who is to be killed writes on until he is: none is through before a busy machine gets to it.
    const run = (isLast: boolean) =>
      spawn(process.execPath, [CHILD, dir, JSON.stringify({ path: "out.log", ...options }), isLast ? "4000" : "Infinity"], { stdio: ["ignore", "ignore", "inherit"] });
    try {
      let kills = 0;
      for (let isDone = false; !isDone;) {
        const before = await readFile(join(dir, "commit.json"), "utf8").catch(() => "");
        const child = run(kills === KILLS);
        const exited = once(child, "exit");
        if (kills < KILLS) {
          // Killed at a random instant after it began to commit.
          await Promise.race([exited, until(async () => (await readFile(join(dir, "commit.json"), "utf8").catch(() => "")) !== before)]);
          await Promise.race([exited, delay(Math.random() * 40)]);
          if (child.exitCode === null) kills += child.kill("SIGKILL") ? 1 : 0;
        }
        const [code] = await exited;
        isDone = code === 0;
        assert.ok(isDone || code === null, `the writer ended with ${code}`);
      }
      const names = (await readdir(dir)).filter((name) => name.startsWith("out")).sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
      let text = "";
      for (const name of names) text += allFrames(await readFile(join(dir, name)), name.endsWith(".gz") ? "gzip" : "none");
      const numbers = text
        .split("\n")
        .slice(0, -1)
        .map((line) => Number(line.split(" ")[1]));
      assert.equal(numbers.length, (JSON.parse(await readFile(join(dir, "commit.json"), "utf8")) as { position: number }).position);
      assert.ok(4000 <= numbers.length);
      assert.ok(
        numbers.every((number, index) => number === index),
        `wrong from line ${numbers.findIndex((number, index) => number !== index)} on, after ${kills} kills, in ${names.join(" ")}`,
      );
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
}

const canMount = process.platform === "linux" && process.getuid?.() === 0 && mountWorks();
test(
  "file: a full disk makes it wait; when there is room again nothing is missing or twice",
  { skip: canMount ? false : "needs root for a small tmpfs" },
  async () => {
    await using here = await place();
    const small = join(here.dataDir, "small");
    await mkdir(small);
    system("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", small]);
    try {
      await writeFile(join(small, "ballast"), Buffer.alloc(128 << 10));
      const driver = await here.start({ path: "small/out.log" });
      const texts = Array.from({ length: 20 }, (_, index) => `${index} ${"w".repeat(10_000)}\n`);
      const writes = texts.map((text, index) => driver.write(text, index + 1));
      await until(async () => driver.position >= 8);
      await delay(60); // Let some writes meet the full disk.
      await rm(join(small, "ballast"));
      await Promise.all(writes);
      await driver.close();
      assert.equal(await readFile(join(small, "out.log"), "utf8"), texts.join(""));
    } finally {
      system("umount", [small]);
    }
  },
);

/** A command of the system; the test is skipped where there is none. */
function system(command: string, words: readonly string[]): void {
  execFileSync(command, words, { stdio: "ignore" });
}

function mountWorks(): boolean {
  try {
    system("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
    return true;
  } catch {
    return false;
  }
}

/** Rotated files come before the one that is written. */
function rank(name: string): string {
  return /\d{8}-\d{6}/.test(name) ? `0${name}` : `1${name}`;
}

/** The text of a file made of several gzip members or zstd frames. */
function allFrames(bytes: Buffer, compress: "none" | "gzip" | "zstd"): string {
  if (compress === "none") return bytes.toString();
  if (compress === "gzip") return gunzipSync(bytes).toString();
  return bytes.length === 0 ? "" : zstdDecompressSync(bytes).toString();
}

async function until(isSo: () => Promise<boolean>, mostMs = 60_000): Promise<void> {
  for (const end = Date.now() + mostMs; !(await isSo());) {
    assert.ok(Date.now() < end, "it did not happen in time");
    await delay(5);
  }
}

test("file: what stands in the way of a path is said before the start, in both languages", async () => {
  await using context = await testContext();
  const { configDir } = context;
  await mkdir(join(configDir, "logs/folder"), { recursive: true });
  await writeFile(join(configDir, "logs/file"), "");
  const ask = async (path: string, options: object = {}) => (await file.checkEnvironment?.(file.options.parse({ path, ...options }), { configDir, signal: never })) ?? assert.fail();
  for (const path of ["new.log", "logs/file", "a/b/c.log", "logs/%Y/${tag}.log", "logs/file-%Y%m%d", "%Y.log"]) assert.deepEqual(await ask(path), [], path);
  const bad: readonly [string, object, RegExp, RegExp][] = [
    ["logs/folder", {}, /logs.folder is a folder/, /폴더입니다/],
    ["logs/file/a.log", {}, /logs.file is a file/, /파일이라/],
    ["logs/file/%Y/a.log", {}, /logs.file is a file/, /파일이라/],
    ["logs/none/a.log", { mkdir: false }, /logs.none is not there/, /mkdir: false/],
  ];
  for (const [path, options, en, ko] of bad) {
    const [problem, ...more] = await ask(path, options);
    assert.match(problem?.en ?? "", en);
    assert.match(problem?.ko ?? "", ko);
    assert.deepEqual(more, []);
  }
});

test("file: a path that the system will not let us write to is said before the start", { skip: !existsSync("/proc/sys") }, async () => {
  const [problem] = (await file.checkEnvironment?.(file.options.parse({ path: "/proc/sys/%Y.log" }), { configDir: "/", signal: never })) ?? [];
  assert.match(problem?.en ?? "", /^\/proc\/sys may not be written to \(EACCES\)/); // Not even by root.
});
