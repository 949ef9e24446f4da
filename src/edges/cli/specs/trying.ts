// Commands that check what a config would do, before an agent runs it.
import type { CommandSpec } from "../command.ts";
import { forOption } from "./for-option.ts";

export const trying: readonly CommandSpec[] = [
  {
    name: "validate",
    elsewhere: "config.check",
    arguments: "[configs...]",
    summary: { en: "show everything wrong with a config", ko: "설정의 모든 문제를 보여 줌" },
    examples: [
      { line: "dure validate dure.yml", text: { en: "syntax, schema, topology, environment", ko: "문법, 스키마, 연결, 환경" } },
      { line: "dure validate conf/ --no-environment", text: { en: "a folder, without looking at this machine", ko: "폴더 전체, 이 컴퓨터의 환경은 빼고" } },
      { line: "dure validate dure.yml --url https://logs:8600", text: { en: "for the machine there; without a file, what stands there", ko: "그곳 컴퓨터를 기준으로; 파일이 없으면 그곳의 설정을" } },
    ],
    options: [
      { flags: "--no-environment", text: { en: "leave out files, folders and peers of this machine", ko: "파일, 폴더, 상대 서버 확인을 생략" } },
      { flags: "--format <format>", choices: ["text", "json", "github", "sarif"], text: { en: "text, json, or for a CI: github, sarif", ko: "text, json, CI용은 github, sarif" } },
      { flags: "--lint", text: { en: "what `dure lint` finds, too", ko: "`dure lint`에서 찾는 것까지" } },
      { flags: "--deny-warnings", text: { en: "a warning is an error", ko: "경고도 오류로 취급" } },
    ],
    load: async () => (await import("../commands/validate.ts")).validate,
  },
  {
    name: "lint",
    elsewhere: "config.check",
    isMinor: true,
    arguments: "[configs...]",
    summary: { en: "what is valid in a config and probably not meant", ko: "틀리지는 않지만 뜻과 다를 만한 것을 보여 줌" },
    examples: [
      { line: "dure lint dure.yml", text: { en: "each with an id: dure explain DURE601", ko: "저마다 ID가 있음: dure explain DURE601" } },
      { line: "dure lint conf/ --strict", text: { en: "exit 5 when something is found; for a CI", ko: "찾은 것이 있으면 5; CI용" } },
    ],
    options: [{ flags: "--strict", text: { en: "exit 5 when something is found", ko: "찾은 것이 있으면 5로 종료" } }],
    load: async () => (await import("../commands/lint.ts")).lint,
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
      { flags: "-t, --task <number or name>", text: { en: "which pipeline, from 1; of --all: which test or pipeline", ko: "실행할 파이프라인 (번호는 1부터); --all이면 테스트나 파이프라인 이름" } },
      { flags: "--all", text: { en: "the tests under `tests:` instead, with stand-ins at both ends", ko: "대신 `tests:`의 테스트를 입력과 출력을 바꿔 실행" } },
      { flags: "--format <format>", text: { en: "of --all: text, tap, junit or json", ko: "--all의 형식: text, tap, junit, json" }, choices: ["text", "tap", "junit", "json"] },
      { flags: "--update", text: { en: "of --all: write the snapshots anew", ko: "--all: 스냅샷을 새로 적음" } },
      { flags: "--watch", text: { en: "of --all: again at each change", ko: "--all: 바뀔 때마다 다시" } },
      { flags: "--follow", text: { en: "go on when the input has been read to its end", ko: "입력을 끝까지 읽은 뒤에도 계속" } },
      forOption,
    ],
    load: async () => (await import("../commands/test.ts")).test,
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
      { flags: "--follow", text: { en: "go on at the end of the files, or when the last client has left", ko: "파일 끝에 닿거나 마지막 클라이언트가 떠난 뒤에도 계속" } },
      forOption,
    ],
    load: async () => (await import("../commands/try.ts")).tryPipe,
  },
];
