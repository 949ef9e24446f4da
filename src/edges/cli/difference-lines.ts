// What a reload changes, as lines: `dure reload` prints them and `dure top` shows them before it asks.
import { say } from "#base/lang.ts";
import type { PlanDifference } from "#kernel/config/plan-difference.ts";
import type { StepChange } from "#kernel/config/step-changes.ts";
import type { Style } from "./terminal.ts";

export function differenceLines({ same, changed, steps, added, removed, processes, atOnce, atNextStart }: PlanDifference, style: Style): string[] {
  const lines = [...changed.flatMap((name) => [style.yellow(`~ ${name}`), ...steps.filter(({ pipeline }) => pipeline === name).map((step) => stepLine(step, style))]), ...added.map((name) => style.green(`+ ${name}`)), ...removed.map((name) => style.red(`- ${name}`))];
  const ofProcesses = [...processes.changed.map((name) => style.yellow(`~ process ${name}`)), ...processes.added.map((name) => style.green(`+ process ${name}`)), ...processes.removed.map((name) => style.red(`- process ${name}`))];
  const unchanged = say({ en: `= unchanged: ${same.length + processes.same.length}`, ko: `= 그대로: ${same.length + processes.same.length}` });
  const later = atNextStart.length === 0 ? [] : [say({ en: `! at the next start only: ${atNextStart.join(", ")}`, ko: `! 다음 시작부터: ${atNextStart.join(", ")}` })];
  const settings = atOnce.map((name) => style.yellow(name === "metrics" ? `~ agent: ${name}` : `~ ${name}`));
  return [...lines, ...ofProcesses, ...settings, unchanged, ...later];
}

function stepLine({ step, is, options = [], isCodeNew = false }: StepChange, style: Style): string {
  if (is === "added") return style.green(`    + ${step}`);
  if (is === "removed") return style.red(`    - ${step}`);
  const what = [...options, ...(isCodeNew ? [say({ en: "its code", ko: "코드" })] : [])];
  return style.yellow(`    ~ ${step}${what.length === 0 ? "" : `  ${what.join(", ")}`}`);
}
