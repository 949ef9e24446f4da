// What a config holds besides plugins; `dure desc` and the reference describe it as they describe them.
import type { Text } from "#base/lang.ts";
import type { z } from "#sdk/plugin.ts";
import { agentOptions, branchOptions, failoverOptions, pipelineOptions, sleepOptions } from "./agent.ts";
import { flowOptions, groupOptions, scheduleOptions } from "./flow-options.ts";
import { httpOptions } from "./http-section.ts";
import { jobsOptions } from "./jobs-options.ts";
import { notifierOptions } from "./notifier-options.ts";
import { processOptions } from "./process-options.ts";
import { consoleOptions, processSettingsOptions } from "./process-settings.ts";
import { storeOptions } from "./store-section.ts";

export interface ConfigSection {
  readonly name: string;
  readonly summary: Text;
  readonly options: z.ZodType;
  readonly example: string;
}

export const configSections: readonly ConfigSection[] = [
  { name: "agent", summary: { en: "Settings of the whole agent, beside `pipelines:`.", ko: "에이전트 전체의 설정. `pipelines:`와 나란히 씁니다." }, options: agentOptions, example: "agent:\n  data_dir: ./state\npipelines:\n  web-logs:\n    - in.FileTail: access.log\n    - out.Stdout" },
  { name: "http", summary: { en: "Where the API and the dashboard listen, beside `pipelines:`. `http: 8600` is short for `http: { port: 8600 }`; `http: false` listens nowhere.", ko: "API와 대시보드가 들을 곳. `pipelines:`와 나란히 씁니다. `http: 8600`은 `http: { port: 8600 }`의 줄임이고, `http: false`이면 듣지 않습니다." }, options: httpOptions, example: "http:\n  host: 0.0.0.0\n  tls: { cert: dure.crt, key: dure.key }\npipelines:\n  web-logs:\n    - in.FileTail: access.log\n    - out.Stdout" },
  { name: "store", summary: { en: "Where users, audit, events and log lines are kept, beside `pipelines:`. `store: sqlite` is a file in the data folder, and what is meant without it.", ko: "사용자, 감사 기록, 이벤트, 로그를 저장할 곳. `pipelines:`와 나란히 씁니다. 쓰지 않으면 `store: sqlite`와 같고 데이터 폴더의 파일에 저장합니다." }, options: storeOptions, example: "store:\n  type: mysql\n  host: 10.0.0.9\n  user: dure\n  password: ${env:DURE_STORE_PASSWORD}\n  database: dure\npipelines:\n  web-logs:\n    - in.FileTail: access.log\n    - out.Stdout" },
  { name: "pipelines.NAME", summary: { en: "A pipeline is a list of steps, or this map.", ko: "파이프라인은 단계 목록이거나 아래와 같은 맵입니다." }, options: pipelineOptions, example: "pipelines:\n  web-logs:\n    - in.FileTail: access.log\n    - out.Stdout" },
  { name: "failover", summary: { en: "A step: one of several outputs, another when it fails.", ko: "단계: 여러 출력 가운데 하나를 쓰다가 실패하면 다른 것을 씁니다." }, options: failoverOptions, example: "- failover:\n    outputs:\n      - out.Fluentd: { host: 10.0.0.1 }\n      - out.Fluentd: { host: 10.0.0.2 }\n    last:\n      out.File: failed.txt" },
  { name: "route", summary: { en: "A step: a list of branches, each for the records that fit it. The first that fits takes a record; what fits none goes on to the next step.", ko: "단계: 레코드를 조건에 따라 나누는 갈래의 목록. 처음 맞는 갈래가 가져가고, 어디에도 맞지 않으면 다음 단계로 갑니다." }, options: branchOptions, example: '- route:\n    - when: "r.code >= 500"\n      steps: [out.File: errors.ndjson]\n    - steps: [out.File: rest.ndjson]' },
  { name: "sleep", summary: { en: "When the pipeline has come to its end, waits, then starts again from the first step; takes effect there wherever it stands.", ko: "파이프라인이 끝까지 가면 쉬었다가 첫 단계부터 다시 시작합니다. 어디에 쓰든 끝에서 동작합니다." }, options: sleepOptions, example: "- sleep: 10" },
  {
    name: "processes.NAME",
    summary: { en: "A program that is kept alive, by its name under `processes:`. `etl: \"python3 etl.py\"` and `etl: [python3, etl.py]` are short for its `command`.", ko: "계속 살려 둘 프로그램. `processes:` 아래에 이름으로 씁니다. `etl: \"python3 etl.py\"`와 `etl: [python3, etl.py]`는 `command`의 줄임입니다." },
    options: processOptions,
    example: "processes:\n  db: [postgres, -D, data]\n  load:\n    command: [python3, load.py]\n    env: { TOKEN: \"${env:TOKEN:-}\" }\n    restart: { when: on-failure, attempts: 10 }\n    depends_on: [db]",
  },
  {
    name: "flows",
    summary: { en: "A list: which process is given what others print, line by line.", ko: "목록: 한 프로세스의 출력을 어느 프로세스에 한 줄씩 넘길지." },
    options: flowOptions,
    example: "processes:\n  etl: python3 etl.py\n  load: { command: python3 load.py, instances: 2 }\nflows:\n  - { type: share, from: etl, to: [load], ack: line }",
  },
  {
    name: "groups.NAME",
    summary: { en: "Processes that are started and stopped together. `night: [etl, load]` is short for its `processes`.", ko: "함께 시작하고 멈추는 프로세스. `night: [etl, load]`는 `processes`의 줄임입니다." },
    options: groupOptions,
    example: "processes:\n  etl: python3 etl.py\n  load: python3 load.py\ngroups:\n  night: [etl, load]",
  },
  {
    name: "schedules",
    summary: { en: "A list: what is done with a process at which times.", ko: "목록: 정한 시각에 프로세스에 할 일." },
    options: scheduleOptions,
    example: "processes:\n  etl: python3 etl.py\nschedules:\n  - { name: nightly, cron: \"0 2 * * *\", process: etl, message: \"run ##DATE_TIME##\" }",
  },
  {
    name: "console",
    summary: { en: "Where EventFlow's console listens. `console: 9999` is short for its `port`; without it, nowhere.", ko: "EventFlow 콘솔이 들을 곳. `console: 9999`는 `port`의 줄임이고, 쓰지 않으면 듣지 않습니다." },
    options: consoleOptions,
    example: "console: 9999\nprocesses:\n  etl: python3 etl.py",
  },
  {
    name: "process_settings",
    summary: { en: "Settings of all processes together, as EventFlow had them.", ko: "EventFlow처럼 모든 프로세스에 함께 적용하는 설정." },
    options: processSettingsOptions,
    example: "process_settings: { kill_wait: 20s, queue_max: 10000 }\nprocesses:\n  etl: python3 etl.py",
  },
  {
    name: "jobs",
    summary: { en: "Rules that a pool of workers runs as jobs. `jobs: ./rules` is short for its `rules`.", ko: "워커들이 작업으로 실행하는 규칙. `jobs: ./rules`는 `rules`의 줄임입니다." },
    options: jobsOptions,
    example: "jobs:\n  rules: ./rules\n  workers: 4\n  queue: \"amqp://dure:${env:AMQP_PASSWORD}@10.0.0.5/\"",
  },
  {
    name: "notifiers.NAME",
    summary: { en: "Who is told when something happens, and by which way: a web address, a mail, a RabbitMQ. What is to be told is kept, and tried again until it has arrived.", ko: "일이 생기면 알릴 곳과 방법: 웹 주소, 메일, RabbitMQ. 알릴 것은 저장해 두고 도착할 때까지 다시 보냅니다." },
    options: notifierOptions,
    example: "notifiers:\n  chat: { webhook: \"${env:CHAT_HOOK}\", on: [job.failed, process.failed, \"pipeline.*\"] }\n  night:\n    mail: { server: \"smtp://dure:${env:SMTP_PASSWORD}@mail.example.com:587\", from: dure@example.com, to: ops@example.com }\n    on: process.crash-looping\n    rate: 30/h\n    lang: ko\njobs: ./rules",
  },
];
