import assert from "node:assert/strict";
import fs from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UsageError } from "#base/errors.ts";
import { releasePrograms } from "#dataplane/emit.ts";
import { fieldsBatch } from "#sdk/conformance/stream.ts";
import { TEST_FACTS, linesBatch, recordsBatch, recordsOf, testPool } from "#sdk/testing.ts";
import { DeadLettersFull, openDeadLetters } from "./dead-letters.ts";

async function folder(): Promise<AsyncDisposable & { dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), "dure-letters-"));
  return { dir: join(dir, "dead-letters"), [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
function filesIn(dir: string): string[] {
  return fs.readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}

test("letters are listed in order of time, with why and what", async () => {
  await using at = await folder();
  const pool = testPool();
  const letters = openDeadLetters(at.dir);
  assert.deepEqual(await letters.list(), []);
  const batch = linesBatch(pool, "첫 줄\n둘째 줄", { ...TEST_FACTS, tag: "web.access", source: "/로그/a.log" });
  const first = await letters.put(batch, { pipeline: "웹/로그", step: "3:out.Fluentd", reason: "413 too large" });
  const records = recordsBatch(pool, [{ n: 12345678901234567890n, text: "x".repeat(1000) }]);
  const second = await letters.put(records, { pipeline: "other", step: "2:out.File", reason: "no" });
  batch.release();
  records.release();
  const listed = await letters.list();
  assert.deepEqual(listed.map(({ id }) => id), [first, second]);
  const [one, two] = listed;
  assert.deepEqual([one?.pipeline, one?.step, one?.reason, one?.tag, one?.source, one?.rows, one?.preview, one?.isDamaged], ["웹/로그", "3:out.Fluentd", "413 too large", "web.access", "/로그/a.log", 2, "첫 줄", false]);
  assert.ok(Date.now() - Date.parse(one?.at ?? "") < 60_000);
  assert.match(two?.preview ?? "", /^\{"n":"12345678901234567890","text":"x{200,}$/);
  assert.ok((two?.preview.length ?? 0) <= 300);
  assert.deepEqual((await letters.list("웹/로그")).map(({ id }) => id), [first]);
  assert.equal(pool.usedBytes, 0);
});

test("nobody else on this machine reads a letter, put there or replaced", { skip: process.platform === "win32" && "folders there have rights of their own" }, async () => {
  await using at = await folder();
  const letters = openDeadLetters(at.dir);
  const batch = linesBatch(testPool(), "password=canary");
  const id = await letters.put(batch, { pipeline: "a", step: "2", reason: "no" });
  const modes = (): number[] => filesIn(at.dir).map((file) => fs.statSync(file).mode & 0o777);
  assert.deepEqual(modes(), [0o600]);
  const letter = await letters.find(id);
  if (letter !== undefined) await letters.replace(letter, batch);
  batch.release();
  assert.deepEqual(modes(), [0o600]);
});

test("a letter comes back as it was, and goes only after its replay was accepted", async () => {
  await using at = await folder();
  const pool = testPool();
  const batch = recordsBatch(pool, [{ a: 1 }, { a: "둘" }], { ...TEST_FACTS, tag: "t" });
  const id = await openDeadLetters(at.dir).put(batch, { pipeline: "p", step: "2:out.Null", reason: "r" });
  batch.release();
  const letters = openDeadLetters(at.dir);
  await assert.rejects(letters.replay(id, pool, async () => { throw new Error("still down"); }), /still down/);
  assert.equal((await letters.list()).length, 1);
  let got: unknown;
  await letters.replay(id, pool, async (again) => void (got = [again.facts, recordsOf(again)]));
  assert.deepEqual(got, [{ ...TEST_FACTS, tag: "t", source: undefined }, [{ a: 1 }, { a: "둘" }]]);
  assert.deepEqual(await letters.list(), []);
  await assert.rejects(letters.replay(id, pool, async () => {}), UsageError);
  assert.equal(pool.usedBytes, 0);
});

test("a bit flipped at any byte or a cut at any byte of a letter: never a wrong record, always a clear error", async () => {
  await using at = await folder();
  const pool = testPool();
  const letters = openDeadLetters(at.dir);
  const batch = linesBatch(pool, "one\ntwo");
  const id = await letters.put(batch, { pipeline: "p", step: "1", reason: "r" });
  batch.release();
  const [path = ""] = filesIn(at.dir);
  const bytes = fs.readFileSync(path);
  for (let position = 0; position < bytes.length; position += 1) {
    for (const damaged of [Buffer.from(bytes), bytes.subarray(0, position)]) {
      if (damaged.length === bytes.length) damaged[position] = (damaged[position] ?? 0) ^ (1 << (position % 8));
      fs.writeFileSync(path, damaged);
      const listed = await letters.list();
      assert.deepEqual(listed.map((letter) => letter.id), [id]);
      await letters.read(id, pool).then((read) => {
        // Damage in the line for people leaves the records whole.
        assert.deepEqual(recordsOf(read), [{ message: "one" }, { message: "two" }]);
        read.release();
      }, (error: unknown) => assert.ok(error instanceof UsageError, `byte ${position}: ${String(error)}`));
    }
  }
  assert.equal(pool.usedBytes, 0);
});

test("a full folder refuses more until there is room again, and what a crash left half written is no letter", async () => {
  await using at = await folder();
  const pool = testPool();
  fs.mkdirSync(join(at.dir, "p"), { recursive: true });
  fs.writeFileSync(join(at.dir, "p", "20260101T000000000Z-0001abcd.letter.new"), "half");
  const letters = openDeadLetters(at.dir, { bytesMax: 10_000 });
  const batch = linesBatch(pool, "x".repeat(4000));
  const why = { pipeline: "p", step: "1", reason: "r" };
  await letters.put(batch, why);
  assert.equal(filesIn(at.dir).length, 1);
  const second = await letters.put(batch, why);
  await assert.rejects(letters.put(batch, why), DeadLettersFull);
  assert.equal((await letters.list()).length, 2);
  // Another pipeline has room of its own, and a letter larger than all that is allowed is kept when it is alone.
  const large = linesBatch(pool, "y".repeat(20_000));
  await letters.put(large, { ...why, pipeline: "q" });
  // Room made by another process counts.
  await openDeadLetters(at.dir).remove(second);
  await letters.put(batch, why);
  batch.release();
  large.release();
  assert.equal(filesIn(at.dir).length, 3);
  assert.equal(pool.usedBytes, 0);
});

test("an id names a letter and nothing else", async () => {
  await using at = await folder();
  const letters = openDeadLetters(at.dir);
  fs.mkdirSync(at.dir, { recursive: true });
  fs.writeFileSync(join(at.dir, "..", "20260101T000000000Z-0001abcd.letter"), "secret");
  for (const id of ["../20260101T000000000Z-0001abcd", "..", "p/../../x", "p/20260101T000000000Z-0001abcd/..", "", "/etc/passwd", "p\\..\\x/20260101T000000000Z-0001abcd", "./20260101T000000000Z-0001abcd"]) {
    await assert.rejects(letters.remove(id), UsageError, id);
    await assert.rejects(letters.read(id, testPool()), UsageError, id);
  }
  assert.equal(fs.existsSync(join(at.dir, "..", "20260101T000000000Z-0001abcd.letter")), true);
});

test("a batch for whose letter there is no memory is kept by nobody", async () => {
  await using at = await folder();
  const pool = testPool(1 << 20);
  const letters = openDeadLetters(at.dir);
  const batch = fieldsBatch(pool, Array.from({ length: 2000 }, (_, n) => ({ n, text: "가".repeat(40) })));
  const others = pool.take(500_000);
  await assert.rejects(letters.put(batch, { pipeline: "p", step: "2", reason: "no" }), { code: "MEMORY_FULL" });
  others.release();
  assert.match(await letters.put(batch, { pipeline: "p", step: "2", reason: "no" }), /^p\//);
  batch.release();
  releasePrograms(pool);
  assert.equal(pool.usedBytes, 0);
});
