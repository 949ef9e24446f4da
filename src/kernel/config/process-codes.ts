// What can be wrong with processes, flows, groups and schedules, as the table of codes has it.
import type { Text } from "#base/lang.ts";

type Level = "schema" | "topology" | "environment";

function problem(level: Level, title: Text, explanation: Text) {
  return { level, severity: "error", title, explanation } as const;
}

function notice(level: Level, title: Text, explanation: Text) {
  return { level, severity: "warning", title, explanation } as const;
}

export const processCodes = {
  DURE111: problem(
    "schema",
    { en: "A name of a process or a group cannot be used", ko: "쓸 수 없는 프로세스나 그룹 이름입니다" },
    {
      en: "Letters of any script, digits, `_`, `-`, `.`, `@`, `+` and `=` are allowed, up to 100 characters, beginning with a letter, a digit or `_`. The console separates by spaces, `:`, `,` and `|`, and a process's name becomes a folder.",
      ko: "글자(한글 포함), 숫자, `_`로 시작하고 글자, 숫자, `_`, `-`, `.`, `@`, `+`, `=`만 100자까지 쓸 수 있습니다. 콘솔이 빈칸, `:`, `,`, `|`로 나누어 읽고, 프로세스 이름은 폴더 이름이 되기 때문입니다.",
    },
  ),
  DURE112: problem(
    "schema",
    { en: "A name is given twice", ko: "이름이 겹칩니다" },
    {
      en: "Processes, groups and schedules are called by their names: each can be given once, upper and lower case being the same. A group and a process cannot share one either: `act NAME` means one of them.",
      ko: "프로세스, 그룹, 일정은 이름으로 가리키므로 이름은 한 번만 쓸 수 있고, 대문자와 소문자를 구별하지 않습니다. `act 이름`이 무엇을 가리키는지 분명해야 하므로 그룹과 프로세스의 이름도 서로 달라야 합니다.",
    },
  ),
  DURE113: problem(
    "schema",
    { en: "A section of processes has another form", ko: "프로세스에 관한 항목의 형식이 다릅니다" },
    {
      en: "`processes:` and `groups:` are maps of names; `flows:` and `schedules:` are lists, each item begun with `- `.",
      ko: "`processes:`와 `groups:`는 이름의 맵이고, `flows:`와 `schedules:`는 `- `로 시작하는 목록입니다.",
    },
  ),
  DURE114: problem(
    "schema",
    { en: "There is no such type of process", ko: "그런 프로세스 유형이 없습니다" },
    {
      en: "`type:` is `process` (a command), `talend` (an export of Talend that was uploaded), or the name of a type of your own in `plugins/` next to the config.",
      ko: "`type:`에는 `process`(명령), `talend`(업로드한 Talend 내보내기 파일), 또는 설정 파일 옆 `plugins/`에 직접 만든 종류의 이름을 씁니다.",
    },
  ),
  DURE208: problem(
    "schema",
    { en: "The times of a schedule cannot be understood", ko: "일정의 시각을 이해할 수 없습니다" },
    {
      en: "Five fields: minute, hour, day, month, weekday (0 and 7 are Sunday), as in `0 2 * * *`; all of them have to fit. A field is `*`, a number, `a-b`, a list `a,b`, or `*/n`: the values that n divides, as EventFlow counts. For days and months that differs from other crons, which begin at 1: `*/10` as the day is the 10th, 20th and 30th, not the 1st, 11th, 21st and 31st.",
      ko: "`0 2 * * *`처럼 분, 시, 일, 월, 요일(0과 7은 일요일) 다섯 항목을 쓰며, 모두 맞아야 합니다. 항목에는 `*`, 숫자, `a-b`, 목록 `a,b`, `*/n`을 씁니다. `*/n`은 EventFlow처럼 n으로 나누어떨어지는 값입니다. 일과 월을 1부터 세는 다른 cron과 다르니 주의하세요. 일에 `*/10`을 쓰면 10, 20, 30일이고, 1, 11, 21, 31일이 아닙니다.",
    },
  ),
  DURE313: notice(
    "environment",
    { en: "A limit cannot be held here", ko: "여기서는 지킬 수 없는 한도입니다" },
    {
      en: "This system has no means to hold the limit at every moment: that takes Linux with control groups of version 2 that the agent may divide (systemd: `Delegate=yes`). Elsewhere memory and processes are looked at each second, and share of processors is not held.",
      ko: "이 시스템에서는 한도를 항상 지킬 수 없습니다. 에이전트가 나눌 수 있는 cgroup v2(리눅스, systemd는 `Delegate=yes`)가 필요합니다. 그 밖에서는 메모리와 프로세스 수를 1초마다 확인하고, 프로세서 한도는 지키지 못합니다.",
    },
  ),
  DURE330: problem(
    "topology",
    { en: "There is no such process", ko: "그런 프로세스가 없습니다" },
    {
      en: "Flows, groups, schedules, `depends_on`, in.Process and out.Process name processes that stand under `processes:`. A group cannot stand in place of a process.",
      ko: "플로우, 그룹, 일정, `depends_on`, in.Process, out.Process에는 `processes:` 아래에 있는 프로세스의 이름을 씁니다. 프로세스 자리에 그룹을 쓸 수는 없습니다.",
    },
  ),
  DURE331: problem(
    "topology",
    { en: "Processes wait for one another", ko: "프로세스가 서로를 기다립니다" },
    {
      en: "Each starts only when those that it depends on are there: in a circle none ever starts.",
      ko: "프로세스는 `depends_on`에 쓴 것이 준비되어야 시작합니다. 서로 물리면 아무것도 시작하지 못합니다.",
    },
  ),
  DURE332: problem(
    "topology",
    { en: "It waits for what never comes", ko: "오지 않을 상태를 기다립니다" },
    {
      en: "`done` needs a process that is not started again when it ended well (`restart: on-failure` or `never`); `healthy` one that has a `health:`.",
      ko: "`done`을 기다리려면 그 프로세스가 정상으로 끝난 뒤 다시 시작하지 않아야 하고(`restart: on-failure`나 `never`), `healthy`를 기다리려면 그 프로세스에 `health:`가 있어야 합니다.",
    },
  ),
  DURE333: problem(
    "topology",
    { en: "A flow leads to where it comes from", ko: "플로우가 자기 자신으로 갑니다" },
    {
      en: "What a process prints would come back to it as its next line, without end.",
      ko: "프로세스의 출력이 자신의 다음 입력이 되어 끝나지 않습니다.",
    },
  ),
  DURE334: problem(
    "topology",
    { en: "Flows disagree about the acknowledgement", ko: "플로우마다 처리 확인 방법이 다릅니다" },
    {
      en: "A process says in one way that a line is done, wherever the line came from. All flows that lead to it say the same `ack`, or leave it out.",
      ko: "줄이 어디에서 왔든 프로세스가 처리를 마쳤다고 알리는 방법은 하나입니다. 그 프로세스로 가는 플로우에는 모두 같은 `ack`를 쓰거나 쓰지 않습니다.",
    },
  ),
  DURE335: problem(
    "topology",
    { en: "Two flows between the same processes", ko: "같은 프로세스 사이에 플로우가 둘입니다" },
    {
      en: "A line would come twice: once by each flow. `broad` gives every line to all consumers, `share` each line to one of them; between two processes one of the two is meant.",
      ko: "같은 줄이 플로우마다 한 번씩, 두 번 갑니다. `broad`는 모든 줄을 모두에게, `share`는 한 줄을 하나에게 보냅니다. 두 프로세스 사이에는 하나만 쓰세요.",
    },
  ),
  DURE336: problem(
    "topology",
    { en: "Options of a process that exclude each other", ko: "함께 쓸 수 없는 프로세스 옵션" },
    {
      en: "Several instances or processes cannot write one `output: file`; and what goes straight from one process to another (`view: false`, no ack) does not come by the agent, which then can neither keep it, nor share it out, nor look for a line in it.",
      ko: "여러 인스턴스나 프로세스가 한 `output: file`에 쓸 수 없습니다. 또 `view: false`이고 ack가 없어 프로세스 사이에 바로 전달되는 줄은 에이전트를 거치지 않으므로 파일에 적거나, 여럿에 나누거나, 그 안에서 줄을 찾을 수 없습니다.",
    },
  ),
  DURE337: problem(
    "topology",
    { en: "Two parts listen on the same port", ko: "한 포트를 두 곳에서 씁니다" },
    {
      en: "`http:`, `agent: metrics`, `console:`, `process_settings: old_api` and `jobs: operator: websocket` each need a port of their own.",
      ko: "`http:`, `agent: metrics`, `console:`, `process_settings: old_api`, `jobs: operator: websocket`에는 저마다 다른 포트를 써야 합니다.",
    },
  ),
  DURE338: notice(
    "topology",
    { en: "Flows lead in a circle", ko: "플로우가 원을 이룹니다" },
    {
      en: "Lines may go round for ever. When each process prints a line for each that it gets, the queues fill up and all of them wait for one another.",
      ko: "줄이 끝없이 돌 수 있습니다. 프로세스마다 받은 줄만큼 줄을 내보내면 큐가 가득 차서 모두 서로를 기다립니다.",
    },
  ),
} as const;
