// A pipeline is paused and resumed while records come: none is lost or written twice, whatever they come from, and neither a reload
// nor a kill makes it otherwise.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import { startAgent } from "../faults/agent.ts";
import { appendNumbered, assertAllArrived, numbersIn } from "../faults/numbered.ts";
import { folder, until } from "../cli/run-dure.ts";
import { freePort } from "../servers/free-port.ts";
import { ask, statusIn, untilState } from "./asked.ts";

const POSIX = { skip: process.platform === "win32" && "the tests stop agents by signals" };
const WIDTH = 20;
const CYCLES = 6;

const tail = (name: string, buffer: readonly JsonValue[] = []): JsonValue[] => [{ "in.FileTail": { path: `${name}.log`, tag: "t" } }, ...buffer, { "out.File": { path: `${name}.out`, format: "lines" } }];

test("pause: what a pipeline has taken is written before it is closed, and it goes on behind that", POSIX, async (context) => {
  await using here = folder();
  const port = await freePort();
  const http = [{ "in.Http": { port, format: "lines" } }, { "buffer.Lines": { lines: 50, timeout: "20ms" } }, { "out.File": { path: "http.out", format: "lines" } }];
  const pipelines = { http, plain: tail("plain"), held: tail("held", [{ "buffer.Lines": { lines: 300, timeout: "100ms", storage: "disk" } }]) };
  for (const name of ["plain", "held"]) here.write(`${name}.log`, "");
  const agent = startAgent(here, pipelines);
  for (const name of Object.keys(pipelines)) await untilState(here, name, "running");

  // A client that sends again what was not answered, and counts what was.
  const ending = new AbortController();
  context.after(() => ending.abort());
  let answered = 0;
  let refused = 0;
  const client = (async () => {
    while (!ending.signal.aborted) {
      const body = `${`${answered} `.padEnd(WIDTH - 1, "x")}\n`;
      const isTaken = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body }).then((response) => response.ok, () => false);
      if (isTaken) answered += 1;
      else {
        refused += 1;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
  })();

  let written = 0;
  const write = (): void => {
    for (const name of ["plain", "held"]) appendNumbered(here.file(`${name}.log`), written, written + 500, WIDTH);
    written += 500;
  };
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    write();
    const before = answered;
    await until(() => before < answered, "requests are answered");
    const paused = await Promise.all(Object.keys(pipelines).map((name) => ask<{ state: string; paused: { by: string; sinceMs: number } }>(here, "pipelines.pause", { name })));
    for (const { state, paused: who } of paused) {
      assert.equal(state, "paused");
      assert.match(who.by, /^local:/);
    }
    const refusedAtPause = refused;
    // One who asks after another's answer may hear it first: once he is refused, the client has counted all that was answered.
    await until(() => refusedAtPause + 1 < refused, "nobody listens any more");
    const [then, { length }] = [answered, numbersIn(here.file("plain.out"))];
    write();
    const refusedBefore = refused;
    await until(() => refusedBefore + 3 < refused, "nobody listens while all are paused, and the agent is still there");
    assert.deepEqual([answered, numbersIn(here.file("plain.out")).length], [then, length], "a paused pipeline moves nothing");
    assert.equal((await ask<{ state: string }>(here, "pipelines.resume", { name: "http" })).state, "running");
    for (const name of ["plain", "held"]) await ask(here, "pipelines.resume", { name });
  }
  ending.abort();
  await client;
  for (const name of ["plain", "held"]) await until(() => numbersIn(here.file(`${name}.out`)).length === written, `${name}: all has come`);
  await agent.stop();
  for (const name of ["plain", "held"]) assert.deepEqual(numbersIn(here.file(`${name}.out`)), Array.from({ length: written }, (_, number) => number));
  const taken = numbersIn(here.file("http.out"));
  assertAllArrived(taken, answered, "http");
  assert.equal(new Set(taken).size, taken.length, "an answered request is written once");
});

test("pause: it outlives a reload, ends with the agent, and a kill -9 loses nothing", POSIX, async () => {
  await using here = folder();
  here.write("one.log", "");
  const config = (two: readonly JsonValue[] | undefined, one = tail("one")): Record<string, JsonValue> => ({ one, ...(two === undefined ? {} : { two: [...two] }) });
  const counting = (rate: number): JsonValue[] => [{ "in.FakeData": { type: "weblog", count: 0, rate } }, { "out.Null": {} }];
  const first = startAgent(here, config(counting(10)));
  await untilState(here, "one", "running");
  appendNumbered(here.file("one.log"), 0, 100, WIDTH);
  await until(() => numbersIn(here.file("one.out")).length === 100, "the first come");
  await ask(here, "pipelines.pause", { name: "one" });
  assert.match((await here.dure(["ls"])).stdout, /one +\S+ paused[^]*one: paused by local:\S+ for /);
  await assert.rejects(ask(here, "pipelines.pause", { name: "one" }), { code: "CONFLICT", message: /paused already/ });
  await assert.rejects(ask(here, "pipelines.resume", { name: "two" }), { code: "CONFLICT", message: /not paused/ });
  await assert.rejects(ask(here, "pipelines.pause", { name: "three" }), { code: "NOT_FOUND", message: /no pipeline `three`/ });

  const reload = async (pipelines: Record<string, JsonValue>): Promise<void> => {
    here.write("dure.yml", JSON.stringify({ agent: {}, pipelines }));
    const { problem } = await ask<{ problem?: string }>(here, "agent.reload");
    assert.equal(problem, undefined);
  };
  appendNumbered(here.file("one.log"), 100, 200, WIDTH);
  await reload(config(counting(20)));
  assert.equal((await statusIn(here, "one"))?.state, "paused", "a reload of another leaves it paused");
  await reload(config(undefined, tail("one", [{ "buffer.Lines": { lines: 10, timeout: "10ms" } }])));
  const { state, paused, recordsIn } = (await statusIn(here, "one")) ?? {};
  assert.deepEqual([state, typeof paused?.sinceMs, recordsIn], ["paused", "number", 100], "and so does one of its own; the agent does not end, though nothing runs");
  assert.match(readFileSync(here.file(".dure/dure.pid.status"), "utf8"), /"paused"/);
  await first.kill();
  assert.equal(numbersIn(here.file("one.out")).length, 100);

  const second = startAgent(here, config(undefined));
  await until(() => numbersIn(here.file("one.out")).length === 200, "after a start it runs, from where it was");
  await ask(here, "pipelines.pause", { name: "one" });
  await second.stop();
  assert.deepEqual(numbersIn(here.file("one.out")), Array.from({ length: 200 }, (_, number) => number));
});
