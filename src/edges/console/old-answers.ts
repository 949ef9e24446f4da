// What EventFlow answers, as facts: the console makes tables of them, the old HTTP API JSON. The keys are its own, in upper case.
import { lang } from "#base/lang.ts";
import { localStamp } from "#base/local-time.ts";
import type { CommandTypes } from "#kernel/commands/command.ts";
import type { Caller } from "#kernel/access/caller.ts";
import { failureFacts } from "#kernel/commands/failure.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import type { processCommands } from "#capabilities/processes/commands.ts";
import { OldGrammarError } from "./old-grammar.ts";

/** Who asks the table. */
export interface OldCaller {
  readonly table: CommandTable;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  /** What ends the old HTTP API while it listens; it is shown to admins. */
  readonly shutdownCode?: string | undefined;
}

export type OldRow = Readonly<Record<string, string>>;

/** Of one thing that was to be changed. */
export interface OldResult {
  readonly isDone: boolean;
  readonly message: string;
}

type Commands = CommandTypes<typeof processCommands>;

/** The only way to the agent. Rejects with CommandFailure. */
export async function ask<Name extends keyof Commands>({ table, caller, signal }: OldCaller, name: Name, params: Commands[Name]["params"]): Promise<Commands[Name]["result"]> {
  return (await table.call(name, params, caller, { signal })) as Commands[Name]["result"];
}

/** Does it, and says in one line how it went. */
export async function attempt(subject: string, does: () => Promise<string>): Promise<OldResult> {
  try {
    return { isDone: true, message: oneLine(`${subject}${await does()}`) };
  } catch (error) {
    return { isDone: false, message: oneLine(`${subject}: ${reasonOf(error)}`) };
  }
}

/** One after the other, in the order they were written. */
export async function each<Item>(items: readonly Item[], does: (item: Item) => Promise<OldResult>): Promise<OldResult[]> {
  const results: OldResult[] = [];
  for (const item of items) results.push(await does(item));
  return results;
}

/** Why not, in the agent's language. */
export function reasonOf(error: unknown): string {
  if (error instanceof OldGrammarError && !error.isShape) return error.message;
  if (error instanceof OldGrammarError) return lang() === "ko" ? `이렇게 쓰세요: ${error.message}` : `write it so: ${error.message}`;
  const { message, hint, ko } = failureFacts(error);
  const [said, help] = lang() === "ko" && ko !== undefined ? [ko.message, ko.hint ?? hint] : [message, hint];
  return oneLine(help === undefined ? said : `${said}. ${help}`);
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, "; ");
}

/** `20261123093000`, in the machine's own time. */
export function stamp(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? "-" : localStamp(ms);
}
