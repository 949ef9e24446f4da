// Processes as a table: what `dure process ls` shows, and what every command answers that started, stopped or changed some.
import { say } from "#base/lang.ts";
import { bytesText } from "#base/quantities.ts";
import type { ResultOf } from "../all-commands.ts";
import { reasonText } from "#kernel/supervisor/reason-words.ts";
import { processStateText } from "./process-state.ts";
import { tableLines } from "./terminal.ts";
import type { Style } from "./terminal.ts";
import { countText } from "./units.ts";

export type ShownProcess = ResultOf<"processes.list">["processes"][number];

export function processTable(processes: readonly ShownProcess[], style: Style): string[] {
  if (processes.length === 0) return [style.dim(say({ en: "there are no processes; add one: dure process add NAME -- COMMAND", ko: "프로세스가 없습니다. 추가: dure process add 이름 -- 명령" }))];
  const head = [say({ en: "PROCESS", ko: "프로세스" }), say({ en: "STATE", ko: "상태" }), "PID", say({ en: "UP", ko: "가동" }), style.mark.skip === "–" ? "↺" : say({ en: "RESTARTS", ko: "재시작" }), "CPU", say({ en: "MEM", ko: "메모리" }), say({ en: "QUEUE", ko: "큐" }), say({ en: "NEXT", ko: "다음 실행" })].map((word) => style.bold(word));
  const rows = processes.map((each) => {
    const live = each.instances.filter(({ pid }) => pid !== null);
    const sum = (numbers: readonly (number | null)[]): number | undefined => (numbers.every((number) => number === null) ? undefined : numbers.reduce<number>((total, number) => total + (number ?? 0), 0));
    const cpu = sum(live.map(({ cpuPercent }) => cpuPercent));
    const memory = sum(live.map(({ residentBytes }) => residentBytes));
    const startedMs = live[0]?.startedMs;
    return [
      1 < each.instancesWanted ? `${each.name} ×${each.instancesWanted}` : each.name,
      processStateText(each, style),
      live.length === 0 ? style.mark.skip : live.map(({ pid }) => String(pid)).slice(0, 3).join(","),
      startedMs === undefined || startedMs === null ? style.mark.skip : ageText(Date.now() - startedMs),
      String(each.restarts),
      cpu === undefined ? style.mark.skip : `${cpu.toFixed(cpu < 10 ? 1 : 0)}%`,
      memory === undefined ? style.mark.skip : bytesText(memory),
      countText(each.queue.own + each.queue.shared),
      each.nextRunMs === undefined ? style.mark.skip : clockText(each.nextRunMs),
    ];
  });
  const reasons = processes.flatMap(({ name, reason }) => (reason === undefined ? [] : [`  ${name}: ${style.yellow(say(reasonText(reason)))}`]));
  return [...tableLines([head, ...rows], [3, 4, 5, 6, 7]), ...reasons];
}

/** `42s`, `17m`, `5h`, `3d`. */
function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units = [[86_400, { en: "d", ko: "일" }], [3600, { en: "h", ko: "시간" }], [60, { en: "m", ko: "분" }]] as const;
  const [size, word] = units.find(([each]) => each <= seconds) ?? ([1, { en: "s", ko: "초" }] as const);
  return `${Math.floor(seconds / size)}${say(word)}`;
}

function clockText(ms: number): string {
  const at = new Date(ms);
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
