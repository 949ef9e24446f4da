// What the agent is to users of the old operator: its queues at the broker, and its logs. Made in the thread of the jobs.
import { basename } from "node:path";
import type { OperatorPlan } from "#kernel/config/jobs-plan.ts";
import type { Intake, ManagementIntake } from "#sdk/intake.ts";
import type { Log } from "#sdk/plugin.ts";
import type { ManagementAnswer, ManagementOrder } from "../jobs.ts";
import type { Ended } from "../run.ts";
import { isAnswered } from "./envelope.ts";
import type { OldLevel } from "./log-lines.ts";
import { openOldLogs } from "./logs.ts";
import type { OldLogs } from "./logs.ts";
import { managementIntake } from "./management-messages.ts";
import { outcomeText, taskCodec } from "./task-codec.ts";

export interface OldOperatorParts {
  readonly plan: OperatorPlan | undefined;
  readonly dataBytesMax: number;
  readonly now: () => number;
  readonly log: Log;
  manage(order: ManagementOrder): Promise<ManagementAnswer>;
  /** Of `stop all`, once its answer is on its way. */
  readonly end: () => void;
}

export interface OldOperator {
  readonly intakes: readonly Intake[];
  readonly management: ManagementIntake | undefined;
  /** Says it in the old engine log as well. */
  readonly log: Log;
  ended(ended: Ended): void;
  close(): Promise<void>;
}

export function openOldOperator({ plan, dataBytesMax, now, log: agentLog, manage, end }: OldOperatorParts): OldOperator {
  const logs = plan?.logs === undefined ? undefined : openOldLogs(plan.logs, { now, log: agentLog });
  const log = logs === undefined ? agentLog : loggedTwice(agentLog, logs);
  const { queues } = plan ?? {};
  return {
    intakes: queues === undefined ? [] : [{ queueIn: queues.messageIn, queueOut: queues.messageOut, codec: taskCodec({ from: `queue:${queues.messageIn}`, dataBytesMax, now, log, access: (line) => logs?.task(line) }) }],
    management: queues === undefined ? undefined : managementIntake({ queueIn: queues.managementIn, queueOut: queues.managementOut }, { manage, end, now, log, access: (line) => logs?.management(line) }),
    log,
    ended({ run: { delivery: { job } }, outcome, seconds }) {
      if (logs === undefined || (outcome.type !== "succeeded" && outcome.type !== "failed" && outcome.type !== "cancelled")) return;
      const isSuccess = outcome.type === "succeeded";
      logs.task({ company: job.labels?.["company"] ?? "-", channel: job.labels?.["channel"] ?? "-", rule: job.rule, isSuccess, isAnswered: isAnswered(job.envelope), requestSize: job.data.length, responseSize: isSuccess ? outcomeText(outcome).length : undefined, seconds });
    },
    close: async () => logs?.close(),
  };
}

const LEVELS = { debug: "DEBUG", info: "INFO", warn: "WARNING", error: "ERROR" } as const satisfies Record<keyof Log, OldLevel>;

function loggedTwice(log: Log, logs: OldLogs): Log {
  const at = (level: keyof Log) => (message: string, fields: Record<string, unknown> = {}): void => {
    log[level](message, fields);
    const { error, ...others } = fields;
    const said = Object.entries(others).map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join("");
    const stack = error instanceof Error ? error.stack : undefined;
    logs.engine({ level: LEVELS[level], logger: "operator", pid: process.pid, thread: "jobs", where: callerPlace(), message: `${message}${error instanceof Error ? `: ${error.message}` : ""}${said}`, stack });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** `begin(engine.ts:70)`: who says it. Logs are few; a stack costs some microseconds. */
function callerPlace(): string {
  const frame = new Error().stack?.split("\n")[3] ?? "";
  const [, name = "-", path = "-", line = "0"] = /at (?:async )?(?:([^\s(]+) \()?(?:file:\/\/)?([^()]*?):(\d+):\d+\)?$/.exec(frame) ?? [];
  return `${name}(${basename(path)}:${line})`;
}
