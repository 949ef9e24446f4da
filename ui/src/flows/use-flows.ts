// The flows there are, asked again when the config changed; and how full each queue is.
import { useMemo } from "preact/hooks";
import { useCall, useStream } from "../parts/use-call.ts";
import { processes } from "../processes/look.ts";
import { flowGraph } from "./flow-graph.ts";
import type { Flow, FlowGraph } from "./flow-graph.ts";

export interface Flows {
  readonly flows: readonly Flow[] | undefined;
  readonly graph: FlowGraph;
  /** 0 to 1, by process; without those whose bound is not known. */
  readonly fills: ReadonlyMap<string, number>;
  readonly failure: unknown;
  ask(): void;
}

export function useFlows(): Flows {
  const { answer, failure, ask } = useCall("flows.list", {});
  useStream("events.follow", { name: "agent.reloaded" }, ask, { isHeldApart: true });
  const now = processes.value;
  const names = useMemo(() => now?.map(({ name }) => name) ?? [], [now?.map(({ name }) => name).join("\n")]);
  const flows = answer?.flows;
  const graph = useMemo(() => flowGraph(names, flows ?? []), [names, flows]);
  const bounds = useMemo(() => new Map(answer?.queues.map(({ process, eventsMax }) => [process, eventsMax])), [answer]);
  const fills = useMemo(
    () =>
      new Map(
        (now ?? []).flatMap(({ name, queue }) => {
          const most = bounds.get(name) ?? 0;
          return most === 0 ? [] : [[name, queue.isFull ? 1 : Math.min(1, Math.max(queue.own, queue.shared) / most)] as const];
        }),
      ),
    [now, bounds],
  );
  return { flows, graph, fills, failure, ask };
}
