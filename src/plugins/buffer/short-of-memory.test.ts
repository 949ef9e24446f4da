// Buffers while the chunk memory is full.
import assert from "node:assert/strict";
import { test } from "node:test";
import { releasePrograms } from "#dataplane/emit.ts";
import { fieldsBatch } from "#sdk/conformance/stream.ts";
import { linesBatch, testContext, testPool } from "#sdk/testing.ts";
import { lines } from "./lines.ts";
import { readToEnd, settleAll } from "./parts/testing.ts";

const settled = async (): Promise<void> => undefined;
const numbered = (from: number, count: number): Record<string, unknown>[] => Array.from({ length: count }, (_, row) => ({ n: from + row, text: "가".repeat(100) }));

for (const storage of ["memory", "disk"] as const) {
  test(`a buffer on ${storage} waits for the memory that it needs to hold a batch, and nothing overtakes it`, async () => {
    await using context = await testContext({ pool: testPool(4 << 20) });
    const { pool } = context;
    const buffer = await lines.open(lines.options.parse({ lines: 1, storage }), context);
    const batches = [fieldsBatch(pool, numbered(0, 500)), linesBatch(pool, "500\n501"), fieldsBatch(pool, numbered(502, 2))];
    const others = takeAll(pool);
    const appended = batches.map((batch, index) => buffer.append({ batch, positions: { source: index } }, settled));
    await settleAll();
    for (const chunk of others) chunk.release();
    const reading = readToEnd(buffer);
    assert.deepEqual(await Promise.all(appended), [true, true, true]);
    buffer.end();
    assert.deepEqual((await reading).flatMap((read) => read.lines), Array.from({ length: 504 }, (_, number) => String(number)));
    await buffer.close();
    releasePrograms(pool);
    assert.equal(pool.usedBytes, 0);
  });

  test(`a buffer on ${storage} that is closed while it waits for memory keeps nothing`, async () => {
    await using context = await testContext({ pool: testPool(4 << 20) });
    const { pool } = context;
    const buffer = await lines.open(lines.options.parse({ lines: 1, storage }), context);
    const batches = [fieldsBatch(pool, numbered(0, 500)), linesBatch(pool, "500")];
    const others = takeAll(pool);
    const appended = batches.map((batch) => buffer.append({ batch }, settled));
    await buffer.close();
    await Promise.all(appended);
    for (const chunk of others) chunk.release();
    releasePrograms(pool);
    assert.equal(pool.usedBytes, 0);
  });
}

test("a buffer in memory that has no room for what comes gives on what it holds, for that is what there is", { timeout: 240_000 }, async () => {
  await using context = await testContext({ pool: testPool(4 << 20) });
  const { pool } = context;
  const buffer = await lines.open(lines.options.parse({ lines: 1_000_000 }), context);
  const first = `${"x".repeat(99)}\n`.repeat(1200);
  await buffer.append({ batch: linesBatch(pool, first) }, settled);
  const reading = buffer.read(new AbortController().signal);
  const batch = linesBatch(pool, "too small to be kept as it is\n".repeat(500));
  const others = takeAll(pool);
  const appended = buffer.append({ batch }, settled);
  const delivery = await reading;
  assert.equal(delivery?.batch.rows, 1200);
  delivery?.batch.release();
  assert.equal(await appended, true);
  for (const chunk of others) chunk.release();
  await buffer.close();
  assert.equal(pool.usedBytes, 0);
});

/** All that is left, in chunks of any size. */
function takeAll(pool: ReturnType<typeof testPool>) {
  const chunks = [];
  for (let bytes = 2 << 20; 4000 <= bytes; ) {
    try {
      chunks.push(pool.take(bytes - 64));
    } catch {
      bytes >>>= 1;
    }
  }
  return chunks;
}
