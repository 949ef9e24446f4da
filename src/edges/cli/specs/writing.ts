// Commands that help to write a config, and to change it.
import type { CommandSpec } from "../command.ts";
import { forOption } from "./for-option.ts";

export const writing: readonly CommandSpec[] = [
  {
    name: "config edit",
    of: "config.apply",
    isMinor: true,
    summary: { en: "change the running agent's config in your editor: checked, compared, applied", ko: "실행 중인 에이전트의 설정을 편집기에서 고쳐 확인하고 적용" },
    examples: [
      { line: "dure config edit", text: { en: "in $VISUAL or $EDITOR; secrets are placeholders: leave them", ko: "$VISUAL 또는 $EDITOR에서; 비밀 값 자리는 그대로 두세요" } },
      { line: "dure config edit --url https://logs:8600 --note 'one more host'", text: { en: "of an agent elsewhere", ko: "다른 곳의 에이전트" } },
      { line: "dure config edit --from new.yml --yes", text: { en: "without an editor, for a script", ko: "편집기 없이, 스크립트용" } },
    ],
    options: [
      { flags: "--from <file>", text: { en: "take the text from this file", ko: "이 파일의 본문을 씀" } },
      { flags: "--note <text>", text: { en: "why, for the history", ko: "바꾸는 이유 (이력에 남음)" } },
      { flags: "--yes", text: { en: "apply without asking", ko: "묻지 않고 적용" } },
    ],
    load: async () => (await import("../commands/config-edit.ts")).configEdit,
  },
  {
    name: "graph",
    of: "pipelines.show",
    arguments: "[config] [pipelines...]",
    summary: { en: "draw the pipelines of a config", ko: "설정의 파이프라인을 그림으로 보여 줌" },
    examples: [
      { line: "dure graph dure.yml", text: { en: "in the terminal; `dure graph web-logs` one pipeline", ko: "터미널에; 하나만: `dure graph web-logs`" } },
      { line: "dure graph --live", text: { en: "with the running agent's rates, each second; q ends", ko: "실행 중인 에이전트의 초당 값과 함께; q로 끝냄" } },
      { line: "dure graph --format svg > dure.svg", text: { en: "as a picture; mermaid and dot for documents", ko: "그림 파일로; mermaid와 dot은 문서용" } },
    ],
    options: [
      { flags: "--format <format>", choices: ["text", "mermaid", "dot", "svg", "json"], text: { en: "text, mermaid, dot, svg or json", ko: "text, mermaid, dot, svg, json" } },
      { flags: "--live", text: { en: "what moves now; with --json a line a second", ko: "지금 움직이는 것; --json이면 초마다 한 줄" } },
      forOption,
    ],
    load: async () => (await import("../commands/graph.ts")).graph,
  },
  {
    name: "schema",
    elsewhere: "config.schema",
    isMinor: true,
    arguments: "[config]",
    summary: { en: "print the JSON Schema of a config, for editors", ko: "편집기용 JSON 스키마를 출력" },
    examples: [{ line: "dure schema --write", text: { en: "to .dure/schema.json, and how to use it", ko: ".dure/schema.json에 쓰고 쓰는 법을 안내" } }],
    options: [{ flags: "--write", text: { en: "write .dure/schema.json next to the config", ko: "설정 옆 .dure/schema.json에 저장" } }],
    load: async () => (await import("../commands/schema.ts")).schema,
  },
  {
    name: "new",
    arguments: "[file]",
    summary: { en: "write a config by answering a few questions", ko: "몇 가지 질문에 답하여 설정을 작성" },
    examples: [
      { line: "dure new", text: { en: "asks, and writes dure.yml", ko: "물어보고 dure.yml을 작성" } },
      { line: "dure new --in in.FileTail --path 'logs/*.log' --parse nginx --out out.Stdout", text: { en: "without questions", ko: "질문 없이" } },
    ],
    options: [
      { flags: "--in <plugin>", text: { en: "the input (in.FileTail)", ko: "입력 (in.FileTail)" } },
      { flags: "--path <file>", text: { en: "the files an input reads", ko: "입력이 읽을 파일" } },
      { flags: "--encoding <encoding>", text: { en: "of what it reads: utf-8, cp949, …", ko: "읽을 내용의 인코딩: utf-8, cp949 등" } },
      { flags: "--parse <parser>", text: { en: "a parser or a format of parse.Regex: nginx; none", ko: "파서 또는 parse.Regex의 형식: nginx; none" } },
      { flags: "--out <plugin>", text: { en: "the output (out.Stdout)", ko: "출력 (out.Stdout)" } },
      { flags: "--host <host>", text: { en: "where an output sends to", ko: "출력이 보낼 호스트" } },
      { flags: "--port <port>", text: { en: "and its port", ko: "그 포트" } },
    ],
    load: async () => (await import("../commands/new.ts")).newConfig,
  },
  {
    name: "import",
    isMinor: true,
    arguments: "<file>",
    summary: { en: "make a config of the ItsBox Operator's Config.py", ko: "ItsBox Operator의 Config.py로 설정을 만듦" },
    examples: [
      { line: "dure import itsbox/operator/Config.py", text: { en: "prints it; the password stays out of it", ko: "결과를 출력 (비밀번호는 넣지 않음)" } },
      { line: "dure import itsbox/operator/Config.py --output dure.yml --rules ./rules", text: { en: "writes it", ko: "파일로 저장" } },
    ],
    options: [
      { flags: "--output <file>", text: { en: "write it there, where nothing may be yet", ko: "이 파일에 씀 (있으면 그대로 둠)" } },
      { flags: "--rules <folder>", text: { en: "the rules folder (default: ./rules)", ko: "규칙 폴더 (기본: ./rules)" } },
      { flags: "--with-password", text: { en: "the broker's password as well; without it a variable stands there", ko: "브로커 비밀번호도 넣음 (없으면 환경 변수로)" } },
    ],
    load: async () => (await import("../commands/import.ts")).importConfig,
  },
  {
    name: "create",
    isMinor: true,
    arguments: "<chain>",
    summary: { en: "print a commented config with every option of some plugins", ko: "플러그인의 모든 옵션을 주석과 함께 담은 설정을 출력" },
    examples: [{ line: "dure create in.FileTail/parse.Regex/out.Fluentd > dure.yml", text: { en: "then uncomment what you need", ko: "필요한 것의 주석을 풀어 사용" } }],
    load: async () => (await import("../commands/create.ts")).create,
  },
  {
    name: "fmt",
    elsewhere: "config.format",
    arguments: "[files...]",
    summary: { en: "bring configs into one style, comments kept", ko: "설정을 한 가지 모양으로 정리 (주석은 그대로)" },
    examples: [
      { line: "dure fmt dure.yml", text: { en: "prints it", ko: "결과를 출력" } },
      { line: "dure fmt --fix conf/", text: { en: "rewrites a folder, old spellings too", ko: "폴더 전체를 옛 표기까지 고쳐 씀" } },
      { line: "dure fmt --check conf/", text: { en: "exit 1 when one would change; for a CI", ko: "바뀔 것이 있으면 1; CI용" } },
    ],
    options: [
      { flags: "-w, --write", text: { en: "rewrite the files (without it, print them)", ko: "파일을 고쳐 씀 (없으면 출력만)" } },
      { flags: "--fix", text: { en: "rewrite them and put old spellings right as well", ko: "파일을 고쳐 쓰며 옛 표기도 고침" } },
      { flags: "--check", text: { en: "name what would change, and exit 1", ko: "바뀔 파일을 말하고 1로 종료" } },
      { flags: "--diff", text: { en: "print what would change, line by line", ko: "바뀔 줄을 출력" } },
    ],
    load: async () => (await import("../commands/fmt.ts")).fmt,
  },
  {
    name: "list",
    arguments: "[kind]",
    summary: { en: "list the plugins: in, parse, filter, buffer, out", ko: "플러그인 목록: in, parse, filter, buffer, out" },
    examples: [{ line: "dure list in", text: { en: "inputs only; --json for programs", ko: "입력만; 프로그램에서는 --json" } }],
    load: async () => (await import("../commands/list.ts")).list,
  },
  {
    name: "desc",
    arguments: "<plugin>",
    summary: { en: "explain a plugin, failover, route, sleep or agent", ko: "플러그인, failover, route, sleep, agent를 설명" },
    examples: [{ line: "dure desc in.FileTail", text: { en: "options, defaults, an example", ko: "옵션, 기본값, 예" } }],
    load: async () => (await import("../commands/desc.ts")).desc,
  },
  {
    name: "init",
    isMinor: true,
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
    load: async () => (await import("../commands/init.ts")).init,
  },
];
