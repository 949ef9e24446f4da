// What every buffer promises, as tests of one.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "#base/json.ts";
import type { BufferPlugin, Delivery, OpenBuffer } from "../plugin.ts";
import { TEST_FACTS, linesBatch, recordsBatch, recordsOf, testContext, testPool } from "../testing.ts";
import type { TestContext } from "../testing.ts";
import { WITHIN_MS, fieldsBatch } from "./stream.ts";
import type { Fields } from "./stream.ts";

export interface BufferUnderTest {
  readonly plugin: BufferPlugin;
  /** As a user would write them. What is read when is the plugin's own; these tests end the buffer, or wait for it to be full. */
  readonly options?: Fields;
  /** What is held survives: `isDurable` of what `open` gives has to say the same. */
  readonly isDurable: boolean;
}

type Positions = Readonly<Record<string, JsonValue>>;
const POSITION = "source";
const soon = (): AbortSignal => AbortSignal.timeout(WITHIN_MS);

/**
 * Registers tests of a buffer with node:test: what is appended comes out once, in order for each tag and form; no position or ack passes
 * a record that is still held; each batch belongs to its reader alone; a read ends with its signal, and with the buffer; what a closed
 * buffer held goes back to its source, or comes again from disk until it was committed; all memory comes back.
 *
 * ```ts
 * bufferConformance({ plugin: window, options: { every: "5m" }, isDurable: false });
 * ```
 */
export function bufferConformance({ plugin, options = {}, isDurable }: BufferUnderTest): void {
  const name = `buffer.${plugin.name}${isDurable ? " on disk" : ""} conforms:`;
  const open = (context: TestContext): Promise<OpenBuffer> => plugin.open(plugin.options.parse(options), context);
  const settleInto = (context: TestContext) => async (delivery: Delivery): Promise<void> => {
    assert.ok(isDurable, "a buffer in memory settles nothing itself");
    commit(context, delivery.positions);
    await delivery.ack?.();
  };

  test(`${name} what is appended comes out once and in order, in each form, with its last position`, async () => {
    const pool = testPool();
    // A pool keeps what records of some fields are written by.
    for (const batch of [fieldsBatch(pool, [{ message: "" }]), linesBatch(pool, "x")]) {
      batch.entries().release();
      batch.release();
    }
    const restBytes = pool.usedBytes;
    await using context = await testContext({ pool });
    const buffer = await open(context);
    assert.equal(buffer.isDurable, isDurable);
    const acks: number[] = [];
    const reading = readToEnd(buffer, context);
    for (let at = 0; at < 60; at += 1) {
      const texts = [`${at}a 가`, `${at}b`, `${at}c`];
      const records = texts.map((message) => ({ message }));
      const batch = at % 3 === 0 ? linesBatch(context.pool, texts.join("\n")) : at % 3 === 1 ? recordsBatch(context.pool, records) : fieldsBatch(context.pool, records);
      assert.equal(await buffer.append({ batch, positions: { [POSITION]: at }, ack: () => void acks.push(at) }, settleInto(context)), true);
    }
    buffer.end();
    const texts = (await reading).flatMap((read) => read.texts);
    const byForm = (form: number): string[] => texts.filter((text) => Number.parseInt(text, 10) % 3 === form);
    for (const form of [0, 1, 2]) assert.deepEqual(byForm(form), Array.from({ length: 20 }, (_, turn) => turn * 3 + form).flatMap((at) => [`${at}a 가`, `${at}b`, `${at}c`]));
    assert.equal(texts.length, 180);
    assert.equal(context.store.get(POSITION), 59);
    assert.deepEqual(acks, Array.from({ length: 60 }, (_, at) => at), "each is acked once, in order");
    assert.deepEqual(buffer.held(), { bytes: 0, batches: 0 });
    await buffer.close();
    assert.equal(pool.usedBytes, restBytes, "all memory comes back");
  });

  test(`${name} a read ends with its signal, and takes nothing with it`, async () => {
    await using context = await testContext();
    const buffer = await open(context);
    assert.equal(await buffer.read(AbortSignal.abort()), undefined);
    const stop = new AbortController();
    const reading = buffer.read(stop.signal);
    stop.abort();
    assert.equal(await reading, undefined);
    await buffer.append({ batch: linesBatch(context.pool, "하나"), positions: { [POSITION]: 1 } }, settleInto(context));
    buffer.end();
    assert.deepEqual((await readToEnd(buffer, context)).map(({ texts }) => texts), [["하나"]]);
    assert.equal(await buffer.read(soon()), undefined, "it stays at its end");
    await buffer.close();
    assert.equal(context.pool.usedBytes, 0);
  });

  test(`${name} closing ends what waits, is harmless twice, and gives back what was held`, async () => {
    await using context = await testContext();
    const buffer = await open(context);
    let taken = 0;
    let given = 0;
    let accepted = 0;
    const text = `${"x".repeat(1023)}\n`.repeat(256);
    // More than is held in memory: a producer of a buffer there ends up waiting for room.
    const producing = (async () => {
      for (; given < 64; ) {
        given += 1;
        const isTaken = await buffer.append({ batch: linesBatch(context.pool, text), positions: { [POSITION]: given }, ack: () => void (taken += 1), nack: () => void (taken += 1) }, settleInto(context));
        if (!isTaken) return;
        accepted += 1;
      }
    })();
    const deadline = soon();
    while (given < 4 && !deadline.aborted) await new Promise(setImmediate);
    await buffer.close();
    await buffer.close();
    await producing;
    assert.equal(await buffer.read(soon()), undefined);
    const late = linesBatch(context.pool, "late");
    assert.equal(await buffer.append({ batch: late }, settleInto(context)), false, "a closed buffer takes nothing");
    assert.equal(late.isReleased, true);
    assert.ok(3 <= given && accepted <= taken && taken <= given, "who gave what was held is told once");
    assert.equal(context.pool.usedBytes, 0);
  });

  test(`${name} each batch is its reader's alone, however fast it is read`, async () => {
    await using context = await testContext();
    const buffer = await open(context);
    const text = `${"y".repeat(1023)}\n`.repeat(1024);
    const reading = (async () => {
      let rows = 0;
      for (let delivery = await buffer.read(soon()); delivery !== undefined; delivery = await buffer.read(soon())) {
        rows += delivery.batch.count;
        delivery.batch.release();
        assert.equal(delivery.batch.isReleased, true, "nobody else holds it: a transform may hand it over");
        commit(context, delivery.positions);
        await delivery.ack?.();
      }
      return rows;
    })();
    for (let at = 0; at < 24; at += 1) await buffer.append({ batch: linesBatch(context.pool, text), positions: { [POSITION]: at } }, settleInto(context));
    buffer.end();
    assert.equal(await reading, 24 * 1024);
    await buffer.close();
    assert.equal(context.pool.usedBytes, 0);
  });

  if (isDurable) {
    test(`${name} what was not committed comes again after a stop, and nothing else`, async () => {
      await using context = await testContext();
      let buffer = await open(context);
      for (let at = 0; at < 20; at += 1) assert.equal(await buffer.append({ batch: linesBatch(context.pool, `${at}`, { ...TEST_FACTS, tag: "태그" }), positions: { [POSITION]: at } }, settleInto(context)), true);
      assert.equal(context.store.get(POSITION), 19, "what is on disk is settled");
      await buffer.close();
      const out: string[] = [];
      for (let runs = 0; out.length < 20; runs += 1) {
        assert.ok(runs < 40, "every run moves on");
        buffer = await open(context);
        buffer.end();
        const first = await buffer.read(soon());
        assert.equal(first?.batch.tag, "태그");
        out.push(...textsOf(first));
        first?.batch.release();
        // What follows is read, and lost with the run.
        const second = await buffer.read(soon());
        second?.batch.release();
        commit(context, first?.positions);
        await first?.ack?.();
        await buffer.close();
      }
      assert.deepEqual(out, Array.from({ length: 20 }, (_, at) => `${at}`));
      buffer = await open(context);
      buffer.end();
      assert.equal(await buffer.read(soon()), undefined);
      await buffer.close();
      assert.equal(context.pool.usedBytes, 0);
    });
  }

  test(`${name} whatever arrives: it comes out once, each tag in order, and no position passes a record still held`, async () => {
    const pool = testPool(128 << 20);
    const arrival = fc.record({ tag: fc.constantFrom("a", "나"), isLines: fc.boolean(), rows: fc.integer({ min: 1, max: 40 }), width: fc.constantFrom(1, 50, 3000) });
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { minLength: 1, maxLength: 10 }), async (arrivals) => {
        await using context = await testContext({ pool });
        const buffer = await open(context);
        const reading = readToEnd(buffer, context);
        const sent = new Map<string, string[]>();
        for (const [index, { tag, isLines, rows, width }] of arrivals.entries()) {
          const texts = Array.from({ length: rows }, (_, row) => `${index}:${row}:${"x".repeat(width)}`);
          const stream = `${tag} ${isLines}`;
          sent.set(stream, [...(sent.get(stream) ?? []), ...texts]);
          const facts = { ...TEST_FACTS, tag };
          const batch = isLines ? linesBatch(pool, texts.join("\n"), facts) : recordsBatch(pool, texts.map((message) => ({ message })), facts);
          await buffer.append({ batch, positions: { [POSITION]: index } }, settleInto(context));
        }
        buffer.end();
        const read = await reading;
        for (const [stream, texts] of sent) assert.deepEqual(read.filter(({ tag, isLines }) => stream === `${tag} ${isLines}`).flatMap((each) => each.texts), texts);
        if (!isDurable) {
          const left = arrivals.map(({ rows }) => rows);
          for (const { texts, positions } of read) {
            for (const text of texts) left[Number.parseInt(text, 10)]! -= 1;
            const moved = positions[POSITION];
            if (moved !== undefined) assert.deepEqual(left.slice(0, Number(moved) + 1).filter((rows) => rows !== 0), [], `position ${String(moved)} passes a record that is held`);
          }
        }
        assert.equal(context.store.get(POSITION), arrivals.length - 1);
        await buffer.close();
        assert.equal(pool.usedBytes, 0);
      }),
      { numRuns: isDurable ? 15 : 40 },
    );
  });
}

interface Read {
  readonly texts: readonly string[];
  readonly tag: string;
  readonly isLines: boolean;
  readonly positions: Positions;
}

async function readToEnd(buffer: OpenBuffer, context: TestContext): Promise<Read[]> {
  const read: Read[] = [];
  for (let round = 0; ; round += 1) {
    // A read that its signal ends is followed by another.
    const stop = new AbortController();
    const reading = buffer.read(stop.signal);
    for (let turn = 0; turn < round % 3; turn += 1) await new Promise(setImmediate);
    stop.abort();
    const delivery = (await reading) ?? (await buffer.read(soon()));
    if (delivery === undefined) return read;
    read.push({ texts: textsOf(delivery), tag: delivery.batch.tag, isLines: delivery.batch.form === "lines", positions: delivery.positions ?? {} });
    delivery.batch.release();
    commit(context, delivery.positions);
    await delivery.ack?.();
  }
}

function commit({ store }: TestContext, positions: Positions = {}): void {
  for (const [key, value] of Object.entries(positions)) {
    if (value === null) store.delete(key);
    else store.set(key, value);
  }
}

function textsOf(delivery: Delivery | undefined): string[] {
  return delivery === undefined ? [] : recordsOf(delivery.batch).map((record) => String(record["message"]));
}
