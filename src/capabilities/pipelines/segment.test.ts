import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Clock } from "#base/clock.ts";
import { BusyError, PermanentError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { Delivery, Input, Log, OpenBuffer, Output } from "#sdk/plugin.ts";
import { linesBatch, testPool } from "#sdk/testing.ts";
import { AbortedError, deliverer } from "./deliver.ts";
import type { Delivered } from "./deliver.ts";
import { runSegment } from "./segment.ts";
import type { Node } from "./way.ts";
import { newStats } from "./stats.ts";
import { Turn } from "./turn.ts";

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const instantClock: Clock = { now: () => 0, pause: async () => undefined };
const RETRY = { firstMs: 1, mostMs: 1, attemptsMax: null };
type Fault = "written" | "retry" | "refused";

/** Delivers batches "0\n" … and remembers which are acked. */
function numbers(pool: ChunkPool, count: number): Input & { readonly acked: number[] } {
  const acked: number[] = [];
  let next = 0;
  return {
    acked,
    async read() {
      if (next === count) return undefined;
      const index = next++;
      const delivery: Delivery = { batch: linesBatch(pool, `${index}\n`), positions: { source: index }, ack: () => void acked.push(index) };
      return delivery;
    },
    async close() {},
  };
}

const numberOf = (batch: Batch): number => Number(batch.record(0)["message"]);

/** Takes batches late and out of order, and fails as told. */
function moody(faults: readonly Fault[], concurrency: number, written: number[]): Output {
  let call = 0;
  return {
    concurrency,
    async write(batch) {
      const number = numberOf(batch);
      const fault = faults[call++] ?? "written";
      for (let wait = 0; wait < (number * 7) % 5; wait += 1) await Promise.resolve();
      if (fault === "retry") throw new Error("busy");
      if (fault === "refused") throw new PermanentError("no");
      written.push(number);
    },
    async close() {},
  };
}

test("segment: whatever the output does, each batch ends written or in the dead letters, and positions never pass an unsettled one", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom<Fault>("written", "retry", "refused"), { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 12 }), async (faults, concurrency, count) => {
      const pool = testPool(1 << 20);
      const written: number[] = [];
      const dead: number[] = [];
      const commits: number[] = [];
      const stats = newStats();
      const output = moody(faults, concurrency, written);
      const input = numbers(pool, count);
      const write = deliverer({ step: "2", output, retry: RETRY, clock: instantClock, log: quiet, stats, deadLetter: async (batch) => void dead.push(numberOf(batch)) });
      const store = {
        commit(changes: Readonly<Record<string, JsonValue>>) {
          const position = Number(changes["source"]);
          const settled = new Set([...written, ...dead]);
          for (let before = 0; before <= position; before += 1) assert(settled.has(before), `position ${position} committed while ${before} was under way`);
          commits.push(position);
        },
      };
      const nodes: Node[] = [{ type: "output", step: "2", write, turn: new Turn(concurrency), committed: undefined }];
      const never = new AbortController().signal;
      await runSegment({ input, nodes, store, clock: instantClock, log: quiet, stats, isFirst: true, inFlightMax: 4 }, { drain: never, abort: never });
      const all = Array.from({ length: count }, (_, index) => index);
      assert.deepEqual([...written, ...dead].toSorted((left, right) => left - right), all);
      assert.deepEqual(input.acked, all);
      assert.deepEqual(commits, commits.toSorted((left, right) => left - right));
      assert.equal(commits.at(-1), count === 0 ? undefined : count - 1);
      assert.equal(pool.usedBytes, 0, "every chunk is given back");
      assert.equal(stats.deadLetters, dead.length);
    }),
  ));

test("segment: aborted while an output is down, it moves no position and nacks", async () => {
  const pool = testPool(1 << 20);
  const abort = new AbortController();
  const drain = new AbortController();
  let nacked = 0;
  const output: Output = { write: async () => Promise.reject(new Error("down")), async close() {} };
  const stats = newStats();
  const write = deliverer({ step: "2", output, retry: RETRY, clock: { now: () => 0, pause: async () => (abort.abort(), drain.abort()) }, log: quiet, stats, deadLetter: async () => assert.fail("nothing is refused") });
  const inner = numbers(pool, 1);
  const input: Input = { async read(signal) { const delivery = await inner.read(signal); return delivery === undefined ? undefined : { ...delivery, nack: () => void (nacked += 1) }; }, async close() {} };
  const store = { commit: () => assert.fail("no position moves") };
  await runSegment({ input, nodes: [{ type: "output", step: "2", write, turn: new Turn(1), committed: undefined }], store, clock: instantClock, log: quiet, stats, isFirst: true, inFlightMax: 4 }, { drain: drain.signal, abort: abort.signal });
  assert.equal(nacked, 1);
  assert.equal(pool.usedBytes, 0);
});

test("segment: asked to stop, it writes what the input has taken and nobody would send again; aborted, it leaves that", async () => {
  for (const isAborted of [false, true]) {
    const pool = testPool(1 << 20);
    const [drain, abort] = [new AbortController(), new AbortController()];
    const written: number[] = [];
    let rest = 3;
    const input: Input = {
      async read(signal) {
        drain.abort();
        if (isAborted) abort.abort();
        assert.ok(signal.aborted);
        return undefined;
      },
      readRest: async () => (rest === 0 ? undefined : { batch: linesBatch(pool, `${(rest -= 1)}\n`) }),
      async close() {},
    };
    const write = async (batch: Batch): Promise<Delivered> => {
      written.push(numberOf(batch));
      return {};
    };
    const nodes: Node[] = [{ type: "output", step: "2", write, turn: new Turn(1), committed: undefined }];
    await runSegment({ input, nodes, store: { commit: () => undefined }, clock: instantClock, log: quiet, stats: newStats(), isFirst: true, inFlightMax: 2 }, { drain: drain.signal, abort: abort.signal });
    assert.deepEqual(written, isAborted ? [] : [2, 1, 0]);
    assert.equal(pool.usedBytes, 0);
  }
});

test("segment: a batch that fails or is aborted holds back the positions behind it, and nobody waits for it", async () => {
  for (const reason of ["broken", "aborted"] as const) {
    const pool = testPool(1 << 20);
    const abort = new AbortController();
    const isSecondWritten = Promise.withResolvers<void>();
    const commits: JsonValue[] = [];
    const write = async (batch: Batch): Promise<Delivered> => {
      if (numberOf(batch) === 0) {
        await isSecondWritten.promise;
        abort.abort();
        throw reason === "broken" ? new Error("broken") : new AbortedError("aborted");
      }
      queueMicrotask(() => queueMicrotask(isSecondWritten.resolve));
      return {};
    };
    const input = numbers(pool, 2);
    const segment = runSegment(
      { input, nodes: [{ type: "output", step: "2", write, turn: new Turn(2), committed: undefined }], store: { commit: (changes) => void commits.push(changes) }, clock: instantClock, log: quiet, stats: newStats(), isFirst: true, inFlightMax: 4 },
      { drain: new AbortController().signal, abort: abort.signal },
    );
    if (reason === "broken") await assert.rejects(segment, /broken/);
    else assert.equal((await segment).isWhole, false);
    assert.deepEqual([commits, input.acked], [[], []]);
    assert.equal(pool.usedBytes, 0);
  }
});

/** Takes what it is given, and holds it, until it is closed. */
function keeper(isDurable: boolean, taken: Delivery[], closesAfter = Infinity): OpenBuffer {
  return {
    isDurable,
    async append(delivery, settle) {
      delivery.batch.release();
      if (closesAfter <= taken.length) return false;
      taken.push(delivery);
      if (isDurable) await settle(delivery);
      return true;
    },
    end() {},
    held: () => ({ bytes: 0, batches: 0 }),
    read: async () => undefined,
    async close() {},
  };
}

test("segment: before a buffer, what is filtered out moves positions only behind all that was read before it", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.record({ isDropped: fc.boolean(), waits: fc.nat({ max: 6 }), source: fc.constantFrom("a", "b") }), { maxLength: 20 }), fc.boolean(), fc.nat({ max: 30 }), async (deliveries, isDurable, closesAfter) => {
      const pool = testPool(1 << 20);
      const taken: Delivery[] = [];
      const commits: Record<string, JsonValue>[] = [];
      let next = 0;
      const input: Input = {
        async read() {
          const index = next++;
          const given = deliveries[index];
          return given === undefined ? undefined : { batch: linesBatch(pool, `${index}\n`), positions: { [given.source]: index } };
        },
        async close() {},
      };
      const dropping: Node = { type: "transform", step: "2", turn: new Turn(1), transform: { apply: (batch) => (deliveries[numberOf(batch)]?.isDropped === true ? (batch.release(), undefined) : batch) } };
      const slow: Node = {
        type: "transform",
        step: "3",
        turn: new Turn(1),
        transform: {
          async apply(batch) {
            for (let wait = deliveries[numberOf(batch)]?.waits ?? 0; 0 < wait; wait -= 1) await Promise.resolve();
            return batch;
          },
        },
      };
      const never = new AbortController().signal;
      const parts = { input, nodes: [dropping, slow], buffer: keeper(isDurable, taken, closesAfter), store: { commit: (changes: Readonly<Record<string, JsonValue>>) => void commits.push({ ...changes }) }, clock: instantClock, log: quiet, stats: newStats(), isFirst: true, inFlightMax: 3 };
      const end = await runSegment(parts, { drain: never, abort: never });

      const kept = deliveries.flatMap(({ isDropped }, index) => (isDropped ? [] : [index]));
      assert.equal(pool.usedBytes, 0);
      assert.equal(taken.length, Math.min(kept.length, closesAfter));
      assert.equal(end.isWhole, taken.length === kept.length);
      const firstRefused = kept[taken.length] ?? Infinity;
      for (const position of commits.flatMap((positions) => Object.values(positions))) assert(Number(position) < firstRefused, "no position passes what the buffer did not take");
      if (!end.isWhole) return;
      const after = (index: number): Record<string, JsonValue> => Object.fromEntries(deliveries.slice(0, index + 1).map(({ source }, at) => [source, at]));
      const reached: Record<string, JsonValue> = {};
      for (const [order, { positions }] of taken.entries()) assert.deepEqual(Object.assign(reached, positions), after(kept[order] ?? 0), "neither behind nor beyond what was read up to here");
      if (!isDurable) assert.deepEqual(commits, [], "what a memory buffer holds is not written yet");
      await end.commitRest();
      assert.deepEqual(Object.assign(reached, ...commits), after(deliveries.length - 1));
    }),
  ));

test("segment: with a sleep it starts again from the top until told to stop", async () => {
  const pool = testPool(1 << 20);
  const drain = new AbortController();
  const written: number[] = [];
  let passes = 1;
  const stats = newStats();
  const write = deliverer({ step: "2", output: moody([], 1, written), retry: RETRY, clock: instantClock, log: quiet, stats, deadLetter: async () => undefined });
  const reopen = async (): Promise<Input> => {
    passes += 1;
    if (passes === 3) drain.abort();
    return numbers(pool, 2);
  };
  await runSegment({ input: numbers(pool, 2), reopen, sleepMs: 1, nodes: [{ type: "output", step: "2", write, turn: new Turn(1), committed: undefined }], store: { commit: () => undefined }, clock: instantClock, log: quiet, stats, isFirst: true, inFlightMax: 4 }, { drain: drain.signal, abort: new AbortController().signal });
  assert.deepEqual(written, [0, 1, 0, 1]);
});

test("segment: records that an output refuses go to the dead letters alone, as soon as those can be kept, and the rest of their batch is written", async () => {
  const pool = testPool(1 << 20);
  const stats = newStats();
  const kept: string[] = [];
  let attempts = 0;
  const output: Output = {
    async write(batch) {
      const refused = batch.retain().filter((row) => row % 2 === 1);
      return refused === undefined ? {} : { refused: [{ batch: refused, reason: new Error("no such field") }] };
    },
    async close() {},
  };
  const write = deliverer({ step: "2", output, retry: RETRY, clock: instantClock, log: quiet, stats, async deadLetter(batch, _step, reason) {
    attempts += 1;
    if (attempts < 3) throw new Error("the disk is full");
    for (let row = 0; row < batch.rows; row += 1) kept.push(`${String(batch.record(row)["message"])}: ${reason.message}`);
  } });
  const batch = linesBatch(pool, "a\nb\nc\nd\ne\n");
  const never = new AbortController().signal;
  assert.equal((await write(batch, never)).refusedRecords, 2);
  assert.deepEqual(kept, ["b: no such field", "d: no such field"]);
  assert.equal(stats.deadLetters, 1);
  // Stopped while they cannot be kept, the whole batch comes again.
  attempts = -1_000_000;
  const abort = new AbortController();
  const stopping = deliverer({ step: "2", output, retry: RETRY, clock: { now: () => 0, pause: async () => abort.abort() }, log: quiet, stats, deadLetter: async () => Promise.reject(new Error("the disk is full")) });
  await assert.rejects(stopping(batch, abort.signal), AbortedError);
  batch.release();
  assert.equal(pool.usedBytes, 0);
});

test("segment: an output that is busy is left alone for as long as it asks, within reason", async () => {
  const pool = testPool(1 << 20);
  const waits: number[] = [];
  const asked = [5000, 0, 86_400_000];
  const output: Output = {
    async write() {
      const afterMs = asked.shift();
      if (afterMs !== undefined) throw new BusyError("busy", { afterMs });
    },
    async close() {},
  };
  const write = deliverer({ step: "2", output, retry: RETRY, clock: { now: () => 0, pause: async (ms) => void waits.push(ms) }, log: quiet, stats: newStats(), deadLetter: async () => assert.fail("nothing is refused") });
  const batch = linesBatch(pool, "a");
  await write(batch, new AbortController().signal);
  batch.release();
  assert.deepEqual(waits, [5000, 1, 600_000]);
});

const never = new AbortController().signal;

/** Runs a segment of these nodes over so many numbers; gives how it ended, what was written behind them, and what was committed last. */
async function runThrough(nodes: readonly Node[], { count = 6, giveUp = never, clock = instantClock }: { count?: number; giveUp?: AbortSignal; clock?: Clock } = {}) {
  const pool = testPool(1 << 20);
  const written: number[] = [];
  let committed: JsonValue | undefined;
  const last: Node = { type: "output", step: "last", turn: new Turn(1), committed: undefined, async write(batch) {
    written.push(numberOf(batch));
    return {};
  } };
  const end = await runSegment(
    { input: numbers(pool, count), nodes: [...nodes, last], store: { commit: (changes) => void (committed = changes["source"]) }, clock, log: quiet, stats: newStats(), isFirst: true, inFlightMax: 3 },
    { drain: never, abort: never, giveUp },
  ).catch((error: unknown) => error);
  return { end, written, committed, usedBytes: pool.usedBytes };
}

test("segment: it is counted how long each step is at work, shared among the batches it takes at once; waiting for what comes is no work", async () => {
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, pause: async () => undefined };
  const after = (ms: number) => async (batch: Batch) => {
    await Promise.resolve();
    nowMs += ms;
    return batch;
  };
  const stats = newStats();
  const parse: Node = { type: "transform", step: "2:parse", turn: new Turn(1), transform: { apply: after(5) } };
  const drop: Node = { type: "transform", step: "3:filter", turn: new Turn(1), transform: { apply: (batch) => (batch.release(), (nowMs += 1), undefined) } };
  const write: Node = { type: "output", step: "2:out", turn: new Turn(2), committed: undefined, write: async (batch) => (await after(20)(batch), {}) };
  const parts = { store: { commit: () => undefined }, clock, log: quiet, stats, isFirst: true, inFlightMax: 1 };
  const slow = (input: Input): Input => ({ ...input, read: async (signal) => ((nowMs += 1000), input.read(signal)) });
  await runSegment({ ...parts, input: slow(numbers(testPool(1 << 20), 4)), nodes: [parse, drop] }, { drain: never, abort: never });
  await runSegment({ ...parts, input: slow(numbers(testPool(1 << 20), 4)), nodes: [write] }, { drain: never, abort: never });
  assert.deepEqual(stats.busyMs, { "2:parse": 20, "3:filter": 4, "2:out": 40 });
});

test("segment: a step that finds no memory for a batch has it again when there is some, and nobody overtakes it", async () => {
  let asked = 0;
  const full = (): void => {
    asked += 1;
    if (asked % 4 !== 0) throw new MemoryFullError("no room", 4096);
  };
  const steps: Readonly<Record<string, Node>> = {
    "one that answers at once": { type: "transform", step: "1", turn: new Turn(1), transform: { apply: (batch) => (full(), batch) } },
    "one that takes its time": { type: "transform", step: "1", turn: new Turn(1), transform: { apply: async (batch) => (full(), batch) } },
    "a route": { type: "route", step: "1", branches: [], split: (batch) => (full(), { parts: [], rest: batch }) },
  };
  for (const [what, node] of Object.entries(steps)) {
    const { end, ...rest } = await runThrough([node]);
    assert.equal((end as { isWhole?: boolean }).isWhole, true, `${what}: ${String(end)}`);
    assert.deepEqual(rest, { written: [0, 1, 2, 3, 4, 5], committed: 5, usedBytes: 0 }, what);
  }
});

test("segment: what a failing step leaves of a batch is given back, and why it failed is told", async () => {
  const broken = (error: Error, isHis: boolean): Node => ({ type: "transform", step: "1", turn: new Turn(1), transform: { apply(batch) {
    if (isHis) batch.release();
    throw error;
  } } });
  const never: readonly Error[] = [new Error("a fault of its own"), new MemoryFullError("more than there is", 2 << 20), new MemoryFullError("as it is for half a minute", 4096)];
  for (const error of never) {
    for (const isHis of [false, true]) assert.deepEqual(await runThrough([broken(error, isHis)]), { end: error, written: [], committed: undefined, usedBytes: 0 });
    const route: Node = { type: "route", step: "1", branches: [], split: () => { throw error; } };
    assert.deepEqual(await runThrough([route]), { end: error, written: [], committed: undefined, usedBytes: 0 });
  }
});

test("segment: a step that is asked to stop in the middle of a batch breaks nothing", async () => {
  const steps: readonly ((stop: AbortController) => Node)[] = [
    (stop) => ({ type: "transform", step: "1", turn: new Turn(1), transform: { async apply(_batch, signal) {
      stop.abort();
      signal.throwIfAborted();
      return undefined;
    } } }),
    (stop) => ({ type: "transform", step: "1", turn: new Turn(1), transform: { apply() {
      stop.abort();
      throw new MemoryFullError("no room", 4096);
    } } }),
  ];
  for (const step of steps) {
    const stop = new AbortController();
    const { end, ...rest } = await runThrough([step(stop)], { count: 1, giveUp: stop.signal });
    assert.equal((end as { isWhole?: boolean }).isWhole, false, String(end));
    assert.deepEqual(rest, { written: [], committed: undefined, usedBytes: 0 });
  }
});

test("segment: behind an output that writes several batches at once they come in the order they were read", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 9 }), async (waits) => {
      const first: Node = { type: "output", step: "1", turn: new Turn(3), committed: undefined, async write(batch) {
        for (let wait = waits[numberOf(batch) % waits.length] ?? 0; 0 < wait; wait -= 1) await Promise.resolve();
        return {};
      } };
      const { written, committed, usedBytes } = await runThrough([first], { count: 12 });
      assert.deepEqual({ written, committed, usedBytes }, { written: Array.from({ length: 12 }, (_, number) => number), committed: 11, usedBytes: 0 });
    }),
  ));
