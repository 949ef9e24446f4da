// A command that holds up the main thread holds up no pipeline: their data paths have threads of their own.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { ask, quietLog, testRoom } from "#edges/http/testing.ts";
import { checkConfig } from "#kernel/config/check.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins } from "#plugins/all.ts";
import { startAgent } from "../../src/daemon.ts";
import { folder, until } from "../cli/run-dure.ts";

const BYTES = 1_000_000;
const STEP_MS = 5;
/** Only a pipeline that stands still comes to this. */
const STEPS_MAX = 12_000;

test("a command that does not let go of the main thread until a pipeline has written more: the pipeline writes more", async () => {
  await using here = folder();
  const out = here.file("out.ndjson");
  here.write("dure.yml", `pipelines:\n  p:\n    - in.FakeData: { count: 0, rate: 100000 }\n    - out.File: { path: ${out}, rotate: { size: 50MB, keep: 1 } }\n`);
  const { plan, problems } = await checkConfig({ file: here.file("dure.yml"), registry: createRegistry(builtInPlugins) });
  assert.ok(plan !== undefined, JSON.stringify(problems));
  const stop = new AbortController();
  const agent = startAgent(plan, { signal: stop.signal, log: quietLog, mode: "run" });
  try {
    const size = (): number => statSync(out, { throwIfNoEntry: false })?.size ?? 0;
    await until(() => 0 < size(), "the pipeline writes");
    await using room = await testRoom();
    room.bench.work = () => {
      const [before, clock] = [size(), new Int32Array(new SharedArrayBuffer(4))];
      for (let step = 0; step < STEPS_MAX && size() < before + BYTES; step += 1) Atomics.wait(clock, 0, 0, STEP_MS);
      return size() - before;
    };
    const grown = (await (await ask(room, "/api/things/work")).json()) as number;
    assert.ok(BYTES <= grown, `it wrote ${grown} bytes while the main thread was held up`);
  } finally {
    stop.abort();
    await agent.ended;
  }
});
