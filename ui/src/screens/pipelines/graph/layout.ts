// Where the boxes of a graph stand and how the ways between them run. What splits never comes together again, so it is a tree: each box stands
// in the column of its depth, in the order of the config, in the middle of what comes after it. (A general layout, dagre's, was tried: it put the
// outputs of a failover in an order of its own, and weighed more than the whole frame.)
import { curve, NOWHERE } from "../../../parts/graph/ways.ts";
import type { ArrowKey, Direction, Layout, Placed, PlacedLink } from "../../../parts/graph/ways.ts";
import type { GraphLink, PipelineGraph } from "../../../pipelines/graph.ts";

export const NODE_WIDTH = 176;
export const NODE_HEIGHT = 62;
const MARGIN = 18;
const BESIDE_GAP = 18;
const DOWN_GAP = 40;
const INDENT = 26;
const ALONG_GAP_MIN = 74;
const ALONG_GAP_MAX = 170;
const LETTER_PIXELS = 6.5;

/** `down`: for narrow pages, one box below the other and branches indented, so that nothing has to be made small. */
export function layoutOf(graph: PipelineGraph, direction: Direction): Layout {
  return direction === "right" ? columns(graph) : outline(graph);
}

function columns({ nodes, links }: PipelineGraph): Layout {
  const after = Map.groupBy(links, ({ from }) => from);
  const depths = new Map<string, number>();
  const across = new Map<string, number>();
  let next = MARGIN + NODE_HEIGHT / 2;
  const place = (id: string, depth: number): number => {
    depths.set(id, depth);
    const below = (after.get(id) ?? []).filter(({ to }) => !depths.has(to)).map(({ to }) => place(to, depth + 1));
    if (below.length === 0) {
      across.set(id, next);
      next += NODE_HEIGHT + BESIDE_GAP;
    } else across.set(id, (below[0]! + below.at(-1)!) / 2);
    return across.get(id)!;
  };
  for (const { id } of nodes) if (!depths.has(id)) place(id, 0);

  const starts = columnStarts(links, depths);
  const placed = new Map(nodes.map(({ id }) => [id, { x: starts[depths.get(id) ?? 0]! + NODE_WIDTH / 2, y: across.get(id)! }] as const));
  return {
    width: (starts.at(-1) ?? MARGIN) + NODE_WIDTH + MARGIN,
    height: next - NODE_HEIGHT / 2 - BESIDE_GAP + MARGIN,
    nodes: placed,
    links: links.map(({ from, to }) => curve(placed.get(from) ?? NOWHERE, placed.get(to) ?? NOWHERE, NODE_WIDTH)),
  };
}

/** Where each column begins: between two of them is room for what is written on the ways. */
function columnStarts(links: readonly GraphLink[], depths: ReadonlyMap<string, number>): number[] {
  const count = Math.max(0, ...depths.values()) + 1;
  const gaps: number[] = Array.from({ length: count }, () => ALONG_GAP_MIN);
  for (const { from, label } of links) {
    const depth = depths.get(from) ?? 0;
    gaps[depth] = Math.max(gaps[depth]!, Math.min(ALONG_GAP_MAX, Math.max(label.en.length, label.ko.length) * LETTER_PIXELS + 24));
  }
  const starts = [MARGIN];
  for (let column = 1; column < count; column += 1) starts.push(starts[column - 1]! + NODE_WIDTH + gaps[column - 1]!);
  return starts;
}

function outline({ nodes, links }: PipelineGraph): Layout {
  const after = Map.groupBy(links, ({ from }) => from);
  const placed = new Map<string, Placed>();
  let widest = 0;
  const place = (id: string, level: number): void => {
    placed.set(id, { x: MARGIN + level * INDENT + NODE_WIDTH / 2, y: MARGIN + NODE_HEIGHT / 2 + placed.size * (NODE_HEIGHT + DOWN_GAP) });
    widest = Math.max(widest, level);
    const below = (after.get(id) ?? []).filter(({ to }) => !placed.has(to));
    for (const { to } of below) place(to, level + (below.length > 1 ? 1 : 0));
  };
  for (const { id } of nodes) if (!placed.has(id)) place(id, 0);
  return {
    width: 2 * MARGIN + widest * INDENT + NODE_WIDTH,
    height: 2 * MARGIN + placed.size * (NODE_HEIGHT + DOWN_GAP) - DOWN_GAP,
    nodes: placed,
    links: links.map(({ from, to }) => bracket(placed.get(from) ?? NOWHERE, placed.get(to) ?? NOWHERE)),
  };
}

/** Straight down, or along the left of what is indented. */
function bracket(from: Placed, to: Placed): PlacedLink {
  const [top, end] = [from.y + NODE_HEIGHT / 2, to.y - NODE_HEIGHT / 2];
  if (from.x === to.x) return { path: `M${to.x} ${top}V${end}`, middle: { x: to.x, y: (top + end) / 2 } };
  const x = from.x - NODE_WIDTH / 2 + INDENT / 2;
  return { path: `M${x} ${top}V${to.y - 10}Q${x} ${to.y} ${x + 10} ${to.y}H${to.x - NODE_WIDTH / 2}`, middle: { x: to.x, y: end - DOWN_GAP / 2 } };
}

/** The node that an arrow key leads to: along the ways, or to the nearest beside it. */
export function neighbour({ links }: PipelineGraph, layout: Layout, id: string, key: ArrowKey, direction: Direction): string | undefined {
  const here = layout.nodes.get(id);
  if (here === undefined) return undefined;
  if (key === "ArrowRight") return links.find(({ from, isStandby }) => from === id && !isStandby)?.to ?? links.find(({ from }) => from === id)?.to;
  if (key === "ArrowLeft") return links.find(({ to }) => to === id)?.from;
  const sign = key === "ArrowDown" ? 1 : -1;
  const beside = [...layout.nodes].filter(([other, place]) => other !== id && (place.y - here.y) * sign > 1);
  const weight = direction === "right" ? 2 : 0; // Below each other, the next is the next.
  const far = ([, place]: readonly [string, Placed]): number => Math.abs(place.y - here.y) + Math.abs(place.x - here.x) * weight;
  return beside.sort((one, other) => far(one) - far(other))[0]?.[0];
}
