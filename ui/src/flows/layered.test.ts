// Boxes of flows stand apart whatever leads where, rings too, and the arrow keys stay within the drawing.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ArrowKey, Direction } from "../parts/graph/ways.ts";
import { flowGraph, linkRate, partAround } from "./flow-graph.ts";
import type { Flow, FlowGraph } from "./flow-graph.ts";
import { BOX_HEIGHT, BOX_WIDTH, layered, nextBox } from "./layered.ts";

const graphs = fc
  .record({ size: fc.integer({ min: 1, max: 40 }), ends: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { maxLength: 60 }) })
  .map(({ size, ends }): FlowGraph => {
    const nodes = Array.from({ length: size }, (_, index) => `p${index}`);
    return flowGraph(nodes, ends.map(([from, to, isShare]): Flow => ({ type: isShare ? "share" : "broad", from: [`p${from % size}`], to: [`p${to % size}`], isViewed: true })));
  });
const directions = fc.constantFrom<Direction>("right", "down");
const flow = (type: Flow["type"], from: string, ...to: string[]): Flow => ({ type, from: [from], to, isViewed: true });

test("flows: no box lies on another or outside, whatever leads where", () =>
  fc.assert(
    fc.property(graphs, directions, (graph, direction) => {
      const { nodes, links, width, height } = layered(graph, direction);
      assert.equal(nodes.size, graph.nodes.length);
      assert.equal(links.length, graph.links.length);
      const places = [...nodes.values()];
      for (const [index, { x, y }] of places.entries()) {
        assert.ok(BOX_WIDTH / 2 <= x && x + BOX_WIDTH / 2 <= width && BOX_HEIGHT / 2 <= y && y + BOX_HEIGHT / 2 <= height);
        for (const other of places.slice(index + 1)) assert.ok(Math.abs(other.x - x) >= BOX_WIDTH || Math.abs(other.y - y) >= BOX_HEIGHT);
      }
    }),
  ));

test("flows: an arrow key leads to another box, or nowhere", () =>
  fc.assert(
    fc.property(graphs, directions, fc.constantFrom<ArrowKey>("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"), (graph, direction, key) => {
      const layout = layered(graph, direction);
      for (const id of graph.nodes) {
        const next = nextBox(graph, layout, id, key);
        assert.ok(next === undefined || (next !== id && layout.nodes.has(next)));
      }
    }),
  ));

test("flows: a process stands behind all that lead to it", () => {
  const graph = flowGraph(["a", "b", "c", "d"], [flow("broad", "a", "b", "d"), flow("share", "b", "c"), flow("broad", "c", "d")]);
  const { nodes } = layered(graph, "right");
  const xs = graph.nodes.map((id) => nodes.get(id)?.x ?? 0);
  assert.deepEqual(xs, xs.toSorted((one, other) => one - other));
});

test("flows: a way over several columns passes beside the boxes of those between", () =>
  fc.assert(
    fc.property(graphs, (graph) => {
      const { nodes, links } = layered(graph, "right");
      for (const [index, { path }] of links.entries()) {
        const { from, to } = graph.links[index] ?? { from: "", to: "" };
        if ((nodes.get(to)?.x ?? 0) <= (nodes.get(from)?.x ?? 0)) continue; // Ways back go below.
        const crossed = [...path.matchAll(/M(\S+) (\S+?)(?:H|C\S+ \S+ \S+ \S+ )([^ MCH]+)/g)].map(([, left, y, right]) => ({ left: Number(left), y: Number(y), right: Number(right) }));
        for (const [id, box] of nodes) {
          if (id === from || id === to) continue;
          for (const { left, right, y } of crossed) assert.ok(right <= box.x - BOX_WIDTH / 2 || box.x + BOX_WIDTH / 2 <= left || Math.abs(y - box.y) >= BOX_HEIGHT / 2, `${from} to ${to} passes behind ${id}`);
        }
      }
    }),
  ));

test("flows: the part around a process is what leads to it and what it leads to", () => {
  const graph = flowGraph(["a", "b", "c", "d", "e"], [flow("broad", "a", "b"), flow("broad", "b", "c"), flow("broad", "d", "c"), flow("broad", "e", "d")]);
  assert.deepEqual(partAround("b", graph).nodes, ["a", "b", "c"]);
});

test("flows: a broad way carries all that is printed, a shared one what comes to its end", () => {
  const graph = flowGraph(["a", "b", "c"], [flow("share", "a", "b", "c")]);
  const rates = new Map([["a", { eventsIn: 0, eventsOut: 90 }], ["b", { eventsIn: 60, eventsOut: 0 }], ["c", { eventsIn: 30, eventsOut: 0 }]]);
  assert.deepEqual(graph.links.map((link) => linkRate(link, graph, rates)), [60, 30]);
  const broad = flowGraph(["a", "b", "c"], [flow("broad", "a", "b", "c")]);
  assert.deepEqual(broad.links.map((link) => linkRate(link, broad, rates)), [90, 90]);
});
