// A file of this machine to an agent, of any length: the agent here reads it itself, one elsewhere gets it as a stream.
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { systemCode } from "#base/errors.ts";
import type { ResultOf } from "../all-commands.ts";
import { anyAgentOf, isElsewhere } from "./ask-agent.ts";
import type { Call } from "./command.ts";
import { exitCode } from "./exit-codes.ts";
import { CliFailure } from "./failure.ts";

type Uploaded = ResultOf<"programs.upload">;

export async function uploadFile(call: Pick<Call, "globals" | "options">, process: string, file: string): Promise<Uploaded> {
  await mustBeFile(file);
  if (isElsewhere(call)) return (await (await import("./remote-agent.ts")).uploadTo(call, process, file)) as unknown as Uploaded;
  return (await (await anyAgentOf(call))("programs.upload", { process, file: basename(file), path: resolve(file) })) as unknown as Uploaded;
}

/** Said before anything is done. */
export async function mustBeFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown): never => {
    const code = systemCode(error) ?? "error";
    throw new CliFailure(exitCode.unreachable, { en: `${file} cannot be read (${code})`, ko: `${file} 파일을 읽을 수 없습니다 (${code})` });
  });
  if (!found.isFile()) throw new CliFailure(exitCode.unreachable, { en: `${file} is no file`, ko: `${file}: 파일이 아닙니다` });
}
