// What a reload changes, as lines: `dure reload` prints them and `dure top` shows them before it asks.
import { say } from "#base/lang.ts";
import type { PlanDifference } from "#kernel/config/plan-difference.ts";
import type { Style } from "./terminal.ts";

export function differenceLines({ same, changed, added, removed, atOnce, atNextStart }: PlanDifference, style: Style): string[] {
  const lines = [...changed.map((name) => style.yellow(`~ ${name}`)), ...added.map((name) => style.green(`+ ${name}`)), ...removed.map((name) => style.red(`- ${name}`))];
  const unchanged = say({ en: `= unchanged: ${same.length}`, ko: `= 그대로: ${same.length}` });
  const later = atNextStart.length === 0 ? [] : [say({ en: `! at the next start only: ${atNextStart.join(", ")}`, ko: `! 다음 시작부터: ${atNextStart.join(", ")}` })];
  const settings = atOnce.map((name) => style.yellow(`~ agent: ${name}`));
  return [...lines, ...settings, unchanged, ...later];
}
