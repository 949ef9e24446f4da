// The table of commands: the parser, the help and "did you mean" are made from it.
import type { CommandSpec, OptionSpec } from "./command.ts";

export const globalOptions: readonly OptionSpec[] = [
  { flags: "-c, --config <file>", isRepeatable: true, text: { en: "the config (default: dure.yml here)", ko: "설정 파일 (기본: 현재 폴더의 dure.yml)" } },
  { flags: "--lang <lang>", choices: ["ko", "en"], text: { en: "language: ko or en", ko: "언어: ko 또는 en" } },
  { flags: "--color <when>", choices: ["auto", "always", "never"], text: { en: "auto, always or never (also NO_COLOR)", ko: "auto, always, never (NO_COLOR도 가능)" } },
  { flags: "--json", text: { en: "print data as JSON", ko: "결과를 JSON으로 출력" } },
  { flags: "-q, --quiet", text: { en: "say only warnings and errors", ko: "경고와 오류만 출력" } },
  { flags: "-v, --verbose", text: { en: "say more", ko: "더 자세히 출력" } },
];

const forOption: OptionSpec = { flags: "--for <duration>", text: { en: "end by itself after this time: 20s, 5m", ko: "이 시간이 지나면 스스로 종료: 20s, 5m" } };
const pidFileOption: OptionSpec = { flags: "--pid-file <file>", text: { en: "use this pid file, whatever the config says", ko: "설정과 상관없이 이 pid 파일을 사용" } };

export const commands: readonly CommandSpec[] = [
  {
    name: "run",
    arguments: "[config]",
    summary: { en: "run the pipelines here until Ctrl-C", ko: "파이프라인을 여기서 실행 (Ctrl-C로 종료)" },
    examples: [
      { line: "dure run dure.yml", text: { en: "until Ctrl-C; a second Ctrl-C does not wait", ko: "Ctrl-C까지; 두 번 누르면 기다리지 않음" } },
      { line: "dure run dure.yml --for 20s", text: { en: "ends by itself, says what moved", ko: "스스로 끝나고 옮긴 양을 알려 줌" } },
    ],
    options: [forOption],
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "start",
    arguments: "[config]",
    summary: { en: "run in the background; returns when it really runs", ko: "백그라운드로 실행; 실제로 돌기 시작하면 돌아옴" },
    examples: [{ line: "dure start dure.yml", text: { en: "then: dure status, dure stop", ko: "다음: dure status, dure stop" } }],
    options: [{ flags: "--wait <duration>", text: { en: "give up when it is not up by then (default 30s)", ko: "이때까지 준비되지 않으면 포기 (기본 30s)" } }],
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "stop",
    arguments: "[config]",
    summary: { en: "end the background agent, after what is in hand", ko: "하던 일을 마치게 하고 백그라운드 에이전트를 종료" },
    examples: [{ line: "dure stop dure.yml", text: { en: "waits up to the config's drain_timeout", ko: "설정의 drain_timeout까지 기다림" } }],
    options: [pidFileOption],
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    name: "reload",
    arguments: "[config]",
    summary: { en: "go over to the config as it is now; what is the same runs on", ko: "지금의 설정으로 바꿈; 그대로인 것은 계속 실행" },
    examples: [
      { line: "dure reload dure.yml --plan", text: { en: "what would change", ko: "무엇이 바뀔지" } },
      { line: "dure reload dure.yml", text: { en: "do it, or nothing when anything is wrong", ko: "바꿈; 하나라도 잘못되면 그대로" } },
    ],
    options: [{ flags: "--plan", text: { en: "only say what would change", ko: "바뀔 것만 보여 줌" } }],
    load: async () => (await import("./commands/reload.ts")).reload,
  },
  {
    name: "status",
    arguments: "[config]",
    summary: { en: "whether it runs, and what moved (exit 0, 3, 1 or 4)", ko: "실행 여부와 옮긴 양 (종료 코드 0, 3, 1, 4)" },
    examples: [
      { line: "dure status", text: { en: "exit 0 running, 3 not, 1 dead, 4 cannot tell", ko: "0 실행 중, 3 아님, 1 죽음, 4 알 수 없음" } },
      { line: "dure status --strict --json", text: { en: "4 when a pipeline has failed", ko: "실패한 파이프라인이 있으면 4" } },
    ],
    options: [{ flags: "--strict", text: { en: "exit 4 when some pipeline has failed", ko: "실패한 파이프라인이 있으면 4" } }, pidFileOption],
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    name: "validate",
    arguments: "[configs...]",
    summary: { en: "show everything wrong with a config", ko: "설정의 모든 문제를 보여 줌" },
    examples: [
      { line: "dure validate dure.yml", text: { en: "syntax, schema, topology, environment", ko: "문법, 스키마, 연결, 환경" } },
      { line: "dure validate conf/ --no-environment", text: { en: "a folder, without looking at this machine", ko: "폴더 전체, 이 기계의 환경은 빼고" } },
    ],
    options: [
      { flags: "--no-environment", text: { en: "leave out files, folders and peers of this machine", ko: "파일, 폴더, 상대 서버 확인을 생략" } },
      { flags: "--format <format>", choices: ["text", "json"], text: { en: "text or json", ko: "text 또는 json" } },
      { flags: "--deny-warnings", text: { en: "a warning is an error", ko: "경고도 오류로 취급" } },
    ],
    load: async () => (await import("./commands/validate.ts")).validate,
  },
  {
    name: "test",
    arguments: "[config]",
    summary: { en: "run one pipeline in the main thread, or the config's tests", ko: "파이프라인 하나를 메인 스레드에서 실행하거나 설정의 테스트를 실행" },
    examples: [
      { line: "dure test config.yml", text: { en: "the first; ends when its input ends", ko: "첫 번째; 입력이 끝나면 종료" } },
      { line: "dure test config.yml -t 2", text: { en: "the second (or by name)", ko: "두 번째 (이름으로도 가능)" } },
      { line: "dure test --all --format junit", text: { en: "the tests under `tests:`, for a CI", ko: "`tests:`의 테스트를 CI용으로" } },
    ],
    options: [
      { flags: "-t, --task <number or name>", text: { en: "which pipeline; numbers count from 1", ko: "실행할 파이프라인; 번호는 1부터" } },
      { flags: "--all", text: { en: "the tests under `tests:` instead, with stand-ins at both ends", ko: "대신 `tests:`의 테스트를 입력과 출력을 바꿔 실행" } },
      { flags: "--format <format>", text: { en: "of --all: text, tap, junit or json", ko: "--all의 형식: text, tap, junit, json" }, choices: ["text", "tap", "junit", "json"] },
      { flags: "--update", text: { en: "of --all: write the snapshots anew", ko: "--all: 스냅샷을 새로 적음" } },
      { flags: "--watch", text: { en: "of --all: again at each change", ko: "--all: 바뀔 때마다 다시" } },
      { flags: "--follow", text: { en: "go on when the input has been read to its end", ko: "입력을 끝까지 읽은 뒤에도 계속" } },
      forOption,
    ],
    load: async () => (await import("./commands/test.ts")).test,
  },
  {
    name: "try",
    aliases: ["trun"],
    arguments: "<pipe>",
    summary: { en: "run a pipeline written on the command line", ko: "명령줄에 쓴 파이프라인을 실행" },
    examples: [
      { line: "dure try 'in.FakeData --type people --locale ko | out.Stdout' --limit 3", text: { en: "", ko: "" } },
      { line: `dure try 'in.FileTail app.log | filter.Where "r.age > 30"'`, text: { en: "prints what is left", ko: "남은 것을 출력" } },
      { line: "dure try 'in.FakeData | out.Null' --save my.yml", text: { en: "keep it as a config", ko: "설정 파일로 저장" } },
    ],
    options: [
      { flags: "--limit <n>", text: { en: "end after n records have come through", ko: "레코드 n개가 통과하면 종료" } },
      { flags: "--save <file>", text: { en: "write it as a config, and do not run it", ko: "실행하지 않고 설정 파일로 저장" } },
      forOption,
    ],
    load: async () => (await import("./commands/try.ts")).tryPipe,
  },
  {
    name: "ls",
    summary: { en: "what the running agent's pipelines do now", ko: "실행 중인 에이전트의 파이프라인 상태" },
    examples: [{ line: "dure ls -c dure.yml", text: { en: "rates, totals, retries", ko: "초당 값, 합계, 재시도" } }],
    load: async () => (await import("./commands/ls.ts")).ls,
  },
  {
    name: "tap",
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
      { flags: "--per-second <number>", text: { en: "the most shown in a second (default 100)", ko: "초당 최대 개수 (기본 100)" } },
      forOption,
    ],
    load: async () => (await import("./commands/tap.ts")).tap,
  },
  {
    name: "top",
    summary: { en: "watch the running agent's pipelines, full screen", ko: "실행 중인 에이전트를 전체 화면으로 지켜봄" },
    examples: [{ line: "dure top -c dure.yml", text: { en: "q ends it, ? shows the keys", ko: "q로 끝내고 ?로 키 목록을 봄" } }],
    load: async () => (await import("./commands/top.ts")).top,
  },
  {
    name: "logs",
    summary: { en: "show what the agent has said in its log file", ko: "에이전트의 로그 파일을 보여 줌" },
    examples: [
      { line: "dure logs -f", text: { en: "the last hundred, then what comes, until Ctrl-C", ko: "마지막 백 줄을 보고 이어지는 것을 Ctrl-C까지" } },
      { line: "dure logs --since 10m --level warn --pipeline web-logs", text: { en: "", ko: "" } },
    ],
    options: [
      { flags: "-f, --follow", text: { en: "go on with what is written, through rotation", ko: "파일이 교체되어도 새로 쓰이는 것을 계속" } },
      { flags: "--since <duration or time>", text: { en: "only from then on: 10m, 2h, 2026-11-21T09:00", ko: "이때부터: 10m, 2h, 2026-11-21T09:00" } },
      { flags: "--level <level>", choices: ["debug", "info", "warn", "error"], text: { en: "debug, info, warn or error, and what is above", ko: "debug, info, warn, error와 그 위" } },
      { flags: "--pipeline <name>", text: { en: "of this pipeline only", ko: "이 파이프라인 것만" } },
      { flags: "--grep <text>", text: { en: "only lines with this text, in any case", ko: "이 글이 있는 줄만 (대소문자 무시)" } },
      { flags: "-n, --lines <number>", text: { en: "the last so many (default 100; all with --since)", ko: "마지막 몇 줄 (기본 100; --since면 전부)" } },
    ],
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    name: "graph",
    arguments: "[config]",
    summary: { en: "draw the pipelines of a config", ko: "설정의 파이프라인을 그림으로 보여 줌" },
    examples: [
      { line: "dure graph dure.yml", text: { en: "in the terminal", ko: "터미널에" } },
      { line: "dure graph --format svg > dure.svg", text: { en: "as a picture; mermaid and dot for documents", ko: "그림 파일로; mermaid와 dot은 문서용" } },
    ],
    options: [{ flags: "--format <format>", choices: ["text", "mermaid", "dot", "svg", "json"], text: { en: "text, mermaid, dot, svg or json", ko: "text, mermaid, dot, svg, json" } }],
    load: async () => (await import("./commands/graph.ts")).graph,
  },
  {
    name: "schema",
    arguments: "[config]",
    summary: { en: "print the JSON Schema of a config, for editors", ko: "편집기용 JSON 스키마를 출력" },
    examples: [{ line: "dure schema --write", text: { en: "to .dure/schema.json, and how to use it", ko: ".dure/schema.json에 쓰고 쓰는 법을 안내" } }],
    options: [{ flags: "--write", text: { en: "write .dure/schema.json next to the config", ko: "설정 옆 .dure/schema.json에 저장" } }],
    load: async () => (await import("./commands/schema.ts")).schema,
  },
  {
    name: "list",
    arguments: "[kind]",
    summary: { en: "list the plugins: in, parse, filter, buffer, out", ko: "플러그인 목록: in, parse, filter, buffer, out" },
    examples: [{ line: "dure list in", text: { en: "inputs only; --json for programs", ko: "입력만; 프로그램에서는 --json" } }],
    load: async () => (await import("./commands/list.ts")).list,
  },
  {
    name: "desc",
    arguments: "<plugin>",
    summary: { en: "explain a plugin, failover, route, sleep or agent", ko: "플러그인, failover, route, sleep, agent를 설명" },
    examples: [{ line: "dure desc in.FileTail", text: { en: "options, defaults, an example", ko: "옵션, 기본값, 예" } }],
    load: async () => (await import("./commands/desc.ts")).desc,
  },
  {
    name: "init",
    arguments: "<name>",
    summary: { en: "make the folder of a new plugin, with its test", ko: "새 플러그인의 폴더와 테스트를 만듦" },
    examples: [
      { line: "dure init -t in -t parse Syslog", text: { en: "plugins/dure-plugin-syslog with both", ko: "plugins/dure-plugin-syslog에 둘 다" } },
      { line: "dure init -t out -d ~/src Webhook", text: { en: "in another folder", ko: "다른 폴더에" } },
    ],
    options: [
      { flags: "-t, --type <kind>", isRepeatable: true, text: { en: "in, parse, filter or out; again for more (default: parse)", ko: "in, parse, filter, out; 여러 번 가능 (기본: parse)" } },
      { flags: "-d, --dir <folder>", text: { en: "where to make it (default: plugins)", ko: "만들 위치 (기본: plugins)" } },
    ],
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "dead-letters",
    arguments: "<action> [config] [ids...]",
    actions: ["list", "replay", "show", "edit", "remove", "ls"],
    summary: { en: "what no output could take: list, edit, replay", ko: "출력하지 못한 것을 보고, 고치고, 다시 보냄" },
    examples: [
      { line: "dure dead-letters list --older 7d", text: { en: "what, when and why", ko: "무엇이, 언제, 왜" } },
      { line: "dure dead-letters show last", text: { en: "the records whole, secrets in them too", ko: "레코드 그대로 (비밀 값도 가리지 않음)" } },
      { line: "dure dead-letters edit 3f9a1c", text: { en: "in $VISUAL or $EDITOR", ko: "$VISUAL 또는 $EDITOR에서" } },
      { line: "dure dead-letters replay dure.yml -t web-logs", text: { en: "through its output; or by ids", ko: "출력으로 다시; ID로도 가능" } },
      { line: "dure dead-letters remove --all --older 7d", text: { en: "or by ids; for good", ko: "ID로도 가능; 되돌릴 수 없음" } },
    ],
    options: [
      { flags: "-t, --task <number or name>", text: { en: "of this pipeline only", ko: "이 파이프라인 것만" } },
      { flags: "--older <duration>", text: { en: "only those older than this: 12h, 7d", ko: "이보다 오래된 것만: 12h, 7d" } },
      { flags: "--reason <text>", text: { en: "only those with this in their reason", ko: "이유에 이 글자가 있는 것만" } },
      { flags: "--from <file>", text: { en: "edit: take the records from this file", ko: "edit: 이 파일의 레코드를 씀" } },
      { flags: "--all", text: { en: "remove: not by ids", ko: "remove: ID 없이 모두" } },
      { flags: "--yes", text: { en: "remove: do not ask", ko: "remove: 묻지 않음" } },
    ],
    load: async () => (await import("./commands/dead-letters.ts")).deadLetters,
  },
  {
    name: "buffers",
    arguments: "<action> [config]",
    actions: ["list", "verify", "repair", "ls"],
    summary: { en: "what waits in disk buffers; verify, repair them", ko: "디스크 버퍼에 쌓인 것을 보고, 확인하고, 고침" },
    examples: [
      { line: "dure buffers list dure.yml", text: { en: "records, size, age, quarantine", ko: "레코드, 크기, 나이, 격리" } },
      { line: "dure buffers verify", text: { en: "every checksum; exit 5 when damaged", ko: "모든 체크섬; 손상되었으면 종료 코드 5" } },
      { line: "dure buffers repair", text: { en: "damage to quarantine; not while the agent runs", ko: "손상된 곳을 격리; 에이전트를 멈춘 뒤에" } },
    ],
    options: [{ flags: "-t, --task <number or name>", text: { en: "of this pipeline only", ko: "이 파이프라인 것만" } }],
    load: async () => (await import("./commands/buffers.ts")).buffers,
  },
  {
    name: "explain",
    arguments: "<code>",
    summary: { en: "explain a code of a config problem", ko: "설정 문제의 코드를 설명" },
    examples: [{ line: "dure explain DURE101", text: { en: "", ko: "" } }],
    load: async () => (await import("./commands/explain.ts")).explain,
  },
  {
    name: "version",
    summary: { en: "print the version", ko: "버전을 출력" },
    examples: [{ line: "dure version --json", text: { en: "with the runtime's", ko: "런타임 버전과 함께" } }],
    load: async () => (await import("./commands/version.ts")).version,
  },
  {
    name: "help",
    arguments: "[topic]",
    summary: { en: "explain a command, the config, words, exit codes", ko: "명령, 설정, 용어, 종료 코드를 설명" },
    examples: [
      { line: "dure help run", text: { en: "a command", ko: "명령 하나" } },
      { line: "dure help config", text: { en: "also glossary, exit-codes", ko: "그 밖에 glossary, exit-codes" } },
    ],
    load: async () => (await import("./commands/help.ts")).help,
  },
];
