// From the words of a command line to the command meant and its options; a wrong word is answered with the right one.
import { Command as Parser, CommanderError, Option } from "commander";
import { closest } from "#kernel/config/similar.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { commands, globalOptions } from "./commands.ts";
import { wrongUse } from "./failure.ts";

export interface ParsedArguments {
  readonly command: CommandSpec | undefined;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly wantsHelp: boolean;
}

export function parseArguments(words: readonly string[]): ParsedArguments {
  let parsed: ParsedArguments | undefined;
  const wantsHelp = words.includes("-h") || words.includes("--help");
  const program = parserFor(globalOptions).name("dure").argument("[command]").allowExcessArguments();
  program.action((word: string | undefined) => {
    if (word !== undefined) throw unknownCommand(word);
    parsed = { command: undefined, args: [], options: program.opts(), wantsHelp };
  });
  for (const command of commands) {
    const parser = parserFor(command.options ?? []).name(command.name).aliases([...(command.aliases ?? [])]);
    // Asked for help, a command need not be complete.
    if (command.arguments !== undefined) parser.arguments(wantsHelp ? command.arguments.replaceAll("<", "[").replaceAll(">", "]") : command.arguments);
    parser.action(() => {
      parsed = { command, args: parser.args, options: { ...program.opts(), ...parser.opts() }, wantsHelp };
    });
    program.addCommand(parser);
  }
  try {
    program.parse(words.filter((word) => word !== "-h" && word !== "--help"), { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) throw translated(error, words);
    throw error;
  }
  return parsed ?? { command: undefined, args: [], options: {}, wantsHelp };
}

function parserFor(options: readonly OptionSpec[]): Parser {
  const parser = new Parser().exitOverride().helpOption(false).helpCommand(false).showSuggestionAfterError(false);
  parser.configureOutput({ writeErr() {}, writeOut() {} }); // We say it ourselves, in the reader's language.
  for (const { flags, choices, isRepeatable } of options) {
    const option = new Option(flags);
    if (choices !== undefined) option.choices(choices);
    if (isRepeatable) option.default([]).argParser((value: string, before: string[]) => [...before, value]);
    parser.addOption(option);
  }
  return parser;
}

function unknownCommand(word: string) {
  const names = commands.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]);
  const near = closest(word, names);
  const hint = near === undefined ? { en: `commands: ${names.join(", ")}`, ko: `명령: ${names.join(", ")}` } : { en: `did you mean \`dure ${near}\`?`, ko: `혹시 \`dure ${near}\` 인가요?` };
  return wrongUse({ en: `there is no command \`${word}\``, ko: `\`${word}\` 명령이 없습니다` }, hint);
}

/** Commander knows what is wrong; we know how our readers want to hear it. */
function translated(error: CommanderError, words: readonly string[]) {
  const named = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const command = commands.find(({ name, aliases }) => words.some((word) => word === name || aliases?.includes(word)));
  const help = command === undefined ? "dure help" : `dure help ${command.name}`;
  const seeHelp = { en: `see \`${help}\``, ko: `\`${help}\` 참고` };
  switch (error.code) {
    case "commander.unknownOption": {
      const known = [...globalOptions, ...(command?.options ?? [])].flatMap(({ flags }) => flags.split(/[ ,|]+/).filter((word) => word.startsWith("--")));
      const near = closest(named, known);
      return wrongUse({ en: `unknown option \`${named}\``, ko: `\`${named}\` 옵션이 없습니다` }, near === undefined ? seeHelp : { en: `did you mean \`${near}\`?`, ko: `혹시 \`${near}\` 인가요?` });
    }
    case "commander.missingArgument":
      return wrongUse({ en: `<${named}> is missing`, ko: `<${named}> 인자가 빠졌습니다` }, seeHelp);
    case "commander.optionMissingArgument":
      return wrongUse({ en: `\`${named}\` needs a value`, ko: `\`${named}\` 옵션에는 값이 필요합니다` }, seeHelp);
    case "commander.excessArguments":
      return wrongUse({ en: "too many arguments (quote what belongs together)", ko: "인자가 너무 많습니다 (한 덩어리는 따옴표로 감싸세요)" }, seeHelp);
    case "commander.invalidArgument": {
      const [, option = "", value = "", choices = ""] = /option '([^']*)' argument '([^']*)' is invalid\. Allowed choices are (.*)\./.exec(error.message) ?? [];
      return wrongUse({ en: `\`${value}\` is no value for \`${option}\`: one of ${choices}`, ko: `\`${option}\`에 \`${value}\` 값은 쓸 수 없습니다: ${choices} 가운데 하나` }, seeHelp);
    }
    default:
      return wrongUse({ en: error.message.replace(/^error: /, ""), ko: error.message.replace(/^error: /, "") }, seeHelp);
  }
}
