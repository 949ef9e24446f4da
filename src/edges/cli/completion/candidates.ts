// What may stand where the cursor is, for the completion of shells. Answers in the time of a key press and never fails: whatever goes
// wrong, there is just nothing to offer.
import { lang } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import type { CommandSpec } from "../command.ts";
import { commands, globalOptions } from "../commands.ts";
import { flagOf } from "../arguments.ts";
import type { Flag } from "../arguments.ts";
import { sources } from "./sources.ts";
import type { Candidate, Hint, Offer } from "./sources.ts";

/** The words behind `dure`; the last is the one at the cursor, perhaps empty. */
interface Written {
  readonly command: CommandSpec | undefined;
  /** Behind the command. */
  readonly args: readonly string[];
  readonly flags: readonly Flag[];
  /** The option whose value is being written. */
  readonly pending: Flag | undefined;
  readonly configs: readonly string[];
  readonly current: string;
}

/** `words` or `files` on the first line, then a candidate a line; a tab stands before what explains it. */
export async function answerFor(words: readonly string[]): Promise<string> {
  const { kind, candidates } = await offerFor(words).catch((): Offer => ({ kind: "words", candidates: [] }));
  return [kind, ...candidates.map(({ value, text }) => (text === undefined ? value : `${value}\t${text[lang()]}`))].join("\n");
}

async function offerFor(words: readonly string[]): Promise<Offer> {
  const written = readWords(words);
  const { command, args, flags, pending, configs, current } = written;
  const hint = { command: command?.name, args, configs };
  if (pending !== undefined) return starting(current, await valuesOf(pending, current, hint));
  const glued = /^(--[\w-]+)=(.*)$/s.exec(current);
  if (glued !== null) {
    const [, name = "", value = ""] = glued;
    const flag = flags.find(({ long }) => `--${long}` === name);
    const { kind, candidates } = flag?.takesValue === true ? starting(value, await valuesOf(flag, value, hint)) : { kind: "words" as const, candidates: [] };
    return { kind, candidates: candidates.map((candidate) => ({ ...candidate, value: `${name}=${candidate.value}` })) };
  }
  if (current.startsWith("-")) return starting(current, wordsOf(flags.map(({ long, text }) => ({ value: `--${long}`, text }))));
  if (command === undefined) return starting(current, wordsOf(commands.map(({ name, summary }) => ({ value: name, text: summary }))));
  return starting(current, await argumentsOf(command, current, hint));
}

function readWords(words: readonly string[]): Written {
  // Windows PowerShell drops an empty word; its script writes the quotes instead.
  const current = words.at(-1) === '""' ? "" : (words.at(-1) ?? "");
  const everyFlag = [globalOptions, ...commands.map(({ options = [] }) => options)].flat().map(flagOf);
  let command: CommandSpec | undefined;
  let pending: Flag | undefined;
  const args: string[] = [];
  const configs: string[] = [];
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) {
      if (pending.long === "config") configs.push(word);
      pending = undefined;
    } else if (word.startsWith("-")) {
      const known = command === undefined ? everyFlag : flagsOf(command);
      const flag = known.find(({ long, short }) => word === `--${long}` || (short !== undefined && word === `-${short}`));
      if (flag?.takesValue === true) pending = flag;
      if (word.startsWith("--config=")) configs.push(word.slice("--config=".length));
    } else if (command === undefined) {
      command = commands.find(({ name, aliases }) => name === word || aliases?.includes(word));
      if (command === undefined) throw new Error("Behind a command that is none, nothing fits.");
    } else args.push(word);
  }
  return { command, args, flags: flagsOf(command), pending, configs, current };
}

function flagsOf(command: CommandSpec | undefined): readonly Flag[] {
  return [...(command?.options ?? []), ...globalOptions].map(flagOf);
}

async function valuesOf({ choices, valueName = "" }: Flag, current: string, hint: Hint): Promise<Offer> {
  if (choices !== undefined) return wordsOf(choices.map((value) => ({ value })));
  return (await sources[valueName]?.(current, hint)) ?? wordsOf([]);
}

async function argumentsOf({ arguments: spec = "", actions }: CommandSpec, current: string, hint: Hint): Promise<Offer> {
  const wanted = spec === "" ? [] : spec.split(" ");
  const last = wanted.at(-1);
  const name = wanted[hint.args.length] ?? (last?.includes("...") === true ? last : "");
  if (hint.args.length === 0 && actions !== undefined) return wordsOf(actions.map((value) => ({ value })));
  return (await sources[name.replaceAll(/[[\]<>.]/g, "")]?.(current, hint)) ?? wordsOf([]);
}

function wordsOf(candidates: readonly { value: string; text?: Text }[]): Offer {
  return { kind: "words", candidates };
}

function starting(current: string, { kind, candidates }: Offer): Offer {
  const lower = current.toLowerCase();
  return { kind, candidates: candidates.filter(({ value }: Candidate) => value.toLowerCase().startsWith(lower)) };
}
