// The flows as a table, for those who do not see a drawing, want to sort, or take one away.
import { useMemo } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { flowName, linkRate } from "../../flows/flow-graph.ts";
import type { Flow, FlowGraph } from "../../flows/flow-graph.ts";
import { count } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { removal } from "../../parts/list/removal.ts";
import { processNamed, processRates } from "../../processes/look.ts";
import { words } from "../../words/flows.ts";
import { words as frameWords } from "../../words/frame.ts";
import { language, say } from "../../words/say.ts";
import { FLOW_EXAMPLE } from "./example.ts";

interface Row extends Flow {
  readonly rate: number | undefined;
  readonly waiting: number;
}

export function FlowTable({ flows, graph, ask }: { readonly flows: readonly Flow[]; readonly graph: FlowGraph; readonly ask: () => void }) {
  const lang = language.value;
  const rates = processRates.value;
  const rows = flows.map((flow): Row => {
    const links = graph.links.filter(({ from, to, type }) => type === flow.type && flow.from.includes(from) && flow.to.includes(to));
    const known = links.flatMap((link) => linkRate(link, graph, rates) ?? []);
    const queues = (flow.type === "share" ? flow.from : flow.to).flatMap((name) => processNamed(name)?.queue ?? []);
    return { ...flow, rate: known.length === 0 ? undefined : known.reduce((sum, rate) => sum + rate, 0), waiting: queues.reduce((sum, { own, shared }) => sum + (flow.type === "share" ? shared : own), 0) };
  });
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo(() => [removal<Row>({ label: words.remove, effect: words.removeEffect, done: words.removed, nameOf: flowName, remove: ({ type, from, to }) => call("flows.delete", { type, from, to }), ask })], [lang, ask]);
  return <List label={say(frameWords.flows)} fileName="flows" rows={rows} keyOf={flowName} columns={columns} actions={actions} empty={{ title: say(words.emptyTitle), text: say(words.emptyText), example: FLOW_EXAMPLE }} />;
}

function columnsOf(): Column<Row>[] {
  return [
    { id: "from", label: say(words.from), value: ({ from }) => from.join(", "), show: ({ from }) => <Names names={from} />, isWide: true },
    { id: "type", label: say(words.type), value: ({ type }) => type, show: ({ type }) => <span title={say(type === "broad" ? words.broadWhy : words.shareWhy)}>{say(words[type])}</span> },
    { id: "to", label: say(words.to), value: ({ to }) => to.join(", "), show: ({ to }) => <Names names={to} />, isWide: true },
    { id: "ack", label: say(words.ack), value: ({ ack }) => ack ?? "", isWideOnly: true },
    { id: "rate", label: say(words.rate), isNumber: true, value: ({ rate }) => rate, show: ({ rate }) => (rate === undefined ? <span class="dim">–</span> : count(rate)) },
    { id: "waiting", label: say(words.waiting), isNumber: true, value: ({ waiting }) => waiting, show: ({ waiting }) => (waiting === 0 ? <span class="dim">0</span> : count(waiting)) },
    { id: "view", label: say(words.view), isExtra: true, value: ({ isViewed, ack }) => say(isViewed || (ack ?? "none") !== "none" ? words.viewed : words.pipe) },
  ];
}

function Names({ names }: { readonly names: readonly string[] }) {
  return (
    <span class="chips">
      {names.map((name) => (
        <a key={name} href={`/processes/${encodeURIComponent(name)}`}>
          {name}
        </a>
      ))}
    </span>
  );
}
