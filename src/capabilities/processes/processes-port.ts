// What the commands of processes, flows, groups, schedules and programs need of the running agent.
import type { ConfigEdit } from "#kernel/config/config-change.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import type { OutputLine } from "./flows/flows.ts";
import type { Folders } from "./old-settings.ts";
import type { ProcessEngine, ProcessStatus } from "./processes.ts";
import type { Programs } from "./programs/programs.ts";

export interface ProcessesPort {
  readonly engine: ProcessEngine;
  readonly programs: Programs;
  readonly folders: Folders;
  /** What runs now. */
  plan(): ProcessesPlan;
  /** Writes all changes or none into the config's file, with its comments, and has the agent go over to it. Rejects with CONFIG_INVALID, or CONFLICT where the file holds what does not run yet. */
  edit(changes: ConfigEdit, by: string, note: string): Promise<void>;
  /** Shows the processes once a second until what comes back is called; made once for all who watch. */
  watch(show: (look: { readonly atMs: number; readonly processes: readonly ProcessStatus[] }) => void): () => void;
  /** What a process prints, reads and says from now on. */
  watchLines(name: string, show: (line: OutputLine) => void): Promise<() => void>;
}
