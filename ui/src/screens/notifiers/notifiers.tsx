// Who is told of what, and how their notices do; each can be tried, and what was given up sent again.
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import { may } from "../../agent/session.ts";
import { inParts } from "../../jobs/actions.ts";
import { jobs } from "../../jobs/ask.ts";
import { deadJobs } from "../../jobs/dead-jobs.ts";
import { ruleOfNotifier } from "../../jobs/job.ts";
import { jobsLook } from "../../jobs/look.ts";
import { count, time } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone, tellFailure } from "../../parts/notices.ts";
import { unturned } from "../../parts/unturned.ts";
import { useCall } from "../../parts/use-call.ts";
import { go } from "../../route.ts";
import type { ScreenProps } from "../../screens.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/notifiers.ts";
import { language, say } from "../../words/say.ts";
import "../jobs/jobs.css";
import "./notifiers.css";

type Notifier = ResultOf<"notifiers.list">["notifiers"][number];

const AGAIN_MS = 3000;
const DEAD_MAX = 100_000;
const EXAMPLE = `notifiers:
  chat:
    webhook: https://chat.example.com/hooks/dure
    on: [job.failed, process.failed, "pipeline.*"]`;

export function Notifiers(_props: ScreenProps) {
  const { answer, failure, ask } = useCall("notifiers.list", {});
  // Notices come and go without an event that would say so.
  useEffect(() => {
    const timer = setInterval(() => document.hidden || ask(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [ask]);
  const turn = jobsLook.value?.notices;
  useEffect(() => {
    if (turn !== undefined) ask();
  }, [turn?.waiting, turn?.failed, ask]);
  const lang = language.value;
  const columns = useMemo(() => columnsOf(ask), [lang, ask]);
  const actions = useMemo(() => actionsOf(ask), [lang, ask]);
  return (
    <>
      <h1>{say(words.title)}</h1>
      <p class="dim">{say(words.text)}</p>
      <List label={say(words.title)} fileName="notifiers" rows={answer?.notifiers} failure={failure} retry={ask} keyOf={({ name }) => name} columns={columns} actions={actions} hrefOf={({ name }) => hrefOfNotices(name)} sortedBy="name" hasNoFilter empty={{ title: say(words.none), text: say(words.noneText), example: EXAMPLE }} />
    </>
  );
}

function hrefOfNotices(name: string, states?: string): string {
  return `/jobs?rule=${encodeURIComponent(ruleOfNotifier(name))}${states === undefined ? "" : `&state=${states}`}`;
}

function columnsOf(ask: () => void): Column<Notifier>[] {
  const amount = (value: number, href: string) => (value === 0 ? "0" : <a href={href}>{count(value)}</a>);
  return [
    { id: "name", label: say(words.name), value: ({ name }) => name, show: ({ name }) => <strong>{unturned(name)}</strong> },
    { id: "type", label: say(words.type), isWideOnly: true, value: ({ type }) => say(words[type]) },
    { id: "address", label: say(words.address), isWideOnly: true, value: ({ address }) => address, show: ({ address }) => <code class="breakable">{unturned(address)}</code> },
    { id: "on", label: say(words.on), isWideOnly: true, value: ({ on }) => on.join(" "), show: ({ on }) => <Events on={on} /> },
    { id: "waiting", label: say(words.waiting), isNumber: true, value: ({ waiting }) => waiting, show: ({ name, waiting }) => amount(waiting, hrefOfNotices(name, "delayed,queued,running")) },
    { id: "delivered", label: say(words.delivered), isNumber: true, isWideOnly: true, value: ({ delivered }) => delivered, show: ({ name, delivered }) => amount(delivered, hrefOfNotices(name, "succeeded")) },
    { id: "failed", label: say(words.failed), isNumber: true, value: ({ failed }) => failed, show: ({ name, failed }) => <span class={failed > 0 ? "warn" : ""}>{amount(failed, hrefOfNotices(name, "failed"))}</span> },
    { id: "test", label: say(words.test), isSortable: false, value: () => undefined, show: ({ name }) => <TestButton name={name} done={ask} /> },
    { id: "last", label: say(words.lastFailure), isWide: true, value: ({ lastFailure }) => lastFailure, show: (row) => <LastFailure {...row} /> },
  ];
}

function Events({ on }: Pick<Notifier, "on">) {
  if (on.length === 0) return <span class="dim">{say(words.onNothing)}</span>;
  return <span class="notifier-events">{on.map((event) => (event === "*" ? <span key={event}>{say(words.allEvents)}</span> : <code key={event}>{unturned(event)}</code>))}</span>;
}

function LastFailure({ lastFailure, lastFailedMs }: Pick<Notifier, "lastFailure" | "lastFailedMs">) {
  if (lastFailure === undefined) return <span class="dim">–</span>;
  return (
    <span class="notifier-failure">
      {unturned(lastFailure)} {lastFailedMs !== undefined && <time class="dim" dateTime={new Date(lastFailedMs).toISOString()}>{time(lastFailedMs)}</time>}
    </span>
  );
}

function TestButton({ name, done }: { readonly name: string; readonly done: () => void }) {
  const [isSending, setSending] = useState(false);
  const isAllowed = may("operator");
  const send = (): void => {
    if (!isAllowed || isSending) return;
    setSending(true);
    call("notifiers.test", { notifier: name })
      .then(({ said, ms }) => tellDone(say(words.arrived, { name, said, ms: Math.round(ms) })), tellFailure)
      .finally(() => (setSending(false), done()));
  };
  return (
    <button type="button" class="button small" aria-label={say(words.testOf, { name })} aria-disabled={!isAllowed || isSending} title={isAllowed ? say(words.testOf, { name }) : say(frameWords.needsRole, { role: say(frameWords.operator) })} onClick={send}>
      {say(isSending ? words.testing : words.test)}
    </button>
  );
}

function actionsOf(ask: () => void): RowAction<Notifier>[] {
  return [
    { id: "show", label: say(words.show), icon: "jobs", role: "viewer", run: ([row]) => void (row !== undefined && go(hrefOfNotices(row.name))) },
    {
      id: "replay",
      label: say(words.replay),
      icon: "reload",
      role: "operator",
      isBulk: true,
      fits: ({ failed }) => failed > 0,
      effect: (rows) => say(words.replayEffect, { names: rows.map(({ name }) => name).join(", "), count: rows.reduce((sum, { failed }) => sum + failed, 0) }),
      async run(rows) {
        const dead = await Promise.all(rows.map(({ name }) => deadJobs({ rule: ruleOfNotifier(name) }, DEAD_MAX)));
        await inParts(dead.flatMap((each) => each.rows), (ids) => jobs.retry({ ids }).then(({ length }) => length), (done) => say(words.replayed, { count: done }), ask);
      },
    },
  ];
}
