// Runs a checked config in this process until its inputs end, its time is up or somebody asks it to stop. The first request drains:
// nothing new is read, what is in hand is written. The second drops what is in hand; it comes again after the next start.
import { say } from "#base/lang.ts";
import type { PipelineReport } from "#capabilities/pipelines/pipelines.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { onStopRequest } from "#kernel/stop-request.ts";
import type { StopSignal } from "#kernel/stop-request.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log } from "#sdk/plugin.ts";
import type { AgentSummary, RunningAgent } from "./agent-port.ts";
import type { Call } from "./command.ts";
import { exitCode } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { hasFailed } from "./summary.ts";

export interface RunPlanOptions {
  readonly call: Pick<Call, "agent" | "terminal">;
  readonly log: Log;
  readonly mode: "run" | "test";
  readonly isInline?: boolean;
  readonly only?: readonly string[];
  readonly forMs?: number | undefined;
  /** Where stop requests are looked for on systems without signals. */
  readonly pidFile?: string;
  /** Aborting it drains, as a stop request does, but counts as a good end. */
  readonly enough?: AbortSignal;
  readonly onStarted?: (agent: RunningAgent) => void;
  readonly onReady?: (reports: readonly PipelineReport[]) => void;
}

/** Whoever said `--for` waits no longer for a pipeline that does not start. */
const STARTED_WITHIN_MS = 30_000;

export interface RunEnd {
  readonly summary: AgentSummary;
  /** What was made of records. */
  readonly metrics: readonly MetricSnapshot[];
  readonly exitCode: ExitCode;
}

export async function runPlan(plan: AgentPlan, { call, log, mode, isInline = false, only, forMs, pidFile, enough, onStarted, onReady }: RunPlanOptions): Promise<RunEnd> {
  const drain = new AbortController();
  const abort = new AbortController();
  let stoppedBy: StopSignal | undefined;
  const stopListening = onStopRequest(pidFile, (signal) => {
    if (stoppedBy !== undefined) return abort.abort();
    stoppedBy = signal;
    log.info("stopping: writing what is in hand", { signal });
    if (signal === "SIGINT") call.terminal.talk(say({ en: "stopping; once more to stop at once", ko: "끝내는 중; 한 번 더 누르면 바로 끝냅니다" }));
    drain.abort();
  });
  const endAfter = (ms: number): NodeJS.Timeout => setTimeout(() => drain.abort(), ms);
  // Counted from when all runs, for a busy machine starts slowly; of what never does, from here.
  let timer = forMs === undefined ? undefined : endAfter(STARTED_WITHIN_MS + forMs);
  enough?.addEventListener("abort", () => drain.abort(), { once: true });
  try {
    const agent = await call.agent.start(plan, {
      signal: drain.signal,
      abortSignal: abort.signal,
      log,
      mode,
      isInline,
      ...(only === undefined ? {} : { only }),
      onReady(reports) {
        if (forMs !== undefined) {
          clearTimeout(timer);
          timer = endAfter(forMs);
        }
        onReady?.(reports);
      },
    });
    onStarted?.(agent);
    const summary = await agent.ended;
    return { summary, metrics: await agent.metrics(), exitCode: codeOf(summary, stoppedBy) };
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

function codeOf(summary: AgentSummary, stoppedBy: StopSignal | undefined): ExitCode {
  if (stoppedBy === "SIGINT") return exitCode.interrupted;
  if (stoppedBy === "SIGTERM") return exitCode.terminated;
  if (hasFailed(summary)) return exitCode.failed;
  return summary.isCutShort ? exitCode.timeLimit : exitCode.done;
}
