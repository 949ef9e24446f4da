// Help texts: examples first, 25 lines at most, in the language of the reader.
import { say } from "#base/lang.ts";
import { cellsOf } from "#kernel/config/cells.ts";
import { writtenArguments } from "./command.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { commands, globalOptions } from "./commands.ts";
import type { Style } from "./terminal.ts";

export function programHelp(style: Style): string {
  const shown = ["dure try 'in.FakeData --type people | out.Stdout' --limit 3", "dure validate dure.yml", "dure run dure.yml"];
  return [
    say({ en: "dure: moves logs, and never loses a line", ko: "dure(두레): 로그를 한 줄도 잃지 않고 옮깁니다" }),
    style.bold(say({ en: "Examples", ko: "예" })),
    ...shown.map((line) => `  ${line}`),
    style.bold(say({ en: "Commands", ko: "명령" })),
    ...columns(commandRows()),
    `  ${say({ en: "also:", ko: "그 밖에:" })} ${commands.flatMap(({ name, isMinor }) => (isMinor === true ? name : [])).join(", ")}`,
    style.bold(say({ en: "Everywhere", ko: "공통 옵션" })),
    `  ${globalOptions.map(({ flags }) => flags).join("  ")}  --version`,
    say({ en: "More: dure help COMMAND, dure help config, glossary, exit-codes or json", ko: "더 보기: dure help 명령, dure help config, glossary, exit-codes, json" }),
  ].join("\n");
}

/** The same for programs: one command, or all. */
export function helpFacts(command: CommandSpec | undefined): object {
  const optionFacts = ({ flags, text, choices }: OptionSpec): object => ({ flags, text: say(text), ...(choices === undefined ? {} : { choices }) });
  const described = (command === undefined ? commands : [command]).map(({ name, aliases = [], arguments: written, actions, summary, options = [] }) => ({
    name,
    aliases,
    ...(written === undefined ? {} : { arguments: written }),
    ...(actions === undefined ? {} : { actions }),
    summary: say(summary),
    options: options.map(optionFacts),
  }));
  return { commands: described, everywhere: globalOptions.map(optionFacts) };
}

/** They share one row, so that the whole fits a screen. */
const LOOKING: readonly string[] = ["ls", "tap", "top", "metrics", "logs", "graph"];
const LOOKING_TEXT = { en: "look inside: state, records, live, figures, its log, a drawing", ko: "들여다보기: 상태, 레코드, 실시간 화면, 지표, 로그, 그림" };

/** Without `help`: the last line says how to ask for more. */
function commandRows(): (readonly string[])[] {
  const shown = commands.filter(({ name, isMinor }) => name !== "help" && isMinor !== true && (name === LOOKING[0] || !LOOKING.includes(name)));
  return shown.map(({ name, summary }) => (name === LOOKING[0] ? [LOOKING.join(", "), say(LOOKING_TEXT)] : [name, say(summary)]));
}

export function commandHelp(command: CommandSpec, style: Style): string {
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
