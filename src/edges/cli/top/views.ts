// What `dure top` shows of one pipeline: its steps, what a tap sees, its log; and what a reload would change.
import { say } from "#base/lang.ts";
import { printable } from "#kernel/config/cells.ts";
import { differenceLines } from "../difference-lines.ts";
import { heldText, rowsOf, stepsOf } from "../look-table.ts";
import { stateText } from "../summary.ts";
import { tableLines } from "../terminal.ts";
import type { Style } from "../terminal.ts";
import { countText } from "../units.ts";
import { tappedStep } from "./state.ts";
import type { TopState } from "./state.ts";

export function viewLines(state: TopState, linesMax: number, { style }: { readonly style: Style }): string[] {
  if (state.view === "reload") return reloadLines(state, style);
  const head = [headOf(state, style), ""];
  const room = Math.max(1, linesMax - head.length);
  if (state.view === "steps") return [...head, ...stepLines(state, room, style)];
  const lines = state.lines.slice(-room).map((line) => printable(line));
  return [...head, ...(lines.length === 0 ? [style.dim(state.view === "tap" ? say({ en: "waiting for records", ko: "레코드를 기다리는 중" }) : say({ en: "nothing said yet", ko: "아직 로그가 없습니다" }))] : lines)];
}

function headOf(state: TopState, style: Style): string {
  const row = state.look === undefined ? undefined : rowsOf(state.look).find(({ name }) => name === state.selected);
  const what = state.view === "tap" ? say({ en: `tap ${tappedStep(state) ?? ""}`, ko: `탭 ${tappedStep(state) ?? ""}` }) : state.view === "log" ? say({ en: "log", ko: "로그" }) : say({ en: "steps", ko: "단계" });
  const rates = row?.recordsInPerSecond === undefined ? "" : say({ en: `  in ${countText(row.recordsInPerSecond)}/s, out ${countText(row.recordsOutPerSecond ?? 0)}/s`, ko: `  입력 ${countText(row.recordsInPerSecond)}/초, 출력 ${countText(row.recordsOutPerSecond ?? 0)}/초` });
  const is = row === undefined ? say({ en: "(gone)", ko: "(없어짐)" }) : stateText(row, style);
  return `${style.bold(printable(state.selected ?? ""))}  ${is}${rates}  ${style.cyan(printable(what))}`;
}

function stepLines(state: TopState, room: number, style: Style): string[] {
  const steps = state.look === undefined ? [] : stepsOf(state.look, state.selected);
  const at = Math.max(0, steps.findIndex(({ step }) => step === state.selectedStep));
  const from = Math.max(0, Math.min(at - Math.floor((room - 1) / 2), steps.length - (room - 1)));
  const head = [say({ en: "  STEP", ko: "  단계" }), say({ en: "IN/S", ko: "입력/초" }), say({ en: "IN", ko: "입력" }), say({ en: "BUSY", ko: "사용률" }), say({ en: "HELD", ko: "보관" })];
  const rows = steps.map((row) => [`${row.step === state.selectedStep ? ">" : " "} ${printable(row.step)}`, row.recordsInPerSecond === undefined ? style.mark.skip : countText(row.recordsInPerSecond), countText(row.recordsIn), row.busyPart === undefined ? "" : `${Math.round(row.busyPart * 100)}%`, heldText(row)]);
  const [first = "", ...lines] = tableLines([head, ...rows], [1, 2, 3]);
  return [style.bold(first), ...lines.map((line, index) => (steps[index]?.step === state.selectedStep ? style.bold(line) : line)).slice(from, from + Math.max(1, room - 1))];
}

function reloadLines({ reload }: TopState, style: Style): string[] {
  const head = [style.bold(say({ en: "Reload the config", ko: "설정 다시 읽기" })), ""];
  if (reload === undefined || reload.stage === "asking") return [...head, say({ en: "reading it ...", ko: "읽는 중 ..." })];
  const problem = reload.problem ?? reload.difference?.problem;
  const plan = reload.difference === undefined ? [] : differenceLines(reload.difference, style);
  if (problem !== undefined) return [...head, ...plan, `${style.mark.bad} ${style.red(printable(problem))}`, say({ en: "nothing was changed", ko: "아무것도 바꾸지 않았습니다" })];
  const last = { shown: say({ en: "do it? y/n", ko: "할까요? y/n" }), agreed: say({ en: "reloading ...", ko: "바꾸는 중 ..." }), done: `${style.mark.ok} ${say({ en: "reloaded; any key goes back", ko: "다시 읽었습니다. 아무 키나 누르면 돌아갑니다" })}` };
  return [...head, ...plan, "", last[reload.stage]];
}
