// The agent's log as each command wants it: on the console for who looks on, in a file for who does not.
import { join } from "node:path";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { createLog } from "#kernel/log.ts";
import type { AgentLog, Level, LogSink } from "#kernel/log.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Call } from "./command.ts";

/** For `run`, `test` and `try`; `usual` is what the console gets without -q or -v. */
export function consoleLog({ globals, terminal }: Call, plan: AgentPlan, usual: Level, recent?: LogSink): AgentLog {
  const { file, level, fileBytesMax, filesMax } = plan.log;
  const chosen: Level = globals.verbosity < 0 ? "warn" : globals.verbosity > 0 ? "debug" : usual;
  return createLog({
    level,
    file: file === null ? undefined : { path: file, bytesMax: fileBytesMax, filesMax },
    console: { level: chosen, format: globals.isJson ? "json" : "pretty", hasColor: terminal.hasColor },
    also: recent === undefined ? undefined : { level, sink: recent },
  });
}

/** For the background: nobody sees a console, so there is always a file. */
export function backgroundLog({ globals }: Call, plan: AgentPlan, recent: LogSink): AgentLog {
  const { level, fileBytesMax, filesMax } = plan.log;
  const chosen: Level = globals.verbosity > 0 ? "debug" : level;
  return createLog({ level: chosen, file: { path: backgroundLogFile(plan), bytesMax: fileBytesMax, filesMax }, also: { level: chosen, sink: recent } });
}

export function backgroundLogFile(plan: AgentPlan): string {
  return plan.log.file ?? join(plan.dataDir, "dure.log");
}

/** Beside the log: what a background process prints outside of it. */
export function backgroundOutputFile(plan: AgentPlan): string {
  return `${backgroundLogFile(plan).replace(/\.log$/, "")}.out`;
}

/** Said by out.Stdout when its reader wants no more. */
const READER_GONE = "the reader of the standard output has gone";

/** For commands whose work is what they print: in `dure try … | head -3`, when head has had enough, all is done and nothing is wrong. */
export function quietWithoutReader(log: Log, gone: () => void): Log {
  let isGone = false;
  const unlessGone = (say: Log["warn"]): Log["warn"] => (message, fields) => {
    if (message === READER_GONE && !isGone) {
      isGone = true;
      gone();
    }
    if (!isGone) say(message, fields);
  };
  return { debug: unlessGone(log.debug), info: unlessGone(log.info), warn: unlessGone(log.warn), error: unlessGone(log.error) };
}
