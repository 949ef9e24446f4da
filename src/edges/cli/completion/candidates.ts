// What may stand where the cursor is, for the completion of shells. Answers in the time of a key press and never fails: whatever goes
// wrong, there is just nothing to offer.
import { lang } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { takesAddress } from "../command.ts";
import type { CommandSpec, RemoteWords } from "../command.ts";
import { commands, globalOptions, remoteOptions } from "../commands.ts";
import { flagOf } from "../arguments.ts";
import type { Flag } from "../arguments.ts";
import { commandsFor, everyCommand, findCommand } from "../find-command.ts";
import { keysFrom, sources } from "./sources.ts";
import type { Candidate, Hint, Offer } from "./sources.ts";

/** The words behind `dure`; the last is the one at the cursor, perhaps empty. */
interface Written {
  readonly command: CommandSpec | undefined;
  /** A noun of the command table, whose verb is being written. */
  readonly noun: string | undefined;
  readonly known: readonly CommandSpec[];
  /** Behind the command. */
  readonly args: readonly string[];
  readonly flags: readonly Flag[];
  /** The option whose value is being written. */
  readonly pending: Flag | undefined;
  readonly configs: readonly string[];
  /** `--url` and what belongs to it. */
  readonly remote: RemoteWords;
  readonly current: string;
}

/** `words` or `files` on the first line, then a candidate a line; a tab stands before what explains it. */
export async function answerFor(words: readonly string[]): Promise<string> {
  const { kind, candidates } = await offerFor(words).catch((): Offer => ({ kind: "words", candidates: [] }));
  return [kind, ...candidates.map(({ value, text }) => (text === undefined ? value : `${value}\t${text[lang()]}`))].join("\n");
}

async function offerFor(words: readonly string[]): Promise<Offer> {
  const { command, noun, known, args, flags, pending, configs, remote, current } = await readWords(words);
  const hint = { command: command?.name, args, configs, remote };
  if (pending !== undefined) return starting(current, await valuesOf(pending, current, hint));
  const glued = /^(--[\w-]+)=(.*)$/s.exec(current);
  if (glued !== null) {
    const [, name = "", value = ""] = glued;
    const flag = flags.find(({ long }) => `--${long}` === name);
    const { kind, candidates } = flag?.takesValue === true ? starting(value, await valuesOf(flag, value, hint)) : { kind: "words" as const, candidates: [] };
    return { kind, candidates: candidates.map((candidate) => ({ ...candidate, value: `${name}=${candidate.value}` })) };
  }
  if (current.startsWith("-")) return starting(current, wordsOf((command === undefined ? globalOptions.map(flagOf) : flags).map(({ long, text }) => ({ value: `--${long}`, text }))));
  if (noun !== undefined) return starting(current, wordsOf(known.flatMap(({ name, summary }) => (name.startsWith(`${noun} `) ? [{ value: name.slice(noun.length + 1), text: summary }] : []))));
  if (command === undefined) return starting(current, wordsOf(firstWords(await everyCommand())));
  return starting(current, await argumentsOf(command, current, hint));
}

/** Each verb made by hand, and each noun of the table. */
function firstWords(known: readonly CommandSpec[]): { value: string; text?: Text }[] {
  const byHand = known.filter(({ name, isDerived }) => isDerived !== true && !name.includes(" ")).map(({ name, summary }) => ({ value: name, text: summary }));
  const nouns = new Set(known.flatMap(({ name, isDerived }) => (isDerived === true ? (name.split(" ")[0] ?? []) : [])));
  return [...byHand, ...[...nouns].filter((noun) => !byHand.some(({ value }) => value === noun)).map((value) => ({ value }))];
}

async function readWords(words: readonly string[]): Promise<Written> {
  // Windows PowerShell drops an empty word; its script writes the quotes instead.
  const current = words.at(-1) === '""' ? "" : (words.at(-1) ?? "");
  let known: readonly CommandSpec[] = [];
  let command: CommandSpec | undefined;
  let noun: string | undefined;
  let pending: Flag | undefined;
  const args: string[] = [];
  const configs: string[] = [];
  const remote: Record<string, string> = {};
  for (const word of words.slice(0, -1)) {
    if (pending?.isValueOptional === true && word.startsWith("-")) pending = undefined;
    if (pending !== undefined) {
      if (pending.long === "config") configs.push(word);
      if (isRemote(pending)) remote[REMOTE[pending.long] ?? pending.long] = word;
      pending = undefined;
    } else if (word.startsWith("-")) {
      const flag = flagsOf(command, known).find(({ long, short }) => word === `--${long}` || (short !== undefined && word === `-${short}`));
      if (flag?.takesValue === true) pending = flag;
      if (word.startsWith("--config=")) configs.push(word.slice("--config=".length));
      if (word.startsWith("--url=")) remote["url"] = word.slice("--url=".length);
    } else if (command === undefined || (args.length === 0 && command.tableVerbs?.includes(word) === true)) {
      const named = [noun ?? command?.name ?? word, ...((noun ?? command?.name) === undefined ? [] : [word])];
      known = await commandsFor(named);
      const found = findCommand(named, known);
      if (found.command === undefined && (found.noun === undefined || named.length === 2)) throw new Error("Behind a command that is none, nothing fits.");
      command = found.command;
      noun = found.noun;
    } else args.push(word);
  }
  if (pending?.isValueOptional === true && current.startsWith("-")) pending = undefined;
  return { command, noun, known, args, flags: flagsOf(command, known), pending, configs, remote, current };
}

const REMOTE: Readonly<Record<string, string>> = { "token-file": "tokenFile" };

function isRemote({ flags }: Flag): boolean {
  return remoteOptions.some((option) => option.flags === flags);
}

/** Before there is a command, options of any may stand. */
function flagsOf(command: CommandSpec | undefined, known: readonly CommandSpec[]): readonly Flag[] {
  if (command === undefined) return [...globalOptions, ...remoteOptions, ...[...commands, ...known].flatMap(({ options = [] }) => options)].map(flagOf);
  return [...(command.options ?? []), ...globalOptions, ...(takesAddress(command) ? remoteOptions : [])].map(flagOf);
}

async function valuesOf({ choices, valueName = "" }: Flag, current: string, hint: Hint): Promise<Offer> {
  if (choices !== undefined) return wordsOf(choices.map((value) => ({ value })));
  return (await sources[valueName]?.(current, hint)) ?? wordsOf([]);
}

async function argumentsOf({ arguments: spec = "", actions, tableVerbs = [], keyOf }: CommandSpec, current: string, hint: Hint): Promise<Offer> {
  const wanted = spec === "" ? [] : spec.split(" ");
  const last = wanted.at(-1);
  const name = wanted[hint.args.length] ?? (last?.includes("...") === true ? last : "");
  if (hint.args.length === 0 && actions !== undefined) return wordsOf(actions.map((value) => ({ value })));
  if (hint.args.length === 0 && keyOf !== undefined) return keysFrom(keyOf, hint);
  const { kind, candidates } = (await sources[name.replaceAll(/[[\]<>.]/g, "")]?.(current, hint)) ?? wordsOf([]);
  return { kind, candidates: [...candidates, ...(hint.args.length === 0 ? tableVerbs.map((value) => ({ value })) : [])] };
}

function wordsOf(candidates: readonly { value: string; text?: Text }[]): Offer {
  return { kind: "words", candidates };
}

function starting(current: string, { kind, candidates }: Offer): Offer {
  const lower = current.toLowerCase();
  return { kind, candidates: candidates.filter(({ value }: Candidate) => value.toLowerCase().startsWith(lower)) };
}
