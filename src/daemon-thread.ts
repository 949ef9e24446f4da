// A data-plane thread: runs its pipelines and tells the main thread what happens. Nothing else of the agent lives here.
import { parentPort, workerData } from "node:worker_threads";
import assert from "node:assert/strict";
import { collectEarly } from "#base/early-gc.ts";
import { setLang } from "#base/lang.ts";
import type { Lang } from "#base/lang.ts";
import type { PipelineReport, Pipelines } from "#capabilities/pipelines/pipelines.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { Log } from "#sdk/plugin.ts";
import { skipSchemas } from "#kernel/lean-imports.ts";

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
const started = start();
port.on("message", (message: ToThread) => {
  if (message.type === "report") return void started.then((running) => tell({ type: "report", reports: running.report() }));
  drain.abort();
  if (message.type === "abort") abort.abort();
});

const pipelines = await started;
collectEarly();
await pipelines.ended;
tell({ type: "report", reports: pipelines.report() });
port.close();

async function start(): Promise<Pipelines> {
  if (plan.pluginFiles.length === 0) skipSchemas();
  const { startDataPlane } = await import("./data-plane.ts"); // Only now: what it imports is what the hook is about.
  return startDataPlane({ plan, names, log, mode, onState: (report) => tell({ type: "state", report }) }, { drain: drain.signal, abort: abort.signal });
}

/** Errors lose their code when they are cloned; the log wants the text and the cause. */
function plain(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? { message: value.message, code: "code" in value ? value.code : undefined, hint: "hint" in value ? value.hint : undefined, cause: value.cause instanceof Error ? value.cause.message : undefined } : value]));
}
