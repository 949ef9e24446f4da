// What stands in the lists `flows:` and `schedules:`.
import { z } from "#sdk/plugin.ts";
import { ack } from "./process-options.ts";

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
    process: z.string().min(1).meta({ meant: ["task"], description: "The process.", ko: "프로세스." }),
    action: z.enum(["send", "start", "stop", "restart"]).default("send").meta({ description: "`send`: give it a line to read; or start, stop or restart it.", ko: "`send`: 표준 입력에 한 줄을 보냄. 또는 시작, 정지, 다시 시작." }),
    message: z.string().regex(/^[^\r\n]*$/, { error: "is one line" }).max(1 << 20).optional().meta({ description: "Of `send`: the line. `##DATE_TIME##` in it becomes the minute, YYYYMMDDHHMM00.", ko: "`send`: 보낼 줄. `##DATE_TIME##`은 그 시각 YYYYMMDDHHMM00이 된다." }),
    time_zone: z.string().min(1).optional().meta({ meant: ["tz", "timezone"], description: "The zone of its times: `Asia/Seoul`; this machine's unless given.", ko: "시각의 시간대: `Asia/Seoul`. 없으면 이 컴퓨터의 시간대." }),
  })
  .superRefine(({ action, message }, context) => {
    if (message !== undefined && action !== "send") context.addIssue({ code: "custom", path: ["message"], message: `is of \`action: send\` only`, params: { ko: "`action: send`에만 씁니다" } });
  });

export const groupOptions = z.strictObject({ processes: z.union([z.string().min(1), z.array(z.string().min(1))]).meta({ description: "The processes of the group.", ko: "그룹의 프로세스." }) });

export type FlowOptions = z.output<typeof flowOptions>;
export type ScheduleOptions = z.output<typeof scheduleOptions>;
