// The command line: finds the command, runs it, turns whatever happens into words and an exit code.
import { setLang } from "#base/lang.ts";
import type { AgentPort } from "./agent-port.ts";
import type { Call, CommandSpec, Globals, RemoteWords } from "./command.ts";
import { exitCode } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { withoutAliases } from "./noun-aliases.ts";
import { createTerminal, styleOf } from "./terminal.ts";
import type { ColorChoice, Terminal } from "./terminal.ts";
import { versionLine } from "./version-line.ts";

export async function runCli(written: readonly string[], agent: AgentPort): Promise<ExitCode> {
  const words = withoutAliases(written);
  preferLanguage(words);
  endQuietlyWithoutReader();
  if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
    createTerminal("auto").print(versionLine());
    return exitCode.done;
  }
  if (words[0] === "complete" && words[1] === "--") {
    // What shells ask at each Tab. It is no command of the table: its words are those of another command line, as far as it is written.
    const { answerFor } = await import("./completion/candidates.ts");
    createTerminal("never").print(await answerFor(withCurrent(written.slice(2))));
    return exitCode.done;
  }
  try {
    return await callCommand(words, agent);
  } catch (thrown) {
    const { explained } = await import("./failure.ts");
    const known = explained(thrown);
    const { code, message, hint } = known;
    if (wantsJson(words)) {
      const { errorFacts, jsonLine } = await import("./json-answer.ts");
      createTerminal("never").print(jsonLine(await nameIn(words), errorFacts(known)));
    } else {
      const terminal = createTerminal(colorOf(words));
      terminal.talk(`dure: ${styleOf(terminal).red(message)}${hint === undefined ? "" : `\n      ${hint}`}`);
    }
    return code;
  }
}

/** The word that is being written is none yet. */
function withCurrent(words: readonly string[]): readonly string[] {
  return [...withoutAliases(words.slice(0, -1)), ...words.slice(-1)];
}

async function callCommand(words: readonly string[], agent: AgentPort): Promise<ExitCode> {
  const { parseArguments, plainWords, withAction } = await import("./arguments.ts");
  const { commandsFor, everyCommand } = await import("./find-command.ts");
  const known = await commandsFor(plainWords(words));
  const { command, noun, args, options, wantsHelp } = parseArguments(words, known);
  const terminal = createTerminal(colorOf(words));
  const style = styleOf(terminal);
  const globals = globalsOf(options);
  if (command === undefined || wantsHelp) {
    const { helpFacts, helpText } = await import("./help.ts");
    const shown = command === undefined && noun === undefined ? await everyCommand() : known;
    if (wantsHelp && globals.isJson) {
      const { jsonLine } = await import("./json-answer.ts");
      terminal.print(jsonLine("help", helpFacts(command, noun, shown)));
      return exitCode.done;
    }
    const text = helpText(command, noun, shown, style);
    if (command === undefined && !wantsHelp) {
      terminal.talk(text);
      return exitCode.wrongUse;
    }
    terminal.print(text);
    return exitCode.done;
  }
  const answer = await answerOf(command, globals, terminal);
  return (await command.load())({ args: withAction(command, args), options, globals, terminal, style, agent, answer });
}

/** What makes the envelope knows of configs' problems: it is loaded for who asks for it. */
async function answerOf({ name }: CommandSpec, { isJson }: Globals, terminal: Terminal): Promise<Call["answer"]> {
  if (!isJson) return () => {};
  const { jsonLine } = await import("./json-answer.ts");
  return (facts, raw) => terminal.print(jsonLine(name, facts, raw));
}

/** The command that words which failed were meant for, if it can be told. */
async function nameIn(words: readonly string[]): Promise<string | null> {
  const { parseArguments, plainWords } = await import("./arguments.ts");
  const { commandsFor, findCommand } = await import("./find-command.ts");
  const known = await commandsFor(plainWords(words));
  try {
    return parseArguments(words, known).command?.name ?? null;
  } catch {
    const { command } = findCommand(plainWords(words, known), known);
    return command?.name ?? known.find(({ name, aliases }) => words.some((word) => word === name || aliases?.includes(word)))?.name ?? null;
  }
}

function globalsOf(options: Readonly<Record<string, unknown>>): Globals {
  return {
    config: (options["config"] ?? []) as readonly string[],
    isJson: options["json"] === true || options["format"] === "json",
    verbosity: options["quiet"] === true ? -1 : options["verbose"] === true ? 1 : 0,
    color: (options["color"] ?? "auto") as ColorChoice,
    remote: Object.fromEntries(["url", "token", "tokenFile", "ca"].flatMap((name) => (typeof options[name] === "string" ? [[name, options[name]]] : []))) as RemoteWords,
  };
}

/** Before anything is parsed: what is wrong with the words is said in the language they ask for. */
function preferLanguage(words: readonly string[]): void {
  const lang = valueOf(words, "--lang");
  if (lang === "ko" || lang === "en") setLang(lang);
}

function colorOf(words: readonly string[]): ColorChoice {
  if (wantsJson(words)) return "never"; // Nothing that programs read is coloured.
  const color = valueOf(words, "--color");
  return color === "always" || color === "never" ? color : "auto";
}

/** Before anything is parsed, and so also where nothing can be. */
function wantsJson(words: readonly string[]): boolean {
  return words.includes("--json") || valueOf(words, "--format") === "json";
}

function valueOf(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at === -1 ? words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1) : words[at + 1];
}

/** `dure list | head -1`: when nobody reads what is asked for, we end as other programs do. An agent whose log nobody reads goes on. */
function endQuietlyWithoutReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCode.readerGone);
    process.stderr.write(`dure: the output cannot be written (${error.code ?? error.message})\n`, () => process.exit(exitCode.failed));
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
