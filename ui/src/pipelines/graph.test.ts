// Which step is said to hold up the others.
import assert from "node:assert/strict";
import { test } from "node:test";
import { liveNodes, slowest } from "./graph.ts";
import type { GraphNode, LiveNode, PipelineGraph } from "./graph.ts";
import type { Look } from "./look.ts";
import { ratesOf } from "./rates.ts";

const words = { en: "", ko: "" };
const node = (id: string, kind: GraphNode["kind"]): GraphNode => ({ id, plugin: `${kind}.X`, kind, about: "", options: {}, place: { file: "dure.yml", line: 1, column: 1 } });
const graph: PipelineGraph = {
  name: "web",
  nodes: [node("1", "in"), node("2", "parse"), node("3", "buffer"), node("4", "filter"), node("5", "out"), node("6", "buffer"), node("7", "out")],
  links: ["1 2", "2 3", "3 4", "4 5", "5 6", "6 7"].map((way) => ({ from: way.slice(0, 1), to: way.slice(2), label: words, isStandby: false })),
};

const quiet: LiveNode = { recordsIn: 1, perSecond: 1, busy: undefined, held: undefined, fill: undefined, failing: undefined };
const live = (now: Readonly<Record<string, Partial<LiveNode>>>): Map<string, LiveNode> => new Map(graph.nodes.map(({ id }) => [id, { ...quiet, ...now[id] }]));

test("slowest: nobody, while steps have little to do and buffers are low", () => {
  assert.equal(slowest(graph, live({})), undefined);
  assert.equal(slowest(graph, live({ 2: { busy: 0.2 }, 5: { busy: 0.25 }, 3: { fill: 0.2 } })), undefined);
});

test("slowest: without a buffer that fills, the step that is at work the longest", () => {
  assert.equal(slowest(graph, live({ 2: { busy: 0.3 }, 4: { busy: 0.1 }, 5: { busy: 0.25 } })), "2");
  assert.equal(slowest(graph, live({ 5: { busy: 1 } })), "5");
});

test("slowest: behind the buffer that fills, up to the next one; whatever is at work elsewhere", () => {
  assert.equal(slowest(graph, live({ 2: { busy: 0.9 }, 3: { fill: 0.6 }, 4: { busy: 0.1 }, 5: { busy: 0.4 }, 7: { busy: 0.8 } })), "5");
  assert.equal(slowest(graph, live({ 3: { fill: 0.6 } })), "4", "of an agent that tells no times, the next one");
});

test("slowest: an output that takes nothing, the one that began first; but not one that a failover goes past", () => {
  const failing = (sinceMs: number, isBypassed?: boolean) => ({ failing: { step: "x", sinceMs, reason: "away", ...(isBypassed === undefined ? {} : { isBypassed }) } });
  assert.equal(slowest(graph, live({ 2: { busy: 1 }, 5: failing(20), 7: failing(10) })), "7");
  assert.equal(slowest(graph, live({ 2: { busy: 1 }, 5: failing(20, true) })), "2");
});

test("how busy a step is comes from two looks, and is never more than all of the time", () => {
  const lookAt = (atMs: number, busyMs: Readonly<Record<string, number>>): Look["before"] & {} => ({ atMs, pipelines: [{ name: "web", state: "running", recordsIn: 0, recordsOut: 0, bytesIn: 0, bytesOut: 0, retries: 0, deadLetters: 0, steps: ["1:in.X", "2:parse.X", "5:out.X"].map((step) => ({ step, recordsIn: 1, ...(busyMs[step] === undefined ? {} : { busyMs: busyMs[step] }) })) }] });
  const now = lookAt(3000, { "2:parse.X": 700, "5:out.X": 60_000 });
  const rates = ratesOf({ ...now, before: lookAt(1000, { "2:parse.X": 200 }) }).get("web");
  const nodes = liveNodes(now.pipelines[0], rates);
  assert.deepEqual(["1", "2", "5"].map((id) => nodes.get(id)?.busy), [undefined, 0.25, 1]);
});
