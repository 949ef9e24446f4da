// What a running agent answers on its control socket. It is loaded into every agent: nothing that reads configs belongs here.
import { UsageError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { Reloaded } from "#kernel/config/plan-difference.ts";
import { controlAddress, serveControl } from "#kernel/control-socket.ts";
import type { ControlServer } from "#kernel/control-socket.ts";
import type { RecentLog } from "#kernel/recent-log.ts";
import type { PipelineStatus } from "#kernel/status-file.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log } from "#sdk/plugin.ts";
import type { ShownMetrics } from "../metrics/shown-metrics.ts";
import type { RunningAgent } from "./command.ts";
import { lookOf } from "./summary.ts";

/** A pipeline now, and its counts some seconds ago: both together are a rate. */
export interface Look {
  readonly atMs: number;
  readonly pipelines: readonly PipelineStatus[];
  readonly before?: { readonly atMs: number; readonly pipelines: readonly PipelineStatus[] };
}

export interface Served {
  readonly agent: RunningAgent;
  readonly pidFile: string;
  readonly log: Log;
  readonly recent: RecentLog;
  readonly shown: ShownMetrics;
  metrics(): Promise<readonly MetricSnapshot[]>;
  /** Reads and checks the config as a start does. */
  readPlan(): Promise<AgentPlan>;
}

/** Goes over to another plan, and says how that went. */
export async function reload({ agent, shown, log }: Pick<Served, "agent" | "shown" | "log">, plan: AgentPlan): Promise<Reloaded> {
  const move = await shown.move(plan.metrics);
  const reloaded = await agent.reload(plan).catch(async (error: unknown) => {
    await move.undo();
    throw error;
  });
  const { problem, changed, added, removed, same } = reloaded;
  await (problem === undefined ? move.keep() : move.undo());
  if (problem === undefined) log.info("reloaded", { changed, added, removed, same: same.length });
  else log.error("a reload failed; the config before runs on", { error: problem });
  return reloaded;
}

/** Rates are over at least so long. */
const RATE_MS = 1000;
/** Of a tap: each record shown is decoded in the data path. */
export const PER_SECOND_MAX = 10_000;

/** Serves until it is closed. That nobody can ask is no reason for an agent not to run: it is said. */
export async function serveAgent({ agent, pidFile, log, recent, shown, metrics, readPlan }: Served): Promise<ControlServer | undefined> {
  const looks: { atMs: number; pipelines: readonly PipelineStatus[] }[] = [];
  const look = async (): Promise<Look> => {
    const now = { atMs: Date.now(), pipelines: (await agent.report()).map(lookOf) };
    const before = looks.findLast(({ atMs }) => RATE_MS <= now.atMs - atMs);
    looks.push(now);
    while (8 < looks.length) looks.shift();
    return { ...now, ...(before === undefined ? {} : { before }) };
  };
  const keeping = setInterval(() => void look().catch(() => {}), 2 * RATE_MS).unref();
  try {
    const server = await serveControl(controlAddress(pidFile), {
      "pipelines.list": async () => (await look()) as unknown as JsonValue,
      "metrics.list": async () => (await metrics()) as unknown as JsonValue,
      async "agent.reload"() {
        return (await reload({ agent, shown, log }, await readPlan())) as unknown as JsonValue;
      },
      "agent.plan": async () => agent.compare(await readPlan()) as unknown as JsonValue,
      async "pipelines.tap"({ params, emit, signal }) {
        const { pipeline, step, where, isDiff, perSecondMax } = params;
        if (typeof pipeline !== "string" || typeof step !== "string") throw new UsageError("a tap needs `pipeline` and `step`", { ko: { message: "tap에는 `pipeline`과 `step`이 있어야 합니다" } });
        const request = { step, isDiff: isDiff === true, perSecondMax: Math.min(PER_SECOND_MAX, typeof perSecondMax === "number" && 0 < perSecondMax ? perSecondMax : 100), ...(typeof where === "string" ? { where } : {}) };
        let lost = 0;
        const away = await agent.tap(pipeline, request, (sample) => {
          const isTaken = emit({ ...sample, skipped: sample.skipped + lost } as unknown as JsonValue);
          lost = isTaken ? 0 : lost + sample.skipped + sample.records.length;
        });
        await ended(signal);
        away();
        return null;
      },
      async "agent.logs"({ params: { pipeline }, emit, signal }) {
        const away = recent.follow((record) => {
          if (pipeline === undefined || record.fields["pipeline"] === pipeline) emit(record as unknown as JsonValue);
        });
        await ended(signal);
        away();
        return null;
      },
    });
    return {
      async close() {
        clearInterval(keeping);
        await server.close();
      },
    };
  } catch (error) {
    clearInterval(keeping);
    log.warn("the control socket cannot be opened; `dure ls`, `tap` and `top` will not find this agent", { error });
    return undefined;
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true })));
}
