// The processes in `dure top`: Tab goes there and back. What does not fit is scrolled to.
import { say } from "#base/lang.ts";
import { processTable } from "../process-table.ts";
import type { Style } from "../terminal.ts";
import type { TopState } from "./state.ts";

/** The state after a key; undefined: to end. */
export function afterProcessKey(state: TopState, key: string): TopState | undefined {
  const { firstProcess = 0 } = state;
  const most = Math.max(0, processesShown(state).length - 1);
  switch (key) {
    case "q":
      return undefined;
    case "\t":
      return { ...state, view: state.jobs === undefined ? "list" : "jobs", filter: "" };
    case "/":
      return { ...state, isTyping: true, filter: "", firstProcess: 0 };
    case "\x1b":
      return { ...state, filter: "" };
    case "j":
    case "\x1b[B":
    case "\x1bOB":
      return { ...state, firstProcess: Math.min(most, firstProcess + 1) };
    case "k":
    case "\x1b[A":
    case "\x1bOA":
      return { ...state, firstProcess: Math.max(0, firstProcess - 1) };
    default:
      return state;
  }
}

export function processLines(state: TopState, style: Style): string[] {
  const shown = processesShown(state);
  if (shown.length === 0 && 0 < (state.processes?.length ?? 0)) return [say({ en: "no process fits the filter", ko: "검색에 맞는 프로세스가 없습니다" })];
  return processTable(shown.slice(Math.min(state.firstProcess ?? 0, Math.max(0, shown.length - 1))), style);
}

/** For the title: how many, and how many are not well. */
export function processCount({ processes = [] }: TopState): string {
  if (processes.length === 0) return "";
  const bad = processes.filter(({ state, isCrashLooping }) => isCrashLooping || state === "failed" || state === "unhealthy").length;
  const words = bad === 0 ? { en: "", ko: "" } : { en: `, ${bad} not well`, ko: `, 비정상 ${bad}개` };
  return say({ en: `; ${processes.length} processes${words.en} (Tab)`, ko: `; 프로세스 ${processes.length}개${words.ko} (Tab)` });
}

function processesShown({ processes = [], filter }: TopState): NonNullable<TopState["processes"]> {
  const wanted = filter.normalize().toLowerCase();
  return processes.filter(({ name }) => name.toLowerCase().includes(wanted));
}
