// What stands under a name of `processes:`.
import { duration, size } from "#sdk/options.ts";
import { pattern } from "#sdk/pattern-option.ts";
import { z } from "#sdk/plugin.ts";
import { listenAddress } from "./listen-address.ts";

/** Numbers and yes or no as well: they are taken as they are written. */
const word = () => z.union([z.string(), z.number(), z.boolean()]);
const words = () => z.array(word()).min(1);
/** `{ a: 1, b: yes }`, taken as they are written. */
const variables = (isName: (name: string) => boolean, error: string, ko: string) => z.record(z.string(), word()).superRefine((values, context) => {
  for (const name of Object.keys(values)) if (!isName(name)) context.addIssue({ code: "custom", path: [name], message: error, params: { ko } });
});

export const ACKS = ["stderr-echo", "line", "json", "none"] as const;
export const ack = () => z.enum(ACKS);
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGALRM", "SIGABRT"] as const;

const restartOptions = z
  .strictObject({
    when: z.enum(["always", "on-failure", "never"]).default("always").meta({ description: "`always`: whatever its exit code; `on-failure`: when it is not 0, or a signal ended it; `never`.", ko: "`always`: 종료 코드와 상관없이. `on-failure`: 0이 아니거나 시그널로 끝났을 때. `never`: 다시 시작하지 않음." }),
    first: duration().prefault("1s").meta({ description: "Wait before the first try; it doubles from there.", ko: "처음 다시 시작하기 전에 기다리는 시간. 그 뒤로 두 배씩 늘어난다." }),
    most: duration().prefault("30s").meta({ description: "The longest wait between two tries.", ko: "다시 시작하기 전에 가장 오래 기다리는 시간." }),
    attempts: z.union([z.int().min(1), z.literal("forever")]).default("forever").meta({ description: "Quick ends in a row before it gives up, and is `failed`.", ko: "잇달아 빨리 끝나도 다시 시작하는 횟수. 넘으면 포기하고 `failed`가 된다." }),
    steady: duration().prefault("10s").meta({ description: "Having run so long, it counts as well again.", ko: "이만큼 계속 실행하면 다시 정상으로 본다." }),
  })
  .refine(({ first, most }) => first <= most, { path: ["most"], message: "must not be shorter than `first`", params: { ko: "`first`보다 짧을 수 없습니다" } });

const stopOptions = z.strictObject({
  signal: z.enum(SIGNALS).default("SIGTERM").meta({ description: "The signal that asks it, and all it started, to end.", ko: "프로세스와 그 하위 프로세스에 끝내라고 보내는 시그널." }),
  wait: duration().optional().meta({ description: "How long it may take before it is killed; `process_settings: kill_wait` unless given.", ko: "강제로 끝내기 전에 기다리는 시간. 없으면 `process_settings: kill_wait`." }),
});

const PROBES = ["http", "tcp", "exec", "line"] as const;
const healthOptions = z
  .strictObject({
    http: z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), { error: "write an address that begins with http:// or https://", params: { ko: "http:// 나 https:// 로 시작하는 주소를 쓰세요" } }).optional().meta({ description: "Well when this address answers with a status below 400.", ko: "이 주소가 400 미만의 상태 코드로 응답하면 정상." }),
    status: z.int().min(100).max(599).optional().meta({ description: "Of `http`: only this status is well.", ko: "`http`: 이 상태 코드만 정상." }),
    tcp: listenAddress().optional().meta({ description: "Well when this port, or address and port, takes a connection.", ko: "이 포트(또는 주소와 포트)에 연결되면 정상." }),
    exec: z.union([z.string().min(1), words()]).optional().meta({ description: "Well when this command ends with 0.", ko: "이 명령이 0으로 끝나면 정상." }),
    line: pattern().optional().meta({ description: "Well once it has printed a line that this regular expression fits.", ko: "이 정규식에 맞는 줄을 출력하면 그때부터 정상." }),
    every: duration().refine((ms) => 100 <= ms, { error: "ask at most every 100ms", params: { ko: "100ms 이상으로 쓰세요" } }).prefault("10s").meta({ unit: "duration", description: "How often it is asked.", ko: "확인 간격." }),
    timeout: duration().prefault("3s").meta({ description: "No answer for so long is a failure.", ko: "이만큼 응답이 없으면 실패로 본다." }),
    failures: z.int().min(1).max(1000).default(3).meta({ description: "Failures in a row before it is unhealthy.", ko: "잇달아 이만큼 실패하면 비정상으로 본다." }),
    grace: duration().prefault("0s").meta({ description: "After a start; failures do not count yet.", ko: "시작한 뒤 이 시간 동안의 실패는 세지 않는다." }),
    restart: z.boolean().default(false).meta({ description: "End it and start it anew when it is unhealthy.", ko: "비정상이면 끝내고 다시 시작한다." }),
  })
  .superRefine((given, context) => {
    const asked = PROBES.filter((probe) => given[probe] !== undefined);
    if (asked.length !== 1) context.addIssue({ code: "custom", path: asked.slice(1, 2), message: "write one of `http`, `tcp`, `exec` and `line`", params: { ko: "`http`, `tcp`, `exec`, `line` 가운데 하나를 쓰세요" } });
    if (given.status !== undefined && given.http === undefined) context.addIssue({ code: "custom", path: ["status"], message: "is of `http` only", params: { ko: "`http`에만 씁니다" } });
  });

const until = z.enum(["started", "healthy", "done"]);

export const processOptions = z.strictObject({
  type: z.string().min(1).default("process").meta({ description: "`process`: a command; `talend`: an export of Talend that was uploaded; or the name of a type of your own.", ko: "`process`: 명령. `talend`: 업로드한 Talend 내보내기 파일. 또는 직접 만든 종류의 이름." }),
  command: z.union([z.string().refine((text) => text.trim() !== "", { error: "is empty: write the program to run", params: { ko: "비어 있습니다. 실행할 프로그램을 쓰세요" } }), words()]).optional().meta({
    meant: ["cmd", "exec", "run", "script"],
    description: "The program and its arguments as a list, which no shell looks at; a text goes to the shell. `{program}` is the file that was uploaded, `{work}` the work folder.",
    ko: "프로그램과 인수의 목록. 셸을 거치지 않으며, 글자로 쓰면 셸이 실행한다. `{program}`은 업로드한 파일, `{work}`는 작업 폴더.",
  }),
  cwd: z.string().min(1).optional().meta({ meant: ["dir", "directory", "working_dir", "workdir"], description: "The folder that it starts in, relative to the config file; unless given, the config's own folder, and the work folder for other types than `process`.", ko: "시작할 폴더. 설정 파일 기준의 상대 경로. 없으면 설정 파일의 폴더, `process`가 아닌 유형은 작업 폴더." }),
  env: variables((name) => /^[^=\0]+$/.test(name), "is no name of a variable", "환경 변수 이름이 아닙니다").default({}).meta({ meant: ["environment"], description: "Environment variables beside those of the agent.", ko: "에이전트의 환경 변수에 더할 환경 변수." }),
  user: z.union([z.string().min(1), z.int().min(0)]).optional().meta({ description: "The user that it runs as; only an agent of root may choose.", ko: "실행할 사용자. root로 실행한 에이전트만 정할 수 있다." }),
  limits: z
    .strictObject({
      memory: size().refine((bytes) => 1 << 20 <= bytes, { error: "give at least 1MB", params: { ko: "1MB 이상으로 쓰세요" } }).optional().meta({ unit: "size", description: "Memory of it and all it starts.", ko: "프로세스와 그 하위 프로세스가 쓸 수 있는 메모리." }),
      processes: z.int().min(1).optional().meta({ description: "Processes, itself among them.", ko: "자신을 포함한 프로세스 수." }),
      files: z.int().min(8).optional().meta({ description: "Open files of one process.", ko: "한 프로세스가 열 수 있는 파일 수." }),
      cpus: z.number().positive().optional().meta({ description: "Share of processors: 0.5 is half of one.", ko: "쓸 수 있는 프로세서. 0.5는 하나의 절반." }),
    })
    .prefault({})
    .meta({ description: "What it may use at most.", ko: "쓸 수 있는 자원의 한도." }),
  start: z.enum(["auto", "manual"]).default("auto").meta({ description: "`auto`: with the agent; `manual`: when somebody starts it.", ko: "`auto`: 에이전트와 함께. `manual`: 누군가 시작할 때." }),
  instances: z.int().min(1).max(1000).default(1).meta({ description: "So many of it run side by side.", ko: "나란히 실행할 개수." }),
  restart: z.union([z.enum(["always", "on-failure", "never"]), restartOptions]).default("always").meta({ description: "Whether it is started again when it ends: `always` unless given; `restart: never` is short for `restart: { when: never }`.", ko: "끝났을 때 다시 시작할지. 쓰지 않으면 `always`. `restart: never`는 `restart: { when: never }`의 줄임." }),
  stop: stopOptions.prefault({}).meta({ description: "How it is ended.", ko: "끝내는 방법." }),
  depends_on: z.union([z.string().min(1), z.array(z.string().min(1)), z.record(z.string(), until)]).optional().meta({
    meant: ["after", "requires"],
    description: "Processes that come first: a list, or `{ db: healthy, prep: done }` with `started`, `healthy` or `done`.",
    ko: "먼저 시작할 프로세스. 목록이나 `{ db: healthy, prep: done }`. `started`, `healthy`, `done` 가운데 하나.",
  }),
  health: healthOptions.optional().meta({ meant: ["healthcheck", "probe"], description: "How one learns that it is well.", ko: "정상인지 확인하는 방법." }),
  encoding: z.enum(["utf-8", "cp949", "auto"]).default("utf-8").meta({ description: "Of what it prints, and of what it is sent; `auto` tells the two apart by the line, and sends UTF-8.", ko: "출력과 입력의 인코딩. `auto`는 줄마다 둘을 구별하고 UTF-8로 보낸다." }),
  line_max: size().refine((bytes) => 64 <= bytes && bytes <= 64 << 20, { error: "give at least 64 and at most 64MB", params: { ko: "64 이상 64MB 이하로 쓰세요" } }).prefault("1MB").meta({ unit: "size", description: "A longer line is cut there.", ko: "더 긴 줄은 여기서 자른다." }),
  ack: ack().optional().meta({ description: "How it says that a line it was given is done, where no flow says it: see `flows`.", ko: "받은 줄을 다 처리했음을 알리는 방법. 플로우에 쓰지 않았을 때. `flows` 참고." }),
  ack_timeout: duration().prefault("30s").meta({ description: "One that says nothing for so long is ended and started anew, and gets the line again.", ko: "이만큼 응답이 없으면 끝내고 다시 시작하며, 그 줄을 다시 보낸다." }),
  on_failure: z.enum(["retry", "skip"]).optional().meta({ description: "Of a line that it died over: `retry` gives it again, `skip` puts it aside into a file; as `process_settings: skip_failed_event` says unless given.", ko: "처리하다 죽은 줄: `retry`는 다시 보내고, `skip`은 파일에 따로 둔다. 없으면 `process_settings: skip_failed_event`를 따른다." }),
  attempts: z.union([z.int().min(1), z.literal("forever")]).default("forever").meta({ description: "Deaths over one line before it is put aside.", ko: "한 줄을 처리하다 이만큼 죽으면 그 줄을 따로 둔다." }),
  queue: z
    .strictObject({
      events: z.int().min(1).max(10_000_000).optional().meta({ description: "Lines; `process_settings: queue_max` unless given.", ko: "줄 수. 없으면 `process_settings: queue_max`." }),
      bytes: size().refine((bytes) => 4096 <= bytes, { error: "give at least 4k", params: { ko: "4k 이상으로 쓰세요" } }).prefault("64MB").meta({ unit: "size", description: "Their size together.", ko: "모두 합친 크기." }),
    })
    .prefault({})
    .meta({ description: "How much may wait for it; when its queue is full, who sends to it waits.", ko: "기다릴 수 있는 양. 큐가 가득 차면 보내는 쪽이 기다린다." }),
  output: z
    .strictObject({
      lines: z.int().min(0).max(100_000).default(1000).meta({ description: "Last lines kept for who looks.", ko: "보려는 사람을 위해 남겨 두는 마지막 줄 수." }),
      file: z.string().min(1).optional().meta({ description: "What it prints is written there as well; relative to the config file.", ko: "출력을 함께 적을 파일. 설정 파일 기준의 상대 경로." }),
      rotate_size: size().refine((bytes) => 1024 <= bytes, { error: "give at least 1k", params: { ko: "1k 이상으로 쓰세요" } }).prefault("10MB").meta({ unit: "size", description: "Size at which a new file is begun.", ko: "새 파일을 시작하는 크기." }),
      rotate_files: z.int().min(1).max(1000).default(10).meta({ description: "How many files are kept.", ko: "보관할 파일 수." }),
    })
    .prefault({})
    .meta({ description: "What becomes of what it prints.", ko: "출력을 다루는 방법." }),
  talend: z.record(z.string(), z.json()).optional().meta({ description: "Options of `type: talend`: `context`, `context_params` (a map), `job_home`.", ko: "`type: talend`의 옵션: `context`, `context_params`(맵), `job_home`." }),
  options: z.record(z.string(), z.json()).optional().meta({ description: "Options of a type of your own.", ko: "직접 만든 종류의 옵션." }),
});

export type ProcessOptions = z.output<typeof processOptions>;
