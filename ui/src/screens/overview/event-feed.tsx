// The last facts, as they come, and those since this browser last looked.
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { FailureBox } from "../../parts/failure-box.tsx";
import { ago, time } from "../../parts/figures.ts";
import { StateMark } from "../../parts/state-mark.tsx";
import { unturned } from "../../parts/unturned.ts";
import { useCall, useStream } from "../../parts/use-call.ts";
import { screens } from "../../screens.ts";
import { read, write } from "../../settings.ts";
import { eventTitle, factsLine, hrefOfSubject, shapes, subjectOf, toneOf } from "../events/agent-event.ts";
import type { AgentEvent } from "../events/agent-event.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/overview.ts";

const SHOWN_MAX = 14;
const SINCE_SHOWN_MAX = 6;
const SINCE_ASKED_MAX = 200;
/** Who was away for less has seen it all. */
const AWAY_MS = 10 * 60_000;

const events = signal<readonly AgentEvent[]>([]);

export function EventFeed() {
  const [failure, setFailure] = useState<unknown>();
  const first = useCall("events.list", { limit: SHOWN_MAX });
  useEffect(() => {
    if (first.answer !== undefined) events.value = merged(first.answer.events, events.peek());
  }, [first.answer]);
  const isReady = first.answer !== undefined || first.failure !== undefined;
  const from = useRef<{ readonly after?: number }>(undefined); // Live from where the list ended.
  if (isReady) from.current ??= first.answer === undefined || first.answer.events.length === 0 ? {} : { after: Math.max(...first.answer.events.map(({ id }) => id)) };
  useStream("events.follow", from.current, (event) => (events.value = merged([event], events.peek())), { after: ({ id }) => id, onFailure: setFailure });
  const shown = events.value.slice(0, SHOWN_MAX);
  const hasScreen = screens.some(({ path }) => path === "events");
  return (
    <section class="card feed">
      <h2>{say(words.happened)}</h2>
      {(failure ?? first.failure) !== undefined && shown.length === 0 && <FailureBox failure={failure ?? first.failure} retry={first.ask} />}
      {shown.length === 0 && isReady && first.failure === undefined && <p class="dim">{say(words.nothingHappened)}</p>}
      <EventLines events={shown} />
      {hasScreen && (
        <p>
          <a href="/events">{say(words.allEvents)}</a>
        </p>
      )}
    </section>
  );
}

function EventLines({ events: shown }: { readonly events: readonly AgentEvent[] }) {
  return (
    <ol class="feed-lines">
      {shown.map((event) => {
        const tone = toneOf(event);
        const subject = subjectOf(event);
        const about = factsLine(event);
        const href = hrefOfSubject(event);
        return (
          <li key={event.id}>
            <StateMark mood={{ tone, shape: shapes[tone] }} />
            <div>
              {eventTitle(event.name)} {href === undefined ? <strong>{unturned(subject ?? "")}</strong> : <a class="row-link" href={href}>{unturned(subject ?? "")}</a>}
              {about !== "" && <p class="dim clip">{unturned(about)}</p>}
            </div>
            <time class="dim" dateTime={new Date(event.atMs).toISOString()} title={time(event.atMs, { isWhole: true })}>
              {ago(event.atMs)}
            </time>
          </li>
        );
      })}
    </ol>
  );
}

/** What happened while nobody looked from this browser. */
export function SinceLastLook() {
  const [since, setSince] = useState(() => kept());
  const isLong = since !== undefined && AWAY_MS <= Date.now() - since.atMs;
  const missed = useCall("events.list", isLong ? { after: since.id, limit: SINCE_ASKED_MAX } : undefined);
  const newest = events.value[0];
  useEffect(() => {
    if (newest !== undefined && !isLong) write("seen", JSON.stringify({ id: newest.id, atMs: Date.now() }));
  }, [newest, isLong]);
  const told = missed.answer?.events.filter((event) => toneOf(event) !== "calm") ?? [];
  const isNothing = missed.answer !== undefined && told.length === 0;
  useEffect(() => {
    if (isNothing) setSince(undefined); // It is seen: what comes later is told since now, not since the last time that there was something.
  }, [isNothing]);
  if (!isLong || told.length === 0) return null;
  const sorted = merged(told, []);
  return (
    <section class="card since">
      <header>
        <h2>{say(words.since, { when: ago(since.atMs) })}</h2>
        <button type="button" class="button small" onClick={() => setSince(undefined)}>
          {say(words.seen)}
        </button>
      </header>
      <EventLines events={sorted.slice(0, SINCE_SHOWN_MAX)} />
      {sorted.length > SINCE_SHOWN_MAX && <p class="dim">{say(words.more, { count: sorted.length - SINCE_SHOWN_MAX })}</p>}
    </section>
  );
}

function kept(): { readonly id: number; readonly atMs: number } | undefined {
  try {
    const value = JSON.parse(read("seen") ?? "") as { id?: unknown; atMs?: unknown };
    return typeof value.id === "number" && typeof value.atMs === "number" ? { id: value.id, atMs: value.atMs } : undefined;
  } catch {
    return undefined;
  }
}

/** The newest first, each once, and no more than are worth keeping. */
function merged(some: readonly AgentEvent[], others: readonly AgentEvent[]): AgentEvent[] {
  const byId = new Map([...others, ...some].map((event) => [event.id, event]));
  return [...byId.values()].sort((one, other) => other.id - one.id).slice(0, SINCE_ASKED_MAX);
}
