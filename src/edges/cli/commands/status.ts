// `dure status`: the exit code says it as the Linux Standard Base wants it: 0 running, 3 not running, 1 dead with a pid file left, 4 cannot tell.
import { say } from "#base/lang.ts";
import { readPidFile } from "#kernel/pid-file.ts";
import type { AgentProcess } from "#kernel/pid-file.ts";
import { readStatus, statusFileOf } from "#kernel/status-file.ts";
import type { AgentStatus } from "#kernel/status-file.ts";
import { toError } from "#base/errors.ts";
import type { Call, Command } from "../command.ts";
import { pidFileOf } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { pipelineTable } from "../summary.ts";
import { secondsText } from "../units.ts";

export const status: Command = async (call) => {
  const { pidFile } = await pidFileOf(call, call.args[0]);
  const holder = stateOf(pidFile);
  if (holder.state === "absent") return told(call, exitCode.notRunning, { state: "not running" }, [say({ en: "not running", ko: "실행 중이 아닙니다" })]);
  if (holder.state === "dead") {
    const text = say({ en: `dead: process ${holder.pid} has ended, its pid file ${pidFile} is left`, ko: `죽었습니다: 프로세스 ${holder.pid} 종료됨, pid 파일이 남아 있습니다: ${pidFile}` });
    return told(call, exitCode.failed, { state: "dead", pid: holder.pid }, [text]);
  }
  const last = readStatus(statusFileOf(pidFile));
  const known = last?.pid === holder.pid ? last : undefined;
  const isDegraded = known?.pipelines.some(({ state }) => state === "failed" || state === "restarting") ?? false;
  const lines = [
    say({ en: `running (process ${holder.pid}) for ${secondsText((Date.now() - holder.sinceMs) / 1000)}`, ko: `실행 중 (프로세스 ${holder.pid}), ${secondsText((Date.now() - holder.sinceMs) / 1000)} 동안` }),
    ...(known === undefined ? [] : pipelineTable(known.pipelines, call.style)),
  ];
  const code = isDegraded && call.options["strict"] === true ? exitCode.cannotTell : exitCode.done;
  return told(call, code, { state: "running", pid: holder.pid, sinceMs: holder.sinceMs, ...asJson(known) }, lines);
};

function stateOf(pidFile: string): AgentProcess {
  try {
    return readPidFile(pidFile);
  } catch (error) {
    throw new CliFailure(exitCode.cannotTell, { en: `cannot tell: ${toError(error).message}`, ko: `알 수 없습니다: ${toError(error).message}` });
  }
}

function asJson(known: AgentStatus | undefined): object {
  return known === undefined ? {} : { configFile: known.configFile, writtenAtMs: known.writtenAtMs, pipelines: known.pipelines };
}

function told({ globals, terminal, answer }: Call, code: ExitCode, json: object, lines: readonly string[]): ExitCode {
  if (globals.isJson) answer(json);
  else terminal.print(lines.join("\n"));
  return code;
}
