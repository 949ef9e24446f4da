// What is sent to a process, or done with it, at given times.
import { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { localZone } from "#base/local-time.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { exists, notFound } from "./process-failures.ts";
import { planOf } from "./process-words.ts";
import type { ProcessesPort } from "./processes-port.ts";

const define = defineCommand<ProcessesPort>();
const name = z.string().min(1).max(200).meta({ description: "The schedule.", ko: "일정 이름." });
const action = z.enum(["send", "start", "stop", "restart"]).meta({ description: "Send it a line, or start, stop or restart it.", ko: "한 줄 보내기, 시작, 정지, 재시작 가운데 하나." });
const schedule = z.strictObject({
  name: z.string(),
  cron: z.string().describe("Minute, hour, day, month, weekday (0 is Sunday)."),
  process: z.string(),
  action,
  message: z.string(),
  timeZone: z.string().describe("By whose clock: the schedule's own time zone, or the agent's."),
  isRun: z.boolean().describe("Schedules are switched on."),
  nextRunMs: z.number().nullable(),
  lastRunMs: z.number().nullable(),
  lastProblem: z.string().optional(),
});

const list = define({
  name: "schedules.list",
  summary: { en: "what is done with processes at given times", ko: "정해진 시각에 프로세스에 하는 일" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ schedules: z.array(schedule), timeZone: z.string().describe("The agent's own, by which schedules go that name none.") }),
  async run(_params, _call, port) {
    const runs = new Map((await port.engine.schedules()).map((each) => [each.name, each]));
    const { schedules, settings } = port.plan();
    const ours = localZone();
    return {
      timeZone: ours,
      schedules: schedules.map(({ index: _, timeZone = ours, ...each }) => {
        const { nextRunMs = null, lastRunMs = null, lastProblem } = runs.get(each.name) ?? {};
        return { ...each, isRun: settings.areSchedulesRun, timeZone, nextRunMs, lastRunMs, ...(lastProblem === undefined ? {} : { lastProblem }) };
      }),
    };
  },
});

const create = define({
  name: "schedules.create",
  summary: { en: "add a schedule to the config", ko: "설정에 일정을 추가" },
  role: "admin",
  effect: "change",
  key: "name",
  params: z.strictObject({
    name: name.optional().meta({ description: "The schedule; without it, its times and the process.", ko: "일정 이름. 없으면 시각과 프로세스 이름." }),
    cron: z.string().min(1).max(200).meta({ description: "`0 2 * * *`: minute, hour, day, month, weekday.", ko: "`0 2 * * *`: 분, 시, 일, 월, 요일." }),
    process: z.string().min(1).meta({ description: "The process.", ko: "프로세스 이름." }),
    action: action.default("send"),
    message: z.string().max(1 << 20).default("").meta({ description: "The line to send; `##DATE_TIME##` becomes the time as YYYYMMDDHHMM00.", ko: "보낼 줄. `##DATE_TIME##`은 YYYYMMDDHHMM00 형식의 시각으로 바뀜." }),
  }),
  result: z.strictObject({ name: z.string() }),
  examples: [{ line: "dure schedules create nightly --cron '0 2 * * *' --process etl --message 'run ##DATE_TIME##'", text: { en: "each night at two", ko: "매일 밤 2시에" } }],
  async run({ name: given, cron, process, action: what, message }, { caller, changed }, port) {
    planOf(process, port);
    const wanted = given ?? `${cron} ${process}`;
    changed({ subject: wanted, after: { cron, process, action: what } });
    const value: { [key: string]: JsonValue } = { ...(given === undefined ? {} : { name: given }), cron, process };
    if (what !== "send") value["action"] = what;
    else value["message"] = message;
    await port.edit(() => {
      if (port.plan().schedules.some((each) => each.name === wanted)) throw exists({ en: "schedule", ko: "일정이" }, wanted);
      return [{ path: ["schedules", "-"], value }];
    }, caller.name, `schedules.create ${wanted}`);
    return { name: wanted };
  },
});

const remove = define({
  name: "schedules.remove",
  summary: { en: "take a schedule out of the config", ko: "설정에서 일정을 지움" },
  role: "admin",
  effect: "change",
  key: "name",
  params: z.strictObject({ name }),
  result: z.null(),
  async run({ name: wanted }, { caller, changed }, port) {
    const found = scheduleOf(wanted, port);
    changed({ subject: wanted, before: { cron: found.cron, process: found.process, action: found.action } });
    await port.edit(() => [{ path: ["schedules", scheduleOf(wanted, port).index] }], caller.name, `schedules.remove ${wanted}`);
    return null;
  },
});

const run = define({
  name: "schedules.run",
  summary: { en: "do now what a schedule does at its time", ko: "일정에 정한 일을 지금 실행" },
  role: "operator",
  effect: "change",
  key: "name",
  params: z.strictObject({ name }),
  result: z.null(),
  async run({ name: wanted }, { caller, changed }, port) {
    changed({ subject: scheduleOf(wanted, port).name });
    await port.engine.runSchedule(wanted, caller.name);
    return null;
  },
});

function scheduleOf(name: string, port: ProcessesPort) {
  const { schedules } = port.plan();
  const found = schedules.find((each) => each.name === name);
  if (found === undefined) throw notFound({ en: "schedule", ko: "일정이" }, name, schedules.map((each) => each.name));
  return found;
}

export const scheduleCommands = [list, create, remove, run] as const satisfies readonly CommandDefinition<ProcessesPort>[];
