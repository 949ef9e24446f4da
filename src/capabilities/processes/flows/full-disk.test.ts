import assert from "node:assert/strict";
import fs from "node:fs";
import { mock, test } from "node:test";
import { flowPlan, plan, sh, stage, stdoutOf, until } from "./flows.testing.ts";

test("on a full disk nothing new is taken and nothing held is lost; it goes on when there is room, and each is said once", async () => {
  const echo = { ack: { type: "stderr-echo" } } as const;
  const given = plan({ first: echo, second: echo }, [flowPlan("broad", "first", "second")]);
  await using it = await stage(given);
  const FOREVER = AbortSignal.timeout(60_000);
  const program = sh('while IFS= read -r line; do echo "$line+"; echo "$line" >&2; done');
  await it.flows.send("first", "before", FOREVER);
  let refusals = 0;
  const { writeSync } = fs;
  // As a disk does: a part of what is written, then no more.
  const full = mock.method(fs, "writeSync", (fd: number, bytes: Buffer, offset: number, length: number, position: number | null) => {
    if (position === null || position === undefined) return writeSync(fd, bytes, offset, length, position);
    refusals += 1;
    if (refusals % 2 === 1 && 1 < length) return writeSync(fd, bytes, offset, 1, position);
    throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  });
  try {
    await it.start("first", program);
    const sending = it.flows.send("first", "after", FOREVER);
    await until("it is acknowledged, and the disk was asked for it more than once", () => 8 < refusals && stdoutOf(it.flows, "first").length === 1);
    assert.deepEqual(it.flows.queues().map(({ own, inFlight }) => [own, inFlight]), [[0, 1], [0, 0]]);
    full.mock.restore();
    await sending;
    await it.start("second", program);
    await until("all is through", () => it.flows.queues()[1]?.eventsIn === 2);
    assert.deepEqual(stdoutOf(it.flows, "second"), ["before++", "after++"]);
    assert.equal(it.warnings.length, 1);
    await it.flows.close();
    await using again = await stage(given, { dir: it.dir });
    assert.deepEqual(again.flows.queues().map(({ own }) => own), [0, 0]);
    assert.deepEqual(again.warnings, []);
  } finally {
    full.mock.restore();
  }
});
