// All figures of the agent, as `/metrics` has them.
import { useMemo } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { count } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { useCall } from "../../parts/use-call.ts";
import { words } from "../../words/diagnostics.ts";
import { language, say } from "../../words/say.ts";

type Metric = ResultOf<"metrics.list">[number];

interface Figure extends Omit<Metric, "series"> {
  readonly labels: string;
  readonly value: number;
}

export function Figures() {
  const { answer, failure, ask } = useCall("metrics.list", {});
  const rows = useMemo(() => answer?.flatMap(figuresOf), [answer]);
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  return (
    <section class="figures">
      <h2>{say(words.figures)}</h2>
      <List label={say(words.figures)} fileName="figures" rows={rows} failure={failure} retry={ask} keyOf={({ name, labels }) => `${name} ${labels}`} columns={columns} sortedBy="name" empty={{ title: say(words.noFigures), text: say(words.noFiguresText), example: `curl ${location.origin}/metrics` }} />
    </section>
  );
}

function figuresOf({ series, ...rest }: Metric): Figure[] {
  return series.map(({ labels, value }) => ({ ...rest, labels: Object.entries(labels).map(([name, word]) => `${name}=${word}`).join(" "), value }));
}

function columnsOf(): Column<Figure>[] {
  return [
    { id: "name", label: say(words.figure), value: ({ name }) => name, show: ({ name, help }) => <code title={help}>{name}</code>, isWide: true },
    { id: "labels", label: say(words.labels), value: ({ labels }) => labels, isWideOnly: true },
    { id: "value", label: say(words.value), value: ({ value }) => value, show: ({ value }) => (0 < Math.abs(value) && Math.abs(value) < 1 ? value.toPrecision(3) : count(value)), isNumber: true },
    { id: "type", label: say(words.kind), value: ({ type }) => type, isExtra: true },
    { id: "help", label: say(words.meaning), value: ({ help }) => help, isExtra: true },
  ];
}
