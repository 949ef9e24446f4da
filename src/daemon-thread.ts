// A data-plane thread: runs its pipelines and tells the main thread what happens. Nothing else of the agent lives here.
import { parentPort, workerData } from "node:worker_threads";
import assert from "node:assert/strict";
import { setLang } from "#base/lang.ts";
import type { Lang } from "#base/lang.ts";
import type { PipelineReport } from "#capabilities/pipelines/pipelines.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { Log } from "#sdk/plugin.ts";
import { startDataPlane } from "./data-plane.ts";

export interface ThreadData {
  readonly plan: AgentPlan;
  readonly names: readonly string[];
  readonly mode: "run" | "test";
  readonly lang: Lang;
}
export type FromThread =
  | { readonly type: "log"; readonly level: "debug" | "info" | "warn" | "error"; readonly message: string; readonly fields: Record<string, unknown> }
  | { readonly type: "state"; readonly report: PipelineReport }
  | { readonly type: "report"; readonly reports: readonly PipelineReport[] };
export type ToThread = { readonly type: "drain" } | { readonly type: "abort" } | { readonly type: "report" };

const port = parentPort;
assert(port !== null, "runs as a worker thread");
const { plan, names, mode, lang } = workerData as ThreadData;
setLang(lang);

const tell = (message: FromThread): void => port.postMessage(message);
const at = (level: "debug" | "info" | "warn" | "error") => (message: string, fields: Record<string, unknown> = {}) => tell({ type: "log", level, message, fields: plain(fields) });
const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };

const drain = new AbortController();
const abort = new AbortController();
port.on("message", (message: ToThread) => {
  if (message.type === "report") return void started.then((pipelines) => tell({ type: "report", reports: pipelines.report() }));
  drain.abort();
  if (message.type === "abort") abort.abort();
});

const started = startDataPlane({ plan, names, log, mode, onState: (report) => tell({ type: "state", report }) }, { drain: drain.signal, abort: abort.signal });
const pipelines = await started;
await pipelines.ended;
tell({ type: "report", reports: pipelines.report() });
port.close();

/** Errors lose their code when they are cloned; the log wants the text and the cause. */
function plain(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? { message: value.message, code: "code" in value ? value.code : undefined, hint: "hint" in value ? value.hint : undefined, cause: value.cause instanceof Error ? value.cause.message : undefined } : value]));
}
