// A pipeline as steps and the ways between them, as `pipelines.show` tells it, and what can be read from it beside live figures.
import type { ResultOf } from "#edges/all-commands.ts";
import type { PipelineStatus } from "./look.ts";
import type { Rates } from "./rates.ts";

export type PipelineGraph = ResultOf<"pipelines.show">["graph"];
export type GraphNode = PipelineGraph["nodes"][number];
export type GraphLink = PipelineGraph["links"][number];

/** What a node does now. */
export interface LiveNode {
  readonly recordsIn: number | undefined;
  readonly perSecond: number | undefined;
  /** How much of the time it was at work, 0 to 1. */
  readonly busy: number | undefined;
  readonly held: NonNullable<PipelineStatus["steps"]>[number]["held"] | undefined;
  /** 0 to 1, of a buffer with a bound. */
  readonly fill: number | undefined;
  readonly failing: NonNullable<PipelineStatus["failing"]>[number] | undefined;
}

/** Steps of the agent are called `2:parse.Json`; the graph's nodes `2`. */
export function liveNodes(status: PipelineStatus | undefined, rates: Rates | undefined): ReadonlyMap<string, LiveNode> {
  const idOf = (step: string): string => step.slice(0, step.indexOf(":") === -1 ? undefined : step.indexOf(":"));
  const failing = new Map(status?.failing?.map((each) => [idOf(each.step), each]));
  const found = new Map<string, LiveNode>();
  for (const { step, recordsIn, held } of status?.steps ?? []) {
    const id = idOf(step);
    found.set(id, { recordsIn, perSecond: rates?.steps.get(step), busy: rates?.busy.get(step), held, fill: held?.bytesMax === undefined ? undefined : Math.min(1, held.bytes / Math.max(1, held.bytesMax)), failing: failing.get(id) });
  }
  for (const [id, each] of failing) if (!found.has(id)) found.set(id, { recordsIn: undefined, perSecond: undefined, busy: undefined, held: undefined, fill: undefined, failing: each });
  return found;
}

/** Buffers below this are doing their work; above, what comes after them is too slow. */
const FULL_ENOUGH = 0.25;
/** Steps that are at work for less of the time, all together, hold up nobody. */
const BUSY_ENOUGH = 0.5;

/**
 * The step that holds up the others: an output that takes nothing; the one that works most behind the fullest buffer; or the one that works
 * most of all. undefined: nothing waits.
 */
export function slowest({ nodes, links }: PipelineGraph, live: ReadonlyMap<string, LiveNode>): string | undefined {
  const failing = nodes.flatMap(({ id }) => {
    const failure = live.get(id)?.failing;
    return failure === undefined || failure.isBypassed === true ? [] : [{ id, sinceMs: failure.sinceMs }];
  });
  const first = failing.sort((one, other) => one.sinceMs - other.sinceMs)[0];
  if (first !== undefined) return first.id;
  const fullest = nodes.map(({ id }) => ({ id, fill: live.get(id)?.fill ?? 0 })).sort((one, other) => other.fill - one.fill)[0];
  if (fullest !== undefined && FULL_ENOUGH <= fullest.fill) {
    const behind = readBy(fullest.id, { nodes, links });
    return busiest(behind, live)?.id ?? behind[0] ?? fullest.id;
  }
  const most = busiest(nodes.map(({ id }) => id), live);
  return most !== undefined && BUSY_ENOUGH <= most.ofAll ? most.id : undefined;
}

/** What takes from a buffer: all behind it, up to the next one. */
function readBy(id: string, graph: Pick<PipelineGraph, "nodes" | "links">): string[] {
  const found = new Set<string>(graph.links.flatMap(({ from, to }) => (from === id ? [to] : [])));
  for (const each of found) {
    if (graph.nodes.find((node) => node.id === each)?.kind === "buffer") continue;
    for (const { from, to } of graph.links) if (from === each) found.add(to);
  }
  return [...found];
}

function busiest(ids: readonly string[], live: ReadonlyMap<string, LiveNode>): { readonly id: string; readonly ofAll: number } | undefined {
  const busy = ids.map((id) => ({ id, part: live.get(id)?.busy ?? 0 })).filter(({ part }) => 0 < part);
  const [most] = busy.toSorted((one, other) => other.part - one.part);
  return most === undefined ? undefined : { id: most.id, ofAll: busy.reduce((sum, { part }) => sum + part, 0) };
}

/**
 * The step at which a tap shows what passes a node: its own, but for a route, which hands on what came from the step before, and for outputs of
 * a failover, which are tapped together.
 */
export function tappedAt(graph: PipelineGraph, id: string): string {
  const { nodes, links } = graph;
  const before = links.find(({ to }) => to === id)?.from;
  const kindOf = (wanted: string | undefined): string | undefined => nodes.find((node) => node.id === wanted)?.kind;
  return before !== undefined && (kindOf(id) === "route" || kindOf(before) === "failover") ? tappedAt(graph, before) : id;
}

/** How many records a second go along a link: what comes to its end. */
export function linkRate({ to }: GraphLink, live: ReadonlyMap<string, LiveNode>): number | undefined {
  return live.get(to)?.perSecond;
}
