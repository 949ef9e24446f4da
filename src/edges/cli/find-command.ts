// Which command the words of a command line mean: a verb made by hand, or a noun and a verb of the command table.
import { closest } from "#base/similar.ts";
import type { CommandSpec } from "./command.ts";
import { commands } from "./commands.ts";
import { wrongUse } from "./failure.ts";

export interface FoundCommand {
  readonly command: CommandSpec | undefined;
  /** A noun of the table without a verb behind it. */
  readonly noun?: string;
  /** So many words name it. */
  readonly words: number;
}

/** The commands by hand; with those of the table where the first words are none of them. That costs the schema library. */
export async function commandsFor(words: readonly string[]): Promise<readonly CommandSpec[]> {
  const [first, second] = words;
  if (first === undefined || byHand(first, second) !== undefined) return commands;
  return everyCommand();
}

export async function everyCommand(): Promise<readonly CommandSpec[]> {
  const { derivedCommands } = await import("./derived/derived-commands.ts");
  return [...commands, ...(await derivedCommands())];
}

export function findCommand([first, second]: readonly string[], known: readonly CommandSpec[]): FoundCommand {
  if (first === undefined) return { command: undefined, words: 0 };
  const made = byHand(first, second);
  if (made !== undefined) return { command: made, words: made.name.includes(" ") ? 2 : 1 };
  const derived = known.filter(({ isDerived }) => isDerived === true);
  const dotted = derived.find(({ of }) => of === first);
  if (dotted !== undefined) return { command: dotted, words: 1 };
  const command = derived.find(({ name }) => name === `${first} ${second}`);
  if (command !== undefined) return { command, words: 2 };
  return isNoun(first, known) ? { command: undefined, noun: first, words: 1 } : { command: undefined, words: 0 };
}

/** `dure users` is `dure users list`, `dure agent` is `dure agent show`. */
export function usualCommand(noun: string, known: readonly CommandSpec[]): CommandSpec | undefined {
  const usual = ["list", "show"].map((verb) => known.find(({ name }) => name === `${noun} ${verb}`));
  return usual.find((command) => command !== undefined && command.arguments?.startsWith("<") !== true);
}

export function isNoun(word: string, known: readonly CommandSpec[]): boolean {
  return known.some(({ name }) => name.startsWith(`${word} `));
}

/** What one can do with a noun: verbs of the table, and those made by hand beside them. */
export function verbsOf(noun: string, known: readonly CommandSpec[]): string[] {
  return known.flatMap(({ name }) => (name.startsWith(`${noun} `) ? [name.slice(noun.length + 1)] : []));
}

export function unknownCommand(word: string, verb: string | undefined, known: readonly CommandSpec[]) {
  if (isNoun(word, known)) {
    const verbs = verbsOf(word, known);
    const near = verb === undefined ? undefined : closest(verb, verbs);
    return wrongUse(
      verb === undefined ? { en: `\`dure ${word}\` what?`, ko: `\`dure ${word}\` 다음에 무엇을 할지 쓰세요` } : { en: `\`dure ${word}\` has no \`${verb}\``, ko: `\`dure ${word}\`에는 \`${verb}\` 명령이 없습니다` },
      near === undefined ? { en: `it has: ${verbs.join(", ")}`, ko: `있는 것: ${verbs.join(", ")}` } : { en: `did you mean \`dure ${word} ${near}\`?`, ko: `혹시 \`dure ${word} ${near}\` 인가요?` },
    );
  }
  const names = [...new Set(known.flatMap(({ name, aliases }) => [name.split(" ")[0] ?? name, ...(aliases ?? [])]))];
  const near = closest(word, [...names, ...known.flatMap(({ of, isDerived }) => (isDerived === true && of !== undefined ? [of] : []))]);
  const hint = near === undefined ? { en: `commands: ${names.join(", ")}`, ko: `명령: ${names.join(", ")}` } : { en: `did you mean \`dure ${near}\`?`, ko: `혹시 \`dure ${near}\` 인가요?` };
  return wrongUse({ en: `there is no command \`${word}\``, ko: `\`${word}\` 명령이 없습니다` }, hint);
}

function byHand(word: string, next: string | undefined): CommandSpec | undefined {
  const made = commands.find(({ name, aliases }) => name === word || name === `${word} ${next}` || aliases?.includes(word) === true);
  return made?.tableVerbs?.includes(next ?? "") === true ? undefined : made;
}
