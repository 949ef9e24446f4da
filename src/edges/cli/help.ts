// Help texts: examples first, 25 lines at most, in the language of the reader.
import { say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { cellsOf } from "#kernel/config/cells.ts";
import { takesAddress, writtenArguments } from "./command.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { commands, globalOptions, remoteOptions } from "./commands.ts";
import { verbsOf } from "./find-command.ts";
import type { Style } from "./terminal.ts";

/** Of a command, of all one can do with a noun of the command table, or of the program. */
export function helpText(command: CommandSpec | undefined, noun: string | undefined, known: readonly CommandSpec[], style: Style): string {
  if (command !== undefined) return commandHelp(command, style);
  return noun === undefined ? programHelp(known, style) : nounHelp(noun, known, style);
}

function programHelp(known: readonly CommandSpec[], style: Style): string {
  const shown = ["dure try 'in.FakeData --type people | out.Stdout' --limit 3", "dure validate dure.yml", "dure run dure.yml"];
  const nouns = nounsOf(known);
  return [
    say({ en: "dure: moves data without losing a line, and keeps processes alive and joined", ko: "dure(두레): 데이터를 한 줄도 잃지 않고 옮기고, 프로세스를 살려 두고 이어 줍니다" }),
    style.bold(say({ en: "Examples", ko: "예" })),
    ...shown.map((line) => `  ${line}`),
    style.bold(say({ en: "Commands", ko: "명령" })),
    ...columns(commandRows()),
    `  ${say({ en: "also:", ko: "그 밖에:" })} ${commands.flatMap(({ name, isMinor }) => (isMinor === true && !/^(?:processes|programs|recoveries) /.test(name) ? name : [])).join(", ")}`,
    ...(nouns.length === 0 ? [] : [`  ${say({ en: "of a running agent:", ko: "실행 중인 에이전트:" })} ${nouns.join(", ")}`]),
    style.bold(say({ en: "Everywhere", ko: "공통 옵션" })),
    `  ${globalOptions.map(({ flags }) => flags).join("  ")}  --version`,
    say({ en: "More: dure help COMMAND, dure help config, remote, glossary, exit-codes or json", ko: "더 보기: dure help 명령, dure help config, remote, glossary, exit-codes, json" }),
  ].join("\n");
}

/** The nouns of the table that no verb made by hand shows. */
function nounsOf(known: readonly CommandSpec[]): string[] {
  const nouns = new Set(known.flatMap(({ name, isDerived }) => (isDerived === true ? (name.split(" ")[0] ?? []) : [])));
  return [...nouns].filter((noun) => !commands.some(({ name }) => name === noun));
}

function nounHelp(noun: string, known: readonly CommandSpec[], style: Style): string {
  const own = verbsOf(noun, known).flatMap((verb) => known.filter(({ name }) => name === `${noun} ${verb}`));
  return [
    say({ en: `dure ${noun}: asks the running agent`, ko: `dure ${noun}: 실행 중인 에이전트에 묻습니다` }),
    style.bold(say({ en: "Commands", ko: "명령" })),
    ...columns(own.map((command) => [[`dure ${command.name}`, command.arguments].filter((part) => part !== undefined).join(" "), say(command.summary)])),
    say({ en: `More: dure help ${noun} VERB; of an agent elsewhere: dure help remote`, ko: `더 보기: dure help ${noun} 동사; 다른 곳의 에이전트: dure help remote` }),
  ].join("\n");
}

/** The same for programs: one command, those of a noun, or all. */
export function helpFacts(command: CommandSpec | undefined, noun: string | undefined, known: readonly CommandSpec[]): object {
  const optionFacts = ({ flags, text, choices }: OptionSpec): object => ({ flags, text: say(text), ...(choices === undefined ? {} : { choices }) });
  const chosen = command === undefined ? known.filter(({ name }) => noun === undefined || name.startsWith(`${noun} `)) : [command];
  const described = chosen.map(({ name, of, aliases = [], arguments: written, actions, summary, options = [] }) => ({
    name,
    aliases,
    ...(of === undefined ? {} : { of }),
    ...(written === undefined ? {} : { arguments: written }),
    ...(actions === undefined ? {} : { actions }),
    summary: say(summary),
    options: options.map(optionFacts),
  }));
  return { commands: described, everywhere: globalOptions.map(optionFacts), elsewhere: remoteOptions.map(optionFacts) };
}

/** These share a row, so that the whole fits a screen. */
const TOGETHER: readonly { readonly names: readonly string[]; readonly text: Text }[] = [
  { names: ["ls", "tap", "top", "metrics", "logs", "graph"], text: { en: "look inside: state, records, live, figures, its log, a drawing", ko: "들여다보기: 상태, 레코드, 실시간 화면, 지표, 로그, 그림" } },
  { names: ["open", "events", "history", "doctor"], text: { en: "the dashboard; what happened; what is not well, and what to do", ko: "대시보드; 있었던 일과 이력; 문제와 해결 방법" } },
  { names: ["list", "desc"], text: { en: "the plugins; one of them, or a section of a config, explained", ko: "플러그인 목록; 플러그인 하나나 설정의 한 부분을 설명" } },
  { names: ["dead-letters", "buffers"], text: { en: "what no output could take; what waits in disk buffers", ko: "출력하지 못한 것; 디스크 버퍼에 쌓인 것" } },
];

/** Without `help`: the last line says how to ask for more. */
function commandRows(): (readonly string[])[] {
  return commands.flatMap(({ name, summary, isMinor }) => {
    if (name === "help" || isMinor === true) return [];
    const group = TOGETHER.find(({ names }) => names.includes(name));
    if (group === undefined) return [[name, say(summary)]];
    return group.names[0] === name ? [[group.names.join(", "), say(group.text)]] : [];
  });
}

function commandHelp(command: CommandSpec, style: Style): string {
  const usage = ["dure", command.name, writtenArguments(command), say({ en: "[options]", ko: "[옵션]" })];
  const names = command.aliases === undefined ? "" : ` (${[command.name, ...command.aliases].join(", ")})`;
  return [
    `dure ${command.name}${names}: ${say(command.summary)}`,
    style.bold(say({ en: "Examples", ko: "예" })),
    ...columns(command.examples.map(({ line, text }) => [line, say(text)])),
    style.bold(say({ en: "Usage", ko: "사용법" })),
    `  ${usage.filter((part) => part !== undefined).join(" ")}`,
    ...(command.options === undefined ? [] : [style.bold(say({ en: "Options", ko: "옵션" })), ...optionLines(command.options)]),
    style.bold(say({ en: "Everywhere", ko: "공통 옵션" })),
    ...optionLines(globalOptions),
    ...(!takesAddress(command) ? [] : columns([["--url, --token-file, --ca", say({ en: "of an agent elsewhere (dure help remote)", ko: "다른 곳의 에이전트 (dure help remote)" })]])),
  ].join("\n");
}

function optionLines(options: readonly OptionSpec[]): string[] {
  return columns(options.map(({ flags, text }) => [flags, say(text)]));
}

/** Two columns, the second below each other. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const width = Math.min(56, Math.max(...rows.map(([first = ""]) => cellsOf(first))));
  return rows.map(([first = "", second = ""]) => `  ${first}${" ".repeat(Math.max(0, width - cellsOf(first)))}  ${second}`.trimEnd());
}
