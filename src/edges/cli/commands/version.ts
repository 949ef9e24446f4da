import type { Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { version as ours, versionLine } from "../version-line.ts";

export const version: Command = async ({ globals, terminal, answer }) => {
  const { node } = process.versions;
  const { platform, arch } = process;
  if (globals.isJson) answer({ dure: ours(), node, platform, arch });
  else terminal.print(`${versionLine()} (node ${node}, ${platform}-${arch})`);
  return exitCode.done;
};
