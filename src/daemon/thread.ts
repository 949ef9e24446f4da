// A data-plane thread: runs its pipelines and tells the main thread what happens. Nothing else of the agent lives here.
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { assert } from "#base/assert.ts";
import { collectEarly } from "#base/early-gc.ts";
import { toldOf } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";
import { setLang } from "#base/lang.ts";
import type { Lang } from "#base/lang.ts";
import type { Errand, PipelineReport, Pipelines, PipelinesChange } from "#capabilities/pipelines/pipelines.ts";
import type { Sample, TapRequest } from "#capabilities/pipelines/taps.ts";
import { ToldReports } from "#capabilities/pipelines/told-reports.ts";
import type { ReportsNews } from "#capabilities/pipelines/told-reports.ts";
import { failureFacts, isUnforeseen } from "#kernel/commands/failure.ts";
import type { FailureFacts } from "#kernel/commands/failure.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log } from "#sdk/plugin.ts";
import { skipSchemas } from "#kernel/lean-imports.ts";
import { stepChildren } from "./left-over-children.ts";
import { plainFields } from "./plain-fields.ts";
import { ThreadLink } from "./process-link.ts";

export interface ThreadData {
  readonly plan: AgentPlan;
  readonly names: readonly string[];
  readonly mode: "run" | "test";
  readonly lang: Lang;
  /** Of this run of the agent, the same in all of its threads. */
  readonly run: string;
}
export type FromThread =
  | { readonly type: "log"; readonly level: "debug" | "info" | "warn" | "error"; readonly message: string; readonly fields: Record<string, unknown> }
  | { readonly type: "state"; readonly report: PipelineReport }
  | { readonly type: "report"; readonly news: ReportsNews }
  | { readonly type: "metrics"; readonly metrics: readonly MetricSnapshot[] }
  | { readonly type: "tapped"; readonly id: number; readonly error?: Told }
  | { readonly type: "replaced"; readonly id: number; readonly problem: string | undefined }
  | { readonly type: "done"; readonly id: number; readonly answer: unknown }
  | { readonly type: "not done"; readonly id: number; readonly failure: FailureFacts }
  | { readonly type: "sample"; readonly id: number; readonly sample: Sample };
export type ToThread =
  | { readonly type: "drain" }
  /** The agent keeps processes alive: they are reached over the port. */
  | { readonly type: "join"; readonly port: MessagePort }
  | { readonly type: "abort" }
  | { readonly type: "report" }
  | { readonly type: "metrics" }
  | { readonly type: "tap"; readonly id: number; readonly pipeline: string; readonly request: TapRequest }
  | { readonly type: "untap"; readonly id: number }
  | { readonly type: "errand"; readonly id: number; readonly errand: Errand }
  | { readonly type: "leave off"; readonly id: number }
  | { readonly type: "replace"; readonly id: number; readonly change: PipelinesChange };

const port = parentPort;
assert(port !== null, "runs as a worker thread");
const { plan, names, mode, lang, run } = workerData as ThreadData;
setLang(lang);

const tell = (message: FromThread): void => port.postMessage(message);
const at = (level: "debug" | "info" | "warn" | "error") => (message: string, fields: Record<string, unknown> = {}) => tell({ type: "log", level, message, fields: plainFields(fields) });
const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };

const link = new ThreadLink();
const told = new ToldReports();
/** How each tap that is set is taken away. */
const taps = new Map<number, () => void>();
/** What is done beside the pipelines' own work, and how each is asked to leave off. */
const errands = new Map<number, AbortController>();
const drain = new AbortController();
const abort = new AbortController();
const children = stepChildren({ dataDir: plan.dataDir, pidFile: plan.pidFile, run, log });
let replacing: Promise<void> | undefined;
const started = start();
port.on("message", (message: ToThread) => {
  if (message.type === "join") return link.join(message.port);
  if (message.type === "report") return void started.then((running) => tell({ type: "report", news: told.news(running.report()) }));
  if (message.type === "metrics") return void started.then((running) => tell({ type: "metrics", metrics: running.metrics() }));
  if (message.type === "tap") return void setTap(message);
  if (message.type === "untap") return untap(message.id);
  if (message.type === "errand") return void runErrand(message);
  if (message.type === "leave off") return errands.get(message.id)?.abort();
  if (message.type === "replace") return void (replacing = replace(message));
  drain.abort();
  if (message.type === "abort") abort.abort();
});

const pipelines = await started;
collectEarly();
await pipelines.ended;
children.end();
await replacing; // A change may have taken the last of them away: whoever made it waits for its answer.
tell({ type: "metrics", metrics: pipelines.metrics() });
tell({ type: "report", news: told.news(pipelines.report()) });
port.close();

async function setTap({ id, pipeline, request }: Extract<ToThread, { type: "tap" }>): Promise<void> {
  try {
    taps.set(id, await (await started).tap(pipeline, request, (sample) => tell({ type: "sample", id, sample })));
    tell({ type: "tapped", id });
  } catch (thrown) {
    tell({ type: "tapped", id, error: toldOf(thrown) });
  }
}

async function replace({ id, change }: Extract<ToThread, { type: "replace" }>): Promise<void> {
  tell({ type: "replaced", id, problem: await (await started).replace(change) });
}

function untap(id: number): void {
  taps.get(id)?.();
  taps.delete(id);
}

async function runErrand({ id, errand }: Extract<ToThread, { type: "errand" }>): Promise<void> {
  const leaving = new AbortController();
  errands.set(id, leaving);
  try {
    tell({ type: "done", id, answer: await (await started).errand(errand, leaving.signal) });
  } catch (thrown) {
    if (isUnforeseen(thrown)) log.error("what a pipeline was asked to do failed", { pipeline: errand.pipeline, asked: errand.do, error: thrown });
    tell({ type: "not done", id, failure: failureFacts(thrown) });
  } finally {
    errands.delete(id);
  }
}

async function start(): Promise<Pipelines> {
  if (mode === "run") await children.begin();
  if (plan.pluginFiles.length === 0) skipSchemas();
  const { startDataPlane } = await import("./data-plane.ts"); // Only now: what it imports is what the hook is about.
  return startDataPlane({ plan, names, log, mode, ...(mode === "run" ? { processes: link } : {}), onState: (report) => tell({ type: "state", report }) }, { drain: drain.signal, abort: abort.signal });
}
