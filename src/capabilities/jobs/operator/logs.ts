// The old operator's log files: engine, access and error, or all in one. Lines are gathered and written together, away from whoever says them; what cannot be written is
// given up at a bound, said once, and counted where there is room again.
import { join } from "node:path";
import type { OperatorLogPlan } from "#kernel/config/jobs-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import { LogFile } from "./log-file.ts";
import { OLD_LEVELS, engineText, managementText, taskText, timeText } from "./log-lines.ts";
import type { EngineLine, ManagementLine, TaskLine } from "./log-lines.ts";

export interface OldLogs {
  task(line: TaskLine): void;
  management(line: ManagementLine): void;
  engine(line: EngineLine): void;
  /** What was said until now is in the files, as far as there is room. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface OldLogParts {
  readonly now: () => number;
  readonly log: Pick<Log, "warn" | "info">;
}

const KINDS = ["engine", "access", "error"] as const;

export function openOldLogs({ dir, prefix, level, isRotated, fileBytesMax, filesMax, isAllInOne }: OperatorLogPlan, { now, log }: OldLogParts): OldLogs {
  const open = (kind: string): LogFile => new LogFile({ path: join(dir, `${prefix}_${kind}.log`), fileBytesMax: isRotated ? fileBytesMax : Infinity, filesMax, log });
  const all = isAllInOne ? open("all") : undefined;
  const files = Object.fromEntries(KINDS.map((kind) => [kind, all ?? open(kind)])) as Record<(typeof KINDS)[number], LogFile>;
  // Of a busy second thousands of lines have the same time in front.
  let timedMs = Number.NaN;
  let time = "";
  const stamped = (text: string): string => {
    const atMs = now();
    if (atMs !== timedMs) time = timeText((timedMs = atMs));
    return `[${time}] ${text}\n`;
  };
  const each = new Set(Object.values(files));
  return {
    task: (line) => files.access.add(stamped(taskText(line))),
    management: (line) => files.access.add(stamped(managementText(line))),
    engine(line) {
      // In the seed's order: the further down, the more is said.
      if (line.level === "NOTSET" || OLD_LEVELS.indexOf(level) < OLD_LEVELS.indexOf(line.level)) return;
      const isError = line.level === "ERROR" || line.level === "CRITICAL";
      if (isError) files.error.add(stamped(engineText(line)));
      if (!isError || files.error !== files.engine) files.engine.add(stamped(engineText({ ...line, stack: undefined })));
    },
    flush: async () => void (await Promise.all([...each].map((file) => file.flush()))),
    close: async () => void (await Promise.all([...each].map((file) => file.close()))),
  };
}
