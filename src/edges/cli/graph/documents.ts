// Pipelines for documents: Mermaid, DOT (Graphviz), and facts for programs.
import type { GraphNode, PipelineGraph } from "./graph.ts";

export function graphMermaid(graphs: readonly PipelineGraph[]): string {
  const lines = graphs.flatMap(({ name, first }, index) => {
    const idOf = ({ id }: GraphNode): string => `p${index + 1}_${id.replaceAll(".", "_")}`;
    const nodes = everyNode(first);
    return [
      `  subgraph p${index + 1}["${forMermaid(name)}"]`,
      ...nodes.map((node) => (node.shape === "buffer" ? `    ${idOf(node)}[("${forMermaid(textOf(node, "<br/>"))}")]` : `    ${idOf(node)}["${forMermaid(textOf(node, "<br/>"))}"]`)),
      ...nodes.flatMap((node) => node.links.map(({ to, label, isDashed }) => `    ${idOf(node)} ${isDashed ? "-.->" : "-->"}${label === "" ? "" : `|"${forMermaid(label)}"|`} ${idOf(to)}`)),
      "  end",
    ];
  });
  return ["flowchart LR", ...lines].join("\n");
}

export function graphDot(graphs: readonly PipelineGraph[]): string {
  const lines = graphs.flatMap(({ name, first }, index) => {
    const idOf = ({ id }: GraphNode): string => quoted(`${index + 1}:${id}`);
    const nodes = everyNode(first);
    return [
      `  subgraph cluster_${index + 1} {`,
      `    label=${quoted(name)};`,
      ...nodes.map((node) => `    ${idOf(node)} [label=${quoted(textOf(node, "\n"))}${node.shape === "buffer" ? ", shape=cylinder" : ""}];`),
      ...nodes.flatMap((node) =>
        node.links.map(({ to, label, isDashed }) => {
          const attributes = [...(label === "" ? [] : [`label=${quoted(label)}`]), ...(isDashed ? ["style=dashed"] : [])];
          return `    ${idOf(node)} -> ${idOf(to)}${attributes.length === 0 ? "" : ` [${attributes.join(", ")}]`};`;
        }),
      ),
      "  }",
    ];
  });
  return ["digraph dure {", "  rankdir=LR;", "  node [shape=box];", ...lines, "}"].join("\n");
}

export function graphFacts(graphs: readonly PipelineGraph[]): object {
  const pipelines = graphs.map(({ name, first, live }) => {
    const nodes = everyNode(first);
    const { steps: _, ...now } = live ?? { name };
    return {
      ...now,
      steps: nodes.map(({ id, title, about, shape, live: { step: __, ...counts } = { step: id } }) => ({ id, name: title, about, shape, ...counts })),
      links: nodes.flatMap((node) => node.links.map(({ to, label, isDashed }) => ({ from: node.id, to: to.id, label, isDashed }))),
    };
  });
  return { pipelines };
}

/** In the order of the config. */
export function everyNode(first: GraphNode | undefined): GraphNode[] {
  return first === undefined ? [] : [first, ...first.links.flatMap(({ to }) => everyNode(to))];
}

function textOf({ title, about }: GraphNode, newLine: string): string {
  return about === "" ? title : `${title}${newLine}${about}`;
}

/** Mermaid reads HTML, Markdown and its own entities in labels; only our line break is meant. */
function forMermaid(text: string): string {
  return text
    .split("<br/>")
    .map((part) => part.replaceAll(/[^\p{L}\p{N} .,:/()=_-]/gu, (character) => `#${character.codePointAt(0)};`))
    .join("<br/>");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
