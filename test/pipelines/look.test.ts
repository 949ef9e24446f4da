// What one can see of a running agent's pipelines, asked as its own user asks.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import type { HistoryPage } from "#capabilities/pipelines/history.ts";
import type { Look } from "#capabilities/pipelines/look.ts";
import type { PipelineGraph } from "#kernel/config/graph.ts";
import type { PipelineStatus } from "#kernel/status-file.ts";
import { startAgent } from "../faults/agent.ts";
import { folder, until } from "../cli/run-dure.ts";
import { ask, untilState } from "./asked.ts";

const POSIX = { skip: process.platform === "win32" && "the tests stop agents by signals" };

test("a pipeline shows what it does, what it is made of and what it did, to any number of watchers", POSIX, async () => {
  await using here = folder();
  const web = [{ "in.FakeData": { type: "weblog", count: 0, rate: 500 } }, { "parse.Regex": "nginx" }, { "buffer.Time": "100ms" }, { "out.Http": { url: "http://127.0.0.1:1/", bearer_token: "canary" } }];
  const agent = startAgent(here, { web: [web[0] ?? {}, web[1] ?? {}, { "out.Null": {} }], stuck: web }, { agent: { drain_timeout: "100ms" } });
  await untilState(here, "web", "running");

  const shown = await ask<{ status: PipelineStatus; graph: PipelineGraph; retry: JsonValue; place: { line: number } }>(here, "pipelines.show", { name: "stuck" });
  assert.deepEqual(shown.graph.nodes.map(({ id, plugin }) => `${id}:${plugin}`), ["1:in.FakeData", "2:parse.Regex", "3:buffer.Time", "4:out.Http"]);
  assert.equal(shown.status.name, "stuck");
  assert.doesNotMatch(JSON.stringify(shown), /canary/);
  await assert.rejects(ask(here, "pipelines.show", { name: "wob" }), { code: "NOT_FOUND", message: /no pipeline `wob`/ });

  const enough = new AbortController();
  const seen: Look[][] = [[], []];
  const watching = seen.map((looks) => ask(here, "pipelines.watch", {}, { signal: enough.signal, onEvent: (event) => looks.push(event as unknown as Look) }).catch(() => {}));
  await until(() => seen.every((looks) => 3 <= looks.length), "both see one look after another");
  enough.abort();
  await Promise.all(watching);
  const [one = [], other = []] = seen.map((looks) => looks.map(({ atMs }) => atMs));
  assert(one.some((atMs) => other.includes(atMs)), "they are shown the same look");

  const page = (): Promise<HistoryPage> => ask<HistoryPage>(here, "pipelines.history", { name: "web" });
  await until(async () => 2 <= ((await page()).pipelines[0]?.recordsIn.filter((records) => 0 < records).length ?? 0), "two samples in which something moved");
  const { atMs, pipelines } = await page();
  for (const counts of pipelines) assert.deepEqual([counts.recordsIn.length, counts.heldBytes.length], [atMs.length, atMs.length]);
  assert.equal((await ask<HistoryPage>(here, "pipelines.history", { name: "nobody" })).pipelines.length, 0);
  await agent.stop();
});

test("taps: no more than a caller may have, and each that ends leaves its seat", POSIX, async () => {
  await using here = folder();
  const agent = startAgent(here, { web: [{ "in.FakeData": { type: "weblog", count: 0, rate: 100 } }, { "out.Null": {} }] });
  await untilState(here, "web", "running");
  const enough = new AbortController();
  const open = (onEvent: () => void): Promise<unknown> => ask(here, "pipelines.tap", { pipeline: "web" }, { signal: enough.signal, onEvent }).catch(() => {});
  let seeing = 0;
  const taps = Array.from({ length: 24 }, () => {
    let isSeeing = false;
    return open(() => {
      if (!isSeeing) seeing += 1;
      isSeeing = true;
    });
  });
  await until(() => seeing === 24, "each tap shows records");
  await assert.rejects(ask(here, "pipelines.tap", { pipeline: "web" }), { code: "BUSY", message: /no more taps/ });
  enough.abort();
  await Promise.all(taps);
  const last = new AbortController();
  let isSeen = false;
  await until(async () => {
    await ask(here, "pipelines.tap", { pipeline: "web" }, { signal: last.signal, onEvent: () => ((isSeen = true), last.abort()) }).catch(() => {});
    return isSeen;
  }, "there are seats again");
  await agent.stop();
});
