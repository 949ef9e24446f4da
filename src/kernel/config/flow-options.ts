// What stands in the lists `flows:` and `schedules:`.
import { z } from "#sdk/plugin.ts";
import { ack } from "./process-options.ts";

/** `test.module:TestClass.callme`, `test.module:callme`. No `pattern` of the schema: editors know no `\p`. */
const JOB = /^[\p{L}\p{N}_$][\p{L}\p{N}_$.-]{0,299}:[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_$][\p{L}\p{N}_$]*)?$/u;
const names = () => z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

export const flowOptions = z.strictObject({
  type: z.enum(["broad", "share"]).default("broad").meta({ meant: ["flow_type"], description: "`broad`: each of `to` gets every line; `share`: each line goes to one of them.", ko: "`broad`: `to`의 모두가 모든 줄을 받는다. `share`: 한 줄은 그 가운데 하나만 받는다." }),
  from: names().meta({ meant: ["flow_from", "source"], description: "The processes whose lines on standard output are handed on.", ko: "표준 출력을 넘겨줄 프로세스." }),
  to: names().meta({ meant: ["flow_to", "target"], description: "The processes that get them on their standard input.", ko: "표준 입력으로 받을 프로세스." }),
  ack: ack().optional().meta({
    description: "How those of `to` say that a line is done, so that the next one comes. `none`: it has been written to them; `stderr-echo`: an empty line, or the line itself, on standard error; `line`: any line on standard output; `json`: `{\"ack\": id}` for `{\"id\", \"event\", \"attempt\"}`. All flows to one process say the same.",
    ko: "`to`가 한 줄을 다 처리했음을 알리는 방법. 그래야 다음 줄을 받는다. `none`: 표준 입력에 쓰면 끝. `stderr-echo`: 표준 오류에 빈 줄이나 받은 줄. `line`: 표준 출력에 아무 줄. `json`: `{\"id\", \"event\", \"attempt\"}`를 받고 `{\"ack\": id}`로 답함. 한 프로세스로 가는 플로우는 모두 같아야 한다.",
  }),
  view: z.boolean().default(true).meta({ description: "Whether what passes can be looked at. Without, and with no ack, one process that feeds one other gets a pipe of the kernel: fastest, and nothing is kept over a crash.", ko: "지나가는 줄을 볼 수 있게 할지. 끄면 ack가 없고 일대일일 때 커널 파이프로 바로 잇는다. 가장 빠르지만 장애가 나면 지나가던 줄이 남지 않는다." }),
});

export const scheduleOptions = z
  .strictObject({
    name: z.string().min(1).max(200).optional().meta({ description: "Its name; `cron process` unless given.", ko: "이름. 없으면 `cron 프로세스`." }),
    cron: z.string().min(1).meta({ meant: ["time_format", "time", "at"], description: "Minute, hour, day, month, weekday (0 and 7 are Sunday), all of which have to fit; each `*`, a number, `a-b`, `*/n` (values that n divides) or a list: `0 2 * * *`.", ko: "분, 시, 일, 월, 요일(0과 7은 일요일). 모두 맞아야 한다. 항목마다 `*`, 숫자, `a-b`, `*/n`(n으로 나누어떨어지는 값), 쉼표 목록을 쓴다: `0 2 * * *`." }),
    process: z.string().min(1).optional().meta({ meant: ["task"], description: "The process. Each schedule is of a process, or of a `job`.", ko: "프로세스. 일정마다 프로세스나 `job` 가운데 하나를 쓴다." }),
    job: z.string().refine((text) => JOB.test(text), { error: "is a rule, written module:function or module:Class.function, as in test.module:TestClass.callme", params: { ko: "규칙은 모듈:함수나 모듈:클래스.함수로 씁니다. 예: test.module:TestClass.callme" } }).optional().meta({ meant: ["rule"], description: "The rule that is submitted as a job: `test.module:TestClass.callme`. Once for each time; agents that share a store submit it once for all of them; of others at one broker, write it into the config of one.", ko: "작업으로 제출할 규칙: `test.module:TestClass.callme`. 시각마다 한 번 제출한다. 저장소를 함께 쓰는 에이전트끼리는 모두 합쳐 한 번이고, 브로커만 함께 쓰면 그 가운데 하나의 설정에만 쓴다." }),
    data: z.unknown().optional().meta({ description: "Of a job: its arguments, any JSON. `##DATE_TIME##` in a text of it becomes the minute, YYYYMMDDHHMM00.", ko: "`job`의 인수(JSON). 그 안의 글자 `##DATE_TIME##`은 그 시각 YYYYMMDDHHMM00이 된다." }),
    priority: z.int().min(0).max(9).optional().meta({ description: "Of a job: 0 to 9, the greater first; 4 unless given.", ko: "`job`의 우선순위 0~9. 큰 것이 먼저이고 없으면 4." }),
    action: z.enum(["send", "start", "stop", "restart"]).default("send").meta({ description: "`send`: give it a line to read; or start, stop or restart it.", ko: "`send`: 표준 입력에 한 줄을 보냄. 또는 시작, 정지, 다시 시작." }),
    message: z.string().regex(/^[^\r\n]*$/, { error: "is one line" }).max(1 << 20).optional().meta({ description: "Of `send`: the line. `##DATE_TIME##` in it becomes the minute, YYYYMMDDHHMM00.", ko: "`send`: 보낼 줄. `##DATE_TIME##`은 그 시각 YYYYMMDDHHMM00이 된다." }),
    time_zone: z.string().min(1).optional().meta({ meant: ["tz", "timezone"], description: "The zone of its times: `Asia/Seoul`; this machine's unless given.", ko: "시각의 시간대: `Asia/Seoul`. 없으면 이 컴퓨터의 시간대." }),
  })
  .superRefine(({ action, message, process, job, data, priority }, context) => {
    if (process === undefined && job === undefined) context.addIssue({ code: "invalid_type", expected: "string", path: ["process"], input: undefined });
    if (process !== undefined && job !== undefined) context.addIssue({ code: "custom", path: ["job"], message: "stands beside `process`: write one of them", params: { ko: "`process`와 함께 쓸 수 없습니다. 하나만 쓰세요" } });
    if (job === undefined) {
      for (const [name, given] of [["data", data], ["priority", priority]] as const) if (given !== undefined) context.addIssue({ code: "custom", path: [name], message: "is of a `job` only", params: { ko: "`job`에만 씁니다" } });
    } else {
      if (message !== undefined) context.addIssue({ code: "custom", path: ["message"], message: "is of a `process` only; a job gets `data`", params: { ko: "`process`에만 씁니다. `job`에는 `data`를 쓰세요" } });
      if (action !== "send") context.addIssue({ code: "custom", path: ["action"], message: "is of a `process` only", params: { ko: "`process`에만 씁니다" } });
    }
    if (message !== undefined && action !== "send") context.addIssue({ code: "custom", path: ["message"], message: `is of \`action: send\` only`, params: { ko: "`action: send`에만 씁니다" } });
  });

export const groupOptions = z.strictObject({ processes: z.union([z.string().min(1), z.array(z.string().min(1))]).meta({ description: "The processes of the group.", ko: "그룹의 프로세스." }) });

export type FlowOptions = z.output<typeof flowOptions>;
export type ScheduleOptions = z.output<typeof scheduleOptions>;
