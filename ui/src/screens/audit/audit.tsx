// Who did what, when, from where, and what it changed.
import { useCallback, useMemo, useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { time } from "../../parts/figures.ts";
import { usePages } from "../../parts/use-pages.ts";
import type { AskPage } from "../../parts/use-pages.ts";
import { query, setQuery } from "../../route.ts";
import { words } from "../../words/audit.ts";
import { language, say } from "../../words/say.ts";
import { AuditDetail } from "./audit-detail.tsx";
import { AuditExport, AuditVerify } from "./audit-tools.tsx";
import { edgeText, outcomeText, subjectOf } from "./audit-row.ts";
import type { AuditRow } from "./audit-row.ts";

export function Audit() {
  const text = query.value.get("q") ?? "";
  const pages = usePages(useCallback<AskPage<AuditRow>>(async (where, signal) => (await call("audit.list", { ...(text === "" ? {} : { text }), ...where }, { signal })).rows, [text]));
  const [opened, setOpened] = useState<AuditRow>();
  const lang = language.value;
  const columns = useMemo(() => columnsOf(setOpened), [lang]);
  const filters = useMemo(() => filtersOf(pages.rows ?? []), [pages.rows, lang]);
  const asked = Number(query.value.get("row"));
  const shown = opened ?? (Number.isInteger(asked) && 0 < asked ? pages.rows?.find(({ id }) => id === asked) : undefined);
  return (
    <>
      <h1>{say(words.title)}</h1>
      <List
        label={say(words.title)}
        fileName="audit"
        rows={pages.rows}
        failure={pages.failure}
        retry={pages.again}
        keyOf={({ id }) => String(id)}
        nameOf={({ number, command }) => `${number} ${command}`}
        columns={columns}
        filters={filters}
        isSearchedElsewhere
        empty={{ title: say(words.emptyTitle), text: say(words.emptyText), example: "dure users create hong --role viewer" }}
      >
        <AuditVerify />
        <AuditExport />
      </List>
      {pages.hasOlder && (
        <button type="button" class="button" aria-disabled={pages.isLoading} onClick={pages.older}>
          {say(words.older)}
        </button>
      )}
      {shown !== undefined && <AuditDetail row={shown} close={() => (setOpened(undefined), setQuery({ row: undefined }))} />}
    </>
  );
}

function columnsOf(open: (row: AuditRow) => void): Column<AuditRow>[] {
  return [
    { id: "time", label: say(words.time), value: ({ atMs }) => atMs, show: ({ atMs }) => <time dateTime={new Date(atMs).toISOString()}>{time(atMs)}</time> },
    { id: "who", label: say(words.who), value: ({ who }) => who },
    {
      id: "command",
      label: say(words.command),
      value: ({ command }) => command,
      show: (row) => (
        <button type="button" class="link-button" onClick={() => open(row)}>
          <code>{row.command}</code>
        </button>
      ),
    },
    { id: "subject", label: say(words.subject), value: subjectOf, isWide: true },
    {
      id: "outcome",
      label: say(words.outcome),
      value: ({ outcome }) => outcome,
      show: ({ outcome, times }) => (
        <span class={`state ${outcome === "ok" ? "good" : "warn"}`}>
          <StateMark mood={outcome === "ok" ? { shape: "disc", tone: "good" } : { shape: "triangle", tone: "warn" }} />
          {outcomeText(outcome)}
          {times !== undefined && ` × ${times}`}
        </span>
      ),
    },
    { id: "edge", label: say(words.edge), value: ({ edge }) => edge, show: ({ edge }) => edgeText(edge), isWideOnly: true },
    { id: "address", label: say(words.address), value: ({ address }) => address, isWideOnly: true },
    { id: "role", label: say(words.role), value: ({ role }) => role, isExtra: true },
    { id: "number", label: say(words.number), value: ({ number }) => number, isNumber: true, isExtra: true },
    { id: "content", label: say(words.content), value: ({ params, before, after, message }) => JSON.stringify({ params, before, after, message }), isExtra: true },
    { id: "hash", label: say(words.hash), value: ({ hash }) => hash, show: ({ hash }) => <code>{hash.slice(0, 12)}</code>, isExtra: true },
  ];
}

function filtersOf(rows: readonly AuditRow[]) {
  const options = (values: readonly string[]) => [...new Set(values)].sort().map((value) => ({ value, label: value }));
  return [
    { id: "who", label: say(words.who), options: options(rows.map(({ who }) => who)), fits: (row: AuditRow, value: string) => row.who === value },
    { id: "noun", label: say(words.command), options: options(rows.map(nounOf)), fits: (row: AuditRow, value: string) => nounOf(row) === value },
    {
      id: "outcome",
      label: say(words.outcome),
      options: [
        { value: "ok", label: say(words.ok) },
        { value: "failed", label: say(words.failed) },
      ],
      fits: ({ outcome }: AuditRow, value: string) => (outcome === "ok") === (value === "ok"),
    },
  ];
}

function nounOf({ command }: AuditRow): string {
  return command.split(".")[0] ?? command;
}
