// The schedules: their times in plain words, when they run next and did last, and whether they are run at all.
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import { may } from "../../agent/session.ts";
import { ago, time } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { AskFirst } from "../../parts/list/row-actions.tsx";
import { removal } from "../../parts/list/removal.ts";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone } from "../../parts/notices.ts";
import { useCall, useStream } from "../../parts/use-call.ts";
import { unturned } from "../../parts/unturned.ts";
import { nextTime } from "../../processes/times.ts";
import { cronWords } from "../../schedules/cron-words.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/schedules.ts";
import { language, say } from "../../words/say.ts";
import { AddSchedule } from "./add-schedule.tsx";

type Schedule = ResultOf<"schedules.list">["schedules"][number];

const AGAIN_MS = 10_000;
const EXAMPLE = `schedules:
  - { name: nightly, cron: "0 2 * * *", process: etl, message: "run ##DATE_TIME##" }

# dure schedule create nightly --cron '0 2 * * *' --process etl --message 'run ##DATE_TIME##'`;

export function ScheduleList() {
  const lang = language.value;
  const { answer, failure, ask } = useCall("schedules.list", {});
  const [isAdding, setAdding] = useState(false);
  useStream("events.follow", { name: "agent.reloaded" }, ask, { isHeldApart: true });
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && ask(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [ask]);
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo(() => [runNow(ask), removal<Schedule>({ label: words.remove, effect: words.removeEffect, done: words.removed, nameOf: ({ name }) => name, remove: ({ name }) => call("schedules.remove", { name }), ask })], [lang, ask]);
  const isAllowed = may("admin");
  const rows = answer?.schedules;
  return (
    <>
      {rows?.some(({ isRun }) => !isRun) === true && <AreOff ask={ask} />}
      <List label={say(frameWords.schedules)} fileName="schedules" rows={rows} failure={failure} retry={ask} keyOf={({ name }) => name} columns={columns} actions={actions} empty={{ title: say(words.emptyTitle), text: say(words.emptyText), example: EXAMPLE }}>
        <button type="button" class="button main" aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords.admin) })} onClick={() => isAllowed && setAdding(true)}>
          <Icon name="plus" /> {say(words.add)}
        </button>
      </List>
      {isAdding && <AddSchedule timeZone={answer?.timeZone} close={() => setAdding(false)} made={ask} />}
    </>
  );
}

/** EventFlow's `scheduler run`: without it a schedule is only looked at. */
function AreOff({ ask }: { readonly ask: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const turnOn = async (): Promise<void> => {
    await call("process-settings.set", { name: "scheduler run", value: "True" });
    tellDone(say(words.turnedOn));
    ask();
  };
  return (
    <p class="trouble warn">
      <span>▲ {say(words.areOff)}</span>
      {may("admin") && (
        <button type="button" class="button small" onClick={() => setAsking(true)}>
          {say(words.turnOn)}
        </button>
      )}
      {isAsking && <AskFirst asked={{ action: { id: "on", label: say(words.turnOn), role: "admin", effect: () => say(words.turnOnEffect).replaceAll("`", ""), run: turnOn }, rows: [""] }} close={() => setAsking(false)} />}
    </p>
  );
}

export function whatItDoes({ action, process, message }: Pick<Schedule, "action" | "process" | "message">): string {
  return action === "send" ? say(words.sends, { message, process }) : say({ start: words.starts, stop: words.stops, restart: words.restarts }[action], { process });
}

function columnsOf(): Column<Schedule>[] {
  return [
    { id: "name", label: say(words.name), value: ({ name }) => name, isWide: true },
    {
      id: "when",
      label: say(words.when),
      isWide: true,
      value: ({ cron }) => cronWords(cron) ?? cron,
      show: ({ cron, timeZone }) => (
        <>
          {cronWords(cron) ?? ""}{" "}
          <code class="dim">
            {cron} {timeZone}
          </code>
        </>
      ),
    },
    {
      id: "does",
      label: say(words.does),
      isWide: true,
      value: whatItDoes,
      show: (row) => (
        <>
          <a href={`/processes/${encodeURIComponent(row.process)}`}>{row.process}</a> <span class="dim">{say(words[row.action])}</span> {row.action === "send" && <code class="breakable">{unturned(row.message)}</code>}
        </>
      ),
    },
    { id: "next", label: say(words.next), value: ({ nextRunMs }) => nextRunMs ?? undefined, show: ({ nextRunMs, isRun }) => <span class={isRun ? "" : "dim"}>{!isRun ? say(words.off) : nextRunMs === null ? say(words.never) : nextTime(nextRunMs, Date.now())}</span> },
    { id: "last", label: say(words.last), value: ({ lastRunMs }) => lastRunMs ?? undefined, isWideOnly: true, show: ({ lastRunMs }) => (lastRunMs === null ? <span class="dim">{say(words.never)}</span> : <time title={time(lastRunMs, { isWhole: true })}>{ago(lastRunMs)}</time>) },
    { id: "problem", label: say(words.problem), value: ({ lastProblem }) => lastProblem ?? "", isWideOnly: true, show: ({ lastProblem }) => (lastProblem === undefined ? <span class="dim">–</span> : <span class="state bad">▲ {unturned(lastProblem)}</span>) },
  ];
}

function runNow(ask: () => void): RowAction<Schedule> {
  return {
    id: "run",
    label: say(words.run),
    icon: "play",
    role: "operator",
    effect: (rows) => say(words.runEffect, { what: rows.map(whatItDoes).join(", ") }),
    async run(rows) {
      for (const { name } of rows) {
        await call("schedules.run", { name });
        tellDone(say(words.ran, { name }));
      }
      ask();
    },
  };
}
