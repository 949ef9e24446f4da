// All processes, and the groups of them: what is wanted of them and how they are, why one waits, and what can be done with them, one or many at once.
import { useMemo, useState } from "preact/hooks";
import { may } from "../../agent/session.ts";
import { bytes, count, percent } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { processActions } from "../../processes/actions.ts";
import { FIRST_PROCESS, PROCESS_EXAMPLE } from "../../processes/example.ts";
import { cpuOf, cpuTrend, memoryOf, processes, processFailure, processLook, startedMsOf } from "../../processes/look.ts";
import type { ProcessStatus } from "../../processes/look.ts";
import { differsFromWanted, processMood, processMoods, whyOf } from "../../processes/mood.ts";
import { duration, nextTime } from "../../processes/times.ts";
import { hrefWith, query } from "../../route.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words as groupWords } from "../../words/groups.ts";
import { words } from "../../words/processes.ts";
import { language, say } from "../../words/say.ts";
import { ProcessState } from "./process-state.tsx";
import { PutIntoGroup } from "./edit-group.tsx";
import { GroupList } from "./group-list.tsx";
import { AddProcess } from "./add-process.tsx";
import { ScaleDialog, SignalDialog } from "./small-dialogs.tsx";

interface Asked {
  readonly what: "scale" | "signal";
  readonly row: ProcessStatus;
}

export function ProcessList() {
  const tab = query.value.get("tab") ?? "processes";
  return (
    <>
      <h1>{say(frameWords.processes)}</h1>
      <Tabs
        label={say(frameWords.processes)}
        current={tab}
        tabs={[
          { id: "processes", label: say(frameWords.processes) },
          { id: "groups", label: say(groupWords.groups) },
        ]}
        hrefOf={(id) => (id === "processes" ? "/processes" : `/processes?tab=${id}`)}
      >
        {tab === "groups" ? <GroupList /> : <AllProcesses />}
      </Tabs>
    </>
  );
}

function AllProcesses() {
  const lang = language.value;
  const rows = processes.value;
  const [adding, setAdding] = useState<"empty" | "example">();
  const [asked, setAsked] = useState<Asked>();
  const [put, setPut] = useState<readonly string[]>();
  const groups = [...new Set(rows?.flatMap((row) => row.groups))].sort();
  const filters = useMemo(
    () => [
      { id: "state", label: say(words.state), options: Object.entries(processMoods).map(([value, { label }]) => ({ value, label: say(label) })), fits: (row: ProcessStatus, value: string) => row.state === value },
      ...(groups.length === 0 ? [] : [{ id: "group", label: say(words.groups), options: groups.map((value) => ({ value, label: value })), fits: (row: ProcessStatus, value: string) => row.groups.includes(value) }]),
    ],
    [lang, groups.join("\n")],
  );
  const hasRuns = rows?.some(({ nextRunMs }) => nextRunMs !== undefined) === true;
  const columns = useMemo(() => columnsOf(groups.length > 0, hasRuns), [lang, groups.length > 0, hasRuns]);
  const actions = useMemo(() => actionsOf(setAsked, setPut), [lang]);
  return (
    <>
      <div class="processes-list">
      <List
        label={say(frameWords.processes)}
        fileName="processes"
        rows={rows}
        failure={rows === undefined ? processFailure.value : undefined}
        keyOf={({ name }) => name}
        columns={columns}
        filters={filters}
        actions={actions}
        hrefOf={({ name }) => `/processes/${encodeURIComponent(name)}`}
        empty={{ title: say(words.emptyTitle), text: say(words.emptyText), example: PROCESS_EXAMPLE, first: may("admin") ? { label: say(words.tryOne), take: () => setAdding("example") } : undefined }}
      >
        <button type="button" class="button main" aria-disabled={!may("admin")} title={may("admin") ? undefined : say(frameWords.needsRole, { role: say(frameWords.admin) })} onClick={() => may("admin") && setAdding("empty")}>
          <Icon name="plus" /> {say(words.add)}
        </button>
      </List>
      </div>
      {put !== undefined && <PutIntoGroup names={put} groups={groups} close={() => setPut(undefined)} />}
      {adding !== undefined && <AddProcess {...(adding === "example" ? FIRST_PROCESS : {})} close={() => setAdding(undefined)} />}
      {asked?.what === "scale" && <ScaleDialog process={asked.row} close={() => setAsked(undefined)} />}
      {asked?.what === "signal" && <SignalDialog name={asked.row.name} close={() => setAsked(undefined)} />}
    </>
  );
}

function actionsOf(ask: (asked: Asked) => void, put: (names: readonly string[]) => void): RowAction<ProcessStatus>[] {
  const dialog = (what: Asked["what"], label: string, icon: "plus" | "send", fits: (row: ProcessStatus) => boolean): RowAction<ProcessStatus> => ({ id: what, label, icon, role: "operator", fits, run: ([row]) => void (row !== undefined && ask({ what, row })) });
  const plain = processActions.map(({ id, label, icon, role, isDanger = false, fits, effect, run }): RowAction<ProcessStatus> => ({ id, label: say(label), icon, role, isDanger, fits, effect, run, isBulk: true }));
  const grouping: RowAction<ProcessStatus> = { id: "group", label: say(groupWords.put), icon: "plus", role: "admin", isBulk: true, run: (rows) => put(rows.map(({ name }) => name)) };
  return [...plain.slice(0, -1), grouping, dialog("scale", say(words.scale), "plus", () => true), dialog("signal", say(words.signal), "send", ({ instances }) => instances.some(({ pid }) => pid !== null)), ...plain.slice(-1)];
}

/** What no process has takes no room, until somebody asks for it. */
function columnsOf(hasGroups: boolean, hasRuns: boolean): Column<ProcessStatus>[] {
  const nowMs = (): number => processLook.value?.atMs ?? Date.now();
  const why = (row: ProcessStatus): string | undefined => whyOf(row, processes.value ?? [], nowMs());
  const uptime = (row: ProcessStatus): number | undefined => {
    const started = startedMsOf(row);
    return started === undefined ? undefined : nowMs() - started;
  };
  return [
    { id: "name", label: say(words.name), isWide: true, value: ({ name }) => name, show: ({ name, instancesWanted }) => (instancesWanted === 1 ? name : `${name} × ${instancesWanted}`) },
    { id: "groups", label: say(words.groups), isWideOnly: true, isExtra: !hasGroups, value: ({ groups }) => groups.join(" "), show: ({ groups }) => <Groups groups={groups} /> },
    { id: "state", label: say(words.state), value: (row) => processMood(row).rank, show: (row) => <ProcessState process={row} why={why(row)} /> },
    {
      id: "wanted",
      label: say(words.wanted),
      isWideOnly: true,
      value: ({ wanted, by }) => `${wanted} ${by ?? ""}`,
      show(row) {
        const wanted = say(row.wanted === "running" ? words.wantedRunning : words.wantedStopped);
        const text = row.by === undefined ? wanted : say(words.by, { what: wanted, name: row.by });
        return differsFromWanted(row) ? <strong title={say(words.differs)}>≠ {text}</strong> : <span class="dim">{text}</span>;
      },
    },
    { id: "pid", label: say(words.pid), isNumber: true, value: ({ instances }) => instances.find(({ pid }) => pid !== null)?.pid ?? undefined, show: ({ instances }) => pids(instances) },
    { id: "uptime", label: say(words.uptime), isNumber: true, value: uptime, show: (row) => (uptime(row) === undefined ? none : duration(uptime(row) ?? 0)) },
    { id: "restarts", label: say(words.restarts), isNumber: true, isWideOnly: true, value: ({ restarts }) => restarts, show: ({ restarts }) => (restarts === 0 ? <span class="dim">0</span> : count(restarts)) },
    {
      id: "cpu",
      label: say(words.cpu),
      isNumber: true,
      isWideOnly: true,
      value: cpuOf,
      show: (row) =>
        cpuOf(row) === undefined ? (
          none
        ) : (
          <span class="with-trend">
            <Sparkline values={cpuTrend(row.name)} width={44} height={14} />
            {percent((cpuOf(row) ?? 0) / 100)}
          </span>
        ),
    },
    { id: "memory", label: say(words.memory), isNumber: true, isWideOnly: true, value: memoryOf, show: (row) => (memoryOf(row) === undefined ? none : bytes(memoryOf(row) ?? 0)) },
    { id: "queue", label: say(words.queue), isNumber: true, value: ({ queue }) => queue.own + queue.shared + queue.inFlight, show: ({ queue }) => <Waiting queue={queue} /> },
    { id: "nextRun", label: say(words.nextRun), isWideOnly: true, isExtra: !hasRuns, value: ({ nextRunMs }) => nextRunMs, show: ({ nextRunMs }) => (nextRunMs === undefined ? none : nextTime(nextRunMs, nowMs())) },
    { id: "why", label: say(words.reason), isExtra: true, value: why },
    { id: "type", label: say(words.type), isExtra: true, value: ({ type }) => type },
    { id: "dependsOn", label: say(words.dependsOn), isExtra: true, value: ({ dependsOn }) => dependsOn.join(" ") },
  ];
}

const none = <span class="dim">–</span>;

function pids(instances: ProcessStatus["instances"]) {
  const known = instances.flatMap(({ pid }) => (pid === null ? [] : [pid]));
  return known.length === 0 ? none : known.length === 1 ? String(known[0]) : <span title={known.join(", ")}>{`${known[0]} …`}</span>;
}

/** A tank, for whoever is only to see that it fills, and the figures. */
function Waiting({ queue: { own, shared, inFlight, isFull } }: Pick<ProcessStatus, "queue">) {
  const waiting = own + shared;
  if (waiting + inFlight === 0) return <span class="dim">0</span>;
  return (
    <span class={`queue-figure ${isFull ? "full" : ""}`} title={[say(words.waitingEvents, { count: waiting }), say(words.andInFlight, { count: inFlight }), isFull ? say(words.queueFull) : ""].filter((part) => part !== "").join(", ")}>
      {isFull && "▲ "}
      {count(waiting)}
      {inFlight > 0 && <span class="dim"> +{inFlight}</span>}
    </span>
  );
}

function Groups({ groups }: Pick<ProcessStatus, "groups">) {
  if (groups.length === 0) return none;
  return (
    <span class="chips">
      {groups.map((group) => (
        <a key={group} class="chip" href={hrefWith({ group })} title={say(words.onlyGroup, { name: group })}>
          {group}
        </a>
      ))}
    </span>
  );
}
