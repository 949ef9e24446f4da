// What the commands of processes, flows, groups, schedules and programs need of the running agent.
import { join } from "node:path";
import { sharedWork } from "#base/shared-work.ts";
import type { ConfigEditor } from "#capabilities/config/config-editor.ts";
import { noProcess } from "#capabilities/processes/process-failures.ts";
import type { ProcessesPort } from "#capabilities/processes/processes-port.ts";
import type { ProcessEngine } from "#capabilities/processes/processes.ts";
import { openPrograms } from "#capabilities/processes/programs/programs-store.ts";
import type { RunningProcesses } from "#edges/cli/agent-port.ts";
import { ProcessTypes } from "#kernel/process-types.ts";
import { builtInProcessTypes } from "#plugins/all.ts";
import type { Log } from "#sdk/plugin.ts";
import { onceASecond } from "./once-a-second.ts";

export interface ProcessesPortParts {
  readonly processes: RunningProcesses;
  readonly editor: ConfigEditor;
  readonly dataDir: string;
  readonly configDir: string;
  readonly log: Log;
}

export function processesPort({ processes, editor, dataDir, configDir, log }: ProcessesPortParts): ProcessesPort {
  const engine = engineOf(processes);
  const look = sharedWork(() => engine.list());
  return {
    engine,
    programs: openPrograms({ dir: join(dataDir, "processes", "programs"), types: new ProcessTypes(builtInProcessTypes, join(configDir, "plugins")), log }),
    folders: { dataDir, dumpDir: join(dataDir, "processes", "dumps") },
    plan: () => processes.plan,
    edit: async (changes, by, note) => void (await editor.edit(changes, by, note)),
    watch: onceASecond(async () => ({ atMs: Date.now(), processes: await look() })),
    watchLines: async (name, show) => {
      if (!processes.plan.processes.some((each) => each.name === name)) throw noProcess(name, processes.plan.processes.map((each) => each.name));
      return processes.watchLines(name, show);
    },
  };
}

/** What is answered while there is no process. */
const NONE: Partial<ProcessEngine> = { list: async () => [], movements: async () => [], recoveries: async () => [], schedules: async () => [], start: async () => {}, stop: async () => {}, restart: async () => {}, saveQueues: async () => 0, loadQueues: async () => 0 };

/** Asks the thread of the processes, which there may not be yet. */
function engineOf(processes: RunningProcesses): ProcessEngine {
  const ask = (method: keyof ProcessEngine) => async (...args: readonly unknown[]): Promise<unknown> => {
    const engine = (await processes.engine()) ?? NONE;
    const call = engine[method] as ((...given: readonly unknown[]) => Promise<unknown>) | undefined;
    if (call === undefined) throw noProcess(String(args[0]), []);
    return call(...args);
  };
  return new Proxy({} as ProcessEngine, { get: (_, method) => (method === "then" ? undefined : ask(method as keyof ProcessEngine)) });
}
