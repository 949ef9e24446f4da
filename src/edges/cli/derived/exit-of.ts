// How a command line ends whose command was done: a script that has a job run and waits for it wants to know what came of that.
import type { JsonValue } from "#base/json.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";

export function exitOf(command: string, result: JsonValue): ExitCode {
  const job = command === "jobs.wait" ? result : command === "jobs.submit" ? fieldOf(result, "job") : undefined;
  const state = fieldOf(job, "state");
  if (state === undefined || state === "succeeded") return exitCode.done;
  return state === "failed" || state === "cancelled" ? exitCode.failed : exitCode.timeLimit;
}

function fieldOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, JsonValue>>)[name] : undefined;
}
