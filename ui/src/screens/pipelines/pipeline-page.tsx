// One pipeline: its live graph, the same as a table, what passes a step, its figures over time, and how it is set up.
import { useEffect, useMemo, useRef } from "preact/hooks";
import { connection, isHeld } from "../../agent/agent.ts";
import { may } from "../../agent/session.ts";
import { FailureBox } from "../../parts/failure-box.tsx";
import { count } from "../../parts/figures.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { State } from "../../parts/state-mark.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { useCall, useStream } from "../../parts/use-call.ts";
import { liveNodes, slowest, tappedAt } from "../../pipelines/graph.ts";
import { look, lookFailure, rates } from "../../pipelines/look.ts";
import { moodOf, troublesOf } from "../../pipelines/mood.ts";
import { hrefWith, query, setQuery } from "../../route.ts";
import { say } from "../../words/say.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/pipelines.ts";
import { GraphView } from "./graph/graph-view.tsx";
import { NodePanel } from "./node-panel.tsx";
import { NodeTable } from "./node-table.tsx";
import { PipelineButtons } from "./pipeline-buttons.tsx";
import { PipelineCharts, PipelineMetrics } from "./pipeline-metrics.tsx";
import { SetUp } from "./set-up.tsx";
import { TapView } from "./tap/tap-view.tsx";
import { Troubles } from "./troubles.tsx";
import { useTrends } from "./trends.ts";

/** Below such a graph there is room for what moved. */
const SMALL_GRAPH = 30;

/** Looks come once a second: so long without one, and the tab was hidden or the agent away. */
const AWAY_MS = 3000;

export function PipelinePage({ name }: { readonly name: string }) {
  const shown = useCall("pipelines.show", { name });
  const status = look.value?.pipelines.find((pipeline) => pipeline.name === name);
  const rate = rates.value.get(name);
  const live = useMemo(() => liveNodes(status, rate), [status, rate]);
  const trends = useTrends(look.value?.atMs, live);
  // A reload may have changed the steps, or what stands in them; one that came while nobody looked was not told.
  useStream("events.follow", { name: "agent.reloaded" }, shown.ask, { isHeldApart: true });
  const atMs = look.value?.atMs;
  const lookedMs = useRef(atMs);
  useEffect(() => {
    if (lookedMs.current !== undefined && atMs !== undefined && AWAY_MS < atMs - lookedMs.current) shown.ask();
    lookedMs.current = atMs ?? lookedMs.current;
  }, [atMs]);
  const { answer, failure } = shown;
  const tab = query.value.get("tab") ?? "graph";
  const chosen = query.value.get("node") ?? undefined;
  const tapOf = (id: string): void => setQuery({ tab: "tap", node: answer === undefined ? id : tappedAt(answer.graph, id), where: undefined });
  return (
    <>
      <header class="page-head">
        <p class="crumbs">
          <a href="/pipelines">{say(frameWords.pipelines)}</a> /
        </p>
        <div class="page-title">
          <h1>{name}</h1>
          {status !== undefined && <State mood={moodOf(status)} />}
          {rate !== undefined && <span class="dim">{say(words.inAndOut, { in: count(rate.recordsIn), out: count(rate.recordsOut) })}</span>}
          {status !== undefined && <PipelineButtons status={status} />}
        </div>
      </header>
      {status !== undefined && <Troubles troubles={troublesOf(status)} paused={status.paused} />}
      {look.value === undefined && lookFailure.value !== undefined && <FailureBox failure={lookFailure.value} />}
      {answer === undefined ? (
        failure === undefined ? (
          <Skeleton />
        ) : (
          <FailureBox failure={failure} retry={shown.ask} />
        )
      ) : (
        <>
          <Tabs
            label={name}
            current={tab}
            tabs={[
              { id: "graph", label: say(words.graph) },
              { id: "table", label: say(words.table) },
              { id: "tap", label: say(words.tap) },
              { id: "metrics", label: say(words.metrics) },
              { id: "setup", label: say(words.setUp) },
            ]}
            hrefOf={(id) => hrefWith({ tab: id === "graph" ? undefined : id })}
          >
            {tab === "table" ? (
              <NodeTable graph={answer.graph} live={live} tap={may("operator") ? tapOf : undefined} />
            ) : tab === "tap" ? (
              <TapView key={chosen} name={name} graph={answer.graph} node={tappedAt(answer.graph, chosen ?? answer.graph.nodes[0]?.id ?? "1")} />
            ) : tab === "metrics" ? (
              <PipelineMetrics name={name} />
            ) : tab === "setup" ? (
              <SetUp graph={answer.graph} />
            ) : (
              <div class={`graph-page ${chosen === undefined ? "" : "with-panel"}`}>
                <div class="graph-column">
                  <GraphView
                    name={name}
                    graph={answer.graph}
                    live={live}
                    trends={trends}
                    slowest={slowest(answer.graph, live)}
                    chosen={chosen}
                    isStill={isHeld.value || connection.value !== "open" || status?.state !== "running"}
                    choose={(id) => setQuery({ node: id === chosen ? undefined : id })}
                    tap={may("operator") ? tapOf : undefined}
                  />
                  {may("operator") && <p class="graph-hint">{say(words.tapHint)}</p>}
                  {answer.graph.nodes.length <= SMALL_GRAPH && <PipelineCharts name={name} />}
                </div>
                {chosen !== undefined && (
                  <NodePanel
                    key={chosen}
                    pipeline={name}
                    id={chosen}
                    graph={answer.graph}
                    live={live}
                    isSlowest={slowest(answer.graph, live) === chosen}
                    close={() => setQuery({ node: undefined })}
                    tap={may("operator") ? tapOf : undefined}
                  />
                )}
              </div>
            )}
          </Tabs>
        </>
      )}
    </>
  );
}
