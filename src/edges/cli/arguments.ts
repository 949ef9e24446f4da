// From the words of a command line to the command meant and its options; a wrong word is answered with the right one.
import { parseArgs } from "node:util";
import { closest } from "#base/similar.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { commands, globalOptions } from "./commands.ts";
import { isConfigWord } from "./config-path.ts";
import { wrongUse } from "./failure.ts";

export interface ParsedArguments {
  readonly command: CommandSpec | undefined;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly wantsHelp: boolean;
}

/** `-t, --task <name>` taken apart. */
export interface Flag extends OptionSpec {
  /** `task`, `no-environment`. */
  readonly long: string;
  readonly short: string | undefined;
  readonly takesValue: boolean;
  /** What stands between the angle brackets. */
  readonly valueName: string | undefined;
}

export function parseArguments(words: readonly string[]): ParsedArguments {
  const wantsHelp = words.includes("-h") || words.includes("--help");
  const asked = words.filter((word) => word !== "-h" && word !== "--help");
  // Options may stand before the command, so all there are must be known to tell their values from it.
  const word = tokensOf(asked, everyFlag()).find((token) => token.kind === "positional")?.value;
  const command = commands.find(({ name, aliases }) => name === word || aliases?.includes(word ?? ""));
  if (word !== undefined && command === undefined) throw unknownCommand(word);

  const flags = [...globalOptions, ...(command?.options ?? [])].map(flagOf);
  const options: Record<string, unknown> = {};
  // What has a "no" in its name is so unless said otherwise; what may stand several times is a list.
  for (const { long, isRepeatable } of flags) if (long.startsWith("no-") || isRepeatable) options[nameOf(long)] = isRepeatable ? [] : true;
  const args: string[] = [];
  for (const token of tokensOf(asked, flags)) {
    if (token.kind === "positional") args.push(token.value);
    if (token.kind !== "option") continue;
    const flag = flags.find(({ long }) => long === token.name);
    if (flag === undefined) throw unknownOption(token.rawName, flags, command);
    const { long, takesValue, choices, isRepeatable } = flag;
    if (takesValue && token.inlineValue === false && isFlag(token.value, flags)) throw missingValue(flag, command);
    if (takesValue !== (token.value !== undefined)) throw takesValue ? missingValue(flag, command) : unwantedValue(flag, command);
    if (choices !== undefined && !choices.includes(token.value ?? "")) throw wrongChoice(flag, token.value ?? "", choices, command);
    options[nameOf(long)] = isRepeatable ? [...(options[nameOf(long)] as string[]), token.value] : takesValue ? token.value : !long.startsWith("no-");
  }
  const given = args.slice(word === undefined ? 0 : 1);
  checkCount(given, command, wantsHelp);
  return { command, args: given, options, wantsHelp };
}

/** A command that acts in several ways is told which by its first word; where that word is a config or missing, the usual way is meant. */
export function withAction({ name, actions, usualAction }: CommandSpec, args: readonly string[]): readonly string[] {
  const [word = ""] = args;
  if (actions === undefined || actions.includes(word)) return args;
  if (usualAction !== undefined && (word === "" || isConfigWord(word))) return [usualAction, ...args];
  const near = closest(word, actions);
  throw wrongUse(
    { en: `\`${word}\` is none of ${actions.join(", ")}`, ko: `\`${word}\`: ${actions.join(", ")} 가운데 하나여야 합니다` },
    near === undefined ? { en: `see \`dure help ${name}\``, ko: `\`dure help ${name}\` 참고` } : { en: `did you mean \`dure ${name} ${near}\`?`, ko: `혹시 \`dure ${name} ${near}\` 인가요?` },
  );
}

function everyFlag(): Flag[] {
  return [globalOptions, ...commands.map(({ options = [] }) => options)].flat().map(flagOf);
}

function tokensOf(words: readonly string[], flags: readonly Flag[]) {
  const options = Object.fromEntries(flags.map(({ long, short, takesValue }) => [long, { type: takesValue ? ("string" as const) : ("boolean" as const), ...(short === undefined ? {} : { short }) }]));
  return parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** `--where --diff`: the value was forgotten, and is not `--diff`. */
function isFlag(value: string, flags: readonly Flag[]): boolean {
  return flags.some(({ long, short }) => value === `--${long}` || value === `-${short}`);
}

export function flagOf(option: OptionSpec): Flag {
  const [, short, long = "", valueName] = /^(?:-(\w), )?--([\w-]+)(?: <(.+)>)?$/.exec(option.flags) ?? [];
  return { ...option, short, long, takesValue: valueName !== undefined, valueName };
}

/** `deny-warnings` → `denyWarnings`, `no-environment` → `environment`. */
function nameOf(long: string): string {
  return long.replace(/^no-/, "").replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Asked for help, a command need not be complete. */
function checkCount(args: readonly string[], command: CommandSpec | undefined, wantsHelp: boolean): void {
  const wanted = command?.arguments?.split(" ") ?? [];
  const missing = wanted[args.length];
  if (missing?.startsWith("<") && !wantsHelp) throw wrongUse({ en: `${missing} is missing`, ko: `${missing} 인자가 빠졌습니다` }, forExample(command));
  if (args.length <= wanted.length || wanted.at(-1)?.includes("...")) return;
  const config = args.slice(wanted.length).find(isConfigWord);
  if (config !== undefined) throw wrongUse({ en: `\`${config}\` is one word too many`, ko: `\`${config}\` 인자는 여기에 쓸 수 없습니다` }, { en: `name the config with \`-c ${config}\``, ko: `설정은 \`-c ${config}\`로 지정하세요` });
  throw wrongUse({ en: "too many arguments (quote what belongs together)", ko: "인자가 너무 많습니다 (한 덩어리는 따옴표로 감싸세요)" }, seeHelp(command));
}

function unknownCommand(word: string) {
  const names = commands.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]);
  const near = closest(word, names);
  const hint = near === undefined ? { en: `commands: ${names.join(", ")}`, ko: `명령: ${names.join(", ")}` } : { en: `did you mean \`dure ${near}\`?`, ko: `혹시 \`dure ${near}\` 인가요?` };
  return wrongUse({ en: `there is no command \`${word}\``, ko: `\`${word}\` 명령이 없습니다` }, hint);
}

function unknownOption(given: string, flags: readonly Flag[], command: CommandSpec | undefined) {
  const near = closest(given, flags.map(({ long }) => `--${long}`));
  return wrongUse({ en: `unknown option \`${given}\``, ko: `\`${given}\` 옵션이 없습니다` }, near === undefined ? seeHelp(command) : { en: `did you mean \`${near}\`?`, ko: `혹시 \`${near}\` 인가요?` });
}

function missingValue({ flags }: Flag, command: CommandSpec | undefined) {
  return wrongUse({ en: `\`${flags}\` needs a value`, ko: `\`${flags}\` 옵션에는 값이 필요합니다` }, seeHelp(command));
}

function unwantedValue({ flags }: Flag, command: CommandSpec | undefined) {
  return wrongUse({ en: `\`${flags}\` takes no value`, ko: `\`${flags}\` 옵션에는 값을 쓰지 않습니다` }, seeHelp(command));
}

function wrongChoice({ flags }: Flag, value: string, choices: readonly string[], command: CommandSpec | undefined) {
  const listed = choices.join(", ");
  return wrongUse({ en: `\`${value}\` is no value for \`${flags}\`: one of ${listed}`, ko: `\`${flags}\`에 \`${value}\` 값은 쓸 수 없습니다: ${listed} 가운데 하나` }, seeHelp(command));
}

function forExample(command: CommandSpec | undefined) {
  const [example] = command?.examples ?? [];
  const { en, ko } = seeHelp(command);
  return example === undefined ? { en, ko } : { en: `for example \`${example.line}\`; ${en}`, ko: `예: \`${example.line}\`; ${ko}` };
}

function seeHelp(command: CommandSpec | undefined) {
  const help = command === undefined ? "dure help" : `dure help ${command.name}`;
  return { en: `see \`${help}\``, ko: `\`${help}\` 참고` };
}
