// How a command asks a running agent: through the control socket of a config's agent on this machine, or over HTTP with `--url`. The same words go
// there, the same answer or failure comes back.
import { systemCode } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import type { FailureFacts } from "#kernel/commands/failure.ts";
import type { CommandName, Commands, ParamsOf, ResultOf } from "../all-commands.ts";
import { ControlError, callControl, controlAddress } from "#kernel/control-socket.ts";
import type { Call } from "./command.ts";
import { exitCode } from "./exit-codes.ts";
import { AgentRefusal, CliFailure, wrongUse } from "./failure.ts";

export interface Asking<Event = JsonValue> {
  readonly onEvent?: (event: Event) => void;
  readonly signal?: AbortSignal;
}
type Params = Readonly<Record<string, JsonValue>>;
/** Whatever the command: its name is only known when it runs. */
export type AskAny = (method: string, params?: Params, more?: Asking) => Promise<JsonValue>;
/** What an agent answers is not looked at again here: it is as the table declares it, or the agent is of another version. */
export type Ask = <Name extends CommandName>(method: Name, ...words: Words<Name>) => Promise<ResultOf<Name>>;
type Words<Name extends CommandName> = Record<string, never> extends ParamsOf<Name> ? [params?: ParamsOf<Name>, more?: Asking<Commands[Name]["event"]>] : [params: ParamsOf<Name>, more?: Asking<Commands[Name]["event"]>];

/** What it must know of a call: which agent is meant. */
type Asker = Pick<Call, "globals" | "options">;

/** Asks the agent of the config, or the one elsewhere. */
export async function askAgent<Name extends CommandName>(call: Asker, method: Name, ...words: Words<Name>): Promise<ResultOf<Name>> {
  return (await agentOf(call))(method, ...words);
}

/** For who asks again and again: the config is read once. */
export async function agentOf(call: Asker): Promise<Ask> {
  return (await anyAgentOf(call)) as Ask;
}

export async function anyAgentOf(call: Asker): Promise<AskAny> {
  if (isElsewhere(call)) {
    const { agentAt } = await import("./remote-agent.ts");
    return agentAt(call);
  }
  const { pidFileOf } = await import("./config-file.ts");
  const { pidFile } = await pidFileOf(call, undefined);
  return (method, params = {}, more = {}) => askAt(pidFile, method, params, more);
}

/** What stands on the command line goes before the environment. */
export function isElsewhere({ globals: { config, remote } }: Pick<Asker, "globals">): boolean {
  if (remote.url !== undefined && 0 < config.length) throw wrongUse({ en: `either the agent of ${config[0]} or the one at ${remote.url}`, ko: `${config[0]} 설정의 에이전트와 ${remote.url} 주소 중 하나만 지정하세요` });
  if (remote.url === undefined && (remote.token ?? remote.tokenFile ?? remote.ca) !== undefined && (process.env["DURE_URL"] ?? "") === "")
    throw wrongUse({ en: "a token is for an agent elsewhere: name it with --url", ko: "토큰은 다른 곳의 에이전트에 씁니다. --url로 주소를 지정하세요" }, { en: "the agent of this machine asks for none", ko: "이 컴퓨터의 에이전트에는 필요 없습니다" });
  return remote.url !== undefined || (config.length === 0 && (process.env["DURE_URL"] ?? "") !== "");
}

/** Of commands that work here without it: only words of the command line send them elsewhere, for who set DURE_URL still has files here. */
export function isSentElsewhere(call: Pick<Asker, "globals">): boolean {
  const { url, token, tokenFile, ca } = call.globals.remote;
  return (url ?? token ?? tokenFile ?? ca) !== undefined && isElsewhere({ globals: { ...call.globals, config: [] } });
}

async function askAt(pidFile: string, method: string, params: Params, more: Asking): Promise<JsonValue> {
  try {
    return await callControl(controlAddress(pidFile), method, params, more);
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (["ENOENT", "ECONNREFUSED"].includes(code)) throw new CliFailure(exitCode.notRunning, { en: "no agent runs with this config", ko: "이 설정으로 실행 중인 에이전트가 없습니다" }, { en: "start it with `dure start`, or name the config with -c", ko: "`dure start`로 시작하거나 -c로 설정을 지정하세요" });
    if (code === "EACCES" || code === "EPERM") throw new CliFailure(exitCode.notPermitted, { en: "this agent belongs to another user", ko: "다른 사용자의 에이전트입니다" }, { en: "ask as the user that it runs as", ko: "에이전트를 실행한 사용자로 실행하세요" });
    if (error instanceof ControlError && error.facts.code !== undefined) throw new AgentRefusal(error.facts as FailureFacts);
    if (error instanceof ControlError && code !== "ABORTED") throw new CliFailure(exitCode.failed, { en: error.message, ko: error.ko?.message ?? error.message }, error.hint === undefined ? undefined : { en: error.hint, ko: error.ko?.hint ?? error.hint });
    throw error;
  }
}
