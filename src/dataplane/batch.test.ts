import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { linesBatch, recordsBatch, recordsOf, testPool, TEST_FACTS } from "#sdk/testing.ts";
import { Batch } from "./batch.ts";
import type { Slice } from "./batch.ts";
import { releasePrograms } from "./emit.ts";
import { KIND, NO_TIME as BATCH_TIME, ROW, STATUS, rowWords } from "./layout.ts";
import type { ChunkPool } from "./memory.ts";
import { batchOfRecords } from "./records.ts";
import { ValueReader } from "./msgpack.ts";

const UTC = { key: "time", offsetMinutes: 0, digits: 3 } as const;
const NO_TIME = { key: "", offsetMinutes: 0, digits: 0 } as const;

function taken(slice: Slice): Buffer {
  const copy = Buffer.from(slice.bytes);
  slice.release();
  return copy;
}
function jsonOf(batch: Batch): unknown[] {
  return taken(batch.json(NO_TIME)).toString().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as unknown);
}
function entriesOf(batch: Batch): unknown[] {
  const bytes = taken(batch.entries());
  const reader = new ValueReader(bytes);
  const entries: unknown[] = [];
  while (reader.at < bytes.length) entries.push(reader.value());
  return entries;
}

/** Lines whose first word is the field `word`. */
function fieldsOf(pool: ChunkPool, texts: readonly string[]): Batch {
  const lines = linesBatch(pool, texts.join("\n"));
  const table = pool.take(texts.length * rowWords(1) * 4);
  const { words } = pool.memory;
  let pointer = lines.pointer;
  for (const [row, text] of texts.entries()) {
    const at = (table.pointer >>> 2) + row * rowWords(1);
    words[at + ROW.linePointer] = pointer;
    words[at + ROW.lineLength] = Buffer.byteLength(text);
    words[at + ROW.status] = STATUS.parsed;
    words[at + ROW.nanoseconds] = BATCH_TIME;
    words[at + ROW.columns] = pointer;
    words[at + ROW.columns + 1] = Buffer.byteLength(text.split(" ")[0] ?? "");
    pointer += Buffer.byteLength(text) + 1;
  }
  return Batch.fields(lines, table, { rows: texts.length, columns: [{ name: "word", kind: KIND.string }], dropped: 0, isDisjoint: true });
}

const plainLine = fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => text.replaceAll(/[\n\r]/g, " "));
// -0 is written as 0 by JSON.stringify, which is what the comparison is made with.
const scalar = fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)), fc.boolean(), fc.constant(null));
const record = fc.dictionary(fc.string({ maxLength: 8 }).filter((key) => key !== "__proto__"), fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(fc.constantFrom("a", "b"), scalar)), { maxKeys: 20 });

test("batch: lines become the same text in JSON, in entries and in records", () => {
  const pool = testPool();
  fc.assert(
    fc.property(fc.array(plainLine, { minLength: 1, maxLength: 30 }), (lines) => {
      const batch = linesBatch(pool, lines.map((line) => `${line}\n`).join(""));
      const wanted = lines.map((message) => ({ message }));
      assert.equal(batch.count, lines.length);
      assert.deepEqual(jsonOf(batch), wanted);
      assert.deepEqual(entriesOf(batch), wanted.map((one) => [TEST_FACTS.seconds, one]));
      assert.deepEqual(recordsOf(batch), wanted);
      batch.release();
    }),
  );
});

test("batch: records come back as they went in, as JSON and as entries", () => {
  const pool = testPool();
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 10 }), (records) => {
      const before = pool.usedBytes;
      const batch = recordsBatch(pool, records);
      const wanted = JSON.parse(JSON.stringify(records)) as unknown;
      assert.deepEqual(JSON.parse(JSON.stringify(recordsOf(batch))), wanted);
      assert.deepEqual(JSON.parse(JSON.stringify(jsonOf(batch))), wanted);
      assert.deepEqual(JSON.parse(JSON.stringify(entriesOf(batch).map((entry) => (entry as unknown[])[1]))), wanted);
      batch.release();
      assert.equal(pool.usedBytes, before, "nothing is left behind");
    }),
  );
});

test("batch: a filter keeps the rows it names, in order, and gives back everything when none is left", () => {
  const pool = testPool();
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }), fc.boolean(), (keeps, isText) => {
      const numbers = keeps.map((_, index) => index);
      const before = pool.usedBytes;
      const batch = isText ? linesBatch(pool, numbers.map((number) => `${number}\n`).join("")) : recordsBatch(pool, numbers.map((message) => ({ message: String(message) })));
      const rest = batch.filter((row) => keeps[row] === true);
      const wanted = numbers.filter((number) => keeps[number]).map((message) => ({ message: String(message) }));
      assert.equal(rest?.count ?? 0, wanted.length);
      if (rest !== undefined) {
        assert.deepEqual(recordsOf(rest), wanted);
        rest.release();
      } else assert.deepEqual(wanted, []);
      assert.equal(pool.usedBytes, before);
    }),
  );
});

test("batch: rows taken out are a batch of their own, and the one they are from stays as it was", () => {
  const pool = testPool();
  const texts = ["가 1", "b 22", "c 3", "긴 줄 4444"];
  // The pool keeps the programs that rows are written by: they are no leak.
  for (const batch of [linesBatch(pool, "warm"), fieldsOf(pool, ["warm"])]) {
    jsonOf(batch);
    entriesOf(batch);
    batch.release();
  }
  const usedBytes = pool.usedBytes;
  for (const batch of [linesBatch(pool, texts.join("\n")), fieldsOf(pool, texts), recordsBatch(pool, texts.map((text) => ({ text })))]) {
    const all = recordsOf(batch);
    const [, second, , fourth] = all;
    const json = jsonOf(batch);
    const odd = batch.select((row) => row % 2 === 1);
    assert(odd !== undefined);
    assert.deepEqual(recordsOf(odd), [second, fourth]);
    assert.equal(odd.count, 2);
    assert.equal(batch.select(() => false), undefined);
    // What happens to the one does not happen to the other, and it outlives it.
    const last = odd.filter((row) => row === 1);
    assert(last !== undefined);
    assert.deepEqual(recordsOf(batch), all);
    assert.deepEqual(jsonOf(batch), json);
    batch.release();
    assert.deepEqual(recordsOf(last), [fourth]);
    assert.deepEqual(jsonOf(last), [json[3]]);
    assert.equal(entriesOf(last).length, 1);
    last.release();
  }
  assert.equal(pool.usedBytes, usedBytes, "every chunk was given back");
});

test("batch: event times are written in the zone and with the digits asked for", () => {
  const pool = testPool();
  const batch = batchOfRecords(pool, [{ n: 1 }], TEST_FACTS, () => Date.parse("2026-11-21T15:00:00.123Z"));
  assert.equal(taken(batch.json(UTC)).toString(), '{"time":"2026-11-21T15:00:00.123Z","n":1}\n');
  assert.equal(taken(batch.json({ key: "t", offsetMinutes: 540, digits: 0 })).toString(), '{"t":"2026-11-22T00:00:00+09:00","n":1}\n');
  assert.equal(batch.timeMs(0), Date.parse("2026-11-21T15:00:00.123Z"));
  batch.release();
});

test("batch: one field is read without the rest, whatever its type", () => {
  const pool = testPool();
  const batch = recordsBatch(pool, [{ 이름: "김서연", age: 41 }, { age: "모름" }, { age: { deep: [1, 2n ** 60n] } }]);
  assert.deepEqual([0, 1, 2].map((row) => batch.column("age").get(row)), [41, "모름", { deep: [1, 2n ** 60n] }]);
  assert.deepEqual([0, 1, 2].map((row) => batch.column("이름").get(row)), ["김서연", undefined, undefined]);
  batch.release();
});

test("memory: a share that is full makes its reader wait, and only that one", async () => {
  const { memory } = testPool(1 << 20);
  const small = memory.pool(64 << 10);
  const other = memory.pool(512 << 10);
  const signal = new AbortController().signal;
  const chunk = small.take(60_000);
  let hasRoom = false;
  const waiting = small.room(60_000, signal).then(() => void (hasRoom = true));
  await other.room(60_000, signal);
  assert.equal(hasRoom, false);
  chunk.release();
  await waiting;
});

test("memory: chunks never overlap and all of it can be had again", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 30 }), (sizes) => {
      const pool = testPool(4 << 20);
      const chunks = [];
      for (const bytes of sizes) {
        try {
          chunks.push(pool.take(bytes));
        } catch {
          break; // Full: what was taken so far must still be apart.
        }
      }
      const spans = chunks.map((chunk) => [chunk.pointer, chunk.pointer + chunk.capacity + 64] as const).toSorted(([left], [right]) => left - right);
      spans.forEach(([start], index) => assert(index === 0 || (spans[index - 1]?.[1] ?? 0) <= start));
      for (const chunk of chunks) chunk.release();
      pool.take((4 << 20) - 64).release();
    }),
  );
});

test("a pool that is used no more gives back what writing needed, and can be used again all the same", () => {
  const pool = testPool();
  for (let time = 0; time < 3; time += 1) {
    const batch = linesBatch(pool, "하나\n");
    assert.deepEqual(jsonOf(batch), [{ message: "하나" }]);
    assert.equal(entriesOf(batch).length, 1);
    batch.release();
    assert.notEqual(pool.usedBytes, 0, "programs are kept for the next batch");
    releasePrograms(pool);
    assert.equal(pool.usedBytes, 0);
  }
});
