// A text for the system's shell, as the program and the arguments that are started.

/** What the shell of Windows is given has to reach it as it is: `startChild` knows it by this beginning. */
const WINDOWS_SHELL = ["cmd.exe", "/d", "/s", "/c"] as const;
const SHELL = ["/bin/sh", "-c"] as const;

export function shellCommand(text: string, platform = process.platform): readonly string[] {
  return [...(platform === "win32" ? WINDOWS_SHELL : SHELL), text];
}

/** Arguments as Windows takes them: undefined where they are to be quoted one by one, as a program's. */
export function verbatimArguments(command: readonly string[]): string[] | undefined {
  const isShell = command.length === WINDOWS_SHELL.length + 1 && WINDOWS_SHELL.every((word, index) => command[index] === word);
  return isShell ? [...WINDOWS_SHELL.slice(1), `"${command.at(-1) ?? ""}"`] : undefined;
}
