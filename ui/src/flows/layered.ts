// Where processes stand in the drawing of their flows. Flows split and come together, and may run in a ring: each box stands one column behind the
// last that leads to it, ways back are left out of that; in a column those stand near each other that are joined; a way over several columns has
// a place of its own in each, so that it passes no box from behind. Who is in no flow stands below.
import { curve, NOWHERE } from "../parts/graph/ways.ts";
import type { ArrowKey, Direction, Layout, Placed, PlacedLink } from "../parts/graph/ways.ts";
import type { FlowGraph } from "./flow-graph.ts";

export const BOX_WIDTH = 172;
export const BOX_HEIGHT = 62;
const MARGIN = 18;
const ALONG_GAP = 136;
const BESIDE_GAP = 18;
const DOWN_GAP = 46;
const INDENT = 22;
const INDENTS_MAX = 4;
const ALONE_COLUMNS = 4;
const SWEEPS = 6;

export function layered(graph: FlowGraph, direction: Direction): Layout {
  const joined = graph.nodes.filter((id) => graph.links.some(({ from, to }) => from === id || to === id));
  const alone = graph.nodes.filter((id) => !joined.includes(id));
  const depths = depthsOf(joined, graph);
  if (direction === "down") return below(graph, ordered(joined, depths, graph.links), alone);
  const ways = graph.links.map(({ from, to }, index) => [from, ...passed(depths.get(from) ?? 0, depths.get(to) ?? 0).map((depth) => placeId(index, depth)), to]);
  const places = ways.flatMap((ids) => ids.slice(1, -1));
  const allDepths = new Map([...depths, ...places.map((id) => [id, Number(id.split(" ").at(-1))] as const)]);
  const steps = ways.flatMap((ids) => ids.slice(1).map((to, index) => ({ from: ids[index] ?? "", to })));
  return beside(graph, ordered([...joined, ...places], allDepths, steps), alone, ways);
}

/** The columns between two, of a way that leads forward. */
function passed(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from - 1) }, (_, index) => from + 1 + index);
}

/** No process has a blank in its name. */
function placeId(way: number, depth: number): string {
  return `way ${way} ${depth}`;
}

interface Step {
  readonly from: string;
  readonly to: string;
}

/** The column of each: one behind the last of those that lead to it. */
function depthsOf(nodes: readonly string[], { links }: FlowGraph): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const onWay = new Set<string>();
  const before = Map.groupBy(links, ({ to }) => to);
  const depthOf = (id: string): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    onWay.add(id);
    const depth = (before.get(id) ?? []).reduce((most, { from }) => (onWay.has(from) ? most : Math.max(most, depthOf(from) + 1)), 0);
    onWay.delete(id);
    depths.set(id, depth);
    return depth;
  };
  for (const id of nodes) depthOf(id);
  return depths;
}

/** The boxes of each column, those near each other whose neighbours are. */
function ordered(nodes: readonly string[], depths: ReadonlyMap<string, number>, links: readonly Step[]): string[][] {
  const columns = Array.from({ length: Math.max(-1, ...nodes.map((id) => depths.get(id) ?? 0)) + 1 }, (_, depth) => nodes.filter((id) => depths.get(id) === depth));
  const placeOf = new Map<string, number>();
  const note = (): void => columns.forEach((column) => column.forEach((id, index) => placeOf.set(id, index - (column.length - 1) / 2)));
  note();
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const isForward = sweep % 2 === 0;
    const middle = (id: string): number => {
      const near = links.flatMap(({ from, to }) => (isForward ? (to === id ? [from] : []) : from === id ? [to] : [])).map((other) => placeOf.get(other) ?? 0);
      return near.length === 0 ? (placeOf.get(id) ?? 0) : near.reduce((sum, place) => sum + place, 0) / near.length;
    };
    for (const column of isForward ? columns : columns.toReversed()) {
      const middles = new Map(column.map((id) => [id, middle(id)]));
      column.sort((one, other) => middles.get(one)! - middles.get(other)!);
      note();
    }
  }
  return columns;
}

function beside(graph: FlowGraph, columns: readonly (readonly string[])[], alone: readonly string[], ways: readonly (readonly string[])[]): Layout {
  const step = BOX_HEIGHT + BESIDE_GAP;
  const tallest = Math.max(0, ...columns.map(({ length }) => length));
  const placed = new Map<string, Placed>();
  const x = (column: number): number => MARGIN + column * (BOX_WIDTH + ALONG_GAP) + BOX_WIDTH / 2;
  columns.forEach((column, at) => column.forEach((id, index) => placed.set(id, { x: x(at), y: MARGIN + BOX_HEIGHT / 2 + ((tallest - column.length) / 2 + index) * step })));
  const under = MARGIN + tallest * step + (tallest > 0 && alone.length > 0 ? BESIDE_GAP : 0);
  const across = Math.max(ALONE_COLUMNS, columns.length);
  alone.forEach((id, index) => placed.set(id, { x: MARGIN + (index % across) * (BOX_WIDTH + BESIDE_GAP) + BOX_WIDTH / 2, y: under + BOX_HEIGHT / 2 + Math.floor(index / across) * step }));
  const widest = Math.max(0, ...[...placed.values()].map((place) => place.x + BOX_WIDTH / 2));
  const lowest = Math.max(0, ...[...placed.values()].map((place) => place.y + BOX_HEIGHT / 2));
  const hasWayBack = graph.links.some(({ from, to }) => (placed.get(to)?.x ?? 0) <= (placed.get(from)?.x ?? 0));
  return {
    width: widest + MARGIN,
    height: lowest + MARGIN + (hasWayBack ? BESIDE_GAP : 0),
    nodes: new Map([...placed].filter(([id]) => graph.nodes.includes(id))),
    links: ways.map((ids) => wayOver(ids.map((id) => placed.get(id) ?? NOWHERE))),
  };
}

/** From place to place: straight on where it passes a column, and its words stand before the last box. */
function wayOver(places: readonly Placed[]): PlacedLink {
  const [first = NOWHERE] = places;
  const last = places.at(-1) ?? NOWHERE;
  if (places.length <= 2) return way(first, last);
  const parts = places.slice(1).map((place, index) => curve(places[index] ?? NOWHERE, place, BOX_WIDTH));
  const across = places.slice(1, -1).map(({ x, y }) => `M${x - BOX_WIDTH / 2} ${y}H${x + BOX_WIDTH / 2}`);
  return { path: [parts[0]?.path, ...across.flatMap((each, index) => [each, parts[index + 1]?.path])].join(""), middle: parts.at(-1)?.middle ?? last };
}

/** Forward from side to side; back, or to itself, below the boxes. */
function way(from: Placed, to: Placed): PlacedLink {
  if (from.x < to.x) return curve(from, to, BOX_WIDTH);
  const low = Math.max(from.y, to.y) + BOX_HEIGHT / 2 + BESIDE_GAP / 2;
  const [right, left] = [from.x + BOX_WIDTH / 2, to.x - BOX_WIDTH / 2];
  return { path: `M${right} ${from.y}C${right + 34} ${from.y} ${right + 34} ${low} ${right} ${low}H${left}C${left - 34} ${low} ${left - 34} ${to.y} ${left} ${to.y}`, middle: { x: (right + left) / 2, y: low } };
}

/** For narrow pages: one below the other, further in the further along. */
function below(graph: FlowGraph, columns: readonly (readonly string[])[], alone: readonly string[]): Layout {
  const placed = new Map<string, Placed>();
  const put = (id: string, level: number): void => void placed.set(id, { x: MARGIN + Math.min(level, INDENTS_MAX) * INDENT + BOX_WIDTH / 2, y: MARGIN + BOX_HEIGHT / 2 + placed.size * (BOX_HEIGHT + DOWN_GAP) });
  columns.forEach((column, at) => column.forEach((id) => put(id, at)));
  for (const id of alone) put(id, 0);
  return {
    width: Math.max(0, ...[...placed.values()].map((place) => place.x + BOX_WIDTH / 2)) + MARGIN,
    height: 2 * MARGIN + Math.max(0, placed.size * (BOX_HEIGHT + DOWN_GAP) - DOWN_GAP),
    nodes: placed,
    links: graph.links.map(({ from, to }) => alongLeft(placed.get(from) ?? NOWHERE, placed.get(to) ?? NOWHERE)),
  };
}

function alongLeft(from: Placed, to: Placed): PlacedLink {
  const isDown = from.y < to.y;
  const edge = isDown ? from.y + BOX_HEIGHT / 2 : from.y - BOX_HEIGHT / 2;
  const x = Math.min(from.x, to.x) - BOX_WIDTH / 2 + (isDown && from.x < to.x ? INDENT / 2 : -MARGIN / 2);
  const left = to.x - BOX_WIDTH / 2;
  if (x < from.x - BOX_WIDTH / 2) return { path: `M${from.x - BOX_WIDTH / 2} ${from.y}H${x}V${to.y}H${left}`, middle: { x: to.x, y: to.y - BOX_HEIGHT / 2 - DOWN_GAP / 2 } };
  return { path: `M${x} ${edge}V${to.y}H${left}`, middle: { x: to.x, y: to.y - BOX_HEIGHT / 2 - DOWN_GAP / 2 } };
}

/** The box that an arrow key leads to: along the ways, or to the nearest that way. */
export function nextBox({ links }: FlowGraph, { nodes }: Layout, id: string, key: ArrowKey): string | undefined {
  const here = nodes.get(id);
  if (here === undefined) return undefined;
  const joined = key === "ArrowRight" ? links.find(({ from, to }) => from === id && to !== id)?.to : key === "ArrowLeft" ? links.find(({ from, to }) => to === id && from !== id)?.from : undefined;
  if (joined !== undefined) return joined;
  const isAcross = key === "ArrowRight" || key === "ArrowLeft";
  const sign = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
  const ahead = ({ x, y }: Placed): number => (isAcross ? x - here.x : y - here.y) * sign;
  const far = ({ x, y }: Placed): number => Math.abs(x - here.x) * (isAcross ? 1 : 2) + Math.abs(y - here.y) * (isAcross ? 2 : 1);
  const found = [...nodes].filter(([other, place]) => other !== id && ahead(place) > 1).sort(([, one], [, other]) => far(one) - far(other));
  return found[0]?.[0];
}
