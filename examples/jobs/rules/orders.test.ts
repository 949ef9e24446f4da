// `node --test rules/` runs it: no agent is needed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ruleContext, runRule } from "dure/testing/rule";
import { place } from "./orders.ts";
import { TestClass } from "./test/module.ts";

test("an order is placed with the second attempt", async () => {
  await assert.rejects(runRule(place, { order: 7, amount: 1200 }), { name: "RetryAfter", message: "the shop is busy" });
  const context = ruleContext({ attempt: 2 });
  assert.deepEqual(await runRule(place, { order: 7, amount: 1200 }, context), { order: 7, total: 1320 });
  assert.deepEqual(context.marks, [{ name: "placed", text: "order 7" }]);
});

test("an order without an amount is refused before anything is done", async () => {
  await assert.rejects(runRule(place, { order: 7 }), { name: "INVALID_DATA", message: /^amount: / });
});

test("a static method is a rule", async () => {
  assert.deepEqual(await runRule(TestClass.callme, { arg1: "길동" }), { hello: "길동" });
});
