// What a disk buffer gave on and did not see committed: after a crash it comes in the same groups, under the same names.
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { mock, test } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "#base/json.ts";
import type { BufferPlugin, Delivery, OpenBuffer } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch, recordsBatch, testContext, testPool } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { lines } from "./lines.ts";
import { linesOf } from "./parts/testing.ts";
import { size } from "./size.ts";
import { time } from "./time.ts";

const SLOTS_BYTES = 512 * 84;
const soon = (): AbortSignal => AbortSignal.timeout(60_000);

interface Life {
  readonly buffer: OpenBuffer;
  append(...texts: readonly string[]): Promise<void>;
  /** Gives on up to so many batches: their texts and names. */
  read(most?: number): Promise<{ readonly texts: string[]; readonly id: string | undefined; commit(): Promise<void> }[]>;
}

/** Texts "a:…" and "b:…" have tags a and b, capital letters are entries. */
async function live(context: TestContext, options: Record<string, unknown>, plugin: unknown = size): Promise<Life> {
  const { options: schema, open } = plugin as BufferPlugin;
  const buffer = await open(schema.parse({ storage: "disk", ...options }), context);
  const store = (positions: Delivery["positions"] = {}): void => Object.entries(positions).forEach(([key, value]) => context.store.set(key, value));
  return {
    buffer,
    async append(...texts) {
      const tag = texts[0]?.[0] ?? "a";
      const facts = { ...TEST_FACTS, tag: tag.toLowerCase() };
      const batch = tag === tag.toLowerCase() ? linesBatch(context.pool, texts.join("\n"), facts) : recordsBatch(context.pool, texts.map((n) => ({ n })), facts);
      await buffer.append({ batch }, async (delivery) => store(delivery.positions));
    },
    async read(most = Number.POSITIVE_INFINITY) {
      const read: Awaited<ReturnType<Life["read"]>> = [];
      while (read.length < most) {
        const delivery = await buffer.read(soon());
        if (delivery === undefined) break;
        read.push({
          texts: linesOf(delivery),
          id: delivery.batch.facts.id,
          async commit() {
            store(delivery.positions);
            await delivery.ack?.();
          },
        });
        assert.notEqual(delivery.isPartial, true, "what is committed is always all of what was given on");
        delivery.batch.release();
      }
      return read;
    },
  };
}

const textsAndIds = (read: readonly { readonly texts: string[]; readonly id: string | undefined }[]) => read.map(({ texts, id }) => ({ texts, id }));
const groupsFile = (context: TestContext): string => join(context.dataDir, "buffer-1", "groups");

test("what was given on and not committed comes again in the same groups, though more has come and the rule is another", async () => {
  await using context = await testContext();
  const first = await live(context, { lines: 3 }, lines);
  await first.append("a:1", "a:2", "a:3", "a:4");
  await first.append("b:1", "b:2");
  await first.append("a:5", "a:6", "a:7");
  await first.append("b:3", "b:4");
  const given = await first.read(3);
  assert.deepEqual(given.map(({ texts }) => texts), [["a:1", "a:2", "a:3"], ["a:4", "a:5", "a:6"], ["b:1", "b:2", "b:3"]]);
  assert.equal(new Set(given.map(({ id }) => id)).size, 3);
  await given[0]?.commit();
  await first.buffer.close();

  const second = await live(context, { bytes: "1MB", timeout: "0s" });
  await second.append("a:8");
  second.buffer.end();
  const again = await second.read();
  assert.deepEqual(textsAndIds(again.slice(0, 2)), textsAndIds(given.slice(1)));
  assert.deepEqual(again.slice(2).map(({ texts }) => texts), [["a:7", "a:8"], ["b:4"]]);
  for (const { commit } of again) await commit();
  assert.deepEqual(second.buffer.held(), { bytes: 0, batches: 0 });
  await second.buffer.close();
  assert.equal(context.pool.usedBytes, 0);
  assert.deepEqual(context.said, []);
});

test("whatever is merged, cut, given on, committed and interrupted: who remembers names has each record once, and so has who keeps what was committed", async () => {
  const pool = testPool(128 << 20);
  const arrival = fc.record({ tag: fc.constantFrom("a", "b", "A"), rows: fc.integer({ min: 1, max: 20 }), width: fc.constantFrom(1, 50, 3000, 12_000) });
  const rule = fc.oneof(
    fc.integer({ min: 1, max: 30 }).map((count) => ({ plugin: lines as unknown, options: { lines: count, timeout: "0s" } })),
    fc.integer({ min: 1, max: 300_000 }).map((bytes) => ({ plugin: size as unknown, options: { bytes, timeout: "0s" } })),
    fc.constant({ plugin: time as unknown, options: { every: "1h" } }),
  );
  const oneLife = fc.record({ rule, arrivals: fc.array(arrival, { maxLength: 6 }), read: fc.integer({ min: 0, max: 12 }), committed: fc.integer({ min: 0, max: 12 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(oneLife, { minLength: 1, maxLength: 5 }), async (lives) => {
      await using context = await testContext({ pool });
      const sent: string[] = [];
      const remembered = new Map<string, readonly string[]>();
      const committed: string[] = [];
      const last = { rule: { plugin: size as unknown, options: { bytes: "1MB", timeout: "0s" } }, arrivals: [], read: Infinity, committed: Infinity };
      for (const { rule: { plugin, options }, arrivals, read, committed: most } of [...lives, last]) {
        const life = await live(context, options, plugin);
        for (const { tag, rows, width } of arrivals) {
          const texts = Array.from({ length: rows }, (_, row) => `${tag}:${sent.length + row}:${"x".repeat(width)}`);
          sent.push(...texts);
          await life.append(...texts);
        }
        life.buffer.end();
        const given = await life.read(read);
        for (const { texts, id = "" } of given) {
          assert.deepEqual(remembered.get(id) ?? texts, texts, "a name never names anything else");
          remembered.set(id, texts);
        }
        for (const { texts, commit } of given.slice(0, most)) {
          committed.push(...texts);
          await commit();
        }
        await life.buffer.close();
      }
      for (const tag of ["a", "b", "A"]) {
        const ofTag = (texts: readonly string[]): string[] => texts.filter((text) => text.startsWith(tag));
        assert.deepEqual(ofTag([...remembered.values()].flat()), ofTag(sent));
        assert.deepEqual(ofTag(committed), ofTag(sent));
      }
      assert.equal(pool.usedBytes, 0);
      assert.equal(fs.statSync(groupsFile(context)).size, SLOTS_BYTES);
    }),
    { numRuns: Number(process.env["DURE_FUZZ_RUNS"] ?? 60) },
  );
});

test("a group of which a batch is damaged has another name, and the same one each time", async () => {
  await using context = await testContext();
  const first = await live(context, { bytes: "1MB", timeout: "0s" });
  await first.append("a:1", "a:2");
  const at = first.buffer.held().bytes;
  await first.append("a:3");
  first.buffer.end();
  const [whole] = await first.read();
  await first.buffer.close();
  const segment = join(context.dataDir, "buffer-1", "0000000001.seg");
  const bytes = fs.readFileSync(segment);
  bytes[at + 46] = 0;
  fs.writeFileSync(segment, bytes);
  const ids: (string | undefined)[] = [];
  for (let run = 0; run < 2; run += 1) {
    const life = await live(context, { bytes: "1MB", timeout: "0s" });
    life.buffer.end();
    const read = await life.read();
    assert.deepEqual(read.map(({ texts }) => texts), [["a:1", "a:2"]]);
    ids.push(read[0]?.id);
    await life.buffer.close();
  }
  assert.deepEqual([ids[0] === ids[1], ids[0] === whole?.id], [true, false]);
  assert(context.said.some(({ message }) => message.startsWith("buffer damaged")), "damage in what comes again is said");
  assert.equal(context.pool.usedBytes, 0);
});

for (const [what, hurt] of [
  ["is gone", (file: string) => fs.rmSync(file)],
  ["is empty", (file: string) => fs.truncateSync(file, 0)],
  ["is cut off in a slot", (file: string) => fs.truncateSync(file, SLOTS_BYTES - 40)],
  ["is garbage", (file: string) => fs.writeFileSync(file, Buffer.alloc(SLOTS_BYTES + 5, "두레"))],
  ["lost its first group", (file: string) => void hurtSlot(file, 1)],
  ["lost its last group", (file: string) => void hurtSlot(file, 3)],
] as const)
  test(`nothing is lost when the file of groups ${what}`, async () => {
    await using context = await testContext();
    const first = await live(context, { lines: 2 }, lines);
    await first.append("a:1", "a:2", "a:3", "a:4", "a:5", "a:6", "a:7");
    const given = await first.read(3);
    await given[0]?.commit();
    await first.buffer.close();
    hurt(groupsFile(context));
    const kept = [...(given[0]?.texts ?? [])];
    for (let run = 0; run < 2; run += 1) {
      const life = await live(context, { lines: 3 }, lines);
      life.buffer.end();
      const read = await life.read(run === 0 ? 1 : undefined);
      kept.push(...read.flatMap(({ texts }) => texts));
      for (const { commit } of read) await commit();
      await life.buffer.close();
    }
    assert.deepEqual([...new Set(kept)].sort(), ["a:1", "a:2", "a:3", "a:4", "a:5", "a:6", "a:7"]);
    assert.equal(context.pool.usedBytes, 0);
  });

/** Damages the slot of the group with this number. */
function hurtSlot(file: string, number: number): void {
  const bytes = fs.readFileSync(file);
  for (let at = 0; at < bytes.length; at += 84) if (bytes.readDoubleLE(at + 8) === number) bytes[at + 60] = 0xff;
  fs.writeFileSync(file, bytes);
}

test("positions that are gone, or those of a folder that is gone, lose nothing", async () => {
  await using context = await testContext();
  const first = await live(context, { lines: 2 }, lines);
  await first.append("a:1", "a:2", "a:3", "a:4");
  for (const { commit } of await first.read(2)) await commit();
  await first.append("a:5", "a:6");
  await first.read(1);
  await first.buffer.close();
  const store = new Map<string, JsonValue>(context.store);
  context.store.clear();
  const second = await live(context, { lines: 3 }, lines);
  await second.append("a:7");
  second.buffer.end();
  const [one, ...rest] = await second.read();
  assert.deepEqual([one, ...rest].flatMap((each) => each?.texts ?? []), ["a:1", "a:2", "a:3", "a:4", "a:5", "a:6", "a:7"]);
  await one?.commit();
  await second.buffer.close();
  const third = await live(context, { lines: 3 }, lines);
  third.buffer.end();
  assert.deepEqual((await third.read()).flatMap(({ texts }) => texts), ["a:3", "a:4", "a:5", "a:6", "a:7"]);
  await third.buffer.close();

  fs.rmSync(join(context.dataDir, "buffer-1"), { recursive: true });
  for (const [key, value] of store) context.store.set(key, value);
  const fourth = await live(context, { lines: 3 }, lines);
  await fourth.append("a:8");
  fourth.buffer.end();
  assert.deepEqual((await fourth.read()).map(({ texts }) => texts), [["a:8"]]);
  await fourth.buffer.close();
  assert.equal(context.pool.usedBytes, 0);
});

test("what was written down before positions were lost says nothing of what is given on after", async () => {
  await using context = await testContext();
  const first = await live(context, { lines: 1 }, lines);
  await first.append("a:1", "a:2");
  for (const { commit } of await first.read(2)) await commit();
  await first.buffer.close();
  const second = await live(context, { bytes: "1MB", timeout: "0s" });
  for (const text of ["c:1", "b:1", "b:2", "b:3", "b:4"]) await second.append(text);
  second.buffer.end();
  assert.deepEqual((await second.read()).map(({ texts }) => texts), [["c:1"], ["b:1", "b:2", "b:3", "b:4"]]);
  await second.buffer.close();
  context.store.clear();
  // The fourth group from here on is not the fourth one of that run.
  for (let run = 0; run < 4; run += 1) {
    const third = await live(context, { lines: 1 }, lines);
    for (const { commit } of await third.read(1)) await commit();
    await third.buffer.close();
  }
  const fourth = await live(context, { lines: 1 }, lines);
  fourth.buffer.end();
  assert.deepEqual((await fourth.read()).map(({ texts }) => texts), [["b:4"]]);
  await fourth.buffer.close();
});

test("a place that was committed without a group, by an older agent, is where it goes on", async () => {
  await using context = await testContext();
  const first = await live(context, { lines: 1 }, lines);
  for (const text of ["a:1", "a:2", "a:3"]) await first.append(text);
  const given = await first.read(3);
  await given[1]?.commit();
  await first.buffer.close();
  const { group: _, ...place } = context.store.get("buffer:1") as { segment: number; offset: number; group: number };
  context.store.set("buffer:1", place);
  const second = await live(context, { lines: 1 }, lines);
  second.buffer.end();
  assert.deepEqual((await second.read()).map(({ texts }) => texts), [["a:3"]]);
  await second.buffer.close();
});

test("the file of groups stays small, however many are given on, and needs more room only while they wait", async () => {
  await using context = await testContext();
  const life = await live(context, { lines: 1 }, lines);
  for (let n = 0; n < 3000; n += 100) {
    await life.append(...Array.from({ length: 100 }, (_, row) => `a:${n + row}`));
    for (const { commit } of await life.read(100)) await commit();
  }
  assert.equal(fs.statSync(groupsFile(context)).size, SLOTS_BYTES);
  // One batch, of which much is committed before all of it is given on.
  await life.append(...Array.from({ length: 2000 }, (_, row) => `b:${row}`));
  for (const { commit } of await life.read(700)) await commit();
  for (let more = 0; more < 300; more += 1) for (const { commit } of await life.read(1)) await commit();
  assert.equal(fs.statSync(groupsFile(context)).size, 2 * SLOTS_BYTES, "700 were not committed at a time");
  const given = await life.read(500);
  assert.equal(given[0]?.texts[0], "b:1000");
  await life.buffer.close();
  const next = await live(context, { lines: 7 }, lines);
  next.buffer.end();
  const again = await next.read();
  assert.deepEqual(textsAndIds(again.slice(0, 500)), textsAndIds(given));
  assert.deepEqual(again.flatMap(({ texts }) => texts), Array.from({ length: 1000 }, (_, row) => `b:${1000 + row}`));
  await next.buffer.close();
  assert(fs.statSync(groupsFile(context)).size < 5 * SLOTS_BYTES);
  assert.equal(context.pool.usedBytes, 0);
});

test("a disk that does not take what is given on makes the pipeline wait, is said once, and is tried again", async () => {
  await using context = await testContext();
  const life = await live(context, { bytes: 1, timeout: "0s" });
  await life.append("a:1");
  let failures = 0;
  const real = fs.writeSync;
  mock.method(fs, "writeSync", (...call: Parameters<typeof fs.writeSync>) => {
    if ((failures += 1) <= 2) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
    return real(...call);
  });
  try {
    const [given] = await life.read(1);
    assert.deepEqual(given?.texts, ["a:1"]);
    assert.deepEqual(context.said.map(({ level }) => level), ["error", "info"]);
    failures = Number.NEGATIVE_INFINITY;
    mock.restoreAll();
    mock.method(fs, "writeSync", () => {
      throw Object.assign(new Error("no room"), { code: "ENOSPC" });
    });
    await life.append("a:2");
    const waiting = life.buffer.read(soon());
    await life.buffer.close();
    assert.equal(await waiting, undefined, "a buffer that is closed waits no more");
  } finally {
    mock.restoreAll();
  }
  assert.equal(context.pool.usedBytes, 0);
});
