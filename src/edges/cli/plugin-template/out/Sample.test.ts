import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { recordsBatch, testContext } from "dure/testing";
import sample from "./Sample.ts";

test("out.Sample: writes each record as a line", async () => {
  await using context = await testContext();
  const output = await sample.open(sample.options.parse({ path: "out.jsonl" }), context);
  const batch = recordsBatch(context.pool, [{ n: 1 }, { 이름: "김" }]);
  await output.write(batch, new AbortController().signal);
  batch.release();
  await output.close();
  assert.equal(await readFile(join(context.configDir, "out.jsonl"), "utf8"), '{"n":1}\n{"이름":"김"}\n');
  assert.equal(context.pool.usedBytes, 0);
});

test("out.Sample: rejects while the file cannot be written, so that it is tried again", async () => {
  await using context = await testContext();
  const output = await sample.open(sample.options.parse({ path: "no/such/folder/out.jsonl" }), context);
  const batch = recordsBatch(context.pool, [{ n: 1 }]);
  await assert.rejects(output.write(batch, new AbortController().signal), { code: "ENOENT" });
  batch.release();
  await output.close();
});
