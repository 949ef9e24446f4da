import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTestApart } from "./make-test-apart.ts";

test("make a test: for who has gone while he waited for his turn none is made", () =>
  assert.rejects(makeTestApart({} as never, {} as never, AbortSignal.abort()), { code: "UNAVAILABLE", message: "nobody waits for the answer any more" }));
