// Processes and the flows between them as boxes and ways, and how much goes along each.
import type { ResultOf } from "#edges/all-commands.ts";
import type { ProcessRates } from "../processes/look.ts";

export type Flow = ResultOf<"flows.list">["flows"][number];

export interface FlowLink {
  readonly from: string;
  readonly to: string;
  readonly type: Flow["type"];
  readonly ack: Flow["ack"];
}
export interface FlowGraph {
  readonly nodes: readonly string[];
  readonly links: readonly FlowLink[];
}

/** All processes, in the order given; those that a flow names and that are not there are left out. */
export function flowGraph(names: readonly string[], flows: readonly Flow[]): FlowGraph {
  const known = new Set(names);
  const links = new Map<string, FlowLink>();
  for (const { type, from, to, ack } of flows) {
    for (const one of from) for (const other of to) if (known.has(one) && known.has(other)) links.set(`${one}\n${other}\n${type}`, { from: one, to: other, type, ack });
  }
  return { nodes: names, links: [...links.values()] };
}

/** The part that a process has to do with: what leads to it, what it leads to, and the ways between those. */
export function partAround(name: string, { nodes, links }: FlowGraph): FlowGraph {
  const reach = (next: (link: FlowLink) => readonly [from: string, to: string]): Set<string> => {
    const found = new Set([name]);
    for (const at of found) for (const link of links) if (next(link)[0] === at) found.add(next(link)[1]);
    return found;
  };
  const near = new Set([...reach(({ from, to }) => [from, to]), ...reach(({ from, to }) => [to, from])]);
  return { nodes: nodes.filter((each) => near.has(each)), links: links.filter(({ from, to }) => near.has(from) && near.has(to)) };
}

/** Events a second along a way. Who shares takes what comes to it, where nothing else does; otherwise its part is taken to be as large as the others'. */
export function linkRate({ from, to, type }: FlowLink, { links }: FlowGraph, rates: ReadonlyMap<string, ProcessRates>): number | undefined {
  const out = rates.get(from)?.eventsOut;
  if (type === "broad" || out === undefined) return out;
  const isOnly = links.every((link) => link.to !== to || link.from === from);
  const sharers = links.filter((link) => link.from === from && link.type === "share").length;
  return isOnly ? rates.get(to)?.eventsIn : out / Math.max(1, sharers);
}

/** `etl → load|check`. */
export function flowName({ type, from, to }: Pick<Flow, "type" | "from" | "to">): string {
  return `${type} ${from.join("|")} → ${to.join("|")}`;
}
