// What `dure top` knows and what its keys do: every change makes a new state, which screen.ts draws.
import type { ResultOf } from "../../all-commands.ts";
import type { Look } from "#capabilities/pipelines/look.ts";
import type { JobRecord, JobRow } from "#sdk/job-store.ts";
import type { Reloaded } from "#kernel/config/plan-difference.ts";
import { rowsOf, stepsOf } from "../look-table.ts";
import type { LookRow } from "../look-table.ts";
import { afterJobsKey } from "./jobs.ts";
import type { JobsSeen } from "./jobs.ts";
import { afterOneJobKey } from "./one-job.ts";
import { afterProcessKey } from "./processes.ts";

export interface TopState {
  readonly look?: Look;
  /** Records that came in each second, the newest last. */
  readonly history: ReadonlyMap<string, readonly number[]>;
  /** Why there is no newer look. */
  readonly trouble?: string;
  readonly selected?: string;
  /** The number of a column, from 1. */
  readonly sortBy: number;
  readonly isDescending: boolean;
  readonly filter: string;
  readonly isTyping: boolean;
  readonly isHelpShown: boolean;
  /** Nothing on the screen moves. */
  readonly isPaused: boolean;
  readonly view: View;
  /** Of the selected pipeline, in its steps: `2:parse.Json`. */
  readonly selectedStep?: string;
  /** What a tap or the log has shown, the newest last. */
  readonly lines: readonly string[];
  readonly reload?: ReloadState;
  readonly processes?: ResultOf<"processes.list">["processes"];
  /** The first that is shown. */
  readonly firstProcess?: number;
  /** undefined: it runs none. */
  readonly jobs?: JobsSeen;
  readonly firstJobLine?: number;
  /** The newest; undefined until they were asked for. */
  readonly recentJobs?: readonly JobRow[];
  readonly selectedJob?: string;
  /** The one that is looked at. */
  readonly job?: JobRecord;
  /** Why it, or the list, cannot be shown. */
  readonly jobTrouble?: string;
}

/** All but the list are about the selected pipeline, or the whole agent (reload). */
export type View = "list" | "steps" | "tap" | "log" | "reload" | "processes" | "jobs" | "recent-jobs" | "job";

export interface ReloadState {
  /** Asked for, shown to be agreed to, agreed to, done. */
  readonly stage: "asking" | "shown" | "agreed" | "done";
  readonly difference?: Reloaded;
  readonly problem?: string;
}

export const HISTORY_SECONDS = 60;
const FILTER_LENGTH_MAX = 60;
const LINES_MAX = 500;

export const START: TopState = { history: new Map(), sortBy: 1, isDescending: false, filter: "", isTyping: false, isHelpShown: false, isPaused: false, view: "list", lines: [] };

/** By the number of their key. */
const SORT_VALUES: readonly ((row: LookRow) => number | string)[] = [
  ({ name }) => name,
  ({ state }) => state,
  ({ recordsInPerSecond }) => recordsInPerSecond ?? -1,
  ({ recordsOutPerSecond }) => recordsOutPerSecond ?? -1,
  ({ bytesInPerSecond }) => bytesInPerSecond ?? -1,
  ({ recordsIn }) => recordsIn,
  ({ recordsOut }) => recordsOut,
  ({ retries }) => retries,
  ({ deadLetters }) => deadLetters,
];

export function withLook(state: TopState, look: Look): TopState {
  if (state.isPaused && state.trouble === undefined) return state;
  const { trouble: _, ...rest } = state;
  const history = new Map(rowsOf(look).map(({ name, recordsInPerSecond }) => [name, [...(state.history.get(name) ?? []), recordsInPerSecond ?? 0].slice(-HISTORY_SECONDS)]));
  return { ...rest, look, history };
}

/** An agent that has processes alone is shown with them. */
export function withProcesses(state: TopState, processes: NonNullable<TopState["processes"]>): TopState {
  if (state.isPaused) return state;
  const isFirst = state.processes === undefined && state.look?.pipelines.length === 0 && 0 < processes.length;
  return { ...state, processes, ...(isFirst ? { view: "processes" } : {}) };
}

export function withTrouble(state: TopState, trouble: string): TopState {
  return { ...state, trouble };
}

/** A line of a tap or of the log; while paused there is none. */
export function withLine(state: TopState, line: string): TopState {
  return state.isPaused ? state : { ...state, lines: [...state.lines.slice(-LINES_MAX + 1), line] };
}

export function withReload(state: TopState, reload: ReloadState): TopState {
  return state.view === "reload" ? { ...state, reload } : state;
}

/** The pipelines that fit the filter, sorted. */
export function rowsShown({ look, filter, sortBy, isDescending }: TopState): LookRow[] {
  const rows = look === undefined ? [] : rowsOf(look).filter(({ name }) => name.toLowerCase().includes(filter.normalize().toLowerCase()));
  const valueOf = SORT_VALUES[sortBy - 1] ?? (({ name }: LookRow) => name);
  const compared = (one: LookRow, other: LookRow): number => {
    const [first, second] = [valueOf(one), valueOf(other)];
    const order = first < second ? -1 : second < first ? 1 : 0;
    return (isDescending ? -order : order) || (one.name < other.name ? -1 : 1);
  };
  return rows.sort(compared);
}

/** The keys in what a terminal has sent; arrows and the like are one key of several characters. */
export function keysOf(text: string): string[] {
  return text.match(/\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[^]/gu) ?? [];
}

/** The state after a key; undefined: to end. */
export function afterKey(state: TopState, key: string): TopState | undefined {
  if (key === "\x03") return undefined; // Ctrl-C, which a terminal in raw mode sends as a character.
  if (state.isTyping) return afterTyping(state, key);
  if (state.isHelpShown) return key === "q" ? undefined : { ...state, isHelpShown: false };
  if (key === "?") return { ...state, isHelpShown: true };
  if (key === "p") return { ...state, isPaused: !state.isPaused };
  if (state.view === "processes") return afterProcessKey(state, key);
  if (state.view === "jobs") return afterJobsKey(state, key);
  if (state.view === "recent-jobs" || state.view === "job") return afterOneJobKey(state, key);
  if (state.view !== "list") return afterViewKey(state, key);
  if (/^[1-9]$/.test(key)) return sorted(state, Number(key));
  switch (key) {
    case "q":
      return undefined;
    case "s":
      return sorted(state, (state.sortBy % SORT_VALUES.length) + 1);
    case "\r":
    case "\n":
      return opened(state, "steps");
    case "t":
      return opened(state, "tap");
    case "l":
      return opened(state, "log");
    case "r":
      return { ...state, view: "reload", reload: { stage: "asking" } };
    case "\t":
      return { ...state, view: "processes", filter: "" };
    case "/":
      return { ...state, isTyping: true, filter: "" };
    case "\x1b":
      return { ...state, filter: "" };
    case "j":
    case "\x1b[B":
    case "\x1bOB":
      return moved(state, 1);
    case "k":
    case "\x1b[A":
    case "\x1bOA":
      return moved(state, -1);
    default:
      return state;
  }
}

/** Keys of what is about one pipeline. */
function afterViewKey(state: TopState, key: string): TopState {
  const { reload: _, selectedStep: __, ...rest } = state;
  const isBack = key === "q" || key === "\x1b" || key === "\x7f" || key === "\x1b[D" || key === "\x1bOD";
  if (state.view === "reload") {
    if (key === "y" && state.reload?.stage === "shown") return { ...state, reload: { ...state.reload, stage: "agreed" } };
    return state.reload?.stage === "agreed" || !(isBack || key === "n" || state.reload?.stage === "done") ? state : { ...rest, view: "list" };
  }
  // A tap that was set in the steps goes back to them.
  if (isBack) return state.view !== "steps" && state.selectedStep !== undefined ? { ...state, view: "steps", lines: [] } : { ...rest, view: "list", lines: [] };
  if (key === "t" && state.view !== "tap") return { ...state, view: "tap", lines: [] };
  if (key === "l" && state.view !== "log") return { ...state, view: "log", lines: [] };
  const by = ["j", "\x1b[B", "\x1bOB"].includes(key) ? 1 : ["k", "\x1b[A", "\x1bOA"].includes(key) ? -1 : 0;
  if (by === 0 || state.view !== "steps") return state;
  const steps = stepNames(state);
  const step = steps[Math.min(Math.max(steps.indexOf(state.selectedStep ?? "") + by, 0), steps.length - 1)];
  return step === undefined ? state : { ...state, selectedStep: step };
}

function opened(state: TopState, view: View): TopState {
  const selected = state.selected ?? rowsShown(state)[0]?.name;
  if (selected === undefined) return state;
  const known = { ...state, selected, view, lines: [] };
  const step = view === "steps" ? stepNames(known)[0] : undefined;
  return step === undefined ? known : { ...known, selectedStep: step };
}

function stepNames({ look, selected }: TopState): string[] {
  return look === undefined ? [] : stepsOf(look, selected).map(({ step }) => step);
}

/** The step that `t` looks at: the one chosen, else what leaves the pipeline. */
export function tappedStep(state: TopState): string | undefined {
  return state.selectedStep ?? stepNames(state).at(-1);
}

function afterTyping(state: TopState, key: string): TopState {
  if (key === "\r" || key === "\n") return { ...state, isTyping: false };
  if (key === "\x1b") return { ...state, isTyping: false, filter: "" };
  if (key === "\x7f" || key === "\b") return { ...state, filter: [...state.filter].slice(0, -1).join("") };
  if (key.length > 2 || key < " " || FILTER_LENGTH_MAX <= state.filter.length) return state; // Arrows and other controls.
  return { ...state, filter: state.filter + key };
}

/** Numbers begin with the largest; the same key again turns the order round. */
function sorted(state: TopState, sortBy: number): TopState {
  return { ...state, sortBy, isDescending: sortBy === state.sortBy ? !state.isDescending : 2 < sortBy };
}

function moved(state: TopState, by: number): TopState {
  const names = rowsShown(state).map(({ name }) => name);
  const at = names.indexOf(state.selected ?? "");
  const selected = names[at === -1 ? 0 : Math.min(Math.max(at + by, 0), names.length - 1)];
  return selected === undefined ? state : { ...state, selected };
}
