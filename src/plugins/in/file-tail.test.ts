import assert from "node:assert/strict";
import { appendFileSync, chmodSync, copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import iconv from "iconv-lite";
import type { JsonValue } from "#base/json.ts";
import { testContext, testPool } from "#sdk/testing.ts";
import { fileTail } from "./file-tail.ts";
import { Follower } from "./file-tail/follower.ts";

function numbered(from: number, to: number, width = 0): string {
  let text = "";
  for (let number = from; number < to; number += 1) text += `${String(number).padStart(6, "0")}${"x".repeat(width)}\n`;
  return text;
}
const numbers = (from: number, to: number, width = 0): string[] => numbered(from, to, width).slice(0, -1).split("\n");

test("a file is read, and what is appended comes as it is written", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  writeFileSync(path, "one\ntwo\nunfin");
  await using follower = await new Follower(context).open({ path: "a.log" });
  await follower.untilLines(2);
  assert.deepEqual(follower.lines, ["one", "two"]);
  await follower.quiet();
  appendFileSync(path, "ished\nfour\n");
  await follower.untilLines(4);
  assert.deepEqual(follower.lines, ["one", "two", "unfinished", "four"]);
});

test("mode test reads what is there, an unfinished last line too, and ends; follow says otherwise", async () => {
  await using context = await testContext({ mode: "test" });
  writeFileSync(join(context.configDir, "a.log"), "one\ntwo");
  writeFileSync(join(context.configDir, "b.log"), numbered(0, 50_000));
  await using follower = await new Follower(context).open({ path: "*.log" });
  await follower.toEnd();
  assert.deepEqual(follower.bySource.get(join(context.configDir, "a.log")), ["one", "two"]);
  assert.deepEqual(follower.bySource.get(join(context.configDir, "b.log")), numbers(0, 50_000));
  assert(follower.rowsMost <= 16_384);
  await using waiting = await new Follower(context).open({ path: "a.log", follow: true });
  await waiting.quiet();
});

test("mode test ends when no file fits the path, and says so", async () => {
  await using context = await testContext({ mode: "test" });
  for (const path of ["none.log", "none*.log", "no-folder/*.log"]) {
    await using follower = await new Follower(context).open({ path });
    await follower.toEnd();
    assert.deepEqual(follower.lines, []);
    assert(follower.said("there is nothing to read"), path);
  }
});

test("a restart goes on after what was committed; what was not committed comes again", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  writeFileSync(path, numbered(0, 100));
  await using first = await new Follower(context).open({ path });
  await first.untilLines(100);
  first.isCommitting = false;
  appendFileSync(path, numbered(100, 200));
  await first.untilLines(200);
  await first.close();
  await using second = await new Follower(context).open({ path });
  await second.untilLines(100);
  assert.deepEqual(second.lines, numbers(100, 200));
});

test("utf-16: a file that ends in the middle of a character gives all before it, and says so", async () => {
  for (const last of ["half", "", "y".repeat(20_000)]) {
    await using context = await testContext();
    writeFileSync(join(context.configDir, "a.log"), Buffer.concat([Buffer.from(`line one\n${last}`, "utf16le"), Buffer.from([0x41])]));
    await using follower = await new Follower(context).open({ path: "a.log", encoding: "utf-16le", follow: false });
    await follower.toEnd();
    assert.deepEqual(follower.lines, last === "" ? ["line one"] : ["line one", last]);
    assert(follower.said("middle of a character"));
  }
});

for (const glob of ["a.log", "a.log*"]) {
  test(`rename and create: the old file is read to its end, then the new one (${glob})`, async () => {
    await using context = await testContext();
    const path = join(context.configDir, "a.log");
    writeFileSync(path, numbered(0, 10));
    await using follower = await new Follower(context).open({ path: glob });
    await follower.untilLines(10);
    appendFileSync(path, numbered(10, 20));
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, numbered(20, 30)); // The writer has not noticed yet.
    writeFileSync(path, numbered(30, 40));
    await follower.untilLines(40);
    assert.deepEqual(follower.lines, numbers(0, 40));
    await follower.quiet();
  });

  test(`copy and truncate: what was copied before it was read is read in the copy (${glob})`, async () => {
    await using context = await testContext();
    const path = join(context.configDir, "a.log");
    writeFileSync(path, numbered(0, 200));
    await using follower = await new Follower(context).open({ path: glob });
    await follower.untilLines(200);
    appendFileSync(path, numbered(200, 300));
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    appendFileSync(path, numbered(300, 310));
    await follower.untilLines(310);
    assert.deepEqual(follower.lines, numbers(0, 310));
    assert(follower.said("emptied"));
    await follower.quiet();
    await follower.close();
    await using again = await new Follower(context).open({ path: glob });
    await again.quiet();
  });

  test(`rotation while nobody looked: the rest of the old file comes first (${glob})`, async () => {
    await using context = await testContext();
    const path = join(context.configDir, "a.log");
    writeFileSync(path, numbered(0, 200));
    await using first = await new Follower(context).open({ path: glob });
    await first.untilLines(200);
    await first.close();
    appendFileSync(path, numbered(200, 210));
    renameSync(path, `${path}.1`);
    writeFileSync(path, numbered(210, 220));
    await using second = await new Follower(context).open({ path: glob });
    await second.untilLines(20);
    assert.deepEqual(second.lines, numbers(200, 220));
    await second.quiet();
    await second.close();
    appendFileSync(path, numbered(220, 400));
    copyFileSync(path, `${path}.2`);
    truncateSync(path);
    appendFileSync(path, numbered(400, 410));
    await using third = await new Follower(context).open({ path: glob });
    await third.untilLines(190);
    assert.deepEqual(third.lines, numbers(220, 410));
    await third.quiet();
    await third.close();
    await using fourth = await new Follower(context).open({ path: glob });
    await fourth.quiet();
  });

  test(`compressed before its end was read: it is read on in the .gz (${glob})`, async () => {
    await using context = await testContext();
    const path = join(context.configDir, "a.log");
    writeFileSync(path, numbered(0, 200));
    await using first = await new Follower(context).open({ path: glob });
    await first.untilLines(200);
    await first.close();
    writeFileSync(`${path}.1.gz`, gzipSync(numbered(0, 300)));
    rmSync(path);
    writeFileSync(path, numbered(300, 320));
    await using second = await new Follower(context).open({ path: glob });
    await second.untilLines(120);
    assert.deepEqual(second.lines, numbers(200, 320));
    await second.quiet();
    await second.close();
    assert.deepEqual(readdirSync(context.dataDir).filter((name) => name.startsWith("unpacked")), []);
    await using third = await new Follower(context).open({ path: glob });
    await third.quiet();
  });
}

test("a log that was read and is then compressed is not read again", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  writeFileSync(path, numbered(0, 200));
  await using follower = await new Follower(context).open({ path: "a.log*" });
  await follower.untilLines(200);
  renameSync(path, `${path}.1`);
  writeFileSync(path, "new\n");
  await follower.untilLines(201);
  writeFileSync(`${path}.2.gz`, gzipSync(numbered(0, 200)));
  rmSync(`${path}.1`);
  await follower.quiet(400);
});

test("read_gzip off leaves compressed files alone; a damaged one is named and stops nothing", async () => {
  await using context = await testContext({ mode: "test" });
  writeFileSync(join(context.configDir, "a.log"), "plain\n");
  writeFileSync(join(context.configDir, "b.log.gz"), gzipSync("packed\n"));
  await using off = await new Follower(context).open({ path: "*.log*", read_gzip: false });
  await off.toEnd();
  assert.deepEqual(off.lines, ["plain"]);
  context.store.clear();
  const packed = gzipSync(Buffer.from(numbered(0, 20_000)));
  writeFileSync(join(context.configDir, "b.log.gz"), packed.subarray(0, packed.length - 100));
  await using damaged = await new Follower(context).open({ path: "*.log*" });
  await damaged.toEnd();
  assert.deepEqual(damaged.lines, ["plain"]);
  assert(damaged.said("cannot be unpacked"));
  writeFileSync(join(context.configDir, "b.log.gz"), packed);
  context.store.clear();
  await using whole = await new Follower(context).open({ path: "b.log.gz" });
  await whole.toEnd();
  assert.deepEqual(whole.lines, numbers(0, 20_000));
});

test("a removed file is read to its end, its unfinished last line when rotate_wait has passed", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  writeFileSync(path, "one\n");
  await using follower = await new Follower(context).open({ path });
  await follower.untilLines(1);
  appendFileSync(path, "two\nthree, torn");
  rmSync(path);
  await follower.untilLines(3);
  assert.deepEqual(follower.lines, ["one", "two", "three, torn"]);
  writeFileSync(path, "four\n");
  await follower.untilLines(4);
  await follower.quiet();
});

test("a new file under a used inode is a new file", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  writeFileSync(path, numbered(0, 100));
  await using first = await new Follower(context).open({ path });
  await first.untilLines(100);
  await first.close();
  const { ino } = statSync(path);
  // The same inode with another text is what a used inode looks like, whatever the file system does.
  writeFileSync(path, numbered(500, 700));
  assert.equal(statSync(path).ino, ino);
  await using second = await new Follower(context).open({ path });
  await second.untilLines(200);
  assert.deepEqual(second.lines, numbers(500, 700));
});

test("a file emptied and filled beyond the old place between two looks is read from its beginning", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  writeFileSync(path, numbered(0, 10));
  await using follower = await new Follower(context).open({ path });
  await follower.untilLines(10);
  writeFileSync(path, numbered(100, 150));
  await follower.untilLines(60);
  assert.deepEqual(follower.lines.slice(10), numbers(100, 150));
});

test("a file emptied and filled up to the very same place is read again", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  writeFileSync(path, numbered(0, 10));
  await using follower = await new Follower(context).open({ path });
  await follower.untilLines(10);
  writeFileSync(path, numbered(10, 20));
  await follower.untilLines(20);
  assert.deepEqual(follower.lines, numbers(0, 20));
});

test("a file emptied and filled up to the same place is read again, though its end is as it was", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  const line = (number: number): string => `${number} ${"y".repeat(200)}`;
  writeFileSync(path, `${line(1)}\n`);
  await using follower = await new Follower(context).open({ path });
  await follower.untilLines(1);
  for (const number of [2, 3]) {
    writeFileSync(path, `${line(number)}\n`);
    await follower.untilLines(number);
  }
  assert.deepEqual(follower.lines, [1, 2, 3].map(line));
});

test("start: end leaves out what is there, not what appears later, and keeps its place over a restart", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  writeFileSync(path, numbered(0, 100));
  await using first = await new Follower(context).open({ path: "*.log", start: "end" });
  writeFileSync(join(context.configDir, "b.log"), "late\n");
  await first.untilLines(1);
  assert.deepEqual(first.lines, ["late"]);
  await first.close();
  appendFileSync(path, "while away\n");
  await using second = await new Follower(context).open({ path: "*.log", start: "end" });
  await second.untilLines(1);
  assert.deepEqual(second.lines, ["while away"]);
});

test("ignore_older leaves out what old files hold, not what is written to them later", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  writeFileSync(path, "old\n");
  await using follower = await new Follower({ ...context, clock: { ...context.clock, now: () => Date.now() + 3_600_000 } }).open({ path, ignore_older: "10m" });
  await follower.quiet();
  appendFileSync(path, "new\n");
  await follower.untilLines(1);
  assert.deepEqual(follower.lines, ["new"]);
});

test("globs, lists, exclude, time codes, tags", async () => {
  await using context = await testContext({ mode: "test" });
  const now = new Date();
  const day = `${now.getFullYear()}${String(now.getMonth() + 1).padStart(2, "0")}${String(now.getDate()).padStart(2, "0")}`;
  mkdirSync(join(context.configDir, "x/y/z"), { recursive: true });
  for (const [name, text] of [["x/a.log", "a"], ["x/y/z/b.log", "b"], ["x/y/c.bak.log", "c"], ["x/y/d.txt", "d"], [`x/e-${day}_1.txt`, "e"], ["x/e-19990101_1.txt", "f"], ["x/한글.log".normalize("NFD"), "g"]] as const) writeFileSync(join(context.configDir, name), `${text}\n`);
  const read = async (options: Record<string, unknown>): Promise<string[]> => {
    context.store.clear();
    await using follower = await new Follower(context).open(options);
    await follower.toEnd();
    return follower.lines.sort();
  };
  assert.deepEqual(await read({ path: "x/**/*.log" }), ["a", "b", "c", "g"]);
  assert.deepEqual(await read({ path: "x/a.log, x/y/d.txt" }), ["a", "d"]);
  assert.deepEqual(await read({ path: ["x/{a,y/c.bak}.log"] }), ["a", "c"]);
  assert.deepEqual(await read({ path: "x/**/*.log", exclude: "*.bak.log" }), ["a", "b", "g"]);
  assert.deepEqual(await read({ path: "x/**/*.log", exclude: ["/\\.bak\\./", "x/y/**"] }), ["a", "g"]);
  assert.deepEqual(await read({ path: "x/e-%Y%m%d_*.txt" }), ["e"]);
  assert.deepEqual(await read({ path: "x/한*.log".normalize("NFC") }), ["g"]);
  assert.deepEqual(await read({ path: "x/한글.log".normalize("NFC") }), ["g"]);
  const input = await fileTail.open(fileTail.options.parse({ path: "x/a.log", tag: "log.*" }), context);
  context.store.clear();
  await input.close();
});

test("a name that is no UTF-8 is opened by its bytes", { skip: process.platform !== "linux" }, async () => {
  await using context = await testContext({ mode: "test" });
  writeFileSync(Buffer.concat([Buffer.from(`${context.configDir}/`), iconv.encode("로그", "cp949"), Buffer.from(".log")]), "one\n");
  await using follower = await new Follower(context).open({ path: "*.log" });
  await follower.toEnd();
  assert.deepEqual(follower.lines, ["one"]);
});

test("a link is followed to where it leads, and to another file when it is turned", async () => {
  await using context = await testContext();
  mkdirSync(join(context.configDir, "pods"));
  writeFileSync(join(context.configDir, "pods/0.log"), "one\n");
  symlinkSync("pods/0.log", join(context.configDir, "a.log"));
  await using follower = await new Follower(context).open({ path: "a.log" });
  await follower.untilLines(1);
  appendFileSync(join(context.configDir, "pods/0.log"), "two\n");
  await follower.untilLines(2);
  writeFileSync(join(context.configDir, "pods/1.log"), "three\n");
  rmSync(join(context.configDir, "a.log"));
  symlinkSync("pods/1.log", join(context.configDir, "a.log"));
  await follower.untilLines(3);
  assert.deepEqual(follower.lines, ["one", "two", "three"]);
});

test("what is not there yet is waited for, said once", async () => {
  await using context = await testContext();
  await using follower = await new Follower(context).open({ path: "later/deep/*.log" });
  await follower.quiet();
  assert.equal(context.said.filter(({ message }) => message.includes("folder that does not exist")).length, 1);
  mkdirSync(join(context.configDir, "later/deep"), { recursive: true });
  writeFileSync(join(context.configDir, "later/deep/a.log"), "one\n");
  await follower.untilLines(1);
});

test("a folder as path is named; other files go on", async () => {
  await using context = await testContext();
  mkdirSync(join(context.configDir, "folder.log"));
  writeFileSync(join(context.configDir, "a.log"), "one\n");
  await using follower = await new Follower(context).open({ path: ["folder.log", "a.log"] });
  await follower.untilLines(1);
  assert(follower.said("is a folder"));
});

test("a file that may not be read is named, others go on, and it is read when it may be", { skip: process.geteuid?.() !== 0 }, async () => {
  await using context = await testContext();
  chmodSync(context.configDir, 0o755);
  const path = join(context.configDir, "secret.log");
  writeFileSync(path, "secret\n", { mode: 0o600 });
  writeFileSync(join(context.configDir, "a.log"), "open\n");
  process.seteuid?.(65_534);
  try {
    await using follower = await new Follower(context).open({ path: "*.log" });
    await follower.untilLines(1);
    await follower.quiet();
    assert.deepEqual(context.said.filter(({ level }) => level === "warn").map(({ fields }) => [fields["path"], fields["code"]]), [[path, "EACCES"]]);
    process.seteuid?.(0);
    chmodSync(path, 0o644);
    process.seteuid?.(65_534);
    await follower.untilLines(2);
    assert.deepEqual(follower.lines, ["open", "secret"]);
  } finally {
    process.seteuid?.(0);
  }
});

test("10,000 files: all lines, few open files, no memory held when idle", async () => {
  await using context = await testContext({ pool: testPool(16 << 20) });
  mkdirSync(join(context.configDir, "many"));
  for (let file = 0; file < 10_000; file += 1) writeFileSync(join(context.configDir, `many/${file}.log`), `${file}\n`);
  await using follower = await new Follower(context).open({ path: "many/*.log", refresh: "5s" });
  await follower.untilLines(10_000);
  for (let file = 0; file < 10_000; file += 97) appendFileSync(join(context.configDir, `many/${file}.log`), `again ${file}\n`);
  await follower.untilLines(10_000 + Math.ceil(10_000 / 97));
  assert.equal(new Set(follower.lines).size, follower.lines.length);
  assert.equal(context.pool.usedBytes, 0);
  if (process.platform === "linux") assert(readdirSync("/proc/self/fd").length < 700);
});

test("a line of 64 MiB comes in pieces with flat memory; skip leaves it out", async () => {
  await using context = await testContext({ mode: "test", pool: testPool(16 << 20) });
  const path = join(context.configDir, "a.log");
  const piece = Buffer.alloc(1 << 20, "가나다 ");
  writeFileSync(path, "before\n");
  for (let part = 0; part < 64; part += 1) appendFileSync(path, piece);
  appendFileSync(path, "\nafter\n");
  await using follower = await new Follower(context).open({ path });
  await follower.toEnd();
  assert.deepEqual([follower.lines[0], follower.lines.at(-1)], ["before", "after"]);
  assert(64 <= follower.lines.length && follower.lines.length < 70);
  const whole = Buffer.from(follower.lines.slice(1, -1).join(""));
  assert.equal(whole.length, 64 << 20);
  for (let part = 0; part < 64; part += 1) assert(whole.subarray(part << 20, (part + 1) << 20).equals(piece), `MiB ${part}`);
  assert.equal(context.said.filter(({ message }) => message.includes("longer than max_line")).length, 1);
  context.store.clear();
  await using skipping = await new Follower(context).open({ path, long_lines: "skip" });
  await skipping.toEnd();
  assert.deepEqual(skipping.lines, ["before", "after"]);
  assert.equal(context.counts.get("long_lines_total"), follower.lines.length - 2);
});

test("a small max_line cuts long lines inside large reads too", async () => {
  await using context = await testContext({ mode: "test" });
  const path = join(context.configDir, "a.log");
  const long = "가".repeat(1000);
  writeFileSync(path, `${numbered(0, 20_000)}${long}\n${numbered(20_000, 40_000)}${long}`);
  await using follower = await new Follower(context).open({ path, max_line: 128 });
  await follower.toEnd();
  assert.equal(follower.lines.join(""), numbers(0, 20_000).join("") + long + numbers(20_000, 40_000).join("") + long);
  assert(follower.lines.every((line) => Buffer.byteLength(line) <= 128));
  context.store.clear();
  await using skipping = await new Follower(context).open({ path, max_line: 128, long_lines: "skip" });
  await skipping.toEnd();
  assert.deepEqual(skipping.lines, numbers(0, 40_000));
});

test("pressure from behind: nothing is read while the memory is taken, and nothing is lost", async () => {
  const pool = testPool(16 << 20);
  await using context = await testContext({ mode: "test", pool: pool.memory.pool(4 << 20) });
  const path = join(context.configDir, "a.log");
  writeFileSync(path, numbered(0, 200_000, 100));
  await using follower = await new Follower(context).open({ path });
  const taken = context.pool.take(3 << 20);
  await follower.quiet(50);
  taken.release();
  await follower.toEnd();
  assert.equal(follower.lines.length, 200_000);
});

test("positions are plain JSON and name what they mean", async () => {
  await using context = await testContext();
  const path = join(context.configDir, "a.log");
  writeFileSync(path, "one\n");
  await using follower = await new Follower(context).open({ path });
  await follower.untilLines(1);
  const [[key, position]] = [...context.store] as [[string, { [name: string]: JsonValue }]];
  const stats = statSync(path);
  assert.equal(key, `file:${stats.dev}:${stats.ino}`);
  assert.deepEqual(JSON.parse(JSON.stringify(position)), position);
  assert.deepEqual([position["path"], position["offset"], position["fingerprintBytes"]], [path, 4, 4]);
});

test("the environment check names folders and files that are not there or not to be read", async () => {
  await using context = await testContext();
  const check = async (path: string): Promise<readonly string[]> => ((await fileTail.checkEnvironment?.(fileTail.options.parse({ path }), { configDir: context.configDir, signal: AbortSignal.timeout(1000) })) ?? []).map(({ en }) => en);
  assert.match((await check("nowhere/a.log"))[0] ?? "", /folder .*nowhere does not exist/);
  assert.match((await check("*.log"))[0] ?? "", /no file fits/);
  mkdirSync(join(context.configDir, "d"));
  assert.match((await check("d"))[0] ?? "", /is a folder/);
  writeFileSync(join(context.configDir, "a.log"), "");
  assert.deepEqual(await check("a.log"), []);
});

test("options that cannot work are refused with a way out", () => {
  const messages = (options: Record<string, unknown>): string => fileTail.options.safeParse({ path: "a", ...options }).error?.issues.map(({ message }) => message).join() ?? "";
  assert.match(messages({ encoding: "klingon" }), /cp949/);
  assert.match(messages({ exclude: "/(/" }), /no regular expression/);
  assert.match(messages({ path: " , " }), /at least one/);
  assert.notEqual(messages({ max_line: 3 }), "");
});
