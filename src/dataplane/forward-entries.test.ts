import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EntryScan, EntryTime, ValueWalk, withTextKeys } from "./forward-entries.ts";
import { ProtocolError } from "./forward-protocol.ts";
import { ChunkMemory } from "./memory.ts";
import { ValueReader, ValueWriter } from "./msgpack.ts";

const pool = new ChunkMemory({ bytesMax: 1 << 20 }).pool();

function bytesOf(value: unknown): Buffer {
  const writer = new ValueWriter(Buffer.alloc(100_000));
  writer.value(value);
  return writer.buffer.subarray(0, writer.end);
}

const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.string(), fc.string({ minLength: 30, maxLength: 300 }), fc.maxSafeInteger(), fc.double(), fc.boolean(), fc.constant(null), fc.array(tie("value"), { maxLength: 20 }), fc.dictionary(fc.string(), tie("value"), { maxKeys: 20 })),
})).value;
const anyTime = fc.oneof(
  fc.nat().map((seconds) => Buffer.from([0xd7, 0, 0, 0, seconds >>> 8, seconds & 255, 0, 0, 0, 7])),
  fc.constantFrom(Buffer.from([0xc7, 8, 0, 1, 2, 3, 4, 0x3b, 0x9a, 0xc9, 0xff]), Buffer.from([0xc7, 8, 0, 1, 2, 3, 4, 0x3b, 0x9a, 0xca, 0]), Buffer.from([0xc7, 1, 0, 5]), Buffer.from([0xd7, 9, 1, 2, 3, 4, 5, 6, 7, 8])),
  fc.integer({ min: -(2 ** 40), max: 2 ** 40 }).map(bytesOf),
  fc.double().map(bytesOf),
);
const anyEntry = fc.tuple(fc.constantFrom(Buffer.from([0x92]), Buffer.from([0xdc, 0, 2])), anyTime, fc.dictionary(fc.string(), anyValue, { maxKeys: 6 }).map(bytesOf)).map((pieces) => Buffer.concat(pieces));
/** Well-formed entries, and such as were damaged on their way. */
const anyBody = fc.tuple(fc.array(anyEntry, { maxLength: 8 }).map((entries) => Buffer.concat(entries)), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat()).map(([body, damages, cut]) => {
  const bytes = Buffer.from(damages.length === 1 ? body.subarray(0, body.length - (cut % (body.length + 1))) : body);
  for (const [at, byte] of damages) if (0 < bytes.length) bytes[at % bytes.length] = byte;
  return bytes;
});

test("entries that the scan takes as they are, the kernel takes too, and counts alike", () => {
  let taken = 0;
  fc.assert(
    fc.property(anyBody, (body) => {
      const chunk = pool.take(body.length + 64);
      const table = pool.take(Math.max(1, body.length) * 20);
      try {
        body.copy(chunk.bytes);
        const scan = new EntryScan();
        scan.begin(chunk.pointer);
        try {
          scan.scan(pool.memory.bytes, chunk.pointer + body.length, 1e6);
        } catch (error) {
          assert(error instanceof ProtocolError);
          return;
        }
        if (scan.isOdd) return;
        taken += scan.rows;
        assert.equal(pool.memory.kernels.entryTable(chunk.pointer, scan.at - chunk.pointer, table.pointer), scan.rows);
      } finally {
        table.release();
        chunk.release();
      }
    }),
    { numRuns: 2000 },
  );
  assert(0 < taken, "some entries were taken");
});

test("a walk finds the same end however the bytes come", () => {
  fc.assert(
    fc.property(anyValue, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (value, steps) => {
      const bytes = bytesOf(value);
      const walk = new ValueWalk();
      walk.begin(0);
      let end = 0;
      for (let turn = 0; end < bytes.length; turn += 1) {
        assert.equal(walk.walk(bytes, end), false, `not before the end: ${end} of ${bytes.length}`);
        end = Math.min(bytes.length, end + (steps[turn % steps.length] ?? 1));
      }
      assert.equal(walk.walk(bytes, end), true);
      assert.equal(walk.at, bytes.length);
    }),
  );
});

test("a scan goes on where it stopped, entry by entry", () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 10 }), fc.integer({ min: 1, max: 4 }), (entries, rowsMax) => {
      const body = Buffer.concat(entries);
      const scan = new EntryScan();
      const lengths: number[] = [];
      for (let at = 0; at < body.length; at = scan.at) {
        scan.begin(at);
        scan.scan(body, body.length, rowsMax);
        assert(at < scan.at && scan.rows <= rowsMax);
        lengths.push(scan.at - at);
      }
      const grouped: number[] = [];
      entries.forEach(({ length }, index) => (grouped[Math.floor(index / rowsMax)] = (grouped[Math.floor(index / rowsMax)] ?? 0) + length));
      assert.deepEqual(lengths, grouped);
    }),
  );
});

test("values with text keys only stay byte for byte; times outside 32 bits are unknown", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const bytes = bytesOf(value);
      assert.deepEqual(withTextKeys(bytes, 0), bytes);
    }),
  );
  assert.deepEqual(new ValueReader(withTextKeys(Buffer.from([0x82, 1, 0xa1, 0x78, 0x91, 2, 0x81, 0xc3, 3]), 0)).value(), { 1: "x", "[2]": { true: 3 } });
  const time = new EntryTime();
  for (const [value, isKnown] of [[1, true], [2 ** 32 - 1, true], [2 ** 32, false], [-1, false], [0, false], [Number.NaN, false], [1.5, true], ["1", false]] as const) {
    time.read(bytesOf(value), 0);
    assert.equal(time.isKnown, isKnown, String(value));
  }
});
