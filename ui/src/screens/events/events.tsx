// What happened to the agent: live, and older ones as one asks for them.
import { useMemo } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { time } from "../../parts/figures.ts";
import { useStream } from "../../parts/use-call.ts";
import { unturned } from "../../parts/unturned.ts";
import { usePages } from "../../parts/use-pages.ts";
import type { AskPage } from "../../parts/use-pages.ts";
import { words } from "../../words/events.ts";
import { language, say } from "../../words/say.ts";
import { eventTitle, factsLine, hrefOfSubject, shapes, subjectOf, toneOf, tones } from "./agent-event.ts";
import type { AgentEvent } from "./agent-event.ts";

export function Events() {
  const pages = usePages(askEvents);
  const newest = pages.rows?.[0]?.id;
  // The stream begins where the first page ended; after a break it knows by itself where it was.
  const from = useMemo(() => newest, [pages.rows === undefined]);
  const params = pages.rows === undefined ? undefined : from === undefined ? {} : { after: from };
  useStream("events.follow", params, (event) => pages.add([event]), { after: ({ id }) => id });
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  const filters = useMemo(() => filtersOf(pages.rows ?? []), [pages.rows, lang]);
  return (
    <>
      <h1>{say(words.title)}</h1>
      <List
        label={say(words.title)}
        fileName="events"
        rows={pages.rows}
        failure={pages.failure}
        retry={pages.again}
        keyOf={({ id }) => String(id)}
        columns={columns}
        filters={filters}
        sortedBy="-time"
        empty={{ title: say(words.emptyTitle), text: say(words.emptyText), example: "dure events -f" }}
      />
      {pages.hasOlder && (
        <button type="button" class="button" aria-disabled={pages.isLoading} onClick={pages.older}>
          {say(words.older)}
        </button>
      )}
    </>
  );
}

const askEvents: AskPage<AgentEvent> = async (where, signal) => (await call("events.list", where, { signal })).events;

function columnsOf(): Column<AgentEvent>[] {
  return [
    { id: "time", label: say(words.time), value: ({ id }) => id, show: ({ atMs }) => <time dateTime={new Date(atMs).toISOString()}>{time(atMs)}</time> },
    {
      id: "event",
      label: say(words.event),
      value: ({ name }) => eventTitle(name),
      show({ name, data }) {
        const tone = toneOf({ name, data });
        return (
          <span class={`state ${tone}`} title={name}>
            <StateMark mood={{ shape: shapes[tone], tone }} />
            {eventTitle(name)}
          </span>
        );
      },
    },
    { id: "about", label: say(words.about), value: subjectOf, show: subjectLink },
    { id: "facts", label: say(words.facts), value: factsLine, show: (event) => <span class="event-facts">{factsLine(event)}</span>, isWide: true },
    { id: "at", label: `${say(words.time)} (ISO)`, value: ({ atMs }) => new Date(atMs).toISOString(), isExtra: true },
    { id: "name", label: say(words.name), value: ({ name }) => name, isExtra: true },
    { id: "id", label: say(words.id), value: ({ id }) => id, isNumber: true, isExtra: true },
  ];
}

function subjectLink(event: AgentEvent) {
  const href = hrefOfSubject(event);
  const subject = unturned(subjectOf(event) ?? "");
  return href === undefined ? subject : <a href={href}>{subject}</a>;
}

function filtersOf(rows: readonly AgentEvent[]) {
  const topicOf = ({ name }: AgentEvent): string => name.split(".")[0] ?? name;
  return [
    { id: "topic", label: say(words.topic), options: [...new Set(rows.map(topicOf))].sort().map((value) => ({ value, label: value })), fits: (row: AgentEvent, value: string) => topicOf(row) === value },
    { id: "tone", label: say(words.tone), options: tones.map((value) => ({ value, label: say(words[value]) })), fits: (event: AgentEvent, value: string) => toneOf(event) === value },
  ];
}
