import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { eitherOf } from "./signals.ts";

test("signals: either of two aborts it, with its reason, also when it has aborted before", () => {
  const [one, other] = [new AbortController(), new AbortController()];
  using linked = eitherOf(one.signal, other.signal);
  assert.equal(linked.signal.aborted, false);
  other.abort("enough");
  assert.equal(linked.signal.reason, "enough");
  using late = eitherOf(one.signal, other.signal);
  assert.equal(late.signal.reason, "enough");
});

test("signals: a source that lives on keeps nothing of what is disposed of", () => {
  const source = new AbortController();
  for (let turn = 0; turn < 20; turn += 1) {
    using linked = eitherOf(source.signal);
    assert.equal(linked.signal.aborted, false);
  }
  assert.equal(getEventListeners(source.signal, "abort").length, 0);
});
