import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import { testContext } from "#sdk/testing.ts";
import { PositionBook } from "./position-book.ts";
import { TailFile } from "./tail-file.ts";

test("files gone for a day are forgotten with the next delivery, those that are there are not", async () => {
  let nowMs = Date.now();
  const position = { path: "/a", offset: 3, fingerprint: "f", fingerprintBytes: 3, tail: 1, tailBytes: 3, at: nowMs };
  const store = new Map<string, JsonValue>([["file:1:1", { ...position }], ["file:1:2", { ...position }], ["file:1:3", "what is this"]]);
  await using context = await testContext({ store, clock: { now: () => nowMs, pause: async () => undefined } });
  const book = new PositionBook(context);
  assert.equal(book.entries().length, 2);
  const there = new TailFile({ key: "file:1:2", path: "/b", exact: "/b", tagOf: () => "t" });
  nowMs += 23 * 3_600_000;
  book.forgetOld(new Map([[there.key, there]]));
  assert.equal(book.forDelivery(there, position)["file:1:1"], undefined);
  nowMs += 2 * 3_600_000;
  book.forgetOld(new Map([[there.key, there]]));
  assert.deepEqual(book.forDelivery(there, { ...position, at: nowMs }), { "file:1:1": null, "file:1:2": { ...position, at: nowMs } });
  assert.deepEqual(Object.keys(book.forDelivery(there, position)), ["file:1:2"]);
});
