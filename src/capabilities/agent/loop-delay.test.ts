import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "node:test";
import { measureLoopDelay } from "./loop-delay.ts";

test("loop delay: a thread that was busy for long is told to have been late, a minute later too", async () => {
  let nowMs = 0;
  const delay = measureLoopDelay(() => nowMs);
  await pause(60);
  const endMs = Date.now() + 300;
  while (Date.now() < endMs); // Nobody else gets a turn.
  await pause(60);
  assert(100 < delay().p99Ms, JSON.stringify(delay()));
  nowMs += 60_000;
  assert(100 < delay().p99Ms, "of the minute before");
});
