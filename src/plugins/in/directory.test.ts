import assert from "node:assert/strict";
import { appendFileSync, chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import iconv from "iconv-lite";
import type { z } from "zod";
import type { Delivery, Input } from "#sdk/plugin.ts";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { folder, until } from "#test/cli/run-dure.ts";
import { startAgent } from "#test/faults/agent.ts";
import { directory } from "./directory.ts";

const never = new AbortController().signal;
type Options = z.input<(typeof directory)["options"]>;

/** The user who owns nothing. */
const NOBODY = 65_534;

/** A context whose pauses pass at once, on a clock of its own, and stop whoever waits after so many in a row. */
async function hasty(given: Partial<TestContext> = {}, pausesMax = 5) {
  let nowMs = Date.now();
  let pauses = 0;
  let stop = new AbortController();
  const clock = {
    now: () => nowMs,
    pause: async (ms: number) => {
      nowMs += ms;
      pauses += 1;
      if (pausesMax <= pauses) stop.abort();
    },
  };
  const context = await testContext({ clock, ...given });
  mkdirSync(join(context.dataDir, "in"), { recursive: true });
  return Object.assign(context, {
    in: (name: string) => join(context.dataDir, "in", name),
    /** Aborts when nothing came for a while. */
    patience() {
      pauses = 0;
      stop = new AbortController();
      return stop.signal;
    },
  });
}
type Hasty = Awaited<ReturnType<typeof hasty>>;

const open = (context: TestContext, options: Partial<Options> = {}) => directory.open(directory.options.parse({ path: "in", ...options }), context);

/** Commits as a pipeline does. */
async function settle(context: TestContext, delivery: Delivery): Promise<void> {
  commit(context, delivery);
  await delivery.ack?.();
}
function commit(context: TestContext, delivery: Delivery): void {
  for (const [key, value] of Object.entries(delivery.positions ?? {})) {
    if (value === null) context.store.delete(key);
    else context.store.set(key, JSON.parse(JSON.stringify(value)) as typeof value);
  }
  delivery.batch.release();
}

/** Everything that is there now, by message. */
async function readAll(context: Hasty, input: Input): Promise<unknown[]> {
  const got: unknown[] = [];
  const signal = context.patience();
  for (;;) {
    const delivery = await input.read(signal);
    if (delivery === undefined) return got;
    got.push(...recordsOf(delivery.batch).map(({ message }) => message));
    await settle(context, delivery);
  }
}

for (const [after, left] of [["keep", ["a.log", "b.log", "empty.log"]], ["delete", []], ["move", []]] as const) {
  test(`directory: reads what is there in order of names, then the files are put away: ${after}`, async () => {
    await using context = await hasty();
    writeFileSync(context.in("b.log"), "셋\n넷");
    writeFileSync(context.in("a.log"), "하나\n둘\n");
    writeFileSync(context.in("empty.log"), "");
    writeFileSync(context.in(".hidden"), "no");
    const input = await open(context, { after, ...(after === "move" ? { move_to: "in/done" } : {}) });
    assert.deepEqual(await readAll(context, input), ["하나", "둘", "셋", "넷"]);
    assert.deepEqual(readdirSync(context.in("")).filter((name) => name.endsWith(".log")), left);
    if (after === "move") assert.deepEqual(readdirSync(context.in("done")).toSorted(), ["a.log", "b.log", "empty.log"]);
    assert.deepEqual(await readAll(context, input), [], "nothing comes twice");
    await input.close();
    assert.deepEqual(await readAll(context, await open(context, { after, ...(after === "move" ? { move_to: "in/done" } : {}) })), [], "nor after a restart");
    assert.equal(context.pool.usedBytes, 0);
  });
}

test("directory: in order of time", async () => {
  await using context = await hasty();
  for (const [name, seconds] of [["a", 300], ["b", 100], ["c", 200]] as const) {
    writeFileSync(context.in(name), `${name}\n`);
    utimesSync(context.in(name), seconds, seconds);
  }
  assert.deepEqual(await readAll(context, await open(context, { order: "mtime" })), ["b", "c", "a"]);
});

test("directory: a file is left alone until it has not changed for a while", async () => {
  let nowMs = 1_790_000_000_000;
  const looks: (() => void)[] = [];
  const stop = new AbortController();
  await using context = await testContext({ clock: { now: () => nowMs, pause: async (ms) => void ((nowMs += ms), looks.length === 0 ? stop.abort() : looks.shift()?.()) } });
  mkdirSync(join(context.dataDir, "in"));
  const path = join(context.dataDir, "in", "a");
  writeFileSync(path, "one\n");
  // A look a second; it grows before the second and the third, and is quiet then for two seconds.
  looks.push(() => appendFileSync(path, "two\n"), () => appendFileSync(path, "three\n"), () => {}, () => {});
  const input = await open(context);
  const delivery = await input.read(stop.signal);
  assert.deepEqual(recordsOf(delivery?.batch ?? assert.fail()).map(({ message }) => message), ["one", "two", "three"]);
  assert.equal(nowMs - 1_790_000_000_000, 4000);
  delivery?.batch.release();
});

for (const [name, pack] of [["a.gz", gzipSync], ["a.zst", zstdCompressSync], ["a.log", (bytes: Buffer) => bytes]] as const) {
  test(`directory: a large file by parts, going on where a restart left it (${name})`, async () => {
    await using context = await hasty();
    const lines = Array.from({ length: 60_000 }, (_, index) => `${index} 가나다라마바사`);
    writeFileSync(context.in(name), pack(Buffer.from(lines.join("\n"))));
    const first = await open(context, { after: "delete", max_line: "64k" });
    const signal = context.patience();
    const got: unknown[] = [];
    for (let batches = 0; batches < 2; batches += 1) {
      const delivery = (await first.read(signal)) ?? assert.fail();
      got.push(...recordsOf(delivery.batch).map(({ message }) => message));
      await settle(context, delivery);
    }
    // This one is read, but not committed.
    ((await first.read(signal)) ?? assert.fail()).batch.release();
    await first.close();
    assert.ok(existsSync(context.in(name)));
    got.push(...(await readAll(context, await open(context, { after: "delete" }))));
    assert.deepEqual(got, lines);
    assert.ok(!existsSync(context.in(name)));
    assert.equal(context.pool.usedBytes, 0);
  });
}

test("directory: a crash between the commit and the deletion delivers nothing twice", async () => {
  await using context = await hasty();
  writeFileSync(context.in("a"), "one\n");
  const first = await open(context, { after: "delete" });
  commit(context, (await first.read(context.patience())) ?? assert.fail());
  await first.close();
  assert.ok(existsSync(context.in("a")));
  const second = await open(context, { after: "delete" });
  assert.deepEqual(await readAll(context, second), []);
  assert.ok(!existsSync(context.in("a")));
  writeFileSync(context.in("b"), "two\n");
  assert.deepEqual(await readAll(context, second), ["two"]);
  assert.deepEqual([...context.store.keys()].map((key) => key.replace(/.*\//, "")), ["b"], "what is gone is forgotten with the next commit");
});

test("directory: a file that grew after it was read stays, and only what is new is read; a replaced one is read whole", async () => {
  await using context = await hasty();
  writeFileSync(context.in("a"), "one\n");
  const input = await open(context, { after: "delete" });
  const delivery = (await input.read(context.patience())) ?? assert.fail();
  appendFileSync(context.in("a"), "two\n");
  await settle(context, delivery);
  assert.ok(existsSync(context.in("a")));
  assert.ok(context.said.some(({ message }) => message.includes("changed after it was read")));
  assert.deepEqual(await readAll(context, input), ["two"]);
  assert.ok(!existsSync(context.in("a")));
  const keeping = await open(context);
  writeFileSync(context.in("b"), "old\n");
  assert.deepEqual(await readAll(context, keeping), ["old"]);
  rmSync(context.in("b"));
  writeFileSync(context.in("other"), "");
  writeFileSync(context.in("b"), "new\nnewer\n");
  utimesSync(context.in("b"), 1, 1);
  const again = await readAll(context, keeping);
  assert.ok(again.includes("newer"));
});

test("directory: moving numbers what collides, and never writes over a file", async () => {
  await using context = await hasty();
  const input = await open(context, { after: "move", move_to: "done" });
  for (const round of [0, 1, 2]) {
    writeFileSync(context.in("a.tar.log"), `${round}\n`);
    assert.deepEqual(await readAll(context, input), [String(round)]);
  }
  const done = join(context.dataDir, "done");
  assert.deepEqual(readdirSync(done).toSorted(), ["a.1.tar.log", "a.2.tar.log", "a.tar.log"]);
  assert.equal(readFileSync(join(done, "a.tar.log"), "utf8"), "0\n");
});

test("directory: CP949 in names and in content", { skip: process.platform !== "linux" }, async () => {
  await using context = await hasty();
  const name = (text: string) => Buffer.concat([Buffer.from(`${context.in("")}/`), iconv.encode(text, "cp949")]);
  writeFileSync(name("로그.txt"), iconv.encode("똠방각하\r\n펲시\n", "cp949"));
  writeFileSync(name("매출.txt"), iconv.encode("둘째\n", "cp949"));
  const input = await open(context, { path: "in/*.txt", encoding: "cp949", after: "move", move_to: "done" });
  assert.deepEqual((await readAll(context, input)).toSorted(), ["둘째", "똠방각하", "펲시"].toSorted());
  const moved = readdirSync(join(context.dataDir, "done"), { encoding: "buffer" }).map((bytes) => iconv.decode(bytes, "cp949"));
  assert.deepEqual(moved.toSorted(), ["로그.txt", "매출.txt"]);
});

for (const [what, bytes, encoding, expected] of [
  ["a byte order mark", Buffer.from("\ufeff첫\n둘\n"), "utf-8", ["첫", "둘"]],
  ["UTF-16 told by its mark", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("첫\n둘", "utf16le")]), "utf-16", ["첫", "둘"]],
  ["UTF-16 that ends in the middle of a unit", Buffer.concat([Buffer.from("첫\n", "utf16le"), Buffer.from([1])]), "utf-16le", ["첫"]],
  ["NUL bytes", Buffer.from("a\0b\n\0\n"), "utf-8", ["a\0b", "\0"]],
  ["empty lines", Buffer.from("\n\na\n"), "utf-8", ["", "", "a"]],
  ["only a mark", Buffer.from("\ufeff"), "utf-8", []],
] as const) {
  test(`directory: ${what}`, async () => {
    await using context = await hasty();
    writeFileSync(context.in("a"), bytes);
    assert.deepEqual(await readAll(context, await open(context, { encoding, after: "delete" })), expected);
    assert.ok(!existsSync(context.in("a")));
    assert.equal(context.pool.usedBytes, 0);
  });
}

test("directory: lines that are too long come in pieces, between characters", async () => {
  await using context = await hasty();
  writeFileSync(context.in("a"), `short\n${"가".repeat(300_000)}\nafter\n${"나".repeat(100)}`);
  const got = (await readAll(context, await open(context, { max_line: 256 }))) as string[];
  assert.equal(got[0], "short");
  assert.equal(got.filter((line) => line.startsWith("가")).join(""), "가".repeat(300_000));
  assert.ok(got.every((line) => Buffer.byteLength(line) <= 256));
  assert.equal(got[got.indexOf("after") + 1], "나".repeat(85));
  assert.ok(context.said.some(({ message }) => message.includes("longer than max_line")));
  assert.equal(context.pool.usedBytes, 0);
});

test("directory: whatever the lines, and wherever a restart falls, each comes once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: "grapheme", maxLength: 300 }).map((line) => line.replaceAll("\n", "")), { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 4 }), fc.constantFrom("utf-8", "cp949", "utf-16le"), async (given, commits, encoding) => {
      const lines = given.map((line) => iconv.decode(iconv.encode(line, encoding), encoding).replaceAll("\n", "")).filter((line) => Buffer.byteLength(line) < 100 && !line.startsWith("\ufeff"));
      await using context = await hasty({}, 4);
      for (const name of ["a", "b", "c"]) writeFileSync(context.in(name), iconv.encode(lines.map((line) => `${name}${line}\n`).join(""), encoding, { addBOM: false }));
      const got: unknown[] = [];
      const first = await open(context, { encoding, after: "delete" });
      const signal = context.patience();
      for (let count = 0; count < commits; count += 1) {
        const delivery = await first.read(signal);
        if (delivery === undefined) break;
        got.push(...recordsOf(delivery.batch).map(({ message }) => message));
        commit(context, delivery);
      }
      await first.close();
      got.push(...(await readAll(context, await open(context, { encoding, after: "delete" }))));
      assert.deepEqual(got, ["a", "b", "c"].flatMap((name) => lines.map((line) => name + line)));
      assert.deepEqual(readdirSync(context.in("")), []);
      assert.equal(context.pool.usedBytes, 0);
    }),
    { numRuns: 40 },
  );
});

test("directory: files that cannot be read are said once and do not stop the rest", async () => {
  await using context = await hasty();
  writeFileSync(context.in("a.gz"), "no gzip at all\n");
  writeFileSync(context.in("b.gz"), gzipSync("cut off\n".repeat(1000)).subarray(0, 40));
  writeFileSync(context.in("c.zst"), zstdCompressSync(Buffer.from("cut off\n".repeat(1000))).subarray(0, 20));
  mkdirSync(context.in("d.log"));
  writeFileSync(context.in("e.log"), "good\n");
  const input = await open(context, { after: "delete" });
  assert.deepEqual((await readAll(context, input)).filter((line) => line !== "cut off"), ["good"]);
  await readAll(context, input);
  assert.deepEqual(readdirSync(context.in("")).toSorted(), ["a.gz", "b.gz", "c.zst", "d.log"], "what was not read to its end stays");
  assert.equal(context.said.filter(({ message }) => message === "a file cannot be read").length, 3);
  assert.equal(context.pool.usedBytes, 0);
});

/** Root may read all: where we are root, somebody who is not. */
function asNobody(paths: readonly string[]): Disposable {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) {
    for (const path of paths) chownSync(path, NOBODY, NOBODY);
    process.seteuid?.(NOBODY);
  }
  return { [Symbol.dispose]: () => void (isRoot && process.seteuid?.(0)) };
}

test("directory: a file that may not be read is tried again later", { skip: process.platform === "win32" && "modes say nothing there" }, async () => {
  await using context = await hasty({}, 200);
  writeFileSync(context.in("a"), "secret\n", { mode: 0 });
  using _ = asNobody([context.dataDir, context.in(""), context.in("a")]);
  const input = await open(context);
  const reading = readAll(context, input);
  chmodSync(context.in("a"), 0o644);
  assert.deepEqual(await reading, ["secret"]);
});

test("directory: whole files, and one that has too much", async () => {
  await using context = await hasty();
  writeFileSync(context.in("a.txt"), iconv.encode("첫 줄\n둘째 줄", "cp949"));
  writeFileSync(context.in("b.txt.gz"), gzipSync(Buffer.alloc(5000, "x")));
  writeFileSync(context.in("c.txt"), "");
  const input = await open(context, { format: "whole", max_content: 4000, encoding: "cp949", after: "delete" });
  const signal = context.patience();
  const records: Record<string, unknown>[] = [];
  for (;;) {
    const delivery = await input.read(signal);
    if (delivery === undefined) break;
    records.push(...recordsOf(delivery.batch));
    await settle(context, delivery);
  }
  assert.deepEqual(records, [
    { name: "a.txt", path: context.in("a.txt"), size: iconv.encode("첫 줄\n둘째 줄", "cp949").length, content: "첫 줄\n둘째 줄" },
    { name: "c.txt", path: context.in("c.txt"), size: 0, content: "" },
  ]);
  assert.deepEqual(readdirSync(context.in("")), ["b.txt.gz"]);
  assert.ok(context.said.some(({ message }) => message.includes("max_content")));
  assert.equal(context.pool.usedBytes, 0);
});

test("directory: a trial reads what is there and leaves it alone; a folder that is missing is said", async () => {
  await using context = await hasty({ mode: "test" });
  writeFileSync(context.in("a"), "one\n");
  const input = await open(context, { path: "in, missing/*", after: "delete", stable: "1h" });
  assert.deepEqual(await readAll(context, input), ["one"]);
  assert.ok(existsSync(context.in("a")));
  assert.ok(context.said.some(({ fields }) => fields["code"] === "ENOENT"));
});

test("directory: a full memory makes it wait", async () => {
  await using context = await hasty();
  writeFileSync(context.in("a"), "one\n".repeat(100));
  const pool = context.pool.memory.pool(8192);
  const held = pool.take(8000);
  const input = await directory.open(directory.options.parse({ path: "in", stable: "0s" }), { ...context, pool });
  let isRead = false;
  const reading = input.read(never).finally(() => (isRead = true));
  for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
  assert.equal(isRead, false);
  held.release();
  (await reading)?.batch.release();
  assert.equal(pool.usedBytes, 0);
});

test("directory: what was kept and is gone for an hour is forgotten with the next commit, but not of a folder that cannot be read", async () => {
  await using context = await hasty({}, 5);
  for (const place of ["one", "two"]) {
    mkdirSync(join(context.dataDir, place));
    writeFileSync(join(context.dataDir, place, "a"), `${place}\n`);
  }
  const input = await open(context, { path: "one/*, two/*, in/*", poll: "20m" });
  assert.deepEqual(await readAll(context, input), ["one", "two"]);
  rmSync(join(context.dataDir, "one", "a"));
  rmSync(join(context.dataDir, "two"), { recursive: true });
  await readAll(context, input);
  writeFileSync(context.in("b"), "b\n");
  assert.deepEqual(await readAll(context, input), ["b"]);
  assert.deepEqual([...context.store.keys()].map((key) => key.split("/").slice(-2).join("/")).toSorted(), ["in/b", "two/a"]);
});

test("directory: what dure validate says", async () => {
  await using context = await hasty();
  writeFileSync(join(context.dataDir, "file"), "");
  const ask = (options: Options) => directory.checkEnvironment?.(directory.options.parse(options), { configDir: context.configDir, signal: never });
  assert.deepEqual(await ask({ path: "in" }), []);
  assert.match((await ask({ path: "missing" }))?.[0]?.en ?? "", /missing does not exist yet/);
  assert.match((await ask({ path: "missing/*" }))?.[0]?.ko ?? "", /아직 없습니다/);
  assert.match((await ask({ path: "in", after: "move", move_to: "file" }))?.[0]?.en ?? "", /is not a folder/);
});

test("directory: options that do not fit are refused at their place", () => {
  for (const [odd, at] of [
    [{ path: "" }, "path"],
    [{ path: " , " }, "path"],
    [{ path: "x", after: "move" }, "after"],
    [{ path: "x", move_to: "y" }, "move_to"],
    [{ path: "x", exclude: "/(/" }, "exclude"],
    [{ path: "x", max_line: 10 }, "max_line"],
  ] as const) {
    assert.equal(directory.options.safeParse(odd).error?.issues[0]?.path[0], at, JSON.stringify(odd));
  }
});

const KILLS = 20;
test("directory: kill -9 at random instants leaves each line once, and every file is deleted in the end", { timeout: 300_000 }, async () => {
  await using place = folder();
  const files = 30;
  const lines = 400;
  for (let file = 0; file < files; file += 1) {
    const text = Array.from({ length: lines }, (_, line) => `${file}-${line}\n`).join("");
    mkdirSync(place.file("in"), { recursive: true });
    writeFileSync(place.file("in", `${file}.log${file % 3 === 0 ? ".gz" : ""}`), file % 3 === 0 ? gzipSync(text) : text);
  }
  const config = { trial: [{ "in.Directory": { path: "in", after: "delete", stable: "0s", poll: "20ms" } }, { "out.File": { path: "out.log", format: "lines" } }] };
  const left = () => readdirSync(place.file("in")).length;
  const written = () => (existsSync(place.file("out.log")) ? statSync(place.file("out.log")).size : 0);
  for (let kills = 0; 0 < left(); kills += 1) {
    const agent = startAgent(place, config);
    const before = written();
    // The last one lives to the end: a slow disk may leave the others too little time for any file.
    await until(() => left() === 0 || (kills < KILLS && written() !== before), "it comes forward");
    await delay(Math.random() * 15);
    await agent.kill();
  }
  const got = readFileSync(place.file("out.log"), "utf8").trimEnd().split("\n");
  assert.equal(new Set(got).size, files * lines);
  assert.equal(got.length, files * lines);
});

test("directory: reads that their signals end, at whatever moment, lose and double nothing of large files", async () => {
  await using context = await hasty();
  const lines = (name: string): string[] => Array.from({ length: 20_000 }, (_, line) => `${name} ${line} 가나다라 ${"x".repeat(line % 97)}`);
  const [plain, packed, wide] = [lines("plain"), lines("packed"), lines("wide")];
  writeFileSync(context.in("a.log"), plain.join("\n"));
  writeFileSync(context.in("b.log.gz"), gzipSync(packed.join("\n")));
  const input = await open(context, { stable: "0s" });
  const got: unknown[] = [];
  for (let round = 0; got.length < plain.length + packed.length; round += 1) {
    assert(round < 600, `${got.length} lines came`);
    const stop = new AbortController();
    const reading = input.read(stop.signal);
    for (let turn = 0; turn < round % 11; turn += 1) await new Promise(setImmediate);
    stop.abort();
    const delivery = await reading;
    if (delivery === undefined) continue;
    got.push(...recordsOf(delivery.batch).map(({ message }) => message));
    await settle(context, delivery);
  }
  await input.close();
  const missing = new Set([...plain, ...packed]).difference(new Set(got));
  assert.deepEqual([got.length, missing.size], [plain.length + packed.length, 0]);
  rmSync(context.in("a.log"));
  rmSync(context.in("b.log.gz"));
  writeFileSync(context.in("c.log"), iconv.encode(wide.join("\n"), "utf-16le", { addBOM: true }));
  const other = await open(context, { stable: "0s", encoding: "utf-16" });
  const stop = new AbortController();
  const reading = other.read(stop.signal);
  await new Promise(setImmediate);
  stop.abort();
  const first = await reading;
  const rest: unknown[] = [];
  if (first !== undefined) {
    rest.push(...recordsOf(first.batch).map(({ message }) => message));
    await settle(context, first);
  }
  rest.push(...(await readAll(context, other)));
  await other.close();
  assert.equal(rest.length, wide.length);
  assert.equal(rest[0], wide[0]);
  assert.equal(context.pool.usedBytes, 0);
});

for (const encoding of ["utf-8", "cp949", "utf-16le"] as const) {
  test(`directory: many empty lines of ${encoding} come in batches that what stands behind can bear, and a restart among them goes on there`, async () => {
    await using context = await hasty();
    const text = `첫 줄\n${"\n".repeat(40_000)}가운데\n${"\n".repeat(20_000)}끝`;
    writeFileSync(context.in("a.log"), iconv.encode(text, encoding));
    const got: unknown[] = [];
    let isAtEnd = false;
    while (!isAtEnd) {
      const input = await open(context, { encoding, stable: "0s" });
      // Two batches, then a restart.
      for (let nth = 0; nth < 2 && !isAtEnd; nth += 1) {
        const delivery = await input.read(context.patience());
        isAtEnd = delivery === undefined;
        if (delivery === undefined) continue;
        assert.ok(delivery.batch.rows <= 16_384, `${delivery.batch.rows} rows`);
        got.push(...recordsOf(delivery.batch).map(({ message }) => message));
        await settle(context, delivery);
      }
      await input.close();
    }
    assert.deepEqual(got, text.split("\n"));
    assert.equal(context.pool.usedBytes, 0);
  });
}
