// How a program of the rules folder is started, and which files are programs at all: what may be executed, and on Windows what the system or PowerShell runs.
import { accessSync, constants } from "node:fs";
import { extname } from "node:path";

const WINDOWS = new Set([".exe", ".com", ".cmd", ".bat", ".ps1"]);

export function isProgram(file: string, platform: NodeJS.Platform = process.platform): boolean {
  if (platform === "win32") return WINDOWS.has(extname(file).toLowerCase());
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Windows starts neither batch files nor scripts of PowerShell by themselves. */
export function programCommand(file: string, args: readonly string[], { platform = process.platform, env = process.env }: { readonly platform?: NodeJS.Platform; readonly env?: Readonly<Record<string, string | undefined>> } = {}): readonly string[] {
  const ending = platform === "win32" ? extname(file).toLowerCase() : "";
  if (ending === ".cmd" || ending === ".bat") return [env["ComSpec"] ?? "cmd.exe", "/d", "/c", "call", file, ...args];
  if (ending === ".ps1") return ["powershell.exe", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File", file, ...args];
  return [file, ...args];
}
