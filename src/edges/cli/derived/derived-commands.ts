// The commands of the table as commands of the program: `users.create` is `dure users create`. Help, parsing, completion and the manual page take them
// like those made by hand. The declarations bring the schema library: they are loaded when a word is none of the verbs made by hand.
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { CommandName } from "../../all-commands.ts";
import type { CommandSpec } from "../command.ts";
import { forOption } from "../specs/for-option.ts";
import { isFile, outputOption } from "./file-result.ts";
import { optionsOf, parametersOf } from "./parameters.ts";

let made: readonly CommandSpec[] | undefined;

export async function derivedCommands(): Promise<readonly CommandSpec[]> {
  const { allCommands } = await import("../../all-commands.ts");
  return (made ??= allCommands.map(specOf));
}

export function specOf(command: CommandDefinition): CommandSpec {
  const { name, summary, key, event } = command;
  const [noun = "", verb = ""] = name.split(".");
  const keyed = parametersOf(command).find((parameter) => parameter.name === key);
  const argument = keyed === undefined ? undefined : keyed.isRequired ? `<${keyed.flag}>` : `[${keyed.flag}]`;
  return {
    name: `${noun} ${verb}`,
    of: name as CommandName,
    isDerived: true,
    ...(argument === undefined ? {} : { arguments: argument, keyOf: { noun, field: keyed?.name ?? "" } }),
    summary,
    examples: command.examples ?? [{ line: exampleOf(command), text: { en: "", ko: "" } }],
    options: [
      ...optionsOf(command),
      ...(isFile(command.result) ? [outputOption] : []),
      ...(event === undefined ? [] : [forOption]),
    ],
    load: async () => (await import("./call-derived.ts")).callDerived(command),
  };
}

/** What has to be given, and nothing else. */
function exampleOf(command: CommandDefinition): string {
  const words = parametersOf(command).filter(({ isRequired, isSecret }) => isRequired && !isSecret);
  const shown = words.map(({ name, flag, kind, choices }) => {
    const value = choices?.[0] ?? (kind === "number" ? "1" : kind === "json" ? "'[]'" : flag.toUpperCase());
    return name === command.key ? value : `--${flag} ${value}`;
  });
  return ["dure", ...command.name.split("."), ...shown].join(" ");
}
