import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapStatistics } from "node:v8";
import { collectEarly } from "./early-gc.ts";

const BUSY_ITEMS = 4_000_000;

test("a heap that grew is looked through, one that rests is not", (t) => {
  const before = globalThis.gc;
  let looks = 0;
  globalThis.gc = (() => void (looks += 1)) as NonNullable<typeof globalThis.gc>;
  t.after(() => (globalThis.gc = before));
  t.mock.timers.enable({ apis: ["setInterval"] });
  collectEarly();
  t.mock.timers.tick(60_000);
  assert.equal(looks, 0, "nothing grew");

  const start = getHeapStatistics().used_heap_size;
  const grown = Array.from({ length: BUSY_ITEMS }, (_, item) => item + 0.5);
  assert.ok(start + BUSY_ITEMS * 4 < getHeapStatistics().used_heap_size, "the test makes the heap grow");
  t.mock.timers.tick(60_000);
  assert.equal(looks, 1, "once for what grew");
  assert.equal(grown.length, BUSY_ITEMS);
});

test("without a way to collect nothing is watched", (t) => {
  const before = globalThis.gc;
  globalThis.gc = undefined;
  t.after(() => (globalThis.gc = before));
  const timers = t.mock.method(globalThis, "setInterval");
  collectEarly();
  assert.equal(timers.mock.callCount(), 0);
});
