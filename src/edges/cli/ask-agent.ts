// How a command asks the running agent of a config.
import { systemCode } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { ControlError, callControl, controlAddress } from "#kernel/control-socket.ts";
import type { Call } from "./command.ts";
import { pidFileOf } from "./config-file.ts";
import { exitCode } from "./exit-codes.ts";
import { CliFailure } from "./failure.ts";

export interface Asking {
  readonly onEvent?: (event: JsonValue) => void;
  readonly signal?: AbortSignal;
}
export type Ask = (method: string, params?: Readonly<Record<string, JsonValue>>, more?: Asking) => Promise<JsonValue>;

/** Asks the agent of the config. */
export async function askAgent(call: Call, method: string, params: Readonly<Record<string, JsonValue>> = {}, more: Asking = {}): Promise<JsonValue> {
  return (await agentOf(call))(method, params, more);
}

/** For who asks again and again: the config is read once. */
export async function agentOf(call: Call): Promise<Ask> {
  const { pidFile } = await pidFileOf(call, undefined);
  return (method, params = {}, more = {}) => askAt(pidFile, method, params, more);
}

async function askAt(pidFile: string, method: string, params: Readonly<Record<string, JsonValue>>, more: Asking): Promise<JsonValue> {
  try {
    return await callControl(controlAddress(pidFile), method, params, more);
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (["ENOENT", "ECONNREFUSED"].includes(code)) throw new CliFailure(exitCode.notRunning, { en: "no agent runs with this config", ko: "이 설정으로 실행 중인 에이전트가 없습니다" }, { en: "start it with `dure start`, or name the config with -c", ko: "`dure start`로 시작하거나 -c로 설정을 지정하세요" });
    if (code === "EACCES" || code === "EPERM") throw new CliFailure(exitCode.notPermitted, { en: "this agent belongs to another user", ko: "다른 사용자의 에이전트입니다" }, { en: "ask as the user that it runs as", ko: "에이전트를 실행한 사용자로 실행하세요" });
    if (error instanceof ControlError && code !== "ABORTED") throw new CliFailure(exitCode.failed, { en: error.message, ko: error.ko?.message ?? error.message }, error.hint === undefined ? undefined : { en: error.hint, ko: error.ko?.hint ?? error.hint });
    throw error;
  }
}
