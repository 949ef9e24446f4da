// A pipeline drawn with characters, from the top to the bottom, so that it fits into 80 columns however long it is. A single way goes
// straight down; where ways part they go to the right, each with what it is for. Buffers have a double border, ways of reserve are dashed.
import { cellsOf, printable } from "#kernel/config/cells.ts";
import { say } from "#base/lang.ts";
import { heldText } from "../look-table.ts";
import { countText } from "../units.ts";
import type { GraphLink, GraphNode, PipelineGraph } from "./graph.ts";

interface Pen {
  readonly box: Readonly<Record<GraphNode["shape"], readonly [topLeft: string, topRight: string, bottomLeft: string, bottomRight: string, flat: string, upright: string, leaving: string]>>;
  readonly down: string;
  readonly into: string;
  readonly upright: string;
  readonly fork: string;
  readonly corner: string;
  readonly solid: string;
  readonly dashed: string;
}

const LINES: Pen = { box: { step: ["┌", "┐", "└", "┘", "─", "│", "┬"], buffer: ["╔", "╗", "╚", "╝", "═", "║", "╤"] }, down: "│", into: "▼", upright: "│", fork: "├", corner: "└", solid: "──▶", dashed: "┄┄▷" };
const ASCII: Pen = { box: { step: ["+", "+", "+", "+", "-", "|", "+"], buffer: ["#", "#", "#", "#", "=", "#", "+"] }, down: "|", into: "v", upright: "|", fork: "+", corner: "+", solid: "-->", dashed: "..>" };

/** Where ways leave and enter a box. */
const KNEE = 3;
/** Of what tells a step from others, and of a condition: an output of a failover in a branch is still within 80 columns. */
const ABOUT_CELLS_MAX = 32;
const LABEL_CELLS_MAX = 60;

/** `about`: what stands behind the name of a pipeline. */
export function graphText(graphs: readonly PipelineGraph[], hasUnicode: boolean, about: (graph: PipelineGraph) => string = () => ""): string {
  const pen = hasUnicode ? LINES : ASCII;
  return graphs.map((graph) => ({ ...graph, about: about(graph) })).map(({ name, first, about: more }) => [`${printable(name)}  ${more}`, ...(first === undefined ? [] : tree(first, pen))].map((line) => line.trimEnd()).join("\n")).join("\n\n");
}

function tree(node: GraphNode, pen: Pen): string[] {
  const [only, ...more] = node.links;
  const isStraight = only !== undefined && more.length === 0 && only.label === "" && !only.isDashed;
  const lines = boxOf(node, 0 < node.links.length, pen);
  if (!isStraight) return [...lines, ...node.links.flatMap((link, index) => branch(link, index === node.links.length - 1, pen))];
  const indent = " ".repeat(KNEE);
  return [...lines, `${indent}${pen.into} ${rateOf(only.to)}`, ...tree(only.to, pen)];
}

/** Its way enters the box at the middle line. */
function branch({ to, label, isDashed }: GraphLink, isLast: boolean, pen: Pen): string[] {
  const indent = " ".repeat(KNEE);
  const arrow = isDashed ? pen.dashed : pen.solid;
  const blank = " ".repeat(cellsOf(arrow));
  const body = tree(to, pen).map((line, index) => {
    const trunk = index === 1 ? (isLast ? pen.corner : pen.fork) : index === 0 || !isLast ? pen.upright : " ";
    return `${indent}${trunk}${index === 1 ? arrow : blank}${line}`;
  });
  const above = [short(label, LABEL_CELLS_MAX), rateOf(to)].filter((text) => text !== "").join("  ");
  return above === "" ? body : [`${indent}${pen.down} ${above}`, ...body];
}

/** What goes this way now. */
function rateOf({ live }: GraphNode): string {
  return live?.recordsInPerSecond === undefined ? "" : say({ en: `${countText(live.recordsInPerSecond)}/s`, ko: `${countText(live.recordsInPerSecond)}/초` });
}

function boxOf({ title, about, shape, live }: GraphNode, isLeft: boolean, pen: Pen): string[] {
  const [topLeft, topRight, bottomLeft, bottomRight, flat, upright, leaving] = pen.box[shape];
  const held = live === undefined ? "" : heldText(live);
  const text = [printable(title), short(about, ABOUT_CELLS_MAX), held].filter((part) => part !== "").join("  ");
  const width = cellsOf(text) + 2;
  return [
    `${topLeft}${flat.repeat(width)}${topRight}`,
    `${upright} ${text} ${upright}`,
    `${bottomLeft}${isLeft ? `${flat.repeat(KNEE - 1)}${leaving}${flat.repeat(width - KNEE)}` : flat.repeat(width)}${bottomRight}`,
  ];
}

function short(text: string, cellsMax: number): string {
  const whole = printable(text);
  if (cellsOf(whole) <= cellsMax) return whole;
  let kept = "";
  for (const character of whole) {
    if (cellsMax - 3 < cellsOf(kept + character)) break;
    kept += character;
  }
  return `${kept}...`;
}
