import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { Packr, unpackMultiple } from "msgpackr";
import type { JsonValue } from "#base/json.ts";
import type { Delivery, PluginContext } from "#sdk/plugin.ts";
import { recordsOf, testContext, testPool } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { forward } from "../forward.ts";

const packr = new Packr({ useRecords: false });
const frame = (chunk: unknown, text: string, tag = "t"): Buffer => packr.pack([tag, [[1_790_000_000, { text }]], { chunk }]);
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

/** An input, its clients, and a store as a pipeline keeps it. */
async function stage(context: TestContext, options: Record<string, unknown> = {}) {
  const input = await forward.open(forward.options.parse({ port: 0, ...options }), context);
  const port = Number(context.said.findLast(({ message }) => message.startsWith("listening"))?.fields["port"]);
  const sockets: Socket[] = [];
  return {
    async client() {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      sockets.push(socket);
      socket.on("error", () => {}); // An agent that dies leaves it so.
      await once(socket, "connect");
      const answers: unknown[] = [];
      socket.on("data", (bytes: Buffer) => answers.push(...unpackMultiple(bytes).map((value: { ack?: unknown }) => value.ack)));
      return {
        send: (...frames: Buffer[]) => void socket.write(Buffer.concat(frames)),
        async answered(...expected: unknown[]) {
          for (const until = performance.now() + 60_000; answers.length < expected.length && performance.now() < until; ) await turn();
          assert.deepEqual(answers, expected);
        },
        /** In whatever order. */
        async answeredAll(expected: readonly unknown[]) {
          for (const until = performance.now() + 60_000; answers.length < expected.length && performance.now() < until; ) await turn();
          assert.deepEqual(answers.toSorted(), expected);
        },
      };
    },
    async next() {
      const delivery = await input.read(soon());
      assert(delivery);
      const texts = recordsOf(delivery.batch).map(({ text }) => text);
      delivery.batch.release();
      return { texts, delivery };
    },
    /** What a pipeline does when the far side has the batch. */
    async settle({ positions, ack }: Delivery) {
      for (const [key, value] of Object.entries(positions ?? {})) value === null ? context.store.delete(key) : context.store.set(key, value);
      await ack?.();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await input.close();
      assert.equal(context.pool.usedBytes, 0);
    },
  };
}

test("in.Forward: a chunk that was acked and comes again is acked, and comes once; also after a restart", async () => {
  await using context = await testContext();
  const first = await stage(context);
  const client = await first.client();
  client.send(frame("가", "one"));
  await first.settle((await first.next()).delivery);
  await client.answered("가");
  client.send(frame("가", "one"), frame("b", "two"));
  const next = await first.next();
  assert.deepEqual(next.texts, ["two"]);
  await first.settle(next.delivery);
  await client.answered("가", "가", "b");
  assert.equal(context.counts.get("chunks_repeated_total"), 1);
  const lost = await first.client();
  lost.send(frame("c", "not settled"));
  await first.next();
  await first.close();

  const second = await stage(context);
  const again = await second.client();
  again.send(frame("b", "two"), frame("c", "not settled"));
  const taken = await second.next();
  assert.deepEqual(taken.texts, ["not settled"]);
  await second.settle(taken.delivery);
  await again.answered("b", "c");
  await second.close();
});

test("in.Forward: a chunk that comes again while it is under way waits for the outcome of the first", async () => {
  await using context = await testContext();
  const on = await stage(context);
  const [one, two] = [await on.client(), await on.client()];
  one.send(frame("a", "one"));
  const first = await on.next();
  two.send(frame("a", "one"), frame("b", "two"));
  const second = await on.next();
  assert.deepEqual(second.texts, ["two"]);
  await on.settle(second.delivery);
  await two.answered("b");
  await on.settle(first.delivery);
  await one.answered("a");
  await two.answered("b", "a");
  // And one that comes again for ever is shown out.
  one.send(frame("z", "z"));
  await on.next();
  two.send(...Array.from({ length: 100 }, () => frame("z", "z")));
  for (const until = performance.now() + 60_000; !context.counts.has("connections_broken_total"); await turn()) assert(performance.now() < until);
  await on.close();
});

test("in.Forward: the same id with another tag or other entries is another chunk", async () => {
  await using context = await testContext();
  const on = await stage(context);
  const client = await on.client();
  const texts: unknown[] = [];
  for (const each of [frame("1", "a"), frame("1", "b"), frame("1", "a", "u"), frame(1, "a"), frame(Buffer.from("1"), "a")]) {
    client.send(each);
    const next = await on.next();
    texts.push(...next.texts);
    await on.settle(next.delivery);
  }
  assert.deepEqual(texts, ["a", "b", "a", "a", "a"]);
  await on.close();
});

test("in.Forward: what is remembered is bounded by number and by age; dedupe: false remembers nothing", async () => {
  let now = 1_790_000_000_000;
  const clock: PluginContext["clock"] = { now: () => now, pause: () => new Promise(() => undefined) };
  await using context = await testContext({ clock });
  const on = await stage(context, { dedupe: { max: 10, ttl: "1m" } });
  const client = await on.client();
  const send = async (chunk: string): Promise<unknown[]> => {
    client.send(frame(chunk, chunk));
    const next = await on.next();
    await on.settle(next.delivery);
    return next.texts;
  };
  for (let number = 0; number < 30; number += 1) await send(`c${number}`);
  assert.equal(context.store.size, 10);
  assert.deepEqual(await send("c5"), ["c5"]);
  now += 61_000;
  assert.deepEqual(await send("new"), ["new"]);
  assert.equal(context.store.size, 1);
  await on.close();

  context.store.clear();
  const off = await stage(context, { dedupe: false });
  const other = await off.client();
  for (let times = 0; times < 2; times += 1) {
    other.send(frame("a", "a"));
    const next = await off.next();
    assert.deepEqual([next.texts, next.delivery.positions], [["a"], undefined]);
    await off.settle(next.delivery);
  }
  await off.close();
});

const manyRows = (chunk: string): Buffer => packr.pack(["t", Array.from({ length: 40_000 }, (_, n) => [1_790_000_000, { text: n }]), { chunk }]);

test("in.Forward: a frame of several batches is remembered batch by batch, and partial only where nothing is remembered", async () => {
  for (const dedupe of [{}, false] as const) {
    await using context = await testContext();
    const on = await stage(context, { dedupe });
    const client = await on.client();
    client.send(manyRows("many"));
    const seen: [boolean | undefined, string[]][] = [];
    for (let rows = 0; rows < 40_000; ) {
      const { texts, delivery } = await on.next();
      rows += texts.length;
      seen.push([delivery.isPartial, [...new Set(Object.keys(delivery.positions ?? {}).map((key) => key.split(":")[0] ?? ""))]]);
      await client.answered();
      await on.settle(delivery);
    }
    if (dedupe === false) assert.deepEqual(seen, [[true, []], [true, []], [false, []]]);
    else assert.deepEqual(seen, [[false, ["forward-begun"]], [false, ["forward-begun"]], [false, ["forward-begun", "forward-chunks"]]]);
    await client.answered("many");
    assert.equal(context.store.size, dedupe === false ? 0 : 1, "what is written whole is no longer begun");
    await on.close();
  }
});

test("in.Forward: whatever is sent and however often the agent dies between batches of a chunk, each record is taken once, and each chunk acked", async () => {
  const pool = testPool(256 << 20);
  const entries = fc.oneof(
    fc.record({ rows: fc.integer({ min: 1, max: 40_000 }), width: fc.constant<number>(1) }),
    fc.record({ rows: fc.integer({ min: 1, max: 16 }), width: fc.constantFrom<number[]>(10, 70_000, 400_000, 1_300_000) }),
  );
  const form = fc.constantFrom<string[]>("array", "packed", "gzip", "zstd");
  // Below `max_chunk`, 64 MB: a client that sends more is cut off.
  const largest = { form: "array", entries: Array.from({ length: 3 }, () => ({ rows: 16, width: 1_300_000 })) };
  const chunk = fc.record({ form, entries: fc.array(entries, { minLength: 1, maxLength: 3 }) });
  const lives = fc.array(fc.record({ committed: fc.integer({ min: 0, max: 5 }), isBackwards: fc.boolean() }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { minLength: 1, maxLength: 3 }), lives, async (chunks, before) => {
      await using context = await testContext({ pool });
      let count = 0;
      const rowsOf = ({ rows, width }: { rows: number; width: number }): unknown[] => Array.from({ length: rows }, () => [1_790_000_000, { text: `${count++} ${"두".repeat(width / 3)}` }]);
      const frames = chunks.map((one, index) => largeFrame(`chunk ${index}`, one.form, one.entries.flatMap(rowsOf)));
      const taken: number[] = [];
      for (const { committed, isBackwards } of [...before, { committed: Infinity, isBackwards: false }]) {
        const on = await stage(context);
        const client = await on.client();
        // A client does not know which of its acks were lost: it sends everything.
        client.send(...(isBackwards ? frames.toReversed() : frames));
        for (let batches = 0; batches < committed && taken.length < count; batches += 1) {
          const { texts, delivery } = await on.next();
          assert.notEqual(delivery.isPartial, true);
          taken.push(...texts.map((text) => Number.parseInt(String(text), 10)));
          await on.settle(delivery);
        }
        if (committed === Infinity) await client.answeredAll(frames.map((_, index) => `chunk ${index}`));
        await on.close();
      }
      assert.deepEqual(taken.toSorted((one, other) => one - other), Array.from({ length: count }, (_, number) => number));
      assert.deepEqual(context.committedKeys("forward-begun:"), []);
    }),
    { numRuns: Number(process.env["DURE_FUZZ_RUNS"] ?? 15), examples: [[[largest], []]] },
  );
});

test("in.Forward: of a chunk that a crash cut off the rest is taken, which is said; one with the same id and other entries is taken whole", async () => {
  await using context = await testContext();
  const first = await stage(context);
  (await first.client()).send(manyRows("many"));
  await first.settle((await first.next()).delivery);
  await first.close();
  const second = await stage(context);
  const client = await second.client();
  const other = packr.pack(["t", Array.from({ length: 20_000 }, (_, n) => [1_790_000_000, { text: -n }]), { chunk: "many" }]);
  const rowsIn = async (rows: number): Promise<unknown> => {
    let from: unknown;
    for (let count = 0; count < rows; ) {
      const { texts, delivery } = await second.next();
      from ??= texts[0];
      count += texts.length;
      assert(count <= rows);
      await second.settle(delivery);
    }
    return from;
  };
  client.send(other);
  assert.equal(await rowsIn(20_000), 0);
  client.send(manyRows("many"));
  assert.equal(await rowsIn(40_000 - 16_384), 16_384);
  client.send(manyRows("many"));
  await client.answered("many", "many", "many");
  assert.deepEqual(context.said.filter(({ message }) => message.includes("cut off")).map(({ fields }) => fields), [{ partsWritten: 1, parts: 3 }]);
  assert.equal(context.counts.get("chunks_resumed_total"), 1);
  await second.close();
});

test("in.Forward: chunks that were begun and never came again are forgotten, by number and by age", async () => {
  let now = 1_790_000_000_000;
  const clock: PluginContext["clock"] = { now: () => now, pause: () => new Promise(() => undefined) };
  await using context = await testContext({ clock });
  const begin = async (chunk: string): Promise<number> => {
    const on = await stage(context, { dedupe: { max: 3, ttl: "1m" } });
    (await on.client()).send(manyRows(chunk));
    await on.settle((await on.next()).delivery);
    await on.close();
    now += 1000;
    return context.committedKeys("forward-begun:").length;
  };
  assert.deepEqual([await begin("a"), await begin("b"), await begin("c"), await begin("d"), await begin("e")], [1, 2, 3, 3, 3]);
  now += 61_000;
  assert.equal(await begin("f"), 1);
});

function largeFrame(chunk: string, form: string, rows: readonly unknown[]): Buffer {
  if (form === "array") return packr.pack(["t", rows, { chunk }]);
  const packed = Buffer.concat(rows.map((row) => Buffer.from(packr.pack(row))));
  if (form === "gzip") return packr.pack(["t", gzipSync(packed, { level: 1 }), { chunk, compressed: form }]);
  if (form === "zstd") return packr.pack(["t", zstdCompressSync(packed), { chunk, compressed: form }]);
  return packr.pack(["t", packed, { chunk }]);
}

test("in.Forward: what a damaged store holds of chunks is passed over", async () => {
  await using context = await testContext();
  const values: JsonValue[] = ["x", 1, [], ["a", "b"], [1, 2], { a: 1 }];
  values.forEach((value, index) => context.store.set(`forward-chunks:1:${index}`, value));
  const begun: JsonValue[] = ["x", 1, [], [1], ["1", 2], [1, "2"], [1, -1], [1, 0.5], [1, 1e9], { a: 1 }];
  const on = await stage(context);
  const client = await on.client();
  client.send(manyRows("many"));
  const [key = ""] = Object.keys((await on.next()).delivery.positions ?? {});
  await on.close();
  for (const value of begun) {
    context.store.set(key, value);
    const again = await stage(context);
    (await again.client()).send(manyRows("many"));
    assert.equal((await again.next()).texts[0], 0);
    await again.close();
  }
  const last = await stage(context);
  (await last.client()).send(frame("a", "a"));
  assert.deepEqual((await last.next()).texts, ["a"]);
  await last.close();
});
