// What no output would take: a list, and a page for each.
import { useMemo } from "preact/hooks";
import { bytes, count, time } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { useCall } from "../../parts/use-call.ts";
import { WithCode } from "../../parts/with-code.tsx";
import type { ScreenProps } from "../../screens.ts";
import { words } from "../../words/letters.ts";
import { language, say } from "../../words/say.ts";
import { hrefOfLetter, letterActions } from "./letter.ts";
import type { Letter } from "./letter.ts";
import { LetterPage } from "./letter-page.tsx";

const LETTERS_MAX = 1000;
const EXAMPLE = `pipelines:
  orders:
    retry: { attempts: 5 }
    steps:
      - in.FileTail: orders.log
      - out.Http: https://shop.example/orders`;

export function Letters({ rest }: ScreenProps) {
  return rest === "" ? <LetterList /> : <LetterPage key={rest} id={rest} />;
}

function LetterList() {
  const { answer, failure, ask } = useCall("dead-letters.list", { limit: LETTERS_MAX });
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo(() => letterActions(ask), [lang, ask]);
  const filters = useMemo(() => filtersOf(answer?.letters ?? []), [answer, lang]);
  return (
    <>
      <h1>{say(words.title)}</h1>
      <List
        label={say(words.title)}
        fileName="dead-letters"
        rows={answer?.letters}
        failure={failure}
        retry={ask}
        keyOf={({ id }) => id}
        nameOf={({ pipeline, atMs }) => `${pipeline} ${time(atMs)}`}
        columns={columns}
        filters={filters}
        actions={actions}
        hrefOf={({ id }) => hrefOfLetter(id)}
        sortedBy="-when"
        empty={{ title: say(words.emptyTitle), text: say(words.emptyText), example: EXAMPLE }}
      />
      {answer !== undefined && answer.letters.length < answer.total && <p class="dim">{say(words.shownOf, { shown: answer.letters.length, total: answer.total })}</p>}
    </>
  );
}

function columnsOf(): Column<Letter>[] {
  return [
    { id: "when", label: say(words.when), value: ({ atMs }) => atMs, show: ({ atMs }) => <time dateTime={new Date(atMs).toISOString()}>{time(atMs)}</time> },
    { id: "pipeline", label: say(words.pipeline), value: ({ pipeline }) => pipeline },
    { id: "step", label: say(words.step), value: ({ step }) => step, show: ({ step }) => <code>{step}</code>, isWideOnly: true },
    { id: "reason", label: say(words.reason), value: ({ reason }) => reason, show: ({ reason }) => <WithCode text={reason} />, isWide: true },
    { id: "records", label: say(words.records), value: ({ records }) => records, show: ({ records }) => count(records), isNumber: true },
    { id: "bytes", label: say(words.bytes), value: (row) => row.bytes, show: (row) => bytes(row.bytes), isNumber: true, isWideOnly: true },
    {
      id: "state",
      label: say(words.state),
      value: ({ isDamaged }) => (isDamaged ? "damaged" : "whole"),
      show: ({ isDamaged }) =>
        isDamaged ? (
          <span class="state bad" title={say(words.damagedText)}>
            <StateMark mood={{ shape: "cross", tone: "bad" }} />
            {say(words.damaged)}
          </span>
        ) : (
          <span class="dim">{say(words.whole)}</span>
        ),
      isWideOnly: true,
    },
    { id: "tag", label: say(words.tag), value: ({ tag }) => tag, isExtra: true },
    { id: "id", label: say(words.id), value: ({ id }) => id, isExtra: true },
  ];
}

function filtersOf(letters: readonly Letter[]) {
  const options = (values: readonly string[]) => [...new Set(values)].sort().map((value) => ({ value, label: value }));
  return [
    { id: "pipeline", label: say(words.pipeline), options: options(letters.map(({ pipeline }) => pipeline)), fits: (row: Letter, value: string) => row.pipeline === value },
    { id: "step", label: say(words.step), options: options(letters.map(({ step }) => step)), fits: (row: Letter, value: string) => row.step === value },
  ];
}
