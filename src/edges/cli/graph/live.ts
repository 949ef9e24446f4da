// A drawing of a config with what a running agent says of its pipelines and steps.
import type { Look } from "#capabilities/pipelines/look.ts";
import { rowsOf, stepsOf } from "../look-table.ts";
import type { StepRow } from "../look-table.ts";
import type { GraphNode, PipelineGraph } from "./graph.ts";

/** A step is found by its place and name: where the agent runs an older config, what is not the same has no numbers. */
export function withLive(graphs: readonly PipelineGraph[], look: Look): PipelineGraph[] {
  const rows = rowsOf(look);
  return graphs.map(({ name, first }) => {
    const live = rows.find((row) => row.name === name);
    const steps = new Map(stepsOf(look, name).map((row) => [row.step, row]));
    return { name, first: first === undefined ? undefined : nodeWith(first, steps), ...(live === undefined ? {} : { live }) };
  });
}

function nodeWith(node: GraphNode, steps: ReadonlyMap<string, StepRow>): GraphNode {
  const live = steps.get(`${node.id}:${node.title}`);
  return { ...node, links: node.links.map((link) => ({ ...link, to: nodeWith(link.to, steps) })), ...(live === undefined ? {} : { live }) };
}
