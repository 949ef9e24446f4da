// All pipelines: how they are, what they move, and what can be done with them.
import { useMemo } from "preact/hooks";
import { Meter } from "../../parts/meter.tsx";
import { bytes, count } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { State } from "../../parts/state-mark.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { pipelineActions } from "../../pipelines/actions.ts";
import { EXAMPLE } from "../../pipelines/example.ts";
import { trackOf } from "../../pipelines/history.ts";
import { fullest, look, lookFailure, rates } from "../../pipelines/look.ts";
import type { PipelineStatus } from "../../pipelines/look.ts";
import { moodOf, moods } from "../../pipelines/mood.ts";
import { ReloadButton } from "./reload-button.tsx";
import { language, say } from "../../words/say.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/pipelines.ts";

export function PipelineList() {
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  const filters = useMemo(() => [{ id: "state", label: say(words.state), options: Object.values(moods).map(({ id, label }) => ({ value: id, label: say(label) })), fits: (row: PipelineStatus, value: string) => moodOf(row).id === value }], [lang]);
  const actions = useMemo(() => pipelineActions.map(({ id, label, effect, icon, role, fits, run }) => ({ id, label: say(label), icon, role, fits, run, isBulk: true, effect: (rows: readonly PipelineStatus[]) => `${rows.map(({ name }) => name).join(", ")} — ${say(effect)}` })), [lang]);
  return (
    <>
      <h1>{say(frameWords.pipelines)}</h1>
      <List
        label={say(frameWords.pipelines)}
        fileName="pipelines"
        rows={look.value?.pipelines}
        failure={look.value === undefined ? lookFailure.value : undefined}
        keyOf={({ name }) => name}
        columns={columns}
        filters={filters}
        actions={actions}
        hrefOf={({ name }) => `/pipelines/${encodeURIComponent(name)}`}
        empty={{ title: say(words.emptyTitle), text: say(words.emptyText), example: EXAMPLE }}
      >
        <ReloadButton />
      </List>
    </>
  );
}

function columnsOf(): Column<PipelineStatus>[] {
  const rate = (name: string) => rates.value.get(name);
  return [
    { id: "name", label: say(words.name), value: ({ name }) => name, isWide: true },
    { id: "state", label: say(words.state), value: (row) => moodOf(row).rank, show: (row) => <State mood={moodOf(row)} /> },
    { id: "inRate", label: say(words.inRate), isNumber: true, value: ({ name }) => rate(name)?.recordsIn, show: ({ name }) => figure(rate(name)?.recordsIn) },
    { id: "outRate", label: say(words.outRate), isNumber: true, value: ({ name }) => rate(name)?.recordsOut, show: ({ name }) => figure(rate(name)?.recordsOut) },
    { id: "bytesRate", label: say(words.bytesRate), isNumber: true, isExtra: true, value: ({ name }) => rate(name)?.bytesIn, show: ({ name }) => (rate(name) === undefined ? "–" : bytes(rate(name)?.bytesIn ?? 0)) },
    { id: "buffer", label: say(words.buffer), isWideOnly: true, value: fullest, show: (row) => (fullest(row) === undefined ? <span class="dim">–</span> : <Meter part={fullest(row) ?? 0} label={say(words.buffer)} />) },
    { id: "trend", label: say(words.trend), value: ({ name }) => trackOf(name)?.recordsIn.at(-1), isSortable: false, isWideOnly: true, show: ({ name }) => <Sparkline values={trackOf(name)?.recordsIn ?? []} /> },
    { id: "retries", label: say(words.retries), isNumber: true, isWideOnly: true, value: ({ retries }) => retries, show: ({ retries }) => figure(retries) },
    { id: "deadLetters", label: say(words.deadLetters), isNumber: true, isWideOnly: true, value: ({ deadLetters }) => deadLetters, show: ({ deadLetters }) => figure(deadLetters) },
    { id: "recordsIn", label: say(words.recordsIn), isNumber: true, isExtra: true, value: ({ recordsIn }) => recordsIn, show: ({ recordsIn }) => figure(recordsIn) },
    { id: "recordsOut", label: say(words.recordsOut), isNumber: true, isExtra: true, value: ({ recordsOut }) => recordsOut, show: ({ recordsOut }) => figure(recordsOut) },
  ];
}

function figure(value: number | undefined) {
  return value === undefined || value === 0 ? <span class="dim">{value === undefined ? "–" : "0"}</span> : count(value);
}
