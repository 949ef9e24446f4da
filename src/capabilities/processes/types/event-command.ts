// The command of a process whose type handles the events itself: Node with `run-type.ts`, which reads them as any program does.
import { fileURLToPath } from "node:url";
import { UsageError } from "#base/errors.ts";
import type { ProcessPlan } from "#kernel/config/process-plan.ts";
import type { Prepared } from "#sdk/process-type.ts";

/** What `run-type.ts` finds in its environment, as JSON: there it is nobody's but this user's, for options may hold secrets. */
export interface EventTypeRun {
  readonly file: string;
  readonly type: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly process: string;
  readonly workDir: string;
  readonly ack: ProcessPlan["ack"]["type"];
}

export const RUN_VARIABLE = "DURE_PROCESS_TYPE";

export function eventCommand({ name, type, ack }: ProcessPlan, { file, options, workDir }: { readonly file: string | undefined; readonly options: EventTypeRun["options"]; readonly workDir: string }): Prepared {
  if (file === undefined) throw new UsageError(`the type ${type} cannot be started`);
  const run: EventTypeRun = { file, type, options, process: name, workDir, ack: ack.type };
  return { command: [process.execPath, fileURLToPath(new URL("./run-type.ts", import.meta.url))], env: { [RUN_VARIABLE]: JSON.stringify(run) } };
}
