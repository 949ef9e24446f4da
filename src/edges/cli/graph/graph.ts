// A pipeline as a tree of boxes in the user's language, with what a running agent says of each: every format is drawn from this.
import { say } from "#base/lang.ts";
import type { GraphNode as Step, PipelineGraph as StepsAndLinks } from "#kernel/config/graph.ts";
import type { LookRow, StepRow } from "../look-table.ts";

export interface GraphNode {
  /** As in `dure tap`: "3", "3.1". */
  readonly id: string;
  readonly title: string;
  /** What tells it from others of its kind: a path, an address, an expression. */
  readonly about: string;
  /** Buffers are where records may wait. */
  readonly shape: "step" | "buffer";
  /** Of a running agent: what comes to it. */
  readonly live?: StepRow;
  readonly links: readonly GraphLink[];
}

export interface GraphLink {
  readonly to: GraphNode;
  readonly label: string;
  /** Nothing goes this way while the ways before it are well. */
  readonly isDashed: boolean;
}

export interface PipelineGraph {
  readonly name: string;
  readonly first: GraphNode | undefined;
  /** Of a running agent. */
  readonly live?: LookRow;
}

export function treeOf({ name, nodes, links }: StepsAndLinks): PipelineGraph {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const treeFrom = ({ id, plugin, kind, about }: Step): GraphNode => ({
    id,
    title: plugin,
    about,
    shape: kind === "buffer" ? "buffer" : "step",
    links: links.flatMap((link) => {
      const to = link.from === id ? byId.get(link.to) : undefined;
      return to === undefined ? [] : [{ to: treeFrom(to), label: say(link.label), isDashed: link.isStandby }];
    }),
  });
  return { name, first: nodes[0] === undefined ? undefined : treeFrom(nodes[0]) };
}
