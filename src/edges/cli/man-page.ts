// The manual page as roff, from the tables that the help is made from, in the language of the reader.
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { writtenArguments } from "./command.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { globalOptions, remoteOptions } from "./commands.ts";
import { exitCode, exitCodeMeanings } from "./exit-codes.ts";
import { JSON_NOTES } from "./help-topics.ts";

const FILES: readonly (readonly [string, Text])[] = [
  ["dure.yml", { en: "the config of this folder; also dure.yaml and config.yml", ko: "이 폴더의 설정. dure.yaml, config.yml도 가능" }],
  ["plugins/", { en: "plugins of your own, beside the config", ko: "직접 만든 플러그인, 설정 옆에 둠" }],
  [".dure/", { en: "positions, buffers, dead letters and the pid file, beside the config", ko: "읽은 위치, 버퍼, 보내지 못한 레코드, pid 파일. 설정 옆에 생김" }],
];
const VARIABLES: readonly (readonly [string, Text])[] = [
  ["DURE_LANG", { en: "ko or en; before the locale", ko: "ko 또는 en. 로캘보다 먼저 적용" }],
  ["DURE_URL, DURE_TOKEN", { en: "an agent elsewhere, and the token for it", ko: "다른 곳의 에이전트와 그 토큰" }],
  ["NO_COLOR, FORCE_COLOR", { en: "colours off, or on where there is no terminal", ko: "색을 끔, 또는 터미널이 아니어도 켬" }],
];

/** Of the last change of this page's words; what is in it otherwise goes by the version. */
const PAGE_DATE = "2026-11-22";

/** `known`: those made by hand, and those of the command table. */
export function manPage(version: string, known: readonly CommandSpec[]): string {
  const [byHand, derived] = [known.filter(({ isDerived }) => isDerived !== true), known.filter(({ isDerived }) => isDerived === true)];
  return [
    `.TH DURE 1 ${PAGE_DATE} ${quoted(`dure ${version}`)} ${quoted(say({ en: "User commands", ko: "사용자 명령" }))}`,
    section({ en: "NAME", ko: "이름" }),
    say({ en: "dure \\- moves data without losing a line, and keeps processes alive and joined", ko: "dure \\- 데이터를 한 줄도 잃지 않고 옮기고, 프로세스를 살려 두고 이어 줍니다" }),
    section({ en: "SYNOPSIS", ko: "사용법" }),
    `.B dure`,
    roff(say({ en: "COMMAND [arguments] [options]", ko: "명령 [인자] [옵션]" })),
    section({ en: "COMMANDS", ko: "명령" }),
    ...byHand.flatMap(commandLines),
    section({ en: "COMMANDS OF A RUNNING AGENT", ko: "실행 중인 에이전트의 명령" }),
    ...derived.flatMap(commandLines),
    section({ en: "OPTIONS OF EVERY COMMAND", ko: "공통 옵션" }),
    ...globalOptions.flatMap(optionLines),
    section({ en: "OPTIONS OF COMMANDS THAT ASK AN AGENT", ko: "에이전트에 묻는 명령의 옵션" }),
    ...remoteOptions.flatMap(optionLines),
    section({ en: "EXIT STATUS", ko: "종료 코드" }),
    ...Object.entries(exitCode).flatMap(([name, code]) => term(String(code), say(exitCodeMeanings[name as keyof typeof exitCode]))),
    section({ en: "JSON", ko: "JSON" }),
    ...JSON_NOTES.flatMap((note, index) => [...(index === 0 ? [] : [".PP"]), roff(say(note))]),
    section({ en: "FILES", ko: "파일" }),
    ...FILES.flatMap(([name, text]) => term(name, say(text))),
    section({ en: "ENVIRONMENT", ko: "환경 변수" }),
    ...VARIABLES.flatMap(([name, text]) => term(name, say(text))),
    section({ en: "SEE ALSO", ko: "더 보기" }),
    roff(say({ en: "dure help COMMAND, dure help config, dure list, dure desc PLUGIN", ko: "dure help 명령, dure help config, dure list, dure desc 플러그인" })),
  ].join("\n");
}

function commandLines(command: CommandSpec): string[] {
  const { name, aliases = [], summary, examples, options = [] } = command;
  const also = aliases.length === 0 ? "" : ` (${say({ en: "also", ko: "다른 이름" })}: ${aliases.join(", ")})`;
  return [
    `.SS ${quoted(["dure", name, writtenArguments(command)].filter((word) => word !== undefined).join(" "))}`,
    roff(`${say(summary)}${also}`),
    ...options.flatMap(optionLines),
    ...examples.flatMap(({ line, text }) => [".PP", ...(say(text) === "" ? [] : [roff(`${say(text)}:`)]), ".RS 4", ".EX", roff(line), ".EE", ".RE"]),
  ];
}

function optionLines({ flags, text, choices }: OptionSpec): string[] {
  const listed = choices === undefined || choices.every((choice) => say(text).includes(choice)) ? "" : ` (${choices.join(", ")})`;
  return term(flags, `${say(text)}${listed}`);
}

function term(head: string, body: string): string[] {
  return [".TP", `.B ${roff(head)}`, roff(body)];
}

function section(name: Text): string {
  return `.SH ${quoted(say(name))}`;
}

/** A macro takes one argument in quotes; a quote in it is written twice. */
function quoted(text: string): string {
  return `"${roff(text).replaceAll('"', '""')}"`;
}

/** A backslash begins an escape and a point or a quote at the start of a line a request; dashes and quotes must stay what a shell knows. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replace(/^(?=\.)/, "\\&");
}
