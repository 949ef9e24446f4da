// Those of `schedules:` that submit a job, as the plan of the jobs has them.
import type { Problems } from "./problem.ts";
import type { JobSchedulePlan } from "./jobs-plan.ts";
import { scheduleName } from "./processes-plan.ts";
import type { ScheduleEntry } from "./read-processes.ts";
import type { Source } from "./source.ts";
import { locate, spanOf } from "./tree.ts";

export function jobSchedules(schedules: readonly ScheduleEntry[], source: Source): JobSchedulePlan[] {
  return schedules.flatMap(({ options, index, nameSpan }) => {
    if (options?.job === undefined) return [];
    const { cron, job: rule, data = null, priority, time_zone: timeZone } = options;
    return [{ name: scheduleName(options), cron, rule, data: JSON.stringify(data), ...(priority === undefined ? {} : { priority }), ...(timeZone === undefined ? {} : { timeZone }), index, place: source.place(nameSpan.start) }];
  });
}

/** Of a config without `jobs:`. */
export function refuseJobSchedules(schedules: readonly ScheduleEntry[], problems: Problems): void {
  for (const { options, node, nameSpan } of schedules)
    if (options?.job !== undefined)
      problems.add("DURE330", spanOf(locate(node, ["job"], nameSpan).value ?? node, nameSpan), {
        text: { en: "a job is to be submitted, but the config has no `jobs:`", ko: "작업을 제출하려는데 설정에 `jobs:`가 없습니다" },
        help: { en: "write `jobs: ./rules` with the folder of its rule", ko: "규칙 폴더를 `jobs: ./rules`처럼 쓰세요" },
      });
}
