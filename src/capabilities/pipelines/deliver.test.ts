import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "#base/clock.ts";
import type { Log, Output } from "#sdk/plugin.ts";
import { linesBatch, recordsOf, testPool } from "#sdk/testing.ts";
import { AbortedError, deliverer } from "./deliver.ts";
import { newStats } from "./stats.ts";

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const instantClock: Clock = { now: () => 0, pause: async () => undefined };

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
  const write = deliverer({
    step: "2",
    output,
    retry: { firstMs: 1, mostMs: 1, attemptsMax: null },
    clock: instantClock,
    log: quiet,
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
  const write = deliverer({
    step: "2",
    output,
    retry: { firstMs: 1, mostMs: 1, attemptsMax: null },
    clock: { now: () => 0, pause: async () => abort.abort() },
    log: quiet,
    stats: newStats(),
    deadLetter: () => Promise.reject(new Error("disk full")),
  });
  const batch = linesBatch(pool, "bad");
  await assert.rejects(write(batch, abort.signal), AbortedError);
  batch.release();
  assert.equal(pool.usedBytes, 0);
});
