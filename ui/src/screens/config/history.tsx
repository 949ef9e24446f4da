// What the config was: who changed it, when and why; each compared with what it is now, and taken back.
import { useMemo, useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { DifferenceTable } from "../../difference/difference-view.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { FailureBox } from "../../parts/failure-box.tsx";
import { time } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone } from "../../parts/notices.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { useCall } from "../../parts/use-call.ts";
import { words } from "../../words/config.ts";
import { language, say } from "../../words/say.ts";
import { linesOfDiff } from "./config-answers.ts";
import type { Revision } from "./config-answers.ts";
import { openConfig } from "./draft.ts";

const REVISIONS_MAX = 200; // So many are kept.

const outcomes = {
  running: { label: words.outcomeRunning, shape: "disc", tone: "good" },
  applied: { label: words.outcomeApplied, shape: "disc", tone: "good" },
  reverted: { label: words.outcomeReverted, shape: "diamond", tone: "calm" },
  refused: { label: words.outcomeRefused, shape: "cross", tone: "bad" },
} as const;

export function History() {
  const { answer, failure, ask } = useCall("config.history", { limit: REVISIONS_MAX });
  const [compared, setCompared] = useState<number>();
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo(
    (): RowAction<Revision>[] => [
      { id: "compare", label: say(words.showDifference), role: "admin", run: ([row]) => setCompared(row?.revision) },
      {
        id: "revert",
        label: say(words.revert),
        icon: "history",
        role: "admin",
        fits: ({ outcome }) => outcome !== "refused",
        effect: ([row]) => say(words.revertEffect, { revision: row?.revision ?? 0 }),
        async run([row]) {
          if (row === undefined) return;
          const { revision } = await call("config.revert", { revision: row.revision });
          tellDone(say(words.reverted, { from: row.revision, revision }));
          await openConfig();
          ask();
        },
      },
    ],
    [lang, ask],
  );
  return (
    <>
      <List
        label={say(words.history)}
        fileName="config-history"
        rows={answer?.revisions}
        failure={failure}
        retry={ask}
        keyOf={({ revision }) => String(revision)}
        columns={columns}
        actions={actions}
        sortedBy="-revision"
        empty={{ title: say(words.emptyHistory), text: say(words.emptyHistoryText), example: "dure config history" }}
      />
      {compared !== undefined && <Compared revision={compared} close={() => setCompared(undefined)} />}
    </>
  );
}

function columnsOf(): Column<Revision>[] {
  return [
    { id: "revision", label: say(words.revision), value: ({ revision }) => revision, isNumber: true },
    { id: "when", label: say(words.when), value: ({ atMs }) => atMs, show: ({ atMs }) => <time dateTime={new Date(atMs).toISOString()}>{time(atMs)}</time> },
    { id: "who", label: say(words.who), value: ({ who }) => who, show: ({ who, revision }) => (who === "file" ? <span class="dim">{say(revision === 1 ? words.firstFound : words.byHand)}</span> : who) },
    { id: "why", label: say(words.why), value: ({ note, problem }) => [note, problem].filter((part) => part !== undefined && part !== "").join(" · "), isWide: true },
    {
      id: "outcome",
      label: say(words.outcome),
      value: ({ outcome }) => outcome,
      show: ({ outcome }) => (
        <span class={`state ${outcomes[outcome].tone}`}>
          <StateMark mood={outcomes[outcome]} />
          {say(outcomes[outcome].label)}
        </span>
      ),
    },
  ];
}

function Compared({ revision, close }: { readonly revision: number; readonly close: () => void }) {
  const { answer, failure, ask } = useCall("config.diff", { from: revision, to: "file" });
  return (
    <Dialog title={say(words.compareTitle, { revision })} close={close} class="wide">
      {answer !== undefined ? <DifferenceTable lines={linesOfDiff(answer)} label={say(words.textDifference)} /> : failure === undefined ? <Skeleton /> : <FailureBox failure={failure} retry={ask} />}
    </Dialog>
  );
}
