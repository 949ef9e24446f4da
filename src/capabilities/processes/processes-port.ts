// What the commands of processes, flows, groups, schedules and programs need of the running agent.
import type { JsonValue } from "#base/json.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import type { OutputLine } from "./flows/flows.ts";
import type { ProcessEngine, ProcessStatus } from "./processes.ts";
import type { Programs } from "./programs/programs.ts";

/** A change of the config's file: `["processes", "etl"]`, `["flows", 2]`. A list takes a new item at its end: `["flows", "-"]`. */
export interface ConfigChange {
  readonly path: readonly (string | number)[];
  /** As it is to be written; undefined takes it out. */
  readonly value?: JsonValue | undefined;
}

export interface ProcessesPort {
  readonly engine: ProcessEngine;
  readonly programs: Programs;
  /** What runs now. */
  plan(): ProcessesPlan;
  /** Writes all changes or none into the config's file, with its comments, and has the agent go over to it. Rejects with CONFIG_INVALID, or CONFLICT where the file holds what does not run yet. */
  edit(changes: readonly ConfigChange[], by: string, note: string): Promise<void>;
  /** Shows the processes once a second until what comes back is called; made once for all who watch. */
  watch(show: (look: { readonly atMs: number; readonly processes: readonly ProcessStatus[] }) => void): () => void;
  /** What a process prints, reads and says from now on. */
  watchLines(name: string, show: (line: OutputLine) => void): Promise<() => void>;
}
