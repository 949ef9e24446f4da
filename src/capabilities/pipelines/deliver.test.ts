import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "#base/clock.ts";
import type { Log, Output } from "#sdk/plugin.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import { linesBatch, recordsBatch, recordsOf, testPool } from "#sdk/testing.ts";
import { AbortedError, deliverer } from "./deliver.ts";
import type { DeliverParts } from "./deliver.ts";
import { newStats } from "./stats.ts";

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const instantClock: Clock = { now: () => 0, pause: () => new Promise((resolve) => setImmediate(resolve)) };

/** Tries again at once, for ever. */
function delivering(parts: Pick<DeliverParts, "output" | "deadLetter"> & Partial<DeliverParts>): ReturnType<typeof deliverer> {
  return deliverer({ step: "2", retry: { firstMs: 1, mostMs: 1, attemptsMax: null }, clock: instantClock, log: quiet, stats: newStats(), ...parts });
}

test("deliver: records that an output refuses are kept as dead letters, with their own reason; the rest is written once", async () => {
  const pool = testPool();
  const kept: [unknown, string][] = [];
  let writes = 0;
  let isFull = true;
  const output: Output = {
    async write(batch) {
      writes += 1;
      return { bytes: 1, refused: [{ batch: linesBatch(batch.pool, "bad"), reason: new Error("too long") }] };
    },
    async close() {},
  };
  const stats = newStats();
  const write = delivering({
    output,
    stats,
    async deadLetter(batch, _step, reason) {
      if (isFull) {
        isFull = false;
        throw new Error("disk full");
      }
      kept.push([recordsOf(batch)[0]?.["message"], reason.message]);
    },
  });
  const batch = linesBatch(pool, "good\nbad");
  const done = await write(batch, new AbortController().signal);
  batch.release();
  assert.deepEqual([kept, writes, stats.deadLetters, done.bytes, done.isDeadLetter], [[["bad", "too long"]], 1, 1, 1, undefined]);
  assert.equal(pool.usedBytes, 0);
});

test("deliver: a stop while refused records cannot be kept gives them back; their batch comes again", async () => {
  const pool = testPool();
  const abort = new AbortController();
  const output: Output = { write: async (batch) => ({ refused: [{ batch: linesBatch(batch.pool, "bad"), reason: new Error("no") }] }), async close() {} };
  const write = delivering({
    output,
    clock: { now: () => 0, pause: async () => abort.abort() },
    deadLetter: () => Promise.reject(new Error("disk full")),
  });
  const batch = linesBatch(pool, "bad");
  await assert.rejects(write(batch, abort.signal), AbortedError);
  batch.release();
  assert.equal(pool.usedBytes, 0);
});

test("deliver: a batch that could not be written if it were alone in the memory does not stop those behind it", async () => {
  const pool = new ChunkMemory({ bytesMax: 1 << 20 }).pool();
  const kept: string[] = [];
  const output: Output = {
    async write(batch) {
      batch.json({ key: "", offsetMinutes: 0, digits: 0 }).release();
    },
    async close() {},
  };
  const write = delivering({
    output,
    async deadLetter(_batch, _step, reason) {
      kept.push(reason.message);
    },
  });
  const signal = new AbortController().signal;
  const large = recordsBatch(pool, [{ text: "x".repeat(100_000) }]);
  assert.equal((await write(large, signal)).isDeadLetter, true);
  assert.match(kept[0] ?? "", /cannot be written in 1048576 bytes of chunk memory/);
  large.release();
  // What others hold now is waited for.
  const others = pool.take(500_000);
  const small = recordsBatch(pool, [{ text: "x".repeat(50_000) }]);
  setImmediate(() => others.release());
  assert.equal((await write(small, signal)).isDeadLetter, undefined);
  small.release();
});

test("deliver: while an output takes nothing that stands in the stats with its reason, and no longer when it takes a batch or the step goes", async () => {
  const pool = testPool();
  const stats = newStats();
  const seen: unknown[] = [];
  let nowMs = 100;
  const abort = new AbortController();
  let left = 2;
  const output: Output = {
    async write() {
      if (0 < left--) throw new Error("x".repeat(1000));
    },
    async close() {},
  };
  const clock: Clock = {
    now: () => nowMs,
    async pause() {
      nowMs += 50;
      seen.push([stats.failing["2"]?.sinceMs, stats.failing["2"]?.reason.length]);
    },
  };
  const write = deliverer({ step: "2", output, retry: { firstMs: 1, mostMs: 1, attemptsMax: null }, clock, log: quiet, stats, deadLetter: () => Promise.reject(new Error("not here")) });
  const batch = linesBatch(pool, "a line");
  await write(batch, new AbortController().signal);
  assert.deepEqual([seen, stats.failing, stats.retries], [[[100, 300], [100, 300]], {}, 2]);

  left = 1;
  const stopped = deliverer({ step: "2", output, retry: { firstMs: 1, mostMs: 1, attemptsMax: null }, clock: { now: () => 0, pause: async () => abort.abort() }, log: quiet, stats, deadLetter: () => Promise.reject(new Error("not here")) });
  await assert.rejects(stopped(batch, abort.signal), AbortedError);
  assert.deepEqual(stats.failing, {});
  batch.release();
});
