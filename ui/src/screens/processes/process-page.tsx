// One process: what it prints, what it is made of, how it ended, what waits for it, its programs, its part of the flows, and its config.
import { useEffect, useRef, useState } from "preact/hooks";
import { may } from "../../agent/session.ts";
import { FailureBox } from "../../parts/failure-box.tsx";
import { bytes, percent } from "../../parts/figures.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { useCall } from "../../parts/use-call.ts";
import { Icon } from "../../parts/icon.tsx";
import { AskFirst } from "../../parts/list/row-actions.tsx";
import { unturned } from "../../parts/unturned.ts";
import { processActions } from "../../processes/actions.ts";
import type { ProcessAction } from "../../processes/actions.ts";
import { cpuOf, memoryOf, processes, processFailure, processLook, processNamed, startedMsOf } from "../../processes/look.ts";
import type { ProcessStatus } from "../../processes/look.ts";
import { isTroubled, processMood, whyOf } from "../../processes/mood.ts";
import { duration, nextTime } from "../../processes/times.ts";
import { hrefWith, query } from "../../route.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/processes.ts";
import { say } from "../../words/say.ts";
import { ConfigTab } from "./tabs/config-tab.tsx";
import { ExitsTab } from "./tabs/exits-tab.tsx";
import { FactsTab } from "./tabs/facts-tab.tsx";
import { FlowTab } from "./tabs/flow-tab.tsx";
import { OutputTab } from "./output/output-tab.tsx";
import { ProbesTab } from "./tabs/probes-tab.tsx";
import { ProcessState } from "./process-state.tsx";
import { ProgramsTab } from "./tabs/programs-tab.tsx";
import { QueueTab } from "./tabs/queue-tab.tsx";
import { ScaleDialog, SignalDialog } from "./small-dialogs.tsx";

export function ProcessPage({ name }: { readonly name: string }) {
  const shown = useCall("processes.show", { name });
  const status = processNamed(name);
  const { answer, failure, ask } = shown;
  // Another run, or another end, has other facts.
  const mark = status === undefined ? undefined : `${status.state} ${status.restarts} ${status.sinceMs} ${status.lastExit?.atMs ?? 0}`;
  const seen = useRef(mark);
  useEffect(() => {
    if (seen.current !== undefined && mark !== undefined && seen.current !== mark) ask();
    seen.current = mark ?? seen.current;
  }, [mark, ask]);
  const tab = query.value.get("tab") ?? "output";
  const command = answer === undefined ? undefined : typeof answer.written === "string" ? answer.written : answer.written.join(" ");
  const tabs = [
    { id: "output", label: say(words.output) },
    { id: "facts", label: say(words.facts) },
    { id: "exits", label: say(words.exits) },
    { id: "probes", label: say(words.probes) },
    { id: "queue", label: say(words.queue) },
    { id: "programs", label: say(words.programs) },
    { id: "flow", label: say(words.flow) },
    { id: "config", label: say(words.configTab) },
  ];
  return (
    <>
      <header class="page-head">
        <p class="crumbs">
          <a href="/processes">{say(frameWords.processes)}</a> /
        </p>
        <div class="page-title">
          <h1>{name}</h1>
          {status !== undefined && <ProcessState process={status} />}
          {status !== undefined && <Figures process={status} />}
          {status !== undefined && <Buttons process={status} command={command} />}
        </div>
      </header>
      {status !== undefined && <Why process={status} />}
      {answer === undefined ? (
        failure === undefined ? (
          <Skeleton />
        ) : (
          <FailureBox failure={failure} retry={ask} />
        )
      ) : processes.value !== undefined && status === undefined ? (
        <div class="empty">
          <h2>{say(words.noSuch, { name })}</h2>
          <p>{say(words.noSuchText)}</p>
          <a class="button" href="/processes">
            {say(frameWords.processes)}
          </a>
        </div>
      ) : (
        <Tabs label={name} current={tab} tabs={tabs} hrefOf={(id) => hrefWith({ tab: id === "output" ? undefined : id, q: undefined })}>
          {tab === "facts" ? (
            <FactsTab detail={answer} />
          ) : tab === "exits" ? (
            <ExitsTab exits={answer.exits} />
          ) : tab === "probes" ? (
            <ProbesTab probes={answer.probes} ask={ask} />
          ) : tab === "queue" ? (
            <QueueTab process={status ?? answer.status} />
          ) : tab === "programs" ? (
            <ProgramsTab name={name} programs={answer.programs} ask={ask} />
          ) : tab === "flow" ? (
            <FlowTab name={name} />
          ) : tab === "config" ? (
            <ConfigTab name={name} place={answer.place} ask={ask} />
          ) : (
            <OutputTab process={status ?? answer.status} />
          )}
        </Tabs>
      )}
      {processes.value === undefined && processFailure.value !== undefined && <FailureBox failure={processFailure.value} />}
    </>
  );
}

function Figures({ process }: { readonly process: ProcessStatus }) {
  const nowMs = processLook.value?.atMs ?? Date.now();
  const [started, cpu, memory] = [startedMsOf(process), cpuOf(process), memoryOf(process)];
  const pids = process.instances.flatMap(({ pid }) => (pid === null ? [] : [pid]));
  const parts = [
    pids.length === 0 ? undefined : `PID ${pids.join(", ")}`,
    started === undefined ? undefined : duration(nowMs - started),
    cpu === undefined ? undefined : `CPU ${percent(cpu / 100)}`,
    memory === undefined ? undefined : bytes(memory),
    process.nextRunMs === undefined ? undefined : `${say(words.nextRun)}: ${nextTime(process.nextRunMs, nowMs)}`,
  ];
  return <span class="dim">{parts.filter((part) => part !== undefined).join(" · ")}</span>;
}

/** Above everything else: what keeps it from working. */
function Why({ process }: { readonly process: ProcessStatus }) {
  const why = whyOf(process, processes.value ?? [], processLook.value?.atMs ?? Date.now());
  if (why === undefined && !isTroubled(process)) return null;
  const mood = processMood(process);
  return (
    <p class={`trouble ${mood.tone === "good" ? "warn" : mood.tone}`}>
      <StateMark mood={mood} /> <span>{unturned(why ?? say(words.crashLoopWhy))}</span>
    </p>
  );
}

function Buttons({ process, command }: { readonly process: ProcessStatus; readonly command: string | undefined }) {
  const [asked, setAsked] = useState<ProcessAction | "scale" | "signal">();
  const button = (id: string, label: string, icon: ProcessAction["icon"], role: ProcessAction["role"], act: () => void, isDanger = false) => {
    const isAllowed = may(role);
    return (
      <button key={id} type="button" class={`button ${isDanger ? "danger" : ""}`} aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords[role]) })} onClick={() => isAllowed && act()}>
        <Icon name={icon} />
        {label}
      </button>
    );
  };
  return (
    <div class="page-actions many">
      {processActions
        .filter((action) => action.fits(process))
        .map((action) => button(action.id, say(action.label), action.icon, action.role, () => setAsked(action), action.isDanger === true))}
      {button("scale", say(words.scale), "plus", "operator", () => setAsked("scale"))}
      {process.instances.some(({ pid }) => pid !== null) && button("signal", say(words.signal), "send", "operator", () => setAsked("signal"))}
      {asked === "scale" && <ScaleDialog process={process} close={() => setAsked(undefined)} />}
      {asked === "signal" && <SignalDialog name={process.name} close={() => setAsked(undefined)} />}
      {asked !== undefined && typeof asked !== "string" && (
        <AskFirst
          asked={{ action: { id: asked.id, label: say(asked.label), role: asked.role, isDanger: asked.isDanger === true, effect: (rows: readonly ProcessStatus[]) => asked.effect(rows, command), run: (rows: readonly ProcessStatus[]) => asked.run(rows) }, rows: [process] }}
          close={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}
