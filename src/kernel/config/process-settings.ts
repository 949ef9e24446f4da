// `process_settings:` and `console:` of a config: what EventFlow's settings say, and where its console listens.
import { join, resolve } from "node:path";
import { isLoopback } from "#base/loopback.ts";
import { encoding } from "#sdk/encoding-option.ts";
import { duration } from "#sdk/options.ts";
import { z } from "#sdk/plugin.ts";
import type { ConsolePlan, ProcessSettings } from "./process-plan.ts";

const LOOPBACK = "127.0.0.1";
const CONSOLE_PORT = 9999;
const port = () => z.int().min(1).max(65_535);
const host = () => z.string().regex(/^[^\s/]+$/, { error: "write a name or an address" });
const path = (usual: string) => z.string().regex(/^\/\S*$/, { error: "begins with `/`" }).default(usual);
const samples = () => z.int().min(1).max(100_000).default(10);
const insecure = () =>
  z.boolean().default(false).meta({ description: "Listen beyond this machine although it speaks no TLS: only in a network that is yours alone. Who comes from there has to log in.", ko: "TLS가 없어도 이 컴퓨터 밖에서 듣는다. 혼자 쓰는 망에서만 쓴다. 밖에서 오면 로그인해야 한다." });

function onlyInside(given: { readonly host: string; readonly insecure: boolean }, context: z.RefinementCtx): void {
  if (isLoopback(given.host) || given.insecure) return;
  context.addIssue({ code: "custom", path: ["host"], message: "beyond this machine passwords would pass the network in plain text: set `insecure: true` where that is safe, or use the dashboard over TLS", params: { ko: "이 컴퓨터 밖에서는 비밀번호가 암호화되지 않고 오갑니다. 안전한 곳이면 `insecure: true`를 쓰고, 아니면 TLS로 대시보드를 쓰세요" } });
}

export const consoleOptions = z
  .strictObject({
    host: host().default(LOOPBACK).meta({ description: "Address to listen on. Any but one of this machine only needs `insecure: true`, and users who log in.", ko: "들을 주소. 이 컴퓨터 밖에서도 보이는 주소에는 `insecure: true`와 로그인할 사용자가 있어야 한다." }),
    port: port().default(CONSOLE_PORT).meta({ description: "Port to listen on.", ko: "들을 포트." }),
    insecure: insecure(),
  })
  .superRefine(onlyInside);

const oldApiOptions = z
  .strictObject({
    on: z.boolean().default(false).meta({ description: "Answer as EventFlow's HTTP API did, under `/api/v1/`.", ko: "EventFlow의 HTTP API(`/api/v1/`)처럼 응답한다." }),
    host: host().default(LOOPBACK).meta({ description: "Address to listen on.", ko: "들을 주소." }),
    port: port().default(5000).meta({ description: "Port to listen on.", ko: "들을 포트." }),
    insecure: insecure(),
  })
  .superRefine(onlyInside);

const announcerOptions = z.strictObject({
  on: z.boolean().default(false).meta({ description: "Post reports and alerts to a central server, as EventFlow did.", ko: "EventFlow처럼 중앙 서버에 보고와 알림을 보낸다." }),
  host: host().default(LOOPBACK).meta({ description: "The server.", ko: "서버 주소." }),
  port: port().default(8888).meta({ description: "Its port.", ko: "서버 포트." }),
  result_path: path("/api/v1/worker/dure/jobs").meta({ description: "Where entries of result logs are posted, those of a minute together.", ko: "결과 로그의 항목을 1분마다 모아 보낼 경로." }),
  resource_path: path("/api/v1/worker/dure/resources").meta({ description: "Where the machine's figures are posted each minute.", ko: "이 컴퓨터의 자원 사용량을 1분마다 보낼 경로." }),
  alert_path: path("/api/v1/worker/dure/alert").meta({ description: "Where alerts are posted.", ko: "알림을 보낼 경로." }),
});

export const processSettingsOptions = z.strictObject({
  work_dir: z.string().min(1).optional().meta({ description: "Folder with a work folder for each process; relative to the config file. `work` in the data folder unless given.", ko: "프로세스마다 작업 폴더를 두는 폴더. 설정 파일 기준의 상대 경로. 없으면 데이터 폴더의 `work`." }),
  queue_max: z.int().min(1).max(10_000_000).default(100_000).meta({ description: "How many events may wait for a process that does not say it itself.", ko: "따로 쓰지 않은 프로세스의 큐에 기다릴 수 있는 이벤트 수." }),
  kill_wait: duration().prefault("10s").meta({ description: "How long a process that does not say it itself may take to end before it is killed.", ko: "따로 쓰지 않은 프로세스를 강제로 끝내기 전에 기다리는 시간." }),
  skip_failed_event: z.boolean().default(false).meta({ description: "An event whose consumer died is put aside instead of being given again.", ko: "처리하다 죽은 이벤트를 다시 보내지 않고 따로 둔다." }),
  events_kept: z.int().min(0).max(100_000).default(1000).meta({ description: "Last movements of events kept for viewing.", ko: "보기 위해 남겨 두는 최근 이벤트 수." }),
  events_saved: z.int().min(0).max(1_000_000).default(1000).meta({ description: "Movements kept for `event_file` while it cannot be written.", ko: "`event_file`에 쓸 수 없을 때 모아 두는 이벤트 수." }),
  event_file: z.string().min(1).nullish().meta({ description: "File that movements of events are written to as well; relative to the config file.", ko: "이벤트를 함께 적을 파일. 설정 파일 기준의 상대 경로." }),
  schedules: z.boolean().default(true).meta({ description: "Whether schedules run.", ko: "일정을 실행할지." }),
  old_api: oldApiOptions.prefault({}).meta({ description: "EventFlow's HTTP API.", ko: "EventFlow의 HTTP API." }),
  resource_samples: samples().meta({ description: "Samples of the machine's figures kept in memory, for `dure pipelines samples announcer-resources`.", ko: "메모리에 남겨 두는 자원 사용량 표본 수. `dure pipelines samples announcer-resources`로 본다." }),
  result_samples: samples().meta({ description: "Samples of result logs kept in memory, for `dure pipelines samples announcer-results`.", ko: "메모리에 남겨 두는 결과 로그 표본 수. `dure pipelines samples announcer-results`로 본다." }),
  result_dir: z.string().min(1).optional().meta({ description: "Folder of result logs `<process>_<LOG|STATS>_….log`; relative to the config file. `results` in the data folder unless given.", ko: "결과 로그 `<프로세스>_<LOG|STATS>_….log`의 폴더. 설정 파일 기준의 상대 경로. 없으면 데이터 폴더의 `results`." }),
  result_encoding: encoding().meta({ description: "Encoding of the result logs.", ko: "결과 로그의 인코딩." }),
  announcer: announcerOptions.prefault({}).meta({ description: "The central server.", ko: "중앙 서버." }),
  recovery: z
    .strictObject({
      timeout: duration().prefault("1h").meta({ description: "A recovery run that takes longer is `TIME_OUT`.", ko: "복구 실행이 더 오래 걸리면 `TIME_OUT`." }),
      keep: duration().prefault("24h").meta({ description: "When a recovery that has ended is forgotten.", ko: "끝난 복구 기록을 남겨 두는 시간." }),
    })
    .prefault({})
    .meta({ description: "Runs of a process for one message.", ko: "메시지 하나로 프로세스를 따로 실행하는 복구." }),
});

export function settingsPlan(options: z.output<typeof processSettingsOptions>, dataDir: string, configDir: string): ProcessSettings {
  const { announcer, recovery, old_api: oldApi } = options;
  return {
    workDir: options.work_dir === undefined ? join(dataDir, "work") : resolve(configDir, options.work_dir),
    eventsKept: options.events_kept,
    eventsSaved: options.events_saved,
    ...(options.event_file === undefined || options.event_file === null ? {} : { eventFile: resolve(configDir, options.event_file) }),
    areSchedulesRun: options.schedules,
    oldApi: { isOn: oldApi.on, host: bare(oldApi.host), port: oldApi.port },
    resourceSamples: options.resource_samples,
    resultSamples: options.result_samples,
    resultDir: options.result_dir === undefined ? join(dataDir, "results") : resolve(configDir, options.result_dir),
    resultEncoding: options.result_encoding,
    announcer: { isOn: announcer.on, host: announcer.host, port: announcer.port, resultPath: announcer.result_path, resourcePath: announcer.resource_path, alertPath: announcer.alert_path },
    recovery: { timeoutMs: recovery.timeout, keepMs: recovery.keep },
    defaults: { queueEventsMax: options.queue_max, stopWaitMs: options.kill_wait, isFailedSkipped: options.skip_failed_event },
  };
}

export function consolePlan(options: z.output<typeof consoleOptions>): ConsolePlan {
  return { host: bare(options.host), port: options.port };
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
