import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Clock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Delivery, Input, Log, OpenBuffer } from "#sdk/plugin.ts";
import { linesBatch, recordsBatch, recordsOf, testPool } from "#sdk/testing.ts";
import { AbortedError } from "./deliver.ts";
import { Door } from "./door.ts";
import { splitter } from "./route.ts";
import { runSegment } from "./segment.ts";
import type { Node } from "./way.ts";
import { newStats } from "./stats.ts";
import { Turn } from "./turn.ts";

const said: string[] = [];
const log: Log = { debug: () => undefined, info: () => undefined, warn: (message) => void said.push(message), error: () => undefined };
const instantClock: Clock = { now: () => 0, pause: async () => undefined };
const never = new AbortController().signal;
const numbersOf = (batch: Batch): number[] => recordsOf(batch).map((record) => Number(record["message"]));

test("route: a record goes with the first branch it fits, and on where that says so", () => {
  const pool = testPool();
  const split = splitter([{ when: "r.n > 8", isContinued: true }, { when: "r.n % 2 === 0", isContinued: false }, { when: "r.n > 6", isContinued: false }], { log, stats: newStats() });
  const { parts, rest } = split(recordsBatch(pool, Array.from({ length: 11 }, (_, n) => ({ n }))));
  const seen = [...parts, rest].map((part) => (part === undefined ? [] : recordsOf(part).map(({ n }) => n)));
  assert.deepEqual(seen, [[9, 10], [0, 2, 4, 6, 8, 10], [7, 9], [1, 3, 5]]);
  for (const part of [...parts, rest]) part?.release();
  assert.equal(pool.usedBytes, 0);
});

test("route: a batch that goes one way whole is not copied", () => {
  const pool = testPool();
  const split = splitter([{ when: "r.n > 8", isContinued: false }, { when: "r.n < 9", isContinued: false }], { log, stats: newStats() });
  const low = recordsBatch(pool, [{ n: 1 }, { n: 2 }]);
  assert.equal(split(low).parts[1], low);
  low.release();
  const none = splitter([{ when: "false", isContinued: false }], { log, stats: newStats() });
  const batch = recordsBatch(pool, [{ n: 1 }]);
  assert.equal(none(batch).rest, batch);
  batch.release();
  assert.equal(pool.usedBytes, 0);
});

test("route: a record for which a condition throws does not fit it: counted, and said once", () => {
  const pool = testPool();
  const stats = newStats();
  said.length = 0;
  const split = splitter([{ when: "r.a.startsWith('x')", isContinued: false }], { log, stats });
  const { parts, rest } = split(recordsBatch(pool, [{ a: 1 }, { a: "xy" }, {}]));
  assert.deepEqual([parts[0], rest].map((part) => part && recordsOf(part)), [[{ a: "xy" }], [{ a: 1 }, {}]]);
  assert.deepEqual([stats.counts["route_errors_total"], said.length], [1, 1]);
  parts[0]?.release();
  rest?.release();
  assert.equal(pool.usedBytes, 0);
});

/** Batches of consecutive numbers. */
function numbers(pool: ReturnType<typeof testPool>, sizes: readonly number[]): Input {
  let next = 0;
  let first = 0;
  return {
    async read() {
      const size = sizes[next];
      if (size === undefined) return undefined;
      const texts = Array.from({ length: size }, (_, index) => `${first + index}`);
      first += size;
      return { batch: linesBatch(pool, texts.join("\n")), positions: { source: next++ } };
    },
    async close() {},
  };
}

/** An output that takes its time, and once, perhaps, is stopped before it could write. */
function slow(written: number[], waits: readonly number[], failsAt = Infinity): Node {
  let call = 0;
  return {
    type: "output",
    step: "o",
    turn: new Turn(2),
    committed: undefined,
    async write(batch) {
      const index = call++;
      for (let wait = waits[index % Math.max(1, waits.length)] ?? 0; 0 < wait; wait -= 1) await Promise.resolve();
      if (failsAt <= index) throw new AbortedError("stopped");
      written.push(...numbersOf(batch));
      return {};
    },
  };
}

test("route: whatever branches do, every record comes out where it belongs, and no position passes one that is held or was not written", () =>
  fc.assert(
    fc.asyncProperty(
      fc.record({ sizes: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 }), waits: fc.array(fc.nat({ max: 5 }), { maxLength: 5 }), holds: fc.nat({ max: 6 }), isDurable: fc.boolean(), failsAt: fc.oneof(fc.constant(Infinity), fc.nat({ max: 12 })), hasBuffer: fc.boolean() }),
      async ({ sizes, waits, holds, isDurable, failsAt, hasBuffer }) => {
        const pool = testPool(1 << 20);
        const written: Record<"third" | "even" | "rest", number[]> = { third: [], even: [], rest: [] };
        const acked = new Set<number>();
        const waiting: { numbers: number[]; delivery: Delivery }[] = [];
        const giveOut = (): void => {
          const oldest = waiting.shift();
          if (oldest === undefined) return;
          written.even.push(...oldest.numbers);
          for (const number of oldest.numbers) acked.add(number);
          void oldest.delivery.ack?.();
        };
        // Holds up to so many deliveries, as a memory buffer does, or has them on disk at once.
        const buffer: OpenBuffer = {
          isDurable,
          async append(delivery, settle) {
            waiting.push({ numbers: numbersOf(delivery.batch), delivery });
            delivery.batch.release();
            if (isDurable) {
              const last = waiting.pop();
              written.even.push(...(last?.numbers ?? []));
              for (const number of last?.numbers ?? []) acked.add(number);
              await settle(delivery);
            } else while (holds < waiting.length) giveOut();
            return true;
          },
          end: () => {
            while (0 < waiting.length) giveOut();
          },
          held: () => ({ bytes: 0, batches: waiting.length }),
          read: async () => undefined,
          close: async () => {},
        };
        const nodes: Node[] = [
          {
            type: "route",
            step: "2",
            split: splitter([{ when: "r.message % 2 === 0", isContinued: true }, { when: "r.message % 3 === 0", isContinued: false }], { log, stats: newStats() }),
            branches: [
              hasBuffer ? { nodes: [], buffer, door: new Door() } : { nodes: [slow(written.even, waits)], buffer: undefined, door: new Door() },
              { nodes: [slow(written.third, waits.toReversed(), failsAt)], buffer: undefined, door: new Door() },
            ],
          },
          slow(written.rest, waits),
        ];
        const ends = sizes.reduce<number[]>((all, size) => [...all, (all.at(-1) ?? 0) + size], []);
        let committed = -1;
        const store = {
          commit(changes: Readonly<Record<string, JsonValue>>) {
            committed = Number(changes["source"]);
            for (let number = 0; number < (ends[committed] ?? 0); number += 1) {
              if (number % 2 === 0) assert(hasBuffer ? acked.has(number) : written.even.includes(number), `${number} was held when position ${committed} was committed`);
              assert((number % 3 === 0 ? written.third : written.rest).includes(number), `${number} was not written when position ${committed} was committed`);
            }
          },
        };
        const end = await runSegment({ input: numbers(pool, sizes), nodes, store, clock: instantClock, log, stats: newStats(), isFirst: true, inFlightMax: 3 }, { drain: never, abort: never });

        assert.equal(pool.usedBytes, 0, "every chunk was given back");
        if (!end.isWhole) return;
        const all = Array.from({ length: ends.at(-1) ?? 0 }, (_, number) => number);
        assert.equal(committed, sizes.length - 1, "in the end all is committed");
        assert.deepEqual(written.even.toSorted((a, b) => a - b), all.filter((number) => number % 2 === 0));
        assert.deepEqual(written.third.toSorted((a, b) => a - b), all.filter((number) => number % 3 === 0));
        assert.deepEqual(written.rest.toSorted((a, b) => a - b), all.filter((number) => number % 3 !== 0));
        if (hasBuffer) assert.deepEqual(written.even, written.even.toSorted((a, b) => a - b), "a buffer gets them in order");
      },
    ),
    { numRuns: 300 },
  ));

test("route: a buffer in a branch that waits for ever is asked to give on what so many deliveries wait for", async () => {
  const pool = testPool(1 << 20);
  const waiting: Delivery[] = [];
  let held = 0;
  let flushes = 0;
  const giveOut = (): void => waiting.splice(0).forEach((delivery) => void delivery.ack?.());
  const buffer: OpenBuffer = {
    isDurable: false,
    async append(delivery) {
      delivery.batch.release();
      held = Math.max(held, waiting.push(delivery));
      return true;
    },
    flush: () => {
      flushes += 1;
      giveOut();
    },
    end: giveOut,
    held: () => ({ bytes: 0, batches: waiting.length }),
    read: async () => undefined,
    close: async () => {},
  };
  const nodes: Node[] = [{ type: "route", step: "2", split: splitter([{ isContinued: false }], { log, stats: newStats() }), branches: [{ nodes: [], buffer, door: new Door() }] }];
  const commits: JsonValue[] = [];
  const store = { commit: (changes: Readonly<Record<string, JsonValue>>) => void commits.push(changes["source"] ?? null) };
  await runSegment({ input: numbers(pool, Array.from({ length: 2000 }, () => 1)), nodes, store, clock: instantClock, log, stats: newStats(), isFirst: true, inFlightMax: 3 }, { drain: never, abort: never });
  assert.equal(commits.at(-1), 1999);
  assert(0 < flushes && held < 300, `${flushes} flushes, ${held} held at most`);
  assert.equal(pool.usedBytes, 0);
});

test("route: a buffer in a branch that waits for ever does not stall the pipeline's own buffer behind it", { timeout: 240_000 }, async () => {
  const pool = testPool(1 << 20);
  const waiting: Delivery[] = [];
  const giveOut = (): void => waiting.splice(0).forEach((delivery) => void delivery.ack?.());
  const handedOn: JsonValue[] = [];
  const bufferOf = (take: (delivery: Delivery) => void): OpenBuffer => ({
    isDurable: false,
    async append(delivery) {
      delivery.batch.release();
      take(delivery);
      return true;
    },
    flush: giveOut,
    end: giveOut,
    held: () => ({ bytes: 0, batches: waiting.length }),
    read: async () => undefined,
    close: async () => {},
  });
  const inBranch = bufferOf((delivery) => waiting.push(delivery));
  const own = bufferOf((delivery) => handedOn.push(delivery.positions?.["source"] ?? null));
  const nodes: Node[] = [{ type: "route", step: "2", split: splitter([{ isContinued: true }], { log, stats: newStats() }), branches: [{ nodes: [], buffer: inBranch, door: new Door() }] }];
  await runSegment({ input: numbers(pool, Array.from({ length: 40 }, () => 1)), nodes, buffer: own, store: { commit() {} }, clock: instantClock, log, stats: newStats(), isFirst: true, inFlightMax: 3 }, { drain: never, abort: never });
  assert.deepEqual(handedOn, Array.from({ length: 40 }, (_, index) => index));
  assert.equal(pool.usedBytes, 0);
});
