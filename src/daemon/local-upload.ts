// A program of this machine, uploaded through the control socket: only the agent's own user opens that, so the agent reads the file itself, whatever its length.
import { open } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { systemCode } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import type { Caller } from "#kernel/access/caller.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import type { ControlCall } from "#kernel/control-socket.ts";
import { holdUpload } from "#kernel/held-uploads.ts";

/** The command as any other, with its audit and its failures. `path` is absolute: the agent stands in another folder than who asks. */
export async function localUpload(table: CommandTable, { params: { path, ...params }, signal }: ControlCall, caller: Caller): Promise<JsonValue> {
  if (!isAbsolute(String(path))) throw new CommandFailure("INVALID", { message: `\`path\` has to be absolute: ${String(path)}`, ko: { message: `\`path\`에는 절대 경로를 쓰세요: ${String(path)}` } });
  const file = await open(String(path), "r").catch((error: unknown): never => {
    const code = systemCode(error) ?? "error";
    throw new CommandFailure("INVALID", { message: `the agent cannot read ${String(path)} (${code})`, ko: { message: `에이전트가 ${String(path)} 파일을 읽을 수 없습니다 (${code})` } });
  });
  const content = file.createReadStream().on("error", () => {}); // Whoever reads it is told.
  const { ticket, drop } = holdUpload(content);
  try {
    return await table.call("programs.upload", { ...params, ticket }, caller, { signal });
  } finally {
    drop();
    content.destroy();
  }
}
