// Where a failover sends batches, and what it promises the outputs behind it: whichever way batches take, one that has something committed gets
// them in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import type { Clock } from "#base/clock.ts";
import type { Batch } from "#dataplane/batch.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import type { Log, Output } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch, testPool } from "#sdk/testing.ts";
import { failover } from "./failover.ts";
import { newStats } from "./stats.ts";
import { Turn } from "./turn.ts";

const NEVER = new AbortController().signal;
const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };
const instantClock: Clock = { now: Date.now, pause: async () => undefined };

test("failover: a batch is written as long as one output works; the preferred one is used again once it is healthy", async () => {
  const pool = testPool(1 << 20);
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, pause: async () => undefined };
  const working = new Set(["a", "b"]);
  const took: string[] = [];
  const named = (name: string): { name: string; output: Output } => ({
    name,
    output: {
      async write() {
        if (!working.has(name)) throw new Error("down");
        took.push(name);
      },
      healthy: async () => working.has(name),
      async close() {},
    },
  });
  const stats = newStats();
  const output = failover({ outputs: [named("a"), named("b")], last: named("last"), startBy: "ordered", recheckMs: 1000, clock, log: quiet, stats });
  const send = async (): Promise<void> => {
    const batch = linesBatch(pool, "x\n");
    try {
      await output.write(batch, new AbortController().signal);
    } finally {
      batch.release();
    }
  };
  await send();
  working.delete("a");
  await send();
  await send();
  assert.deepEqual(stats.failing, { a: { sinceMs: 0, reason: "down", isBypassed: true } });
  working.add("a");
  await send();
  nowMs = 2000;
  await send();
  assert.deepEqual(took, ["a", "b", "b", "b", "a"]);
  assert.deepEqual([stats.steps, stats.failing], [{ a: 2, b: 3 }, {}], "each output's records are counted, and none is failing any longer");
  working.clear();
  await assert.rejects(send(), /down/);
  working.add("last");
  await send();
  assert.equal(took.at(-1), "last");
});

test("failover: where it begins is fixed by this machine's address, by the tag, by chance, or by the list", async () => {
  const pool = testPool(1 << 20);
  const took: string[] = [];
  const outputs = ["a", "b", "c"].map((name) => ({ name, output: { write: async () => void took.push(name), async close() {} } satisfies Output }));
  const sent = async (startBy: "ip" | "tag" | "random" | "ordered", tag: string, random = 0): Promise<string | undefined> => {
    const output = failover({ outputs, last: undefined, startBy, recheckMs: 1000, clock: instantClock, log: quiet, stats: newStats(), random: () => random });
    const batch = linesBatch(pool, "x\n", { ...TEST_FACTS, tag });
    await output.write(batch, new AbortController().signal);
    batch.release();
    return took.at(-1);
  };
  assert.deepEqual([await sent("ordered", "x"), await sent("ordered", "y")], ["a", "a"]);
  assert.deepEqual([await sent("random", "x", 0), await sent("random", "x", 0.5), await sent("random", "x", 0.99)], ["a", "b", "c"]);
  assert.equal(await sent("ip", "x"), await sent("ip", "y", 0.99), "whatever the tag, and after a restart");
  const tags = Array.from({ length: 30 }, (_, index) => `web.${index}`);
  const byTag = new Map<string, string | undefined>();
  for (const tag of tags) byTag.set(tag, await sent("tag", tag, 0.99));
  for (const tag of tags) assert.equal(await sent("tag", tag), byTag.get(tag), "a tag goes where it went");
  assert.equal(new Set(byTag.values()).size, 3, "and thirty tags to all of them");
});

test("failover: while one batch asks whether the preferred output is well, the next one does not overtake it on the way to the last", async () => {
  const pool = testPool(1 << 20);
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, pause: async () => undefined };
  const asked = Promise.withResolvers<boolean>();
  const far: Output = { concurrency: 4, write: () => Promise.reject(new Error("down")), healthy: () => asked.promise, async close() {} };
  const took: number[] = [];
  const last: Output = { concurrency: 3, write: async (batch) => void took.push(batch.count), async committed() {}, async close() {} };
  const output = failover({ outputs: [{ name: "far", output: far }], last: { name: "last", output: last }, startBy: "ordered", recheckMs: 1000, clock, log: quiet, stats: newStats() });
  const batches = [1, 2, 3].map((lines) => linesBatch(pool, "x\n".repeat(lines)));
  const [first, second, third] = batches as [Batch, Batch, Batch];
  await output.write(first, NEVER);
  nowMs = 1000;
  const writes = [output.write(second, NEVER), output.write(third, NEVER)];
  for (let looks = 0; looks < 10; looks += 1) await turn();
  asked.resolve(false);
  await Promise.all(writes);
  assert.deepEqual(took, [1, 2, 3]);
  for (const batch of batches) batch.release();
});

test("failover: an output that cannot even say how it is counts as one that is not well", async () => {
  const pool = testPool(1 << 20);
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, pause: async () => undefined };
  const far: Output = { write: () => Promise.reject(new Error("down")), healthy: () => Promise.reject(new Error("no answer")), async close() {} };
  const took: number[] = [];
  const near: Output = { write: async (batch) => void took.push(batch.count), async committed() {}, async close() {} };
  const output = failover({ outputs: [{ name: "far", output: far }, { name: "near", output: near }], last: undefined, startBy: "ordered", recheckMs: 1000, clock, log: quiet, stats: newStats() });
  const batch = linesBatch(pool, "x\n");
  await output.write(batch, NEVER);
  nowMs = 1000;
  await output.write(batch, NEVER);
  assert.deepEqual(took, [1, 1]);
  assert.equal(await output.healthy?.(NEVER), true, "there is one that may be tried");
  batch.release();
});

test("failover: a clock that is set back keeps nobody from the preferred output for longer than it takes to ask again", async () => {
  const pool = testPool(1 << 20);
  let nowMs = 100_000;
  const clock: Clock = { now: () => nowMs, pause: async () => undefined };
  let isDown = true;
  const took: string[] = [];
  const far: Output = { write: async () => (isDown ? Promise.reject(new Error("down")) : void took.push("far")), async close() {} };
  const output = failover({ outputs: [{ name: "far", output: far }, { name: "near", output: { write: async () => void took.push("near"), async close() {} } }], last: undefined, startBy: "ordered", recheckMs: 1000, clock, log: quiet, stats: newStats() });
  const batch = linesBatch(pool, "x\n");
  await output.write(batch, NEVER);
  isDown = false;
  nowMs = 0;
  await output.write(batch, NEVER);
  nowMs = 1000;
  await output.write(batch, NEVER);
  assert.equal(took.at(-1), "far");
  batch.release();
});

test("failover: a lack of chunk memory is no failure of an output; what no memory would hold goes to the next one", async () => {
  const pool = testPool(1 << 20);
  let lacks = 3;
  const took: string[] = [];
  const stats = newStats();
  const near = { name: "near", output: { write: async () => void took.push("near"), async close() {} } satisfies Output };
  const withFar = (write: () => Promise<void>): Output => failover({ outputs: [{ name: "far", output: { write, async close() {} } }, near], last: undefined, startBy: "ordered", recheckMs: 1000, clock: instantClock, log: quiet, stats });
  const batch = linesBatch(pool, "x\n");
  await withFar(async () => {
    if (0 < (lacks -= 1)) throw new MemoryFullError("full", 1024);
    took.push("far");
  }).write(batch, NEVER);
  assert.deepEqual([took, stats.failing], [["far"], {}]);
  await withFar(() => Promise.reject(new MemoryFullError("full", pool.memory.bytesMax))).write(batch, NEVER);
  assert.deepEqual(took, ["far", "near"]);
  batch.release();
});

test("failover: outputs that fail, hang for a while and recover as they like get every batch once, and in order where they have something committed", () =>
  fc.assert(
    fc.asyncProperty(
      fc.record({ outcomes: fc.array(fc.record({ fails: fc.boolean(), isHealthy: fc.boolean(), turns: fc.nat(6) }), { minLength: 1, maxLength: 40 }), outputs: fc.integer({ min: 1, max: 3 }), batches: fc.integer({ min: 2, max: 20 }), stepMs: fc.constantFrom(1, 400, 1000) }),
      async ({ outcomes, outputs, batches, stepMs }) => {
        const pool = testPool(1 << 20);
        let nowMs = 0;
        const clock: Clock = { now: () => (nowMs += stepMs), pause: async () => undefined };
        let at = 0;
        const next = (): (typeof outcomes)[number] => outcomes[(at += 1) % outcomes.length] ?? { fails: false, isHealthy: true, turns: 0 };
        const wait = async (turns: number): Promise<void> => {
          for (let left = turns; 0 < left; left -= 1) await turn();
        };
        const numbers = new Map<Batch, number>();
        const started: number[][] = [];
        const took: number[] = [];
        const made = (canFail: boolean): Output => {
          const mine: number[] = [];
          started.push(mine);
          return {
            concurrency: 3,
            async write(batch) {
              const number = numbers.get(batch) ?? -1;
              mine.push(number);
              const { fails, turns } = next();
              await wait(turns);
              if (fails && canFail) throw new Error("down");
              took.push(number);
            },
            async healthy() {
              const { isHealthy, turns } = next();
              await wait(turns);
              return isHealthy;
            },
            async committed() {},
            async close() {},
          };
        };
        const named = Array.from({ length: outputs }, (_, index) => ({ name: String(index), output: made(true) }));
        const output = failover({ outputs: named, last: { name: "last", output: made(false) }, startBy: "ordered", recheckMs: 1000, clock, log: quiet, stats: newStats() });
        const places = new Turn(output.concurrency ?? 1);
        const writes: Promise<void>[] = [];
        for (let number = 0; number < batches; number += 1) {
          const batch = linesBatch(pool, "x\n");
          numbers.set(batch, number);
          await places.enter();
          writes.push(
            output.write(batch, NEVER).then(() => {
              batch.release();
              places.leave();
            }),
          );
        }
        await Promise.all(writes);
        assert.deepEqual(took.toSorted((one, other) => one - other), Array.from({ length: batches }, (_, number) => number));
        for (const mine of started) assert.deepEqual(mine, mine.toSorted((one, other) => one - other));
      },
    ),
    { numRuns: 200 },
  ));
