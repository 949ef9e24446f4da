// Schedules: their times, their zones, their names.
import { closest } from "#base/similar.ts";
import { cronProblem } from "../schedule.ts";
import { particle } from "./korean.ts";
import type { Problems } from "./problem.ts";
import { wordsAt } from "./process-words.ts";
import type { Word } from "./process-words.ts";
import { scheduleName } from "./processes-plan.ts";
import type { ScheduleEntry } from "./read-processes.ts";
import { locate, spanOf } from "./tree.ts";

export function checkSchedules(schedules: readonly ScheduleEntry[], isKnown: (word: Word) => boolean, problems: Problems): void {
  const met = new Map<string, ScheduleEntry>();
  for (const schedule of schedules) {
    const { node, nameSpan, options } = schedule;
    for (const word of wordsAt(node, "process", nameSpan)) isKnown(word);
    if (options === undefined) continue;
    const spanAt = (option: string) => spanOf(locate(node, [option], nameSpan).value ?? node, nameSpan);
    const wrong = cronProblem(options.cron);
    if (wrong !== undefined) problems.add("DURE208", spanAt("cron"), { text: { en: `'cron': ${wrong.en}`, ko: `'cron': ${wrong.ko}` } });
    const zone = options.time_zone;
    if (zone !== undefined && !isTimeZone(zone)) problems.add("DURE205", spanAt("time_zone"), { text: { en: `there is no time zone '${zone}'`, ko: `'${zone}' 시간대가 없습니다` }, help: { en: "write it as Asia/Seoul or UTC", ko: "Asia/Seoul이나 UTC처럼 쓰세요" }, suggestion: closest(zone, Intl.supportedValuesOf("timeZone")) });
    const name = scheduleName(options);
    const other = met.get(name);
    if (other === undefined) met.set(name, schedule);
    else {
      const { line } = problems.source.place(other.nameSpan.start);
      problems.add("DURE112", options.name === undefined ? nameSpan : spanAt("name"), {
        text: { en: `the schedule '${name}' exists already, on line ${line}`, ko: `일정 '${name}'${particle(name, "이/가")} ${line}행에 이미 있습니다` },
        help: { en: "give each a `name` of its own", ko: "저마다 다른 `name`을 쓰세요" },
      });
    }
  }
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
