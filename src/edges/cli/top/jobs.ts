// The jobs in `dure top`: what waits, who runs what, and how each rule does. Tab goes there from the processes; what does not fit is scrolled to.
import { say } from "#base/lang.ts";
import { bytesText } from "#base/quantities.ts";
import { printable } from "#kernel/config/cells.ts";
import type { ResultOf } from "../../all-commands.ts";
import { tableLines } from "../terminal.ts";
import type { Style } from "../terminal.ts";
import { countText } from "../units.ts";
import type { TopState } from "./state.ts";

export interface JobsSeen {
  readonly look: ResultOf<"jobs.look">;
  readonly rules: ResultOf<"jobs.rules">["rules"];
  /** Ended in each second, of the last two looks. */
  readonly perSecond?: number;
}

export function withJobs(state: TopState, seen: Omit<JobsSeen, "perSecond">): TopState {
  if (state.isPaused) return state;
  const before = state.jobs?.look;
  const seconds = before === undefined ? 0 : (seen.look.atMs - before.atMs) / 1000;
  const perSecond = before === undefined || seconds <= 0 ? undefined : Math.max(0, endedOf(seen.look) - endedOf(before)) / seconds;
  const isFirst = state.jobs === undefined && state.look?.pipelines.length === 0 && (state.processes?.length ?? 0) === 0;
  return { ...state, jobs: { ...seen, ...(perSecond === undefined ? {} : { perSecond }) }, ...(isFirst ? { view: "jobs" } : {}) };
}

/** The state after a key; undefined: to end. */
export function afterJobsKey(state: TopState, key: string): TopState | undefined {
  const { firstJobLine = 0 } = state;
  switch (key) {
    case "q":
      return undefined;
    case "\t":
      return { ...state, view: "list" };
    case "\r":
    case "\n":
      return { ...state, view: "recent-jobs", filter: "" };
    case "/":
      return { ...state, isTyping: true, filter: "", firstJobLine: 0 };
    case "\x1b":
      return { ...state, filter: "" };
    case "j":
    case "\x1b[B":
    case "\x1bOB":
      return { ...state, firstJobLine: firstJobLine + 1 };
    case "k":
    case "\x1b[A":
    case "\x1bOA":
      return { ...state, firstJobLine: Math.max(0, firstJobLine - 1) };
    default:
      return state;
  }
}

export function jobLines({ jobs, filter, firstJobLine = 0 }: TopState, linesMax: number, style: Style): string[] {
  if (jobs === undefined) return [say({ en: "this agent runs no jobs", ko: "이 에이전트에는 작업 설정이 없습니다" })];
  const head = queueLines(jobs, style);
  const below = [...workerLines(jobs, style), "", ...ruleLines(jobs, filter, style)];
  const room = Math.max(1, linesMax - head.length - 1);
  return [...head, "", ...below.slice(Math.max(0, Math.min(firstJobLine, below.length - room)))];
}

/** For the title: what waits, and what is wrong. */
export function jobCount({ jobs }: TopState): string {
  if (jobs === undefined) return "";
  const { queue: { depth, state } } = jobs.look;
  const trouble = state.is === "open" ? { en: "", ko: "" } : { en: ", queue away", ko: ", 큐 연결 안 됨" };
  const waiting = depth === undefined ? "?" : countText(depth.queued + depth.delayed);
  return say({ en: `; ${waiting} jobs wait${trouble.en} (Tab)`, ko: `; 대기 작업 ${waiting}개${trouble.ko} (Tab)` });
}

function queueLines({ look: { queue, done }, perSecond }: JobsSeen, style: Style): string[] {
  const { depth, state, backend, place } = queue;
  const is = state.is === "open" ? style.mark.ok : `${style.mark.bad} ${style.red(printable(state.why))}`;
  const number = (value: number | undefined): string => (value === undefined ? style.mark.skip : countText(value));
  const waiting = say({ en: `waiting ${number(depth?.queued)}, later ${number(depth?.delayed)}, running ${number(depth?.running)}, dead letters ${number(depth?.failed)}`, ko: `대기 ${number(depth?.queued)}, 예약 ${number(depth?.delayed)}, 실행 ${number(depth?.running)}, 데드레터 ${number(depth?.failed)}` });
  const rate = perSecond === undefined ? "" : say({ en: `${countText(Math.round(perSecond))}/s; `, ko: `초당 ${countText(Math.round(perSecond))}; ` });
  const ended = say({ en: `${rate}since the start ${countText(done.succeeded)} done, ${countText(done.failed)} failed, ${countText(done.retried)} tried again, ${countText(done.lost)} lost with a worker`, ko: `${rate}시작 뒤 성공 ${countText(done.succeeded)}, 실패 ${countText(done.failed)}, 재시도 ${countText(done.retried)}, 워커와 함께 잃은 실행 ${countText(done.lost)}` });
  return [`${style.bold(backend)} ${printable(place)}  ${is}`, waiting, ended];
}

function workerLines({ look: { workers, atMs } }: JobsSeen, style: Style): string[] {
  if (workers.length === 0) return [style.yellow(say({ en: "no worker runs; start some: dure operator start worker 2", ko: "실행 중인 워커가 없습니다. 시작: dure operator start worker 2" }))];
  const head = [say({ en: "WORKER", ko: "워커" }), say({ en: "STATE", ko: "상태" }), say({ en: "BUSY", ko: "사용" }), say({ en: "DONE", ko: "처리" }), say({ en: "FAILED", ko: "실패" }), say({ en: "MEM", ko: "메모리" }), say({ en: "RUNS", ko: "실행 중" })].map((word) => style.bold(word));
  const rows = workers.map(({ pid, state, slots, done, failed, memoryBytes, jobs, isQuarantine }) => {
    const [oldest] = jobs.toSorted((one, other) => one.startedMs - other.startedMs);
    const runs = oldest === undefined ? "" : `${printable(oldest.rule)} ${Math.max(0, Math.round((atMs - oldest.startedMs) / 1000))}s`;
    return [String(pid), isQuarantine ? `${state}, ${say({ en: "alone", ko: "격리" })}` : state === "blocked" ? style.red(state) : state, `${jobs.length}/${slots}`, countText(done), countText(failed), bytesText(memoryBytes), runs];
  });
  return tableLines([head, ...rows], [2, 3, 4, 5]);
}

function ruleLines({ rules }: JobsSeen, filter: string, style: Style): string[] {
  const wanted = filter.normalize().toLowerCase();
  const shown = rules.filter(({ name }) => name.toLowerCase().includes(wanted)).toSorted((one, other) => other.running - one.running || other.succeeded + other.failed - one.succeeded - one.failed || (one.name < other.name ? -1 : 1));
  if (shown.length === 0) return [say({ en: "no rule fits the filter", ko: "검색에 맞는 규칙이 없습니다" })];
  const ms = (value: number | undefined): string => (value === undefined ? style.mark.skip : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`);
  const head = [say({ en: "RULE", ko: "규칙" }), say({ en: "RUNNING", ko: "실행" }), say({ en: "DONE", ko: "성공" }), say({ en: "FAILED", ko: "실패" }), "P50", "P99", say({ en: "WAIT P50", ko: "대기 P50" }), say({ en: "WAIT P99", ko: "대기 P99" })].map((word) => style.bold(word));
  const rows = shown.map(({ name, running, succeeded, failed, runMs, waitMs, heldBack }) => [printable(name), heldBack ? style.yellow(String(running)) : String(running), countText(succeeded), failed === 0 ? "0" : style.red(countText(failed)), ms(runMs?.p50), ms(runMs?.p99), ms(waitMs?.p50), ms(waitMs?.p99)]);
  return tableLines([head, ...rows], [1, 2, 3, 4, 5, 6, 7]);
}

function endedOf({ done }: JobsSeen["look"]): number {
  return done.succeeded + done.failed + done.cancelled;
}
