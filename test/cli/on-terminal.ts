// The program on a pseudo-terminal, as over ssh.
import { spawnSync } from "node:child_process";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { DURE, until } from "./run-dure.ts";
import type { Folder, RunningDure } from "./run-dure.ts";

const hasScript = process.platform === "linux" && /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "");
/** Why tests that need it are left out. */
export const noTerminal = !hasScript && "there is no `script` of util-linux to make a pseudo-terminal with";

/** The program on a terminal of its own. What is written to its standard input is typed. */
export function onTerminal(here: Folder, command: string, { rows = 12, env = {} }: { readonly rows?: number; readonly env?: Record<string, string> } = {}): RunningDure {
  return here.spawn(["-qefc", `stty cols 80 rows ${rows}; echo pid=$$; exec '${DURE}' ${command}`, "/dev/null"], { program: "script", env: { TERM: "xterm", SHELL: "/bin/sh", FORCE_COLOR: "0", ...env } });
}

/** An agent of the folder's config that answers. */
export async function runningAgent(here: Folder): Promise<RunningDure> {
  const agent = here.spawn(["run"]);
  await until(async () => (await here.dure(["ls"])).code === exitCode.done, "the agent answers");
  return agent;
}
