// What the main thread and the thread of the processes say to each other.
import type { MessagePort } from "node:worker_threads";
import type { Lang } from "#base/lang.ts";
import type { FlowAlert, OutputLine } from "#capabilities/processes/flows/flows.ts";
import type { ProcessEngine, ProcessEvent, ProcessStatus } from "#capabilities/processes/processes.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import type { EngineAnswer, EngineCall } from "./engine-calls.ts";

export interface ProcessThreadData {
  readonly plan: ProcessesPlan;
  readonly dataDir: string;
  readonly configDir: string;
  readonly lang: Lang;
}

export type ToProcessThread =
  | EngineCall<keyof ProcessEngine>
  /** Lines of a process from now on. */
  | { readonly type: "watch"; readonly id: number; readonly process: string }
  | { readonly type: "unwatch"; readonly id: number }
  /** A data-plane thread, whose pipelines take and give events over the port. */
  | { readonly type: "join"; readonly port: MessagePort }
  /** Ends every process, each in its time. */
  | { readonly type: "drain" }
  /** Nobody gives or takes events any more: the thread ends once the processes have. */
  | { readonly type: "finish" }
  | { readonly type: "abort" };

export type FromProcessThread =
  | { readonly type: "log"; readonly level: "debug" | "info" | "warn" | "error"; readonly message: string; readonly fields: Record<string, unknown> }
  | EngineAnswer
  | { readonly type: "event"; readonly event: ProcessEvent }
  | { readonly type: "alert"; readonly alert: FlowAlert }
  | { readonly type: "state"; readonly status: ProcessStatus }
  | { readonly type: "lines"; readonly id: number; readonly lines: readonly OutputLine[] }
  /** All that is wanted has been started once. */
  | { readonly type: "begun" };
