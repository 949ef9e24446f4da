// What a command of the program is: how it is called and explained, and what it does.
import type { Text } from "#base/lang.ts";
import type { CommandName } from "../all-commands.ts";
import type { AgentPort } from "./agent-port.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Answer } from "./json-answer.ts";
import type { Style, Terminal } from "./terminal.ts";

export interface OptionSpec {
  /** `-t, --task <number or name>`; with `[…]` the value may be left out; without either it takes none. */
  readonly flags: string;
  readonly text: Text;
  readonly choices?: readonly string[];
  /** May stand several times; the values are collected. */
  readonly isRepeatable?: boolean;
}

export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** `[config]` may be left out, `<plugin>` may not, `[files...]` are any number. */
  readonly arguments?: string;
  readonly summary: Text;
  readonly examples: readonly { readonly line: string; readonly text: Text }[];
  readonly options?: readonly OptionSpec[];
  /** The only words its first argument may be: `dead-letters list | replay`. */
  readonly actions?: readonly string[];
  /** What is meant without one. */
  readonly usualAction?: string;
  /** Called once in a while: the help of the program names it without a line of its own. */
  readonly isMinor?: boolean;
  /** The command of the table that it shows: it asks an agent, here or elsewhere (`--url`). Without one it is about this machine. */
  readonly of?: CommandName;
  /** It works on this machine; with `--url` it asks this command of an agent elsewhere instead. DURE_URL alone does not send it there. */
  readonly elsewhere?: CommandName;
  /** Why it can only work on this machine, where that needs saying. */
  readonly whyHere?: Text;
  /** Made from the table itself: `users create`. */
  readonly isDerived?: boolean;
  /** Words behind a name that is a noun of the table too, where that command of the table is meant: `logs search`. */
  readonly tableVerbs?: readonly string[];
  /** Its first argument is one of these: what `NOUN.list` has in this field. */
  readonly keyOf?: { readonly noun: string; readonly field: string };
  /** The module is loaded when the command is called: `dure version` need not wait for a YAML parser. */
  load(): Promise<Command>;
}

/** Its arguments as help and manual show them, with the actions there are: `[list|verify|repair] [config]`. */
export function writtenArguments({ arguments: written, actions }: CommandSpec): string | undefined {
  return actions === undefined ? written : written?.replace(/(?<=^[<[])\w+/, actions.join("|")).replace(/^<(.*?)>/, "$1");
}

/** Whether it takes `--url` and what belongs to it. */
export function takesAddress({ of, elsewhere }: CommandSpec): boolean {
  return (of ?? elsewhere) !== undefined;
}

export type Command = (call: Call) => Promise<ExitCode>;

export interface Call {
  readonly args: readonly string[];
  /** By their long names: `--no-environment` is `environment: false`, `--deny-warnings` is `denyWarnings`. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly globals: Globals;
  readonly terminal: Terminal;
  readonly style: Style;
  readonly agent: AgentPort;
  /** What `--json` asks for: the facts of this command, on a line of their own. */
  readonly answer: Answer;
}

export interface Globals {
  readonly config: readonly string[];
  readonly isJson: boolean;
  /** -1: quiet, 0, 1: verbose. */
  readonly verbosity: -1 | 0 | 1;
  /** As given, to be handed to a process of our own. */
  readonly color: "auto" | "always" | "never";
  /** `--url` and what belongs to it, as given. */
  readonly remote: RemoteWords;
}

/** An agent elsewhere, in the words of the command line. */
export interface RemoteWords {
  readonly url?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
}
