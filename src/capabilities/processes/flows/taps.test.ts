import assert from "node:assert/strict";
import { test } from "node:test";
import { plan, sh, stage, until } from "./flows.testing.ts";
import type { Stage } from "./flows.testing.ts";

const FOREVER = AbortSignal.timeout(120_000);
const READERS = [{ process: "source", consumer: "booked/1" }];
/** More than the queue of a pipeline holds. */
const MANY = 250_000;

const planned = plan({ source: {} }, [], {}, READERS);

test("a pipeline that comes late gets what the process had printed before it came", async () => {
  await using it = await stage(planned);
  await (await it.start("source", sh("printf 'one\\n둘\\n'"))).settled;
  assert.deepEqual(await linesRead(it, 2), ["one", "둘"]);
});

test("while the pipeline is away and its queue is full the process waits; when it comes back every line is there", async () => {
  await using it = await stage(planned);
  const source = await it.start("source", sh(`exec seq 1 ${MANY}`));
  await until("it waits", () => it.warnings.length === 1);
  assert.match(it.warnings[0] ?? "", /^process waits until the pipeline.*"process":"source","consumer":"booked\/1"/);
  await it.flows.apply(planned); // Another reload says it no second time.
  assert.deepEqual([source.child.exitCode, it.warnings.length], [null, 1]);
  assert.deepEqual(await linesRead(it, MANY), Array.from({ length: MANY }, (_, index) => String(index + 1)));
  await source.settled;
});

test("the pipeline is taken out of the config while the process waits for it: the process goes on", async () => {
  await using it = await stage(planned);
  const source = await it.start("source", sh(`exec seq 1 ${MANY}`));
  await until("it waits", () => it.warnings.length === 1);
  await it.flows.apply(plan({ source: {} }));
  await source.settled;
  assert.match(it.warnings[1] ?? "", /^lines are kept no longer/);
});

test("the pipeline is taken out of the config while no agent runs, and its queue is full: the next agent's process goes on", async () => {
  await using it = await stage(planned);
  await it.start("source", sh(`exec seq 1 ${MANY}`));
  await until("it waits", () => it.warnings.length === 1);
  await it.flows.close();
  await using next = await stage(plan({ source: {} }), { dir: it.dir });
  assert.match(next.warnings[0] ?? "", /^lines are kept no longer/);
  await (await next.start("source", sh(`exec seq 1 ${MANY}`))).settled;
});

async function linesRead(it: Stage, count: number): Promise<string[]> {
  const all: string[] = [];
  for await (const { lines, ack } of it.flows.consume("source", "booked/1", FOREVER)) {
    for (const line of lines.toString().trim().split("\n")) all.push(line);
    ack();
    if (all.length === count) break;
  }
  return all;
}
