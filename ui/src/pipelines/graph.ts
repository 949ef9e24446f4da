// A pipeline as steps and the ways between them, as `pipelines.show` tells it, and what can be read from it beside live figures.
import type { ResultOf } from "#edges/all-commands.ts";
import type { PipelineStatus, Rates } from "./look.ts";

export type PipelineGraph = ResultOf<"pipelines.show">["graph"];
export type GraphNode = PipelineGraph["nodes"][number];
export type GraphLink = PipelineGraph["links"][number];

/** What a node does now. */
export interface LiveNode {
  readonly recordsIn: number | undefined;
  readonly perSecond: number | undefined;
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
    found.set(id, { recordsIn, perSecond: rates?.steps.get(step), held, fill: held?.bytesMax === undefined ? undefined : Math.min(1, held.bytes / Math.max(1, held.bytesMax)), failing: failing.get(id) });
  }
  for (const [id, each] of failing) if (!found.has(id)) found.set(id, { recordsIn: undefined, perSecond: undefined, held: undefined, fill: undefined, failing: each });
  return found;
}

/** Buffers below this are doing their work; above, what comes after them is too slow. */
const FULL_ENOUGH = 0.25;

/**
 * The step that holds up the others: an output that takes nothing, or the one behind the fullest buffer. undefined: nothing waits.
 * No step's time is measured on the data path; that something is slow shows where things wait.
 */
export function slowest({ nodes, links }: PipelineGraph, live: ReadonlyMap<string, LiveNode>): string | undefined {
  const failing = nodes.flatMap(({ id }) => {
    const failure = live.get(id)?.failing;
    return failure === undefined || failure.isBypassed === true ? [] : [{ id, sinceMs: failure.sinceMs }];
  });
  const first = failing.sort((one, other) => one.sinceMs - other.sinceMs)[0];
  if (first !== undefined) return first.id;
  const fullest = nodes.map(({ id }) => ({ id, fill: live.get(id)?.fill ?? 0 })).sort((one, other) => other.fill - one.fill)[0];
  if (fullest === undefined || fullest.fill < FULL_ENOUGH) return undefined;
  return links.find(({ from }) => from === fullest.id)?.to ?? fullest.id;
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
