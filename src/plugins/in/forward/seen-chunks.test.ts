import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Packr, unpackMultiple } from "msgpackr";
import type { JsonValue } from "#base/json.ts";
import type { Delivery, PluginContext } from "#sdk/plugin.ts";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { forward } from "../forward.ts";

const packr = new Packr({ useRecords: false });
const frame = (chunk: unknown, text: string, tag = "t"): Buffer => packr.pack([tag, [[1_790_000_000, { text }]], { chunk }]);
const soon = (): AbortSignal => AbortSignal.timeout(20_000);

/** An input, its clients, and a store as a pipeline keeps it. */
async function stage(context: TestContext, options: Record<string, unknown> = {}) {
  const input = await forward.open(forward.options.parse({ port: 0, ...options }), context);
  const port = Number(context.said.findLast(({ message }) => message.startsWith("listening"))?.fields["port"]);
  const sockets: Socket[] = [];
  return {
    async client() {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      sockets.push(socket);
      await once(socket, "connect");
      const answers: unknown[] = [];
      socket.on("data", (bytes: Buffer) => answers.push(...unpackMultiple(bytes).map((value: { ack?: unknown }) => value.ack)));
      return {
        send: (...frames: Buffer[]) => void socket.write(Buffer.concat(frames)),
        async answered(...expected: unknown[]) {
          for (const until = performance.now() + 20_000; answers.length < expected.length && performance.now() < until; ) await turn();
          assert.deepEqual(answers, expected);
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
  for (const until = performance.now() + 20_000; !context.counts.has("connections_broken_total"); await turn()) assert(performance.now() < until);
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

test("in.Forward: a frame of several batches is remembered with the last, and those before are partial", async () => {
  await using context = await testContext();
  const on = await stage(context);
  const client = await on.client();
  client.send(packr.pack(["t", Array.from({ length: 40_000 }, (_, n) => [1_790_000_000, { text: n }]), { chunk: "many" }]));
  const seen: [boolean | undefined, boolean][] = [];
  for (let rows = 0; rows < 40_000; ) {
    const { texts, delivery } = await on.next();
    rows += texts.length;
    seen.push([delivery.isPartial, delivery.positions !== undefined]);
  }
  assert.deepEqual(seen, [[true, false], [true, false], [false, true]]);
  await on.close();
});

test("in.Forward: what a damaged store holds of chunks is passed over", async () => {
  await using context = await testContext();
  const values: JsonValue[] = ["x", 1, [], ["a", "b"], [1, 2], { a: 1 }];
  values.forEach((value, index) => context.store.set(`forward-chunks:1:${index}`, value));
  const on = await stage(context);
  const client = await on.client();
  client.send(frame("a", "a"));
  assert.deepEqual((await on.next()).texts, ["a"]);
  await on.close();
});
