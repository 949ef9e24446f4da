// The flows that a process has a part in, drawn.
import { FlowView } from "../../../flows/flow-view.tsx";
import { partAround } from "../../../flows/flow-graph.ts";
import { useFlows } from "../../../flows/use-flows.ts";
import { useMemo } from "preact/hooks";
import { FailureBox } from "../../../parts/failure-box.tsx";
import { Skeleton } from "../../../parts/skeleton.tsx";
import { go } from "../../../route.ts";
import { words as frameWords } from "../../../words/frame.ts";
import { words as flowWords } from "../../../words/flows.ts";
import { words } from "../../../words/processes.ts";
import { say } from "../../../words/say.ts";

export function FlowTab({ name }: { readonly name: string }) {
  const { flows, graph, fills, failure, ask } = useFlows();
  const part = useMemo(() => partAround(name, graph), [name, graph]);
  if (flows === undefined) return failure === undefined ? <Skeleton /> : <FailureBox failure={failure} retry={ask} />;
  if (part.links.length === 0) {
    return (
      <p>
        {say(words.noFlows)} <a href="/flows">{say(frameWords.flows)}</a>
      </p>
    );
  }
  return <FlowView graph={part} fills={fills} label={say(flowWords.graphOf)} chosen={name} choose={(other) => other !== name && go(`/processes/${encodeURIComponent(other)}?tab=flow`)} />;
}
