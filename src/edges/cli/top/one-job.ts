// Single jobs in `dure top`: the newest, of which one is chosen, and that one in detail: its marks along the time, its attempts, what it printed.
import { say } from "#base/lang.ts";
import { localTime } from "#base/local-time.ts";
import { printable } from "#kernel/config/cells.ts";
import type { JobMark, JobRecord, JobRow } from "#sdk/job-store.ts";
import { jobMarks, jobStates } from "../job-words.ts";
import { tableLines } from "../terminal.ts";
import type { Style } from "../terminal.ts";
import type { TopState } from "./state.ts";

/** The newest that are asked for. */
export const RECENT_MAX = 200;
const ENDS: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled", "lost"]);
const BACK: ReadonlySet<string> = new Set(["q", "\x1b", "\x7f", "\x1b[D", "\x1bOD"]);
const DOWN: ReadonlySet<string> = new Set(["j", "\x1b[B", "\x1bOB"]);
const UP: ReadonlySet<string> = new Set(["k", "\x1b[A", "\x1bOA"]);

export function withRecentJobs(state: TopState, recentJobs: readonly JobRow[]): TopState {
  if (state.isPaused && state.recentJobs !== undefined) return state;
  const { jobTrouble: _, ...rest } = state;
  return { ...rest, recentJobs };
}

/** What comes late, of another job than is looked at, is dropped. */
export function withJob(state: TopState, job: JobRecord): TopState {
  if (job.id !== state.selectedJob || (state.isPaused && state.job !== undefined)) return state;
  const { jobTrouble: _, ...rest } = state;
  return { ...rest, job };
}

export function withJobTrouble(state: TopState, jobTrouble: string): TopState {
  return { ...state, jobTrouble };
}

/** The state after a key, in either view. */
export function afterOneJobKey(state: TopState, key: string): TopState {
  const { job: _, jobTrouble: __, ...rest } = state;
  const by = DOWN.has(key) ? 1 : UP.has(key) ? -1 : 0;
  if (state.view === "job") {
    if (BACK.has(key)) return { ...rest, view: "recent-jobs", firstJobLine: 0 };
    return by === 0 ? state : { ...state, firstJobLine: Math.max(0, (state.firstJobLine ?? 0) + by) };
  }
  if (BACK.has(key)) return { ...rest, view: "jobs", filter: "", firstJobLine: 0 };
  if (key === "/") return { ...state, isTyping: true, filter: "" };
  const selectedJob = shownJobs(state)[placeOf(state, by)]?.id;
  if (selectedJob === undefined) return state;
  if (key === "\r" || key === "\n") return { ...rest, selectedJob, view: "job", firstJobLine: 0 };
  return by === 0 ? state : { ...state, selectedJob };
}

export function oneJobLines(state: TopState, room: number, style: Style): string[] {
  const trouble = state.jobTrouble === undefined ? [] : [`${style.mark.bad} ${style.red(printable(state.jobTrouble))}`];
  return [...trouble, ...(state.view === "job" ? detailLines(state, room - trouble.length, style) : recentLines(state, room - trouble.length, style))];
}

function recentLines(state: TopState, room: number, style: Style): string[] {
  if (state.recentJobs === undefined) return state.jobTrouble === undefined ? [say({ en: "reading them ...", ko: "읽는 중 ..." })] : [];
  const shown = shownJobs(state);
  if (shown.length === 0) return [state.filter === "" ? say({ en: "there are no jobs yet", ko: "아직 작업이 없습니다" }) : say({ en: "none of the newest jobs fits the filter", ko: "최근 작업 중 검색에 맞는 것이 없습니다" })];
  const at = placeOf(state, 0);
  const nowMs = state.jobs?.look.atMs ?? 0;
  const head = [say({ en: "  SUBMITTED", ko: "  등록" }), say({ en: "STATE", ko: "상태" }), say({ en: "RAN", ko: "실행" }), say({ en: "TRY", ko: "시도" }), say({ en: "RULE", ko: "규칙" }), say({ en: "ERROR", ko: "오류" })];
  const rows = shown.map((job, index) => [`${index === at ? ">" : " "} ${clockOf(job.createdMs)}`, stateOf(job, style), ranText(job, nowMs), String(job.attempt), printable(job.rule), job.error === undefined ? "" : style.red(printable(`${job.error.kind}: ${job.error.message}`))]);
  const [first = "", ...lines] = tableLines([head, ...rows], [2, 3]);
  const from = Math.max(0, Math.min(at - Math.floor((room - 1) / 2), lines.length - (room - 1)));
  return [style.bold(first), ...lines.slice(from, from + Math.max(1, room - 1))];
}

function detailLines({ job, jobTrouble, jobs, firstJobLine = 0 }: TopState, room: number, style: Style): string[] {
  if (job === undefined) return jobTrouble === undefined ? [say({ en: "reading it ...", ko: "읽는 중 ..." })] : [];
  const nowMs = jobs?.look.atMs ?? 0;
  const head = [`${style.bold(printable(job.rule))}  ${stateOf(job, style)}  ${ranText(job, nowMs)}`, style.dim(`${job.id}  ${printable(job.from)}  ${Object.entries(job.labels).map(([name, value]) => printable(`${name}=${value}`)).join(" ")}`.trimEnd())];
  const error = job.error === undefined ? [] : [`${style.mark.bad} ${style.red(printable(`${job.error.kind}: ${job.error.message}`))}`];
  const title = (text: string): string[] => ["", style.bold(text)];
  const printed = job.marks.filter(({ kind }) => kind === "log");
  const below = [
    ...error,
    ...title(say({ en: "TIMELINE", ko: "타임라인" })),
    ...timelineLines(job, style),
    ...title(say({ en: "ATTEMPTS", ko: "시도 이력" })),
    ...attemptLines(job, nowMs, style),
    ...title(say({ en: "INPUT", ko: "입력" })),
    printable(job.data),
    ...(job.result === undefined ? [] : [...title(say({ en: "RESULT", ko: "결과" })), printable(job.result)]),
    ...title(say({ en: "PRINTED", ko: "출력" })),
    ...(printed.length === 0 ? [say({ en: "nothing", ko: "없음" })] : printed.flatMap(({ atMs, attempt, text = "" }) => text.trimEnd().split("\n").map((line) => `${style.dim(`${clockOf(atMs)} #${attempt}`)} ${printable(line)}`))),
  ];
  return [...head, ...below.slice(Math.max(0, Math.min(firstJobLine, below.length - Math.max(1, room - head.length))))];
}

/** Each mark with how long after the one before it came. */
function timelineLines({ marks }: JobRecord, style: Style): string[] {
  const shown = marks.filter(({ kind }) => kind !== "log");
  return tableLines(shown.map((mark, index) => [clockOf(mark.atMs), index === 0 ? "" : `+${lastsText(mark.atMs - (shown[index - 1]?.atMs ?? mark.atMs))}`, markText(mark, style), `#${mark.attempt}`, printable(mark.text ?? "")]), [1]);
}

/** Of what ended at once only the end is kept; the job itself knows when its last attempt began. */
function attemptLines({ marks, startedMs, worker }: JobRecord, nowMs: number, style: Style): string[] {
  const attempts: { start?: JobMark; end?: JobMark }[] = [];
  for (const mark of marks) {
    const last = attempts.at(-1);
    if (mark.kind === "started") attempts.push({ start: mark });
    else if (ENDS.has(mark.kind) && last !== undefined && last.end === undefined) last.end = mark;
    else if (ENDS.has(mark.kind)) attempts.push({ end: mark });
  }
  if (attempts.length === 0) return [say({ en: "none yet", ko: "아직 없음" })];
  const rows = attempts.map(({ start, end }, index) => {
    const isLast = index === attempts.length - 1;
    const fromMs = start?.atMs ?? (isLast ? startedMs : undefined);
    const lasted = fromMs === undefined ? style.mark.skip : lastsText(Math.max(0, (end?.atMs ?? nowMs) - fromMs));
    return [`#${(start ?? end)?.attempt ?? 1}`, fromMs === undefined ? style.mark.skip : clockOf(fromMs), lasted, end === undefined ? say({ en: "running", ko: "실행 중" }) : markText(end, style), printable(start?.text ?? (isLast ? (worker ?? "") : ""))];
  });
  return tableLines(rows, [2]);
}

function shownJobs({ recentJobs = [], filter }: TopState): readonly JobRow[] {
  const wanted = filter.normalize().toLowerCase();
  return recentJobs.filter(({ id, rule, state, error }) => `${id} ${rule} ${state} ${error?.kind ?? ""} ${error?.message ?? ""}`.toLowerCase().includes(wanted));
}

function placeOf(state: TopState, by: number): number {
  const shown = shownJobs(state);
  const at = Math.max(0, shown.findIndex(({ id }) => id === state.selectedJob));
  return Math.max(0, Math.min(at + by, shown.length - 1));
}

function stateOf({ state }: JobRow, style: Style): string {
  const text = say(jobStates.get(state) ?? { en: state, ko: state });
  return state === "failed" ? style.red(text) : state === "running" ? style.yellow(text) : text;
}

function markText({ kind }: JobMark, style: Style): string {
  const text = say(jobMarks.get(kind) ?? { en: printable(kind), ko: printable(kind) });
  return kind === "failed" || kind === "lost" ? style.red(text) : text;
}

function ranText({ state, startedMs, endedMs }: JobRow, nowMs: number): string {
  if (startedMs === undefined) return "";
  const untilMs = endedMs !== undefined && startedMs <= endedMs ? endedMs : state === "running" ? nowMs : undefined;
  return untilMs === undefined ? "" : lastsText(Math.max(0, untilMs - startedMs));
}

/** `15:04:05`, of this machine. */
function clockOf(atMs: number): string {
  return localTime(atMs).slice(11);
}

function lastsText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)}m ${Math.round((ms % 60_000) / 1000)}s`;
}
