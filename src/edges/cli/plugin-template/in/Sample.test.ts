import assert from "node:assert/strict";
import { test } from "node:test";
import { recordsOf, testContext } from "dure/testing";
import sample from "./Sample.ts";

test("in.Sample: counts to its end, and goes on where it was after a restart", async () => {
  await using context = await testContext();
  const counted: unknown[] = [];
  for (let round = 0; round < 2; round += 1) {
    const input = await sample.open(sample.options.parse({ count: 3 }), context);
    const { signal } = new AbortController();
    for (let delivery = await input.read(signal); delivery !== undefined; delivery = await input.read(signal)) {
      counted.push(...recordsOf(delivery.batch));
      context.store.set("next", delivery.positions?.["next"] ?? null); // As a pipeline commits it.
      delivery.batch.release();
      if (counted.length === 2) break; // A stop in the middle.
    }
    await input.close();
  }
  assert.deepEqual(counted, [{ n: 1 }, { n: 2 }, { n: 3 }]);
  assert.equal(context.pool.usedBytes, 0);
});
