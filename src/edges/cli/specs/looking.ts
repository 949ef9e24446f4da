// Commands that look into an agent that runs, and at what it did.
import type { CommandSpec } from "../command.ts";
import { forOption } from "./for-option.ts";

export const looking: readonly CommandSpec[] = [
  {
    name: "ls",
    of: "pipelines.list",
    arguments: "[pipelines...]",
    summary: { en: "what the running agent's pipelines do now", ko: "실행 중인 에이전트의 파이프라인 상태" },
    examples: [{ line: "dure ls", text: { en: "rates, totals, retries; `dure ls web-logs` of one", ko: "초당 값, 합계, 재시도; 하나만: `dure ls web-logs`" } }],
    load: async () => (await import("../commands/ls.ts")).ls,
  },
  {
    name: "tap",
    of: "pipelines.tap",
    arguments: "<pipeline:step>",
    summary: { en: "show the records that pass a step of the running agent", ko: "실행 중인 에이전트의 단계를 지나는 레코드를 보여 줌" },
    examples: [
      { line: "dure tap web-logs:parse --diff", text: { en: "before and after a step", ko: "단계의 앞과 뒤" } },
      { line: 'dure tap web-logs:2 --where "r.status >= 500" --limit 10', text: { en: "ten that fit", ko: "조건에 맞는 열 개" } },
    ],
    options: [
      { flags: "--where <expression>", text: { en: "only records for which this is true", ko: "식이 참인 레코드만" } },
      { flags: "--diff", text: { en: "each record before and after the step", ko: "단계의 앞과 뒤를 나란히" } },
      { flags: "--limit <number>", text: { en: "end after so many records", ko: "이만큼 보고 끝냄" } },
      { flags: "--per-second <number>", text: { en: "the most shown in a second (default 10, or --limit)", ko: "초당 최대 개수 (기본 10 또는 --limit)" } },
      { flags: "--all", text: { en: "show all that pass, up to 10,000 a second", ko: "지나는 것을 모두 보여 줌 (초당 10,000개까지)" } },
      forOption,
    ],
    load: async () => (await import("../commands/tap.ts")).tap,
  },
  {
    name: "top",
    of: "pipelines.list",
    summary: { en: "watch the running agent's pipelines, full screen", ko: "실행 중인 에이전트를 전체 화면으로 지켜봄" },
    examples: [{ line: "dure top -c dure.yml", text: { en: "q ends it, ? shows the keys", ko: "q로 끝내고 ?로 키 목록을 봄" } }],
    load: async () => (await import("../commands/top.ts")).top,
  },
  {
    name: "metrics",
    of: "metrics.list",
    tableVerbs: ["list"],
    arguments: "[names...]",
    summary: { en: "print the running agent's figures, as Prometheus sees them", ko: "실행 중인 에이전트의 지표를 출력" },
    examples: [
      { line: "dure metrics", text: { en: "all; --json for programs", ko: "모두; 프로그램에서는 --json" } },
      { line: "dure metrics 'http_*'", text: { en: "by name", ko: "이름으로" } },
    ],
    load: async () => (await import("../commands/metrics.ts")).metrics,
  },
  {
    name: "logs",
    of: "logs.search",
    tableVerbs: ["search", "facets", "follow", "around"],
    arguments: "[pipelines...]",
    summary: { en: "show what the agent has said in its log file", ko: "에이전트의 로그 파일을 보여 줌" },
    examples: [
      { line: "dure logs -f", text: { en: "the last hundred, then what comes, until Ctrl-C", ko: "마지막 백 줄을 보고 이어지는 것을 Ctrl-C까지" } },
      { line: "dure logs web-logs --since 10m --level warn", text: { en: "of one pipeline", ko: "파이프라인 하나의 것만" } },
    ],
    options: [
      { flags: "-f, --follow", text: { en: "go on with what is written, through rotation", ko: "파일이 교체되어도 새로 쓰이는 것을 계속" } },
      { flags: "--since <duration or time>", text: { en: "only from then on: 10m, 2h, 2026-11-21T09:00", ko: "이때부터: 10m, 2h, 2026-11-21T09:00" } },
      { flags: "--level <level>", choices: ["debug", "info", "warn", "error"], text: { en: "debug, info, warn or error, and what is above", ko: "debug, info, warn, error와 그 위" } },
      { flags: "--pipeline <pipeline>", text: { en: "of this pipeline only, as its name alone", ko: "이 파이프라인 것만 (이름만 써도 같음)" } },
      { flags: "--grep <text>", text: { en: "only lines with this text, in any case", ko: "이 글이 있는 줄만 (대소문자 무시)" } },
      { flags: "--regex <pattern>", text: { en: "only lines that fit this regular expression, in any case", ko: "이 정규식에 맞는 줄만 (대소문자 무시)" } },
      { flags: "-n, --lines <number>", text: { en: "the last so many (default 100; all with --since)", ko: "마지막 몇 줄 (기본 100; --since면 전부)" } },
    ],
    load: async () => (await import("../commands/logs.ts")).logs,
  },
  {
    name: "open",
    of: "agent.show",
    summary: { en: "open the dashboard; at first with a link to log in", ko: "대시보드를 엶; 처음에는 로그인 링크와 함께" },
    examples: [
      { line: "dure open", text: { en: "in the browser of this system", ko: "이 시스템의 브라우저에서" } },
      { line: "dure open --print", text: { en: "only prints the address", ko: "주소만 출력" } },
    ],
    options: [{ flags: "--print", text: { en: "only print the address", ko: "주소만 출력" } }],
    load: async () => (await import("../commands/open.ts")).open,
  },
  {
    name: "events",
    of: "events.list",
    tableVerbs: ["list", "follow"],
    summary: { en: "what happened to the agent and its pipelines", ko: "에이전트와 파이프라인에 있었던 일" },
    examples: [
      { line: "dure events -f", text: { en: "the last fifty, then what comes, until Ctrl-C", ko: "마지막 50개를 보고 이어지는 것을 Ctrl-C까지" } },
      { line: "dure events --since 1d --name 'pipeline.*'", text: { en: "of pipelines, since yesterday", ko: "어제부터 파이프라인에 있었던 일" } },
    ],
    options: [
      { flags: "-f, --follow", text: { en: "go on with what happens", ko: "앞으로 일어나는 일도 계속" } },
      { flags: "--since <duration or time>", text: { en: "only from then on: 10m, 2h, 2026-11-21T09:00", ko: "이때부터: 10m, 2h, 2026-11-21T09:00" } },
      { flags: "--name <pattern>", text: { en: "only of this name: pipeline.failed, pipeline.*", ko: "이 이름만: pipeline.failed, pipeline.*" } },
      { flags: "-n, --lines <number>", text: { en: "the last so many (default 50; all with --since)", ko: "마지막 몇 개 (기본 50; --since면 전부)" } },
    ],
    load: async () => (await import("../commands/events.ts")).events,
  },
  {
    name: "history",
    of: "config.history",
    summary: { en: "starts, reloads and revisions of the config, with who and why", ko: "시작, 다시 읽기, 설정 변경을 누가 왜 했는지와 함께" },
    examples: [{ line: "dure history", text: { en: "then: dure config diff --from 17, dure config revert 17", ko: "다음: dure config diff --from 17, dure config revert 17" } }],
    options: [{ flags: "-n, --lines <number>", text: { en: "the last so many (default 30)", ko: "마지막 몇 개 (기본 30)" } }],
    load: async () => (await import("../commands/history.ts")).history,
  },
];
