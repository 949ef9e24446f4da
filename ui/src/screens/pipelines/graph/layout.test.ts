// Boxes of a graph stand apart, in the order of the config, and the arrow keys come to each of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { GraphNode, PipelineGraph } from "../../../pipelines/graph.ts";
import { layoutOf, neighbour, NODE_HEIGHT, NODE_WIDTH } from "./layout.ts";
import type { ArrowKey, Direction } from "../../../parts/graph/ways.ts";

const nodeOf = (id: string): GraphNode => ({ id, plugin: "parse.Json", kind: "parse", about: "", options: {}, place: { file: "dure.yml", line: 1, column: 1 } });

/** Trees as pipelines are: each step but the first comes after one before it. */
const graphs = fc.array(fc.nat(), { minLength: 0, maxLength: 60 }).map((parents): PipelineGraph => {
  const nodes = Array.from({ length: parents.length + 1 }, (_, index) => nodeOf(String(index)));
  const links = parents.map((parent, index) => ({ from: String(parent % (index + 1)), to: String(index + 1), label: { en: "", ko: "" }, isStandby: parent % 3 === 0 }));
  return { name: "tree", nodes, links };
});
const directions = fc.constantFrom<Direction>("right", "down");

test("graph: no box lies on another or outside, whatever the tree", () =>
  fc.assert(
    fc.property(graphs, directions, (graph, direction) => {
      const { nodes, width, height } = layoutOf(graph, direction);
      const places = [...nodes.values()];
      for (const [index, { x, y }] of places.entries()) {
        assert.ok(NODE_WIDTH / 2 <= x && x <= width - NODE_WIDTH / 2 && NODE_HEIGHT / 2 <= y && y <= height - NODE_HEIGHT / 2);
        for (const other of places.slice(index + 1)) assert.ok(NODE_WIDTH <= Math.abs(other.x - x) || NODE_HEIGHT <= Math.abs(other.y - y));
      }
    }),
  ));

test("graph: arrows come from the first box to every other, whatever the tree", () =>
  fc.assert(
    fc.property(graphs, directions, (graph, direction) => {
      const layout = layoutOf(graph, direction);
      const reached = new Set(["0"]);
      for (const id of reached) {
        for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"] as ArrowKey[]) {
          const next = neighbour(graph, layout, id, key, direction);
          if (next !== undefined) reached.add(next);
        }
      }
      assert.equal(reached.size, graph.nodes.length);
    }),
  ));

test("graph: outputs of a failover stand in the order of the config", () => {
  const label = { en: "", ko: "" };
  const nodes = ["1", "2", "2.1", "2.2", "2.3"].map(nodeOf);
  const links = [["1", "2"], ["2", "2.1"], ["2", "2.2"], ["2", "2.3"]].map(([from = "", to = ""]) => ({ from, to, label, isStandby: false }));
  const { nodes: placed } = layoutOf({ name: "failover", nodes, links }, "right");
  const heights = ["2.1", "2.2", "2.3"].map((id) => placed.get(id)?.y ?? 0);
  assert.deepEqual(heights, [...heights].sort((one, other) => one - other));
  assert.equal(placed.get("2")?.y, heights[1]);
});
