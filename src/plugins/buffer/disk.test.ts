// The buffers on disk: what survives, what is said, and what waits.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { readdir } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { mock, test } from "node:test";
import { UsageError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { Batch } from "#dataplane/batch.ts";
import type { BufferPlugin, Delivery, OpenBuffer } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch, recordsBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { lines } from "./lines.ts";
import { FileStore, TestClock, linesOf, readToEnd, settleAll } from "./parts/testing.ts";
import { size } from "./size.ts";
import { time } from "./time.ts";

const never = new AbortController().signal;
/** Gives every batch on as it was appended. */
const AS_IT_COMES = { storage: "disk", bytes: 1, timeout: "0s" };

async function open(context: TestContext, options: Record<string, unknown> = AS_IT_COMES, plugin: unknown = size): Promise<OpenBuffer> {
  const { options: schema, open: openPlugin } = plugin as BufferPlugin;
  return openPlugin(schema.parse(options), context);
}

/** What a pipeline does when the buffer has a delivery: commits its positions, then acks. */
function settleInto(store: Map<string, JsonValue>): (delivery: Delivery) => Promise<void> {
  return async (delivery) => {
    for (const [key, value] of Object.entries(delivery.positions ?? {})) store.set(key, value);
    await delivery.ack?.();
  };
}
function commitInto(store: Map<string, JsonValue>): (positions: Readonly<Record<string, JsonValue>>) => void {
  return (positions) => {
    for (const [key, value] of Object.entries(positions)) store.set(key, value);
  };
}

async function append(context: TestContext, buffer: OpenBuffer, text: string, position?: number): Promise<void> {
  await buffer.append({ batch: linesBatch(context.pool, text), ...(position === undefined ? {} : { positions: { file: position } }) }, settleInto(context.store));
}

function segmentsOf(context: TestContext): string[] {
  const dir = join(context.dataDir, "buffer-1");
  return fs.readdirSync(dir).filter((name) => name.endsWith(".seg")).sort().map((name) => join(dir, name));
}

test("a batch is safe before it is settled, comes out as it went in, and its file goes when it is written", async () => {
  await using context = await testContext();
  const buffer = await open(context);
  const facts = { tag: "주문.로그", seconds: 1_790_000_123, nanoseconds: 456, source: "/로그/a.log" };
  const settled: string[] = [];
  await buffer.append({ batch: linesBatch(context.pool, "하나\n둘", facts), positions: { file: 1 }, ack: () => void settled.push(`acked, ${fs.statSync(segmentsOf(context)[0] ?? "").size} bytes on disk`) }, settleInto(context.store));
  assert.deepEqual(settled, ["acked, 81 bytes on disk"]);
  if (process.platform !== "win32") assert.equal(fs.statSync(segmentsOf(context)[0] ?? "").mode & 0o077, 0, "nobody else reads what is in it");
  await buffer.close();

  const again = await open(context);
  assert.deepEqual([again.isDurable, again.held().bytes], [true, 81]);
  await again.append({ batch: recordsBatch(context.pool, [{ n: 1, 이름: "두레" }], facts), positions: { file: 2 } }, settleInto(context.store));
  assert.deepEqual(Object.keys(Object.fromEntries(context.store)).sort(), ["buffer-end:1", "file"]);
  const first = await again.read(never);
  assert.deepEqual([{ ...first?.batch.facts, id: undefined }, linesOf(first)], [{ ...facts, id: undefined }, ["하나"]]);
  const second = await again.read(never);
  const third = await again.read(never);
  assert.deepEqual([linesOf(second), third?.batch.form, third === undefined ? [] : recordsOf(third.batch)], [["둘"], "entries", [{ n: 1, 이름: "두레" }]]);
  assert.deepEqual(first?.positions, { "buffer:1": { segment: 1, offset: 0, group: 1 } }, "half a batch moves no place, and is committed by its number");
  for (const delivery of [first, second, third]) {
    delivery?.batch.release();
    commitInto(context.store)(delivery?.positions ?? {});
    await delivery?.ack?.();
  }
  assert.deepEqual(again.held(), { bytes: 0, batches: 0 });
  again.end();
  assert.equal(await again.read(never), undefined);
  await again.close();
  assert.deepEqual(segmentsOf(context), []);
  assert.equal(context.pool.usedBytes, 0);
  assert.deepEqual(context.said, []);
});

test("what is committed as written does not come again, what is not does, from memory and from files alike", async () => {
  await using context = await testContext();
  let buffer = await open(context);
  for (let n = 0; n < 6; n += 1) await append(context, buffer, `${n}`, n);
  for (let n = 0; n < 6; n += 1) {
    const delivery = await buffer.read(never);
    assert.deepEqual(linesOf(delivery), [`${n}`]);
    delivery?.batch.release();
    if (n < 2) commitInto(context.store)(delivery?.positions ?? {});
    if (n < 2) await delivery?.ack?.();
  }
  await buffer.close();
  buffer = await open(context);
  await append(context, buffer, "6", 6);
  buffer.end();
  assert.deepEqual((await readToEnd(buffer, commitInto(context.store))).flatMap((read) => read.lines), ["2", "3", "4", "5", "6"]);
  await buffer.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("under load, what is given on from memory belongs to its reader alone: a parser behind may work on it in place", async () => {
  await using context = await testContext();
  const buffer = await open(context, { storage: "disk", bytes: "120000" });
  const text = `${"x".repeat(999)}\n`.repeat(120);
  const batches = 400;
  const reading = (async () => {
    let rows = 0;
    while (rows < batches * 120) {
      const delivery = await buffer.read(AbortSignal.timeout(60_000));
      assert(delivery !== undefined);
      const { batch } = delivery;
      rows += batch.rows;
      const table = context.pool.take(batch.rows * 20);
      batch.pool.memory.words.fill(0, table.pointer >>> 2, (table.pointer >>> 2) + batch.rows * 5);
      const fields = Batch.fields(batch, table, { rows: batch.rows, columns: [], dropped: 0 });
      fields.release();
      commitInto(context.store)(delivery.positions ?? {});
      await delivery.ack?.();
      // The reader comes at every moment there is between two turns of the loop.
      for (let turn = 0; turn < (rows / 120) % 23; turn += 1) await Promise.resolve();
    }
  })();
  reading.catch(() => {});
  // Several at once, as a segment hands them on.
  const under = new Set<Promise<void>>();
  for (let n = 0; n < batches; n += 1) {
    const one: Promise<void> = append(context, buffer, text, n).finally(() => under.delete(one));
    under.add(one);
    if (3 <= under.size) await Promise.race([...under, reading]);
  }
  await Promise.all(under);
  buffer.end();
  await reading;
  await buffer.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("an empty batch brings its position in order and no record", async () => {
  await using context = await testContext();
  const buffer = await open(context);
  await append(context, buffer, "0", 0);
  await buffer.append({ batch: recordsBatch(context.pool, []), positions: { file: 1 } }, settleInto(context.store));
  assert.equal(context.store.get("file"), 1);
  buffer.end();
  assert.deepEqual((await readToEnd(buffer, commitInto(context.store))).flatMap((read) => read.lines), ["0"]);
  await buffer.close();
  assert.equal(context.pool.usedBytes, 0);
});

/** A small segment of five batches, all settled, and where each begins. */
async function smallSegment(): Promise<{ bytes: Buffer; starts: number[]; texts: string[] }> {
  await using context = await testContext();
  const buffer = await open(context);
  const texts = ["first", "second one", "third", "number four", "last"];
  const starts: number[] = [];
  for (const text of texts) {
    starts.push(buffer.held().bytes);
    await append(context, buffer, text);
  }
  const [path = ""] = segmentsOf(context);
  const bytes = fs.readFileSync(path);
  await buffer.close();
  return { bytes, starts, texts };
}

async function readSegment(pool: TestContext["pool"], bytes: Buffer): Promise<{ lines: string[]; warnings: number; kept: Buffer[] }> {
  await using context = await testContext({ pool });
  const dir = join(context.dataDir, "buffer-1");
  fs.mkdirSync(dir);
  fs.writeFileSync(join(dir, "0000000001.seg"), bytes);
  const buffer = await open(context);
  await append(context, buffer, "new");
  buffer.end();
  const read = await readToEnd(buffer, commitInto(context.store));
  await buffer.close();
  const quarantine = join(dir, "quarantine");
  const kept = fs.existsSync(quarantine) ? fs.readdirSync(quarantine).filter((name) => name.endsWith(".damaged")).sort().map((name) => fs.readFileSync(join(quarantine, name))) : [];
  return { lines: read.flatMap((batch) => batch.lines), warnings: context.said.filter(({ level }) => level === "warn").length, kept };
}

test("a bit flipped at any byte: that batch is set aside and said, all others come in order", async () => {
  const { bytes, starts, texts } = await smallSegment();
  const pool = testPool();
  for (let at = 0; at < bytes.length; at += 1) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    const hit = starts.findLastIndex((start) => start <= at);
    const { lines: read, warnings, kept } = await readSegment(pool, damaged);
    assert.deepEqual(read, [...texts.filter((_, index) => index !== hit), "new"], `byte ${at}`);
    assert.equal(warnings, 1, `byte ${at}`);
    assert.deepEqual(kept, [damaged.subarray(starts[hit], starts[hit + 1])], `byte ${at}`);
  }
  assert.equal(pool.usedBytes, 0);
});

test("cut off at any byte: the whole batches come, and what is cut off is said", async () => {
  const { bytes, starts, texts } = await smallSegment();
  const pool = testPool();
  for (let length = 0; length <= bytes.length; length += 1) {
    const whole = length === bytes.length ? texts.length : Math.max(0, starts.findLastIndex((start) => start <= length));
    const { lines: read, warnings, kept } = await readSegment(pool, bytes.subarray(0, length));
    assert.deepEqual(read, [...texts.slice(0, whole), "new"], `length ${length}`);
    assert.equal(warnings, length === bytes.length || starts.includes(length) ? 0 : 1, `length ${length}`);
    for (const piece of kept) assert.ok(bytes.includes(piece));
  }
  assert.equal(pool.usedBytes, 0);
});

test("a batch that holds another buffer's bytes is one batch, even when its own head is damaged", async () => {
  const { bytes } = await smallSegment();
  await using context = await testContext();
  const writing = await open(context);
  await append(context, writing, "before");
  const start = writing.held().bytes;
  const chunk = context.pool.take(bytes.length * 2);
  const entry = Buffer.from([0x92, 0xd7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x81, 0xa1, 0x62, 0xc5, bytes.length >> 8, bytes.length & 255]);
  Buffer.concat([entry, bytes]).copy(chunk.bytes);
  await writing.append({ batch: Batch.entries(chunk, 0, entry.length + bytes.length, 1, TEST_FACTS) }, settleInto(context.store));
  await append(context, writing, "after");
  const segment = fs.readFileSync(segmentsOf(context)[0] ?? "");
  await writing.close();
  segment[start + 20] = 7;
  const { lines: read, kept } = await readSegment(context.pool, segment);
  assert.deepEqual(read, ["before", "after", "new"]);
  assert.equal(kept.length, 1);
});

test("batches that were never settled are left out when their source sends them again, and come when it does not", async () => {
  await using context = await testContext();
  let buffer = await open(context);
  await append(context, buffer, "settled", 1);
  const before = new Map(context.store);
  await append(context, buffer, "sent again", 2);
  await append(context, buffer, "not sent again");
  await append(context, buffer, "sent again too", 3);
  await buffer.close();
  // As a kill would leave it: written, but the commits did not happen.
  context.store.clear();
  for (const [key, value] of before) context.store.set(key, value);
  buffer = await open(context);
  await append(context, buffer, "sent again", 2);
  await append(context, buffer, "sent again too", 3);
  buffer.end();
  assert.deepEqual((await readToEnd(buffer, commitInto(context.store))).flatMap((read) => read.lines), ["settled", "not sent again", "sent again", "sent again too"]);
  await buffer.close();
  assert.equal(context.said.filter(({ message }) => message.includes("left out")).length, 1);
});

test("batches of a new buffer of which none was ever settled are left out as well, unless their source cannot send them again", async () => {
  await using context = await testContext();
  for (const texts of [["sent again"], ["sent again", "not sent again", "sent again too"], ["sent again", "sent again too"]]) {
    const killed = Promise.withResolvers<void>();
    killed.promise.catch(() => {}); // It may come before anything is settled.
    const buffer = await open(context);
    const appends = texts.map((text, n) => buffer.append({ batch: linesBatch(context.pool, text), ...(text.startsWith("not") ? {} : { positions: { file: n } }) }, () => killed.promise));
    const ends = Promise.allSettled(appends);
    const written = (): string => fs.readFileSync(segmentsOf(context).at(-1) ?? join(context.dataDir, "buffer-1", "groups"), "latin1");
    for (const end = performance.now() + 60_000; !texts.every((text) => written().includes(`${text}\n`)); await settleAll(1)) assert(performance.now() < end);
    const [folder, asKilled] = [join(context.dataDir, "buffer-1"), join(context.dataDir, "as-killed")];
    fs.cpSync(folder, asKilled, { recursive: true, filter: (path) => !path.endsWith("lock") });
    killed.reject(new Error("killed before the commit"));
    assert((await ends).every(({ status }) => status === "rejected"));
    await buffer.close();
    fs.rmSync(folder, { recursive: true });
    fs.renameSync(asKilled, folder);
  }
  const buffer = await open(context);
  await append(context, buffer, "sent again", 1);
  await append(context, buffer, "sent again too", 2);
  buffer.end();
  assert.deepEqual((await readToEnd(buffer, commitInto(context.store))).flatMap((read) => read.lines), ["not sent again", "sent again", "sent again too"]);
  await buffer.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("one batch that was settled and whose positions are lost, or could not be saved at all, is not left out", async () => {
  for (const fsync of ["none", "every"])
    for (const isSaved of [true, false]) {
      await using context = await testContext();
      let buffer = await open(context, { ...AS_IT_COMES, fsync });
      await buffer.append({ batch: linesBatch(context.pool, "settled"), positions: { file: 1 } }, isSaved ? settleInto(context.store) : async ({ ack }) => ack?.());
      await buffer.close();
      context.store.clear();
      buffer = await open(context);
      buffer.end();
      assert.deepEqual((await readToEnd(buffer)).flatMap((read) => read.lines), ["settled"]);
      await buffer.close();
      assert.equal(context.pool.usedBytes, 0);
    }
});

test("positions that are older than the buffer (an old or deleted position file) lose nothing", async () => {
  for (const keep of [true, false]) {
    await using context = await testContext();
    let buffer = await open(context);
    await append(context, buffer, "0", 0);
    const before = new Map(context.store);
    for (let n = 1; n < 8; n += 1) await append(context, buffer, `${n}`, n);
    await buffer.close();
    context.store.clear();
    if (keep) for (const [key, value] of before) context.store.set(key, value);
    buffer = await open(context);
    buffer.end();
    assert.deepEqual((await readToEnd(buffer)).flatMap((read) => read.lines), ["0", "1", "2", "3", "4", "5", "6", "7"]);
    await buffer.close();
  }
});

test("a full buffer makes its input wait until batches are written, and files go as they are written", async () => {
  await using context = await testContext();
  const buffer = await open(context, { ...AS_IT_COMES, bytes: "40k", max_bytes: "400k", segment_bytes: "100k" });
  let appended = 0;
  const text = "x".repeat(29_999);
  const writing = (async () => {
    for (let n = 0; n < 60; n += 1) {
      await append(context, buffer, text, n);
      appended = n;
    }
    buffer.end();
  })();
  while (!context.said.some(({ message }) => message.includes("full"))) await settleAll(1);
  await settleAll();
  assert.ok(appended < 20 && buffer.held().bytes <= 400 << 10, `${appended} appended`);
  let most = 0;
  const read = await readToEnd(buffer, (positions) => {
    commitInto(context.store)(positions);
    most = Math.max(most, segmentsOf(context).reduce((sum, path) => sum + fs.statSync(path).size, 0));
  });
  await writing;
  assert.equal(read.length, 60);
  assert.ok(most <= 400 << 10, `${most} bytes on disk`);
  await buffer.close();
  assert.deepEqual(segmentsOf(context), []);
  assert.equal(context.pool.usedBytes, 0);
});

test("an append that waits for room ends when the buffer is closed: its source keeps the batch", async () => {
  await using context = await testContext();
  const buffer = await open(context, { ...AS_IT_COMES, max_bytes: "100k" });
  const appends = Array.from({ length: 12 }, () => buffer.append({ batch: linesBatch(context.pool, "x".repeat(20_000)) }, settleInto(context.store)));
  while (!context.said.some(({ message }) => message.includes("full"))) await settleAll(1);
  await buffer.close();
  const taken = await Promise.all(appends);
  assert.deepEqual([taken[0], taken.at(-1)], [true, false]);
  assert.deepEqual(taken, taken.toSorted().toReversed(), "behind one that is not taken none is");
  assert.equal(context.pool.usedBytes, 0);
});

test("Time on disk: a clock that is set back holds nothing up for longer than the time of the rule", async () => {
  const clock = new TestClock();
  await using context = await testContext({ clock });
  const buffer = await open(context, { every: "5m", storage: "disk" }, time);
  const read = buffer.read(never);
  let isGivenOn = false;
  void read.then(() => (isGivenOn = true));
  await append(context, buffer, "0", 0);
  await settleAll();
  clock.set(clock.now() - 9 * 3_600_000);
  for (let minutes = 0; minutes < 11; minutes += 1) {
    clock.advance(60_000);
    await settleAll();
  }
  assert.equal(isGivenOn, true);
  assert.deepEqual(linesOf(await read), ["0"]);
  (await read)?.batch.release();
  await buffer.close();
});

test("Time on disk: nothing is read before the time, then everything up to then goes on merged", async () => {
  const clock = new TestClock();
  await using context = await testContext({ clock });
  const buffer = await open(context, { every: "5m", storage: "disk" }, time);
  const read = buffer.read(never);
  let isGivenOn = false;
  void read.then(() => (isGivenOn = true));
  for (let n = 0; n < 5; n += 1) {
    await append(context, buffer, `${n}`, n);
    await settleAll();
    clock.advance(60_000 - 1);
  }
  await settleAll();
  assert.equal(isGivenOn, false);
  assert.equal(context.pool.usedBytes, 0, "memory holds nothing meanwhile");
  clock.advance(5);
  assert.deepEqual(linesOf(await read), ["0", "1", "2", "3", "4"]);
  (await read)?.batch.release();
  await append(context, buffer, "5", 5);
  buffer.end();
  assert.deepEqual((await readToEnd(buffer)).map(({ lines: texts }) => texts), [["5"]]);
  await buffer.close();
});

test("Lines on disk: exactly so many records, and what is held for more is not lost by a restart", async () => {
  await using context = await testContext();
  let buffer = await open(context, { lines: 4, storage: "disk" }, lines);
  for (let n = 0; n < 6; n += 1) await append(context, buffer, `${n}`, n);
  const first = await buffer.read(never);
  assert.deepEqual(linesOf(first), ["0", "1", "2", "3"]);
  first?.batch.release();
  commitInto(context.store)(first?.positions ?? {});
  await first?.ack?.();
  const stopped = AbortSignal.timeout(1);
  assert.equal(await buffer.read(stopped), undefined);
  await buffer.close();
  buffer = await open(context, { lines: 4, storage: "disk" }, lines);
  await append(context, buffer, "6\n7\n8", 6);
  buffer.end();
  assert.deepEqual((await readToEnd(buffer)).map((read) => read.lines), [["4", "5", "6", "7"], ["8"]]);
  await buffer.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("fsync: none never, every before a batch is settled, interval within a second", async () => {
  const flushes: number[] = [];
  const real = fs.fdatasync;
  mock.method(fs, "fdatasync", (fd: number, done: fs.NoParamCallback) => real(fd, (error) => (flushes.push(fd), done(error))));
  syncBuiltinESMExports();
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    for (const fsync of ["none", "every", "interval"]) {
      await using context = await testContext();
      flushes.length = 0;
      const buffer = await open(context, { ...AS_IT_COMES, fsync });
      let atSettle = -1;
      await buffer.append({ batch: linesBatch(context.pool, "a"), ack: () => void (atSettle = flushes.length) }, settleInto(context.store));
      assert.equal(atSettle, fsync === "every" ? 1 : 0, fsync);
      if (fsync === "interval") {
        mock.timers.tick(999);
        assert.equal(flushes.length, 0);
        mock.timers.tick(1);
        while (flushes.length === 0) await settleAll(1);
      }
      flushes.length = 0;
      await buffer.close();
      assert.equal(flushes.length, fsync === "none" ? 0 : 1, fsync);
    }
  } finally {
    mock.timers.reset();
    mock.restoreAll();
    syncBuiltinESMExports();
  }
});

test("batches are settled in order, whatever order the disk writes them in, and only when they are written", async () => {
  const real = fs.writev;
  const held: (() => void)[] = [];
  mock.method(fs, "writev", (...call: Parameters<typeof fs.writev>) => void held.push(() => real(...call)));
  syncBuiltinESMExports();
  try {
    await using context = await testContext();
    const buffer = await open(context);
    const settled: number[] = [];
    const appends = [0, 1, 2].map((n) => buffer.append({ batch: linesBatch(context.pool, `${n}`), positions: { n }, ack: () => void settled.push(n) }, settleInto(context.store)));
    while (held.length < 3) await settleAll(1);
    held[2]?.();
    held[1]?.();
    await settleAll();
    assert.deepEqual([settled, buffer.held().bytes], [[], 0]);
    held[0]?.();
    await Promise.all(appends);
    assert.deepEqual(settled, [0, 1, 2]);
    buffer.end();
    assert.deepEqual((await readToEnd(buffer)).flatMap((read) => read.lines), ["0", "1", "2"]);
    await buffer.close();
  } finally {
    mock.restoreAll();
    syncBuiltinESMExports();
  }
});

test("a full disk: what is written elsewhere makes room, and what was under way behind it is written again", async () => {
  const real = fs.writev;
  let calls = 0;
  mock.method(fs, "writev", (fd: number, buffers: NodeJS.ArrayBufferView[], position: number, done: (error: Error | null, written: number) => void) => {
    calls += 1;
    if (calls === 2) setImmediate(() => done(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }), 0));
    else real(fd, buffers, position, (error, written) => done(error, written ?? 0));
  });
  syncBuiltinESMExports();
  try {
    await using context = await testContext();
    let buffer = await open(context);
    await append(context, buffer, "0", 0);
    const first = await buffer.read(never);
    first?.batch.release();
    commitInto(context.store)(first?.positions ?? {});
    await first?.ack?.();
    await Promise.all([append(context, buffer, "1", 1), append(context, buffer, "2", 2)]);
    await buffer.close();
    buffer = await open(context);
    buffer.end();
    assert.deepEqual((await readToEnd(buffer)).flatMap((read) => read.lines), ["1", "2"]);
    await buffer.close();
    assert.deepEqual(context.said.map(({ level }) => level), ["error", "info"]);
    assert.equal(context.pool.usedBytes, 0);
  } finally {
    mock.restoreAll();
    syncBuiltinESMExports();
  }
});

test("a folder belongs to one buffer", async () => {
  await using context = await testContext();
  const buffer = await open(context);
  await assert.rejects(open(context), UsageError);
  await buffer.close();
  await (await open(context)).close();
});

test("kill -9 at any instant: what was acked comes out, in order, and nothing twice", async () => {
  await using context = await testContext();
  const file = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  // The child numbers its lines from the committed position on, as a tailed file would, and says what was acked.
  const program = `import { size } from ${file("./size.ts")}; import { FileStore } from ${file("./parts/testing.ts")}; import { testContext, linesBatch } from ${file("../../sdk/testing.ts")};
    import { writeSync } from "node:fs";
    const dir = ${JSON.stringify(context.dataDir)};
    const store = new FileStore(dir);
    const context = await testContext({ dataDir: dir, committed: (key) => store.get(key) });
    const buffer = await size.open(size.options.parse({ bytes: 1, timeout: "0s", storage: "disk", segment_bytes: "1MB" }), context);
    let n = store.get("n") ?? 0; let underWay = 0; let wake;
    for (;;) {
      const lines = [];
      for (let count = Math.floor(Math.random() * 400); 0 <= count; count -= 1) lines.push(n++);
      const end = n;
      underWay += 1;
      const delivery = { batch: linesBatch(context.pool, lines.join("\\n")), positions: { n: end }, ack: () => void writeSync(1, "acked " + end + "\\n") };
      void buffer.append(delivery, async (settled) => { store.commit(settled.positions); await settled.ack(); }).then(() => { underWay -= 1; wake?.(); });
      while (4 <= underWay) await new Promise((resolve) => (wake = resolve));
    }`;
  let acked = 0;
  let next = 0;
  for (let life = 0; life < Number(process.env["DURE_KILLS"] ?? 5); life += 1) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const killAt = acked + 1 + Math.floor(Math.random() * 40_000);
    createInterface(child.stdout).on("line", (line) => {
      if (line.startsWith("acked ")) acked = Number(line.slice(6));
      if (killAt <= acked) child.kill("SIGKILL");
    });
    await new Promise((resolve) => child.once("close", resolve));

    const store = new FileStore(context.dataDir);
    await using reading = await testContext({ pool: context.pool, dataDir: context.dataDir, committed: (key) => store.get(key) });
    const buffer = await open(reading, { storage: "disk", bytes: "1MB" });
    buffer.end();
    for (const { lines: texts } of await readToEnd(buffer, (positions) => store.commit(positions))) {
      for (const text of texts) assert.equal(Number(text), next++, "in order, none missing, none twice");
    }
    assert.ok(acked <= next, `${acked} acked, ${next} came out`);
    await buffer.close();
    assert.equal(context.pool.usedBytes, 0);
  }
  assert.deepEqual(await readdir(join(context.dataDir, "buffer-1")), ["groups"]);
});

const isRoot = process.getuid?.() === 0 && process.platform === "linux";

test("disk full: the append waits, says so once, and goes on when there is room", { skip: !isRoot && "needs root to mount a small disk" }, async () => {
  await using context = await testContext();
  const dir = join(context.dataDir, "small");
  fs.mkdirSync(dir);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", dir]);
  try {
    const buffer = await open(context, { ...AS_IT_COMES, bytes: "1MB", path: dir });
    const texts = Array.from({ length: 20 }, (_, n) => `${n}:${"x".repeat(100_000)}`);
    const appends = texts.map((text, n) => append(context, buffer, text, n));
    while (!context.said.some(({ level }) => level === "error")) await settleAll(1);
    buffer.end();
    const read: string[] = [];
    while (read.length < texts.length) {
      const delivery = await buffer.read(AbortSignal.timeout(60_000));
      if (delivery === undefined) {
        // Ended for what was readable: more comes as files go and appends find room.
        await settleAll();
        continue;
      }
      read.push(...linesOf(delivery));
      delivery.batch.release();
      commitInto(context.store)(delivery.positions ?? {});
      await delivery.ack?.();
    }
    await Promise.all(appends);
    assert.deepEqual(read, texts);
    assert.deepEqual(context.said.map(({ level }) => level).slice(0, 2), ["error", "info"], "said once, not once a try");
    await buffer.close();
    assert.equal(context.pool.usedBytes, 0);
  } finally {
    execFileSync("umount", ["-l", dir]);
  }
});
