// What pipelines report becomes events, few of them however often it is reported.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PipelineStatus } from "#kernel/status-file.ts";
import { PipelineEvents } from "./pipeline-events.ts";
import type { PipelineReport } from "./pipelines.ts";
import { newStats } from "./stats.ts";

function listening() {
  const said: string[] = [];
  const events = new PipelineEvents((name, data) => said.push(`${name} ${JSON.stringify(data)}`));
  return { events, take: () => said.splice(0) };
}

const report = (state: PipelineReport["state"], more: Partial<PipelineReport> = {}): PipelineReport => ({ name: "p", state, stats: newStats(), memory: { usedBytes: 0, limitBytes: 0 }, buffers: [], ...more });
const status = (more: Partial<PipelineStatus> = {}): PipelineStatus => ({ name: "p", state: "running", recordsIn: 0, recordsOut: 0, bytesIn: 0, bytesOut: 0, retries: 0, deadLetters: 0, ...more });

test("events: each change of a state is one, named after what it was before", () => {
  const { events, take } = listening();
  for (const state of ["running", "restarting", "running", "failed", "ended"] as const) events.state(report(state, state === "running" || state === "ended" ? {} : { error: "no luck" }));
  events.state(report("paused", { paused: { by: "kim", sinceMs: 1 } }));
  events.state(report("paused", { paused: { by: "kim", sinceMs: 1 } })); // A reload leaves it so.
  events.state(report("running"));
  assert.deepEqual(take(), [
    'pipeline.started {"pipeline":"p"}',
    'pipeline.failed {"pipeline":"p","error":"no luck","isTriedAgain":true}',
    'pipeline.restarted {"pipeline":"p"}',
    'pipeline.failed {"pipeline":"p","error":"no luck","isTriedAgain":false}',
    'pipeline.ended {"pipeline":"p"}',
    'pipeline.paused {"pipeline":"p","by":"kim"}',
    'pipeline.resumed {"pipeline":"p"}',
  ]);
});

test("events: an output that fails now and then is one that fails, and dead letters are told together", () => {
  const { events, take } = listening();
  const failing = [{ step: "2:out.Http", sinceMs: 5000, reason: "refused" }];
  for (let look = 0; look < 60; look += 1) events.look(10_000 + look * 2000, [status(look % 3 === 2 ? {} : { failing })]);
  assert.deepEqual(take(), ['output.failing {"pipeline":"p","step":"2:out.Http","sinceMs":5000,"reason":"refused"}']);
  for (let look = 0; look < 5; look += 1) events.look(200_000 + look * 2000, [status()]);
  assert.deepEqual(take(), ['output.recovered {"pipeline":"p","step":"2:out.Http","failedMs":197000}'], "it ended with a well look");

  for (let look = 0; look < 30; look += 1) events.look(300_000 + look * 2000, [status({ deadLetters: (look + 1) * 100 })]);
  const letters = take().map((said) => Number(/"letters":(\d+)/.exec(said)?.[1]));
  assert.deepEqual(letters, [100, 500, 500, 500, 500, 500], "one event in ten seconds, and none is left out of the count");
  events.look(400_000, []);
  events.look(402_000, [status({ deadLetters: 1 })]);
  assert.match(String(take()), /"letters":1}/, "a pipeline that was taken out and put back counts anew");
});
