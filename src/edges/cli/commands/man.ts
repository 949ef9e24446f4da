// `dure man`: the manual page, made from the table of commands.
import type { Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { everyCommand } from "../find-command.ts";
import { manPage } from "../man-page.ts";
import { version } from "../version-line.ts";

export const man: Command = async ({ globals, terminal, answer }) => {
  const text = manPage(version(), await everyCommand());
  if (globals.isJson) answer({ text });
  else terminal.print(text);
  return exitCode.done;
};
