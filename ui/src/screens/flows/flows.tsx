// Which process hands what it prints to which: drawn, as a table, and what moved last.
import { useState } from "preact/hooks";
import { may } from "../../agent/session.ts";
import { FlowView } from "../../flows/flow-view.tsx";
import { useFlows } from "../../flows/use-flows.ts";
import { FailureBox } from "../../parts/failure-box.tsx";
import { Icon } from "../../parts/icon.tsx";
import { EmptyState } from "../../parts/list/empty-state.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { processes } from "../../processes/look.ts";
import { go, hrefWith, query } from "../../route.ts";
import type { ScreenProps } from "../../screens.ts";
import { words } from "../../words/flows.ts";
import { words as frameWords } from "../../words/frame.ts";
import { say } from "../../words/say.ts";
import { AddFlow } from "./add-flow.tsx";
import { FLOW_EXAMPLE } from "./example.ts";
import { FlowTable } from "./flow-table.tsx";
import { Movements } from "./movements.tsx";

export function Flows(_props: ScreenProps) {
  const { flows, graph, fills, failure, ask } = useFlows();
  const [isAdding, setAdding] = useState(false);
  const tab = query.value.get("tab") ?? "graph";
  const isAllowed = may("admin");
  return (
    <>
      <div class="page-title">
        <h1>{say(frameWords.flows)}</h1>
        <div class="page-actions">
          <button type="button" class="button main" aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords.admin) })} onClick={() => isAllowed && setAdding(true)}>
            <Icon name="plus" /> {say(words.add)}
          </button>
        </div>
      </div>
      <Tabs
        label={say(frameWords.flows)}
        current={tab}
        tabs={[
          { id: "graph", label: say(words.graph) },
          { id: "table", label: say(words.table) },
          { id: "movements", label: say(words.movements) },
        ]}
        hrefOf={(id) => hrefWith({ tab: id === "graph" ? undefined : id, q: undefined, sort: undefined })}
      >
        {tab === "movements" ? (
          <Movements />
        ) : failure !== undefined && flows === undefined ? (
          <FailureBox failure={failure} retry={ask} />
        ) : flows === undefined || processes.value === undefined ? (
          <Skeleton />
        ) : tab === "table" ? (
          <FlowTable flows={flows} graph={graph} ask={ask} />
        ) : graph.nodes.length === 0 || graph.links.length === 0 ? (
          <EmptyState title={say(words.emptyTitle)} text={say(words.emptyText)} example={FLOW_EXAMPLE} />
        ) : (
          <>
            <FlowView graph={graph} fills={fills} label={say(words.graphOf)} choose={(name) => go(`/processes/${encodeURIComponent(name)}`)} />
            <p class="graph-hint">{say(words.hint)}</p>
          </>
        )}
      </Tabs>
      {isAdding && <AddFlow close={() => setAdding(false)} made={ask} />}
    </>
  );
}
