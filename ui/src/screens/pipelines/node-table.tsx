// The graph as a table: the same steps and figures for those who do not see a drawing, or want to sort.
import { useMemo } from "preact/hooks";
import { bytes, count } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { Meter } from "../../parts/meter.tsx";
import { State } from "../../parts/state-mark.tsx";
import { aboutOf } from "../../pipelines/about.ts";
import type { GraphNode, LiveNode, PipelineGraph } from "../../pipelines/graph.ts";
import { moods } from "../../pipelines/mood.ts";
import { hrefWith } from "../../route.ts";
import { language, say } from "../../words/say.ts";
import { words } from "../../words/pipelines.ts";

interface Row extends GraphNode {
  readonly live: LiveNode | undefined;
  readonly leadsTo: string;
}

export function NodeTable({ graph, live, tap }: { readonly graph: PipelineGraph; readonly live: ReadonlyMap<string, LiveNode>; readonly tap: ((id: string) => void) | undefined }) {
  const lang = language.value;
  const rows = graph.nodes.map((node): Row => ({ ...node, live: live.get(node.id), leadsTo: graph.links.filter(({ from }) => from === node.id).map(({ to, label, isStandby }) => `${to}${label[lang] === "" ? "" : ` (${label[lang]})`}${isStandby ? ` ${say(words.standby)}` : ""}`).join(", ") }));
  const columns = useMemo(columnsOf, [lang]);
  return (
    <List
      label={say(words.steps)}
      fileName="steps"
      rows={rows}
      keyOf={({ id }) => id}
      nameOf={({ id, plugin }) => `${id} ${plugin}`}
      columns={columns}
      hrefOf={({ id }) => hrefWith({ tab: undefined, node: id })}
      {...(tap === undefined ? {} : { actions: [{ id: "tap", label: say(words.tapStep), icon: "tap" as const, role: "operator" as const, run: ([row]: readonly Row[]) => row !== undefined && tap(row.id) }].map((action) => ({ ...action, run: (rows: readonly Row[]) => void action.run(rows) })) })}
      empty={{ title: say(words.noSteps) }}
    />
  );
}

function columnsOf(): Column<Row>[] {
  return [
    { id: "step", label: say(words.step), value: ({ id }) => id, show: ({ id, plugin }) => `${id} ${plugin}` },
    { id: "about", label: say(words.about), value: aboutOf, show: (row) => <span class="dim clip">{aboutOf(row)}</span>, isWideOnly: true, isWide: true },
    { id: "state", label: say(words.state), value: ({ live }) => (live?.failing === undefined ? 1 : 0), show: ({ live }) => (live?.failing === undefined ? <span class="dim">–</span> : <State mood={{ ...moods.failing, label: words.takesNothing }} />) },
    { id: "perSecond", label: say(words.inRate), isNumber: true, value: ({ live }) => live?.perSecond, show: ({ live }) => (live?.perSecond === undefined ? <span class="dim">–</span> : count(live.perSecond)) },
    { id: "came", label: say(words.came), isNumber: true, value: ({ live }) => live?.recordsIn, show: ({ live }) => (live?.recordsIn === undefined ? <span class="dim">–</span> : live.recordsIn.toLocaleString("en")) },
    { id: "held", label: say(words.holds), value: ({ live }) => live?.held?.bytes, show: ({ live }) => (live?.held === undefined ? <span class="dim">–</span> : live.fill === undefined ? bytes(live.held.bytes) : <Meter part={live.fill} label={bytes(live.held.bytes)} />) },
    { id: "leadsTo", label: say(words.leadsTo), value: ({ leadsTo }) => leadsTo, isWideOnly: true },
    { id: "reason", label: say(words.lastError), value: ({ live }) => live?.failing?.reason, isWideOnly: true, show: ({ live }) => live?.failing?.reason ?? <span class="dim">–</span> },
  ];
}
