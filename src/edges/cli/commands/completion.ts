// `dure completion bash`: the script that a shell loads to complete with Tab.
import type { Command } from "../command.ts";
import { scripts } from "../completion/scripts.ts";
import { exitCode } from "../exit-codes.ts";

export const completion: Command = async ({ args: [shell = ""], globals, terminal, answer }) => {
  const text = (scripts[shell] ?? "").trimEnd();
  if (globals.isJson) answer({ shell, text });
  else terminal.print(text);
  return exitCode.done;
};
