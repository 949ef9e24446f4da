// Whether a program is there to be started: what `dure validate` says before a pipeline waits for it in vain.
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";

/** Where the program lies, looked for as the system would; undefined: nowhere. */
export function findProgram(program: string, cwd: string, path = process.env["PATH"] ?? ""): string | undefined {
  const isPath = isAbsolute(program) || program.includes("/") || (process.platform === "win32" && program.includes("\\"));
  const endings = process.platform === "win32" ? ["", ...(process.env["PATHEXT"] ?? ".EXE;.CMD;.BAT").split(";")] : [""];
  const folders = isPath ? [""] : path.split(delimiter);
  return folders.flatMap((folder) => endings.map((ending) => (isPath ? resolve(cwd, program + ending) : join(folder, program + ending)))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
