// The merge rule, through the three plugins in memory (Swak's acceptance cases among them).
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "#base/json.ts";
import type { BufferPlugin, Delivery, OpenBuffer } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch, recordsBatch, testContext, testPool } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { lines } from "./lines.ts";
import { TestClock, linesOf, neverSettles, readToEnd, settleAll } from "./parts/testing.ts";
import { size } from "./size.ts";
import { time } from "./time.ts";

const never = new AbortController().signal;
type AnyBuffer = BufferPlugin<typeof lines.options> | BufferPlugin<typeof size.options> | BufferPlugin<typeof time.options>;

async function open(plugin: AnyBuffer, options: Record<string, unknown>, context: TestContext): Promise<OpenBuffer> {
  return (plugin as BufferPlugin).open(plugin.options.parse(options), context);
}

/** A read that a test looks at while it waits. */
function reading(buffer: OpenBuffer): { readonly got: Delivery | undefined; done(): Promise<Delivery | undefined> } {
  const state = { got: undefined as Delivery | undefined };
  const read = buffer.read(never).then((delivery) => (state.got = delivery));
  return { get got() { return state.got; }, done: () => read };
}

function lineDelivery(context: TestContext, text: string, position: JsonValue, tag = "test"): Delivery {
  return { batch: linesBatch(context.pool, text, { ...TEST_FACTS, tag }), positions: { file: position } };
}

test("a merged batch has no id, and a piece of one has none; a batch that goes alone keeps its own", async () => {
  await using context = await testContext();
  const buffer = await open(size, { bytes: "200k", timeout: "0s" }, context);
  const ids: (string | undefined)[] = [];
  for (const [text, id] of [["x", "one"], ["y", "two"], [`${"z".repeat(999)}\n`.repeat(100), "three"], [`${"z".repeat(999)}\n`.repeat(300), "four"]] as const) {
    await buffer.append({ batch: linesBatch(context.pool, text, { ...TEST_FACTS, tag: id === "two" ? "one" : id, id }) }, neverSettles);
  }
  buffer.end();
  for (let delivery = await buffer.read(AbortSignal.timeout(60_000)); delivery !== undefined; delivery = await buffer.read(AbortSignal.timeout(60_000))) {
    ids.push(delivery.batch.facts.id);
    delivery.batch.release();
  }
  assert.deepEqual([...ids].sort(), ["three", undefined, undefined, undefined]);
  assert.equal(context.pool.usedBytes, 0);
});

test("Lines: every batch has exactly so many records, the rest comes at the end", async () => {
  await using context = await testContext();
  const buffer = await open(lines, { lines: 3 }, context);
  const acks: number[] = [];
  for (let at = 0; at < 4; at += 1) await buffer.append({ ...lineDelivery(context, `${at}a\n${at}b\n`, at), ack: () => void acks.push(at) }, neverSettles);
  const first = await buffer.read(never);
  assert.deepEqual(linesOf(first), ["0a", "0b", "1a"]);
  // The second arrival goes on in the next batch: its position and its ack go with that one.
  assert.deepEqual(first?.positions, { file: 0 });
  first?.batch.release();
  await first?.ack?.();
  assert.deepEqual(acks, [0]);
  const waiting = reading(buffer);
  const second = await waiting.done();
  assert.deepEqual(linesOf(second), ["1b", "2a", "2b"]);
  assert.deepEqual(second?.positions, { file: 2 });
  second?.batch.release();
  buffer.end();
  const [rest] = await readToEnd(buffer);
  assert.deepEqual([rest?.lines, rest?.positions], [["3a", "3b"], { file: 3 }]);
  await buffer.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("Lines: one arrival may make many batches; entries and fields count as lines do", async () => {
  await using context = await testContext();
  const buffer = await open(lines, { lines: 4 }, context);
  const records = Array.from({ length: 10 }, (_, n) => ({ n }));
  await buffer.append({ batch: recordsBatch(context.pool, records), positions: { t: 10 } }, neverSettles);
  buffer.end();
  const read = await readToEnd(buffer);
  assert.deepEqual(read.map((batch) => batch.lines), [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["8", "9"]]);
  assert.deepEqual(read.map((batch) => batch.positions), [{}, {}, { t: 10 }]);
  assert.equal(context.pool.usedBytes, 0);
});

test("Swak case: records of 15 bytes and at most 20 bytes make a batch each, a larger one goes alone", async () => {
  await using context = await testContext({ clock: new TestClock() });
  const buffer = await open(size, { bytes: 20 }, context);
  await buffer.append(lineDelivery(context, "a".repeat(14), 1), neverSettles);
  const first = reading(buffer);
  await settleAll();
  assert.equal(first.got, undefined, "nothing is given on while more would fit");
  await buffer.append(lineDelivery(context, "b".repeat(14), 2), neverSettles);
  assert.deepEqual(linesOf(await first.done()), ["a".repeat(14)]);
  assert.deepEqual(buffer.held(), { bytes: 15, batches: 1 });
  await buffer.append(lineDelivery(context, `${"c".repeat(40)}\nd\n`, 3), neverSettles);
  buffer.end();
  assert.deepEqual((await readToEnd(buffer)).map((batch) => batch.lines), [["b".repeat(14)], ["c".repeat(40)], ["d"]]);
  (await first.done())?.batch.release();
  assert.equal(context.pool.usedBytes, 0);
});

for (const step of [-9 * 3_600_000, 9 * 3_600_000]) {
  test(`a clock that is set by ${step / 3_600_000} hours holds nothing up for longer than the time of the rule`, async () => {
    const clock = new TestClock();
    await using context = await testContext({ clock });
    const buffer = await open(time, { seconds: 1 }, context);
    const first = reading(buffer);
    await buffer.append(lineDelivery(context, "1", 1), neverSettles);
    await settleAll();
    clock.set(clock.now() + step);
    for (let tenths = 0; tenths < 20; tenths += 1) {
      clock.advance(100);
      await settleAll();
    }
    assert.ok(first.got !== undefined);
    assert.deepEqual(linesOf(await first.done()), ["1"]);
    (await first.done())?.batch.release();
    await buffer.close();
  });
}

test("Swak case: an interval of one second gives on once after it, and nothing while there is nothing", async () => {
  const clock = new TestClock();
  await using context = await testContext({ clock });
  const buffer = await open(time, { seconds: 1 }, context);
  const first = reading(buffer);
  await settleAll();
  clock.advance(5000);
  await settleAll();
  assert.equal(first.got, undefined, "an empty buffer gives nothing on");
  assert.equal(clock.sleepers, 0, "an idle buffer holds no timer");
  await buffer.append(lineDelivery(context, "1", 1), neverSettles);
  await settleAll();
  clock.advance(999);
  await settleAll();
  assert.equal(first.got, undefined, "the first record only starts the clock");
  await buffer.append(lineDelivery(context, "2", 2), neverSettles);
  clock.advance(1);
  const delivery = await first.done();
  assert.deepEqual(linesOf(delivery), ["1", "2"]);
  assert.deepEqual(delivery?.positions, { file: 2 });
  delivery?.batch.release();
  const second = reading(buffer);
  clock.advance(3000);
  await settleAll();
  assert.equal(second.got, undefined, "no further one while empty");
  await buffer.append(lineDelivery(context, "3", 3), neverSettles);
  buffer.end();
  const last = await second.done();
  assert.deepEqual(linesOf(last), ["3"], "the end gives on the rest without waiting");
  last?.batch.release();
  assert.equal(await buffer.read(never), undefined);
  assert.equal(context.pool.usedBytes, 0);
});

test("Swak case: 0 is an error in every option that bounds", () => {
  for (const [plugin, options] of [[lines, { lines: 0 }], [size, { bytes: 0 }], [time, { seconds: 0 }], [time, { every: "0s" }], [lines, { lines: 1, max_bytes: 0 }], [time, {}], [time, { every: "1s", minutes: 1 }], [size, { path: "x" }]] as const) {
    assert.equal(plugin.options.safeParse(options).success, false, JSON.stringify(options));
  }
  assert.equal(time.options.safeParse({ minutes: 5 }).success, true);
  assert.deepEqual(JSON.parse(JSON.stringify(size.options.parse({}))), size.options.parse({}));
});

test("tags and forms stay apart, and positions wait for what arrived before them", async () => {
  await using context = await testContext();
  const buffer = await open(lines, { lines: 2 }, context);
  await buffer.append(lineDelivery(context, "a1", 1, "a"), neverSettles);
  await buffer.append(lineDelivery(context, "b1", 2, "b"), neverSettles);
  await buffer.append({ batch: recordsBatch(context.pool, [{ n: 1 }], { ...TEST_FACTS, tag: "a" }), positions: { file: 3 } }, neverSettles);
  await buffer.append(lineDelivery(context, "b2", 4, "b"), neverSettles);
  await buffer.append(lineDelivery(context, "a2", 5, "a"), neverSettles);
  buffer.end();
  const read = await readToEnd(buffer);
  assert.deepEqual(read.map(({ tag, lines: texts, positions }) => [tag, texts, positions]), [
    ["b", ["b1", "b2"], {}],
    ["a", ["a1", "a2"], { file: 2 }],
    ["a", ["1"], { file: 5 }],
  ]);
});

test("a full memory buffer gives on early instead of waiting for ever, and its producer waits for room", async () => {
  await using context = await testContext();
  const buffer = await open(lines, { lines: 1_000_000, max_bytes: "10k" }, context);
  const text = `${"x".repeat(1000)}\n`.repeat(4);
  await buffer.append(lineDelivery(context, text, 1), neverSettles);
  await buffer.append(lineDelivery(context, text, 2), neverSettles);
  let isTaken = false;
  const third = buffer.append(lineDelivery(context, text, 3), neverSettles).then(() => (isTaken = true));
  await settleAll();
  assert.equal(isTaken, false);
  const delivery = await buffer.read(never);
  assert.equal(delivery?.batch.rows, 8);
  delivery?.batch.release();
  await third;
  // A batch that is larger than the whole buffer goes alone.
  await Promise.all([buffer.append(lineDelivery(context, text.repeat(4), 4), neverSettles), (async () => {
    for (const rows of [4, 16]) {
      const next = await buffer.read(never);
      assert.equal(next?.batch.rows, rows);
      next?.batch.release();
    }
  })()]);
  assert.equal(context.said.filter(({ level }) => level === "warn").length, 1);
  await buffer.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("what is held when the buffer is closed is given back to its source", async () => {
  await using context = await testContext();
  const buffer = await open(time, { every: "5m" }, context);
  let nacks = 0;
  for (let at = 0; at < 3; at += 1) await buffer.append({ ...lineDelivery(context, `line ${at}`, at), nack: () => void (nacks += 1) }, neverSettles);
  await buffer.close();
  assert.equal(nacks, 3);
  assert.equal(context.pool.usedBytes, 0);
  assert.equal(await buffer.append(lineDelivery(context, "late", 9), neverSettles), false);
  assert.equal(context.pool.usedBytes, 0);
});

test("whatever arrives: every record comes out once, each tag in order, and no position passes a record still held", async () => {
  const pool = testPool(256 << 20);
  const arrival = fc.record({ tag: fc.constantFrom("a", "b"), isLines: fc.boolean(), rows: fc.integer({ min: 1, max: 40 }), width: fc.constantFrom(1, 50, 3000) });
  const rule = fc.oneof(
    fc.record({ lines: fc.integer({ min: 1, max: 30 }) }).map((options) => ({ plugin: lines as AnyBuffer, options })),
    fc.record({ bytes: fc.integer({ min: 1, max: 200_000 }) }).map((options) => ({ plugin: size as AnyBuffer, options: { ...options, timeout: "0s" } })),
    fc.constant({ plugin: time, options: { every: "1h", max_bytes: "100k" } }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(arrival, { minLength: 1, maxLength: 12 }), rule, async (arrivals, { plugin, options }) => {
      await using context = await testContext({ pool });
      const buffer = await open(plugin, options, context);
      /** Arrival number of each record, by tag and form. */
      const sent = new Map<string, string[]>();
      const reader = readToEnd(buffer);
      let n = 0;
      for (const [index, { tag, isLines, rows, width }] of arrivals.entries()) {
        const texts = Array.from({ length: rows }, () => `${index}:${(n += 1)}:${"x".repeat(width)}`);
        const key = `${tag} ${isLines}`;
        sent.set(key, [...(sent.get(key) ?? []), ...texts]);
        const facts = { ...TEST_FACTS, tag };
        const batch = isLines ? linesBatch(pool, texts.join("\n"), facts) : recordsBatch(pool, texts.map((text) => ({ n: text, form: "entries" })), facts);
        await buffer.append({ batch, positions: { at: index } }, neverSettles);
      }
      buffer.end();
      const read = await reader;
      const out = read.flatMap((batch) => batch.lines.map((text) => ({ tag: batch.tag, text })));
      assert.equal(out.length, n);
      for (const [key, texts] of sent) {
        const set = new Set(texts);
        assert.deepEqual(out.filter(({ tag, text }) => key.startsWith(tag) && set.has(text)).map(({ text }) => text), texts);
      }
      let given = 0;
      const total = arrivals.map(({ rows }) => rows);
      const outOf = arrivals.map(() => 0);
      for (const batch of read) {
        for (const text of batch.lines) outOf[Number.parseInt(text, 10)]! += 1;
        given = Number(batch.positions["at"] ?? given - 1) + 1;
        for (let index = 0; index < given; index += 1) assert.equal(outOf[index], total[index], `position ${given - 1} passed arrival ${index}`);
        const isEndOfAll = outOf.every((count, index) => count === (index < given ? total[index] : 0));
        assert.equal(batch.isPartial, !isEndOfAll, "partial is what gave on more than its positions say, and nothing else");
        if (plugin === lines) assert.ok(batch.lines.length <= (options as { lines: number }).lines);
      }
      assert.equal(given, arrivals.length);
      assert.equal(pool.usedBytes, 0);
    }),
    { numRuns: 60 },
  );
});
