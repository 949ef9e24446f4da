// From the words of a command line to the command meant and its options; a wrong word is answered with the right one.
import { parseArgs } from "node:util";
import { closest } from "#base/similar.ts";
import { takesAddress } from "./command.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { commands, globalOptions, remoteOptions } from "./commands.ts";
import { isConfigWord } from "./config-path.ts";
import { wrongUse } from "./failure.ts";
import { findCommand, unknownCommand, usualCommand } from "./find-command.ts";

export interface ParsedArguments {
  readonly command: CommandSpec | undefined;
  /** Asked for help: the noun of the command table that it is about. */
  readonly noun?: string;
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
  /** `--bundle [file]`: it may stand without a value, which is then "". */
  readonly isValueOptional: boolean;
  /** What stands between the angle brackets. */
  readonly valueName: string | undefined;
}

export function parseArguments(words: readonly string[], known: readonly CommandSpec[] = commands): ParsedArguments {
  const wantsHelp = words.includes("-h") || words.includes("--help");
  const asked = words.filter((word) => word !== "-h" && word !== "--help");
  const named = plainWords(asked, known);
  const { command, noun, words: count } = meant(named, known, wantsHelp);

  const flags = [...globalOptions, ...remoteOptions, ...(command?.options ?? [])].map(flagOf);
  const options: Record<string, unknown> = {};
  // What has a "no" in its name is so unless said otherwise; what may stand several times is a list.
  const isClaim = (flag: Flag): boolean => flag.long.startsWith("no-") && !flags.some(({ long }) => `no-${long}` === flag.long);
  for (const flag of flags) if (isClaim(flag) || flag.isRepeatable) options[nameOf(flag.long)] = flag.isRepeatable ? [] : true;
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
    if (command !== undefined && !takesAddress(command) && remoteOptions.some(({ flags: written }) => written === flag.flags)) throw notElsewhere(flag, command);
    options[nameOf(long)] = isRepeatable ? [...(options[nameOf(long)] as string[]), token.value] : takesValue ? token.value : !long.startsWith("no-");
  }
  const given = args.slice(count);
  if (noun === undefined) checkCount(given, command, wantsHelp);
  return { command, ...(noun === undefined ? {} : { noun }), args: given, options, wantsHelp };
}

/** Options may stand before the command, so all there are must be known to tell their values from it. */
export function plainWords(words: readonly string[], known: readonly CommandSpec[] = commands): string[] {
  return tokensOf(words, everyFlag(known)).flatMap((token) => (token.kind === "positional" ? [token.value] : []));
}

function meant(named: readonly string[], known: readonly CommandSpec[], wantsHelp: boolean): ReturnType<typeof findCommand> {
  const found = findCommand(named, known);
  const [word, verb] = named;
  if (word === undefined || found.command !== undefined) return found;
  if (found.noun === undefined || (verb !== undefined && !wantsHelp)) throw unknownCommand(word, verb, known);
  if (wantsHelp) return found;
  const command = usualCommand(found.noun, known);
  if (command === undefined) throw unknownCommand(word, undefined, known);
  return { command, words: 1 };
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

function everyFlag(known: readonly CommandSpec[]): Flag[] {
  return [globalOptions, remoteOptions, ...known.map(({ options = [] }) => options)].flat().map(flagOf);
}

function tokensOf(words: readonly string[], flags: readonly Flag[]) {
  const options = Object.fromEntries(flags.map(({ long, short, takesValue }) => [long, { type: takesValue ? ("string" as const) : ("boolean" as const), ...(short === undefined ? {} : { short }) }]));
  return parseArgs({ args: withEmptyValues(words, flags), options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** An option that may stand without a value takes the next word, unless that is another option or a config. */
function withEmptyValues(words: readonly string[], flags: readonly Flag[]): string[] {
  const last = words.includes("--") ? words.indexOf("--") : words.length;
  const isBare = (word: string, next: string | undefined): boolean => flags.some(({ long, isValueOptional }) => isValueOptional && word === `--${long}`) && (next === undefined || next.startsWith("-") || /\.ya?ml$/i.test(next));
  return words.map((word, at) => (at < last && isBare(word, words[at + 1]) ? `${word}=` : word));
}

/** `--where --diff`: the value was forgotten, and is not `--diff`. */
function isFlag(value: string, flags: readonly Flag[]): boolean {
  return flags.some(({ long, short }) => value === `--${long}` || value === `-${short}`);
}

export function flagOf(option: OptionSpec): Flag {
  const [, short, long = "", needed, possible] = /^(?:-(\w), )?--([\w-]+)(?: <(.+)>| \[(.+)\])?$/.exec(option.flags) ?? [];
  const valueName = needed ?? possible;
  return { ...option, short, long, takesValue: valueName !== undefined, isValueOptional: possible !== undefined, valueName };
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

/** What a command of this machine cannot do with an agent elsewhere. */
function notElsewhere({ long }: Flag, { name, whyHere }: CommandSpec) {
  return wrongUse(
    { en: `\`--${long}\` is for commands that ask an agent; \`dure ${name}\` works on this machine`, ko: `\`--${long}\` 옵션은 에이전트에 묻는 명령에 씁니다. \`dure ${name}\` 명령은 이 컴퓨터에서 일합니다` },
    whyHere ?? { en: "see `dure help remote`", ko: "`dure help remote` 참고" },
  );
}

function unknownOption(given: string, flags: readonly Flag[], command: CommandSpec | undefined) {
  const [name = ""] = given.split("=", 1);
  const isSecret = flags.some(({ long }) => `--${long}` === `${name}-stdin`);
  const example = command?.examples.find(({ line }) => !line.includes(" --"))?.line;
  if (isSecret) return wrongUse({ en: `\`${name}\` is not given on the command line, where every process of the machine can read it`, ko: `\`${name}\` 값은 다른 프로세스가 읽을 수 있는 명령줄에 쓰지 않습니다` }, { en: `pipe it in with ${name}-stdin, or name a file with ${name}-file${example === undefined ? "" : `; where it is no secret: ${example}`}`, ko: `${name}-stdin으로 넘기거나 ${name}-file로 파일을 지정하세요${example === undefined ? "" : `. 비밀이 아니면: ${example}`}` });
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
