// What `dure help` knows besides the commands.
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { exitCode, exitCodeMeanings } from "./exit-codes.ts";
import { columns } from "./help.ts";
import type { Style } from "./terminal.ts";

const CONFIG_EXAMPLE = `
agent:
  data_dir: ./.dure
pipelines:
  web-logs:
    - in.FileTail: /var/log/nginx/*.log
    - parse.Regex: { format: nginx }
    - filter.Where: r.status >= 500
    - failover:
        outputs:
          - out.Fluentd: { host: 10.0.0.1 }
          - out.Fluentd: { host: 10.0.0.2 }
tests:
  - name: a server error is kept
    input: ['10.0.0.7 - - [22/Nov/2026:10:00:00 +0900] "GET / HTTP/1.1" 500 1 "-" "-"']
    expect: [{ status: 500 }]`
  .trim()
  .split("\n");

const CONFIG_NOTES: readonly (readonly [string, Text])[] = [
  ["10s 200ms 1h", { en: "durations; sizes are 64KB, 10MB", ko: "시간; 크기는 64KB, 10MB" }],
  ["${env:NAME}", { en: "from the environment; ${file:PATH}, ${var:NAME} (of `vars:`)", ko: "환경 변수; ${file:경로}, ${var:이름} (`vars:`의 값)" }],
  ["dure list", { en: "all steps; dure desc in.FileTail shows one with its options", ko: "모든 단계; dure desc in.FileTail 은 하나를 옵션까지" }],
  ["dure schema --write", { en: "completion in the editor", ko: "편집기 자동 완성" }],
  ["dure test --all", { en: "the tests under `tests:`", ko: "`tests:`의 테스트를 실행" }],
  ["dure validate", { en: "everything that is wrong, with its place", ko: "모든 문제를 위치와 함께" }],
];

/** One word for each thing, in both languages; the pages and messages keep to them. */
const GLOSSARY: readonly { readonly word: Text; readonly meaning: Text }[] = [
  { word: { en: "pipeline", ko: "파이프라인" }, meaning: { en: "steps that records pass one after the other", ko: "레코드가 차례로 지나는 단계들" } },
  { word: { en: "step", ko: "단계" }, meaning: { en: "one plugin in a pipeline, with its options", ko: "파이프라인 안의 플러그인 하나와 그 옵션" } },
  { word: { en: "input, output", ko: "입력, 출력" }, meaning: { en: "where records come from, where they go", ko: "레코드가 들어오는 곳, 나가는 곳" } },
  { word: { en: "plugin", ko: "플러그인" }, meaning: { en: "a kind of step: in., parse., filter., buffer., out.", ko: "단계의 종류: in., parse., filter., buffer., out." } },
  { word: { en: "record", ko: "레코드" }, meaning: { en: "one event: a line, or fields with a time", ko: "이벤트 하나: 한 줄, 또는 시각이 있는 필드들" } },
  { word: { en: "batch", ko: "배치" }, meaning: { en: "records that are moved together", ko: "함께 옮기는 레코드 묶음" } },
  { word: { en: "buffer", ko: "버퍼" }, meaning: { en: "holds records between two steps, in memory or on disk", ko: "두 단계 사이에서 레코드를 메모리나 디스크에 보관" } },
  { word: { en: "position", ko: "읽은 위치" }, meaning: { en: "how far an input was read; kept over restarts", ko: "입력을 어디까지 읽었는지; 다시 시작해도 유지" } },
  { word: { en: "dead letter", ko: "데드레터" }, meaning: { en: "a batch that no output would take; kept, to be replayed", ko: "어느 출력도 받지 않은 배치; 다시 보낼 수 있게 보관" } },
  { word: { en: "failover", ko: "장애 조치" }, meaning: { en: "another output when one fails", ko: "한 출력이 실패하면 다른 출력으로" } },
  { word: { en: "retry", ko: "재시도" }, meaning: { en: "a failed write is tried again, later each time", ko: "실패한 쓰기를 간격을 늘려 가며 다시 시도" } },
];

const REMOTE_NOTES: readonly (readonly [string, Text])[] = [
  ["dure tokens create ops --role operator", { en: "makes a token, on the agent's machine; it is shown once", ko: "에이전트가 있는 컴퓨터에서 토큰을 만듦; 한 번만 보여 줌" }],
  ["dure ls --url https://host:8600 --token-file ops.token", { en: "asks that agent", ko: "그 에이전트에 물음" }],
  ["dure validate dure.yml --url https://host:8600", { en: "has it look at this file, with its own plugins and folders", ko: "이 파일을 그곳의 플러그인과 폴더를 기준으로 검사" }],
];
const REMOTE_OPTIONS: readonly (readonly [string, Text])[] = [
  ["DURE_URL, DURE_TOKEN", { en: "the same from the environment; -c goes before DURE_URL", ko: "환경 변수로도 가능; -c가 DURE_URL보다 먼저" }],
  ["validate, lint, fmt, schema", { en: "work there only with --url; DURE_URL alone leaves them here", ko: "--url을 쓸 때만 그곳에서 일함; DURE_URL만으로는 여기서 일함" }],
  ["--token <token>", { en: "other users of this machine see it in the list of processes: a file or DURE_TOKEN is better", ko: "이 컴퓨터의 다른 사용자가 프로세스 목록에서 볼 수 있으니 파일이나 DURE_TOKEN이 낫습니다" }],
  ["--ca <file>", { en: "a certificate of your own that the agent's is signed with, or is", ko: "에이전트의 인증서, 또는 그것을 서명한 자체 인증서" }],
];
const REMOTE_EXITS: readonly (readonly [string, Text])[] = [
  ["77", { en: "no token, a wrong one, or one whose role or scope is not enough", ko: "토큰이 없거나 틀렸거나, 역할이나 범위가 모자람" }],
  ["69", { en: "nobody answers there (of `dure status`: 4)", ko: "응답이 없음 (`dure status`는 4)" }],
];

/** What programs may rely on. */
export const JSON_NOTES: readonly Text[] = [
  { en: "Every command answers with --json, on stdout, a line for each answer; `tap`, `logs`, `graph --live` and `test --watch` print many.", ko: "모든 명령은 --json이 있으면 stdout에 한 줄로 답합니다. `tap`, `logs`, `graph --live`, `test --watch`는 여러 줄입니다." },
  { en: "Within version 1 keys are added and never taken away: skip those that you do not know. Keys are never translated.", ko: "버전 1에서는 키가 늘기만 하고 사라지지 않으니 모르는 키는 건너뛰세요. 키는 번역하지 않습니다." },
  { en: "Whatever failed has `error` in its line, with `code` and `file`, `line`, `column` where a config is at fault; exit codes stay.", ko: "실패하면 그 줄에 `error`가 있고, 설정이 틀렸으면 `code`, `file`, `line`, `column`도 있습니다. 종료 코드는 그대로입니다." },
  { en: "What out.Stdout writes in `run`, `test` and `try` stands before the answer, which is the last line.", ko: "`run`, `test`, `try`에서 out.Stdout이 쓰는 것은 답보다 먼저 나오고, 답은 마지막 줄입니다." },
];

export const helpTopics: Readonly<Record<string, (style: Style) => string>> = {
  "exit-codes": (style) => {
    const rows = Object.entries(exitCodeMeanings).map(([name, text]) => [String(exitCode[name as keyof typeof exitCode]), say(text)]);
    return [style.bold(say({ en: "Exit codes", ko: "종료 코드" })), ...columns(rows)].join("\n");
  },
  config: (style) =>
    [
      say({ en: "A config is one YAML file: dure.yml in this folder, or the one you name.", ko: "설정은 YAML 파일 하나입니다: 현재 폴더의 dure.yml, 또는 지정한 파일." }),
      style.bold(say({ en: "Examples", ko: "예" })),
      ...CONFIG_EXAMPLE.map((line) => `  ${line}`),
      style.bold(say({ en: "Values, and more", ko: "값, 그리고 더 보기" })),
      ...columns(CONFIG_NOTES.map(([word, text]) => [word, say(text)])),
    ].join("\n"),
  json: (style) =>
    [
      say({ en: "One line of JSON for programs, from every command.", ko: "프로그램을 위한 JSON 한 줄, 모든 명령에서." }),
      style.bold(say({ en: "Examples", ko: "예" })),
      `  dure ls --json           {"version":1,"command":"ls","pipelines":[...]}`,
      `  dure rum --json          {"version":1,"command":null,"error":{"message":"...","hint":"...","exitCode":2}}`,
      style.bold(say({ en: "The promise", ko: "약속" })),
      ...JSON_NOTES.map((note) => `  ${say(note)}`),
    ].join("\n"),
  remote: (style) =>
    [
      say({ en: "Commands that ask an agent ask one elsewhere with --url, and answer as they do here.", ko: "에이전트에 묻는 명령은 --url로 다른 곳의 에이전트에 묻고, 여기서와 똑같이 답합니다." }),
      style.bold(say({ en: "Examples", ko: "예" })),
      ...columns(REMOTE_NOTES.map(([line, text]) => [line, say(text)])),
      style.bold(say({ en: "Ways to say it", ko: "지정하는 방법" })),
      ...columns(REMOTE_OPTIONS.map(([word, text]) => [word, say(text)])),
      style.bold(say({ en: "Exit codes", ko: "종료 코드" })),
      ...columns(REMOTE_EXITS.map(([code, text]) => [code, say(text)])),
    ].join("\n"),
  glossary: (style) => [style.bold(say({ en: "Words", ko: "용어" })), ...columns(GLOSSARY.map(({ word, meaning }) => [`${word.en} (${word.ko})`, say(meaning)]))].join("\n"),
};
