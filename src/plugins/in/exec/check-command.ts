// What `dure validate` says of a command on this machine.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Text } from "#base/lang.ts";
import { findProgram } from "#base/child/find-program.ts";

export function checkCommand(command: string | readonly string[], givenCwd: string | undefined, configDir: string): Text[] {
  const cwd = resolve(configDir, givenCwd ?? ".");
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) return [{ en: `the folder ${cwd} to run the command in does not exist`, ko: `명령을 실행할 폴더가 없습니다: ${cwd}` }];
  // What a shell makes of a text only the shell knows.
  const program = typeof command === "string" ? undefined : command[0];
  if (program === undefined || findProgram(program, cwd) !== undefined) return [];
  return [{ en: `the program ${program} is not found, or may not be run`, ko: `프로그램을 찾을 수 없거나 실행할 수 없습니다: ${program}` }];
}
