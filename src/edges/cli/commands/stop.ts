// `dure stop`: asks the agent to drain and waits for its end; one that does not end in time is killed.
import { rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { say } from "#base/lang.ts";
import { readPidFile } from "#kernel/pid-file.ts";
import { processStart } from "#base/process-identity.ts";
import { removeStatus, statusFileOf } from "#kernel/status-file.ts";
import { requestStop } from "#kernel/stop-request.ts";
import type { Call, Command } from "../command.ts";
import { pidFileOf } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { secondsText } from "../units.ts";

/** Beyond the drain: closing files and ending threads takes a moment too. */
const GRACE_MS = 3000;
const LOOK_EVERY_MS = 25;
/** A stop that takes longer looks as if it hung. */
const TELL_AFTER_MS = 1000;

export const stop: Command = async (call) => {
  const { pidFile, drainMs } = await pidFileOf(call, call.args[0]);
  const holder = readPidFile(pidFile);
  if (holder.state !== "running") {
    if (holder.state === "dead") {
      rmSync(pidFile, { force: true });
      removeStatus(statusFileOf(pidFile));
    }
    return told(call, exitCode.done, "not running", say({ en: "not running", ko: "실행 중이 아닙니다" }));
  }
  const startedAt = performance.now();
  const identity = processStart(holder.pid);
  const isGone = () => processStart(holder.pid) !== identity;
  requestStop(holder.pid, pidFile);
  let isToldWait = call.globals.isJson || call.globals.verbosity < 0;
  while (performance.now() - startedAt < drainMs + GRACE_MS) {
    if (isGone()) {
      const took = secondsText((performance.now() - startedAt) / 1000);
      return told(call, exitCode.done, "stopped", say({ en: `stopped in ${took} (process ${holder.pid})`, ko: `${took} 만에 끝났습니다 (프로세스 ${holder.pid})` }));
    }
    if (!isToldWait && TELL_AFTER_MS < performance.now() - startedAt) {
      isToldWait = true;
      const longest = secondsText((drainMs + GRACE_MS) / 1000);
      call.terminal.talk(say({ en: `waiting for what is in hand to be written, ${longest} at most (agent.drain_timeout); after Ctrl-C the agent goes on ending by itself`, ko: `처리 중인 것이 쓰이기를 기다립니다. 길어도 ${longest} (agent.drain_timeout). Ctrl-C를 눌러도 에이전트는 스스로 마칩니다` }));
    }
    await pause(LOOK_EVERY_MS);
  }
  process.kill(holder.pid, "SIGKILL");
  while (!isGone()) await pause(LOOK_EVERY_MS);
  rmSync(pidFile, { force: true });
  removeStatus(statusFileOf(pidFile));
  const limit = secondsText((drainMs + GRACE_MS) / 1000);
  return told(call, exitCode.timeLimit, "killed", say({ en: `killed: it did not end within ${limit}. Nothing is lost; what was in hand comes again at the next start`, ko: `${limit} 안에 끝나지 않아 강제로 끝냈습니다. 잃은 것은 없으며, 처리 중이던 것은 다음 시작 때 다시 보냅니다` }));
};

function told({ globals, terminal, answer }: Call, code: ExitCode, state: string, text: string): ExitCode {
  if (globals.isJson) answer({ state });
  else terminal.talk(text);
  return code;
}
