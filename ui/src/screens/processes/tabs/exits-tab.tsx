// How a process ended, the newest first, each with what it said last.
import { useMemo } from "preact/hooks";
import { ago, time } from "../../../parts/figures.ts";
import { List } from "../../../parts/list/list.tsx";
import type { Column } from "../../../parts/list/list.tsx";
import { StateMark } from "../../../parts/state-mark.tsx";
import { styledTexts } from "../../../parts/text/ansi.ts";
import { unturned } from "../../../parts/unturned.ts";
import type { ExitRecord } from "../../../processes/look.ts";
import { exitWords, processMoods } from "../../../processes/mood.ts";
import { duration } from "../../../processes/times.ts";
import { words } from "../../../words/processes.ts";
import { language, say } from "../../../words/say.ts";
import "../../../parts/text/ansi.css";

export function ExitsTab({ exits }: { readonly exits: readonly ExitRecord[] }) {
  const columns = useMemo(columnsOf, [language.value]);
  return <List label={say(words.exits)} fileName="exits" rows={exits} keyOf={({ atMs, instance }) => `${atMs} ${instance}`} nameOf={({ atMs }) => time(atMs)} columns={columns} empty={{ title: say(words.noExits) }} />;
}

function columnsOf(): Column<ExitRecord>[] {
  return [
    { id: "at", label: say(words.at), value: ({ atMs }) => atMs, show: ({ atMs }) => <time title={ago(atMs)}>{time(atMs, { isWhole: true })}</time> },
    {
      id: "how",
      label: say(words.how),
      value: exitWords,
      isWide: true,
      show: (exit) => (
        <span class="exit-how">
          <StateMark mood={exit.isWanted || exit.code === 0 ? processMoods.done : processMoods.failed} /> {unturned(exitWords(exit))} {exit.isWanted && <span class="dim">({say(words.wasWanted)})</span>}
        </span>
      ),
    },
    { id: "ran", label: say(words.ran), isNumber: true, value: ({ atMs, startedMs }) => atMs - startedMs, show: ({ atMs, startedMs }) => duration(atMs - startedMs) },
    { id: "pid", label: say(words.pid), isNumber: true, isWideOnly: true, value: ({ pid }) => pid ?? undefined },
    { id: "instance", label: say(words.instances), isNumber: true, isExtra: true, value: ({ instance }) => instance },
    { id: "stderr", label: say(words.lastWords), isWide: true, value: ({ stderr }) => stderr.join("\n"), show: ({ stderr }) => <LastWords lines={stderr} /> },
  ];
}

function LastWords({ lines }: { readonly lines: readonly string[] }) {
  if (lines.length === 0) return <span class="dim">–</span>;
  return (
    <pre class="last-words" tabIndex={0} aria-label={say(words.lastWords)}>
      {styledTexts(lines.join("\n")).map(({ text, classes }, index) => (
        <span key={index} class={classes}>
          {unturned(text)}
        </span>
      ))}
    </pre>
  );
}
