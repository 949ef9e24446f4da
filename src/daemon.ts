// The only place that wires the parts together: starts the data-plane threads, stops them, says what moved.
import { ended as signalled } from "#base/signals.ts";
import type { PipelineReport, PipelinesChange } from "#capabilities/pipelines/pipelines.ts";
import { noPipeline } from "#capabilities/pipelines/pipeline-failures.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { jobsUntilStart, planDifference } from "#kernel/config/plan-difference.ts";
import type { PlanDifference, Reloaded } from "#kernel/config/plan-difference.ts";
import type { AgentOptions, AgentSummary, RunningAgent } from "#edges/cli/agent-port.ts";
import { inThread, inline } from "./daemon/part.ts";
import type { Part } from "./daemon/part.ts";
import { requestStop } from "#kernel/stop-request.ts";
import { Jobs } from "./daemon/jobs.ts";
import { Processes } from "./daemon/processes.ts";

/** Whoever asked for a stop learns by then what it waits for. */
const SAY_AFTER_MS = 2000;
/** What was told to drop everything has so long to do it. */
const KILL_AFTER_MS = 5000;
const NEVER = new AbortController().signal;

export function startAgent(plan: AgentPlan, options: AgentOptions): RunningAgent {
  const startedAt = process.uptime();
  const names = plan.pipelines.map((pipeline) => pipeline.name).filter((name) => options.only === undefined || options.only.includes(name));
  const settled = new Map<string, PipelineReport>();
  let isReady = false;
  let haveProcessesBegun = false;
  const isWhole = options.mode === "run" && options.only === undefined;
  const processes = new Processes({ ...plan, plan: isWhole ? plan.processes : { ...plan.processes, processes: [] }, log: options.log });
  const jobs = new Jobs({ ...plan, plan: isWhole ? plan.jobs : undefined, log: options.log, endWanted: () => requestStop(process.pid, plan.pidFile) });
  const states = new Map<string, PipelineReport>();
  const followers = new Set<(report: PipelineReport) => void>();
  const onState = (report: PipelineReport): void => {
    states.set(report.name, report);
    for (const tell of followers) tell(report);
    if (report.state === "starting" || isReady) return;
    settled.set(report.name, report);
    tellWhenReady();
  };
  const tellWhenReady = (): void => {
    if (isReady || settled.size < names.length || !haveProcessesBegun) return;
    isReady = true;
    options.onReady?.([...settled.values()]);
  };
  void Promise.all([processes.begun(), jobs.begun()]).then(() => {
    haveProcessesBegun = true;
    tellWhenReady();
  });

  const parts: Part[] = [];
  const start = options.isInline === true ? inline : inThread;
  /** Those whose pipelines have not all ended. */
  const live = new Set<Part>();
  const startPart = (own: AgentPlan, share: readonly string[]): void => {
    const part = start({ plan: own, names: share, mode: options.mode, log: options.log, clock: options.clock, onState });
    parts.push(part);
    live.add(part);
    processes.joinTo(part);
    void part.ended.then(() => live.delete(part));
  };
  for (const share of shares(names, options.isInline === true ? 1 : plan.threads)) startPart(plan, share);

  let abortTimer: NodeJS.Timeout | undefined;
  let sayTimer: NodeJS.Timeout | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  let isCutShort = false;
  const again = options.mode === "run" ? "comes again after the next start" : "is given up";
  const abort = (): void => {
    for (const part of parts) part.abort();
    void processes.abort();
    void jobs.abort();
    killTimer ??= setTimeout(() => {
      options.log.error("a data-plane thread does not end; it is ended by force", { waitedMs: KILL_AFTER_MS, hint: "A step hangs in a call that never returns; the log says which pipelines had not ended." });
      for (const part of parts) part.kill();
      void processes.kill();
      void jobs.kill();
      // A thread that hangs outside of JavaScript cannot be ended, nor can its process in good order. Nothing is lost by it.
      killTimer = setTimeout(() => process.kill(process.pid, "SIGKILL"), KILL_AFTER_MS / 5);
    }, KILL_AFTER_MS);
  };
  const drain = (): void => {
    for (const part of parts) part.drain();
    void processes.drain();
    void jobs.drain(plan.drainMs);
    sayTimer ??= setTimeout(() => options.log.info(`still writing what is in hand; what is not written in time ${again}`, { waitMs: plan.drainMs }), SAY_AFTER_MS);
    abortTimer ??= setTimeout(() => {
      isCutShort = true;
      options.log.warn(`the drain took too long; what is not written yet ${again}`, { drainMs: plan.drainMs });
      abort();
    }, plan.drainMs);
  };
  if (options.signal.aborted) drain();
  else options.signal.addEventListener("abort", drain, { once: true });
  if (options.abortSignal?.aborted === true) abort();
  else options.abortSignal?.addEventListener("abort", abort, { once: true });

  const report = async (): Promise<readonly PipelineReport[]> => (await Promise.all(parts.map((part) => part.report()))).flat();
  let current = plan;
  /** What changes which pipelines there are happens one after the other. */
  let changing: Promise<unknown> = Promise.resolve();
  const inLine = <Result>(change: () => Promise<Result>): Promise<Result> => {
    const mine = changing.then(change);
    changing = mine.catch(() => {});
    return mine;
  };
  const partOf = (pipeline: string): Part => {
    const part = parts.find((each) => each.names.includes(pipeline));
    if (part !== undefined) return part;
    throw noPipeline(pipeline, parts.flatMap((each) => each.names));
  };
  const reload = async (next: AgentPlan): Promise<Reloaded> => {
    const difference = planDifference(current, next);
    if (options.signal.aborted) return { ...difference, problem: "the agent is ending" };
    // What only a start can change stays as it is.
    const wanted: AgentPlan = { ...current, pipelines: next.pipelines, pluginFiles: next.pluginFiles, metrics: next.metrics, processes: next.processes, jobs: jobsUntilStart(current.jobs, next.jobs) };
    const done: { part: Part; before: readonly string[] }[] = [];
    const apply = async (part: Part, before: readonly string[], change: PipelinesChange): Promise<string | undefined> => {
      const problem = await part.replace(change);
      if (problem === undefined) part.names = [...before.filter((name) => !change.remove.includes(name) && !change.put.includes(name)), ...change.put];
      return problem;
    };
    for (const [part, { put, remove }] of sharesOf(difference, [...live])) {
      const before = part.names;
      const problem = await apply(part, before, { plan: wanted, put, remove });
      if (problem === undefined) {
        done.push({ part, before });
        continue;
      }
      // What other threads have changed already goes back as well.
      for (const { part: other, before: names } of done) await apply(other, other.names, { plan: current, put: names.filter((name) => difference.changed.includes(name) || difference.removed.includes(name)), remove: other.names.filter((name) => !names.includes(name)) });
      return { ...difference, problem };
    }
    // Of an agent that had no pipeline, or whose pipelines have all ended.
    if (live.size === 0 && 0 < difference.added.length) startPart(wanted, difference.added);
    const problem = (await processes.apply(next.processes)) ?? (await jobs.apply(next.jobs));
    if (problem !== undefined) return { ...difference, problem };
    current = wanted;
    for (const name of difference.removed) states.delete(name);
    return difference;
  };
  /** An agent with pipelines alone ends with them; one with processes, or where somebody may come and add some, when it is told to. */
  const allEnded = async (): Promise<void> => {
    for (let seen = -1; seen !== parts.length; ) {
      seen = parts.length;
      await Promise.all(parts.map((part) => part.ended));
      if (processes.isAny || jobs.isAny || (isWhole && processes.isVisited)) await stayed(options.signal);
    }
    await processes.finish();
    await jobs.ended();
  };
  return {
    processes,
    jobs,
    report,
    async metrics() {
      const each = await Promise.all(parts.map((part) => part.metrics()));
      if (each.every((metrics) => metrics.length === 0)) return [];
      const { mergeMetrics, toldMetrics } = await import("#sdk/metric-family.ts");
      return toldMetrics(mergeMetrics(each));
    },
    compare: (next) => planDifference(current, next),
    plan: () => current,
    follow(listener) {
      for (const report of states.values()) listener(report);
      followers.add(listener);
      return () => void followers.delete(listener);
    },
    reload: (next) => inLine(() => reload(next)),
    pause: (pipeline, by) => inLine(() => partOf(pipeline).errand({ do: "pause", pipeline, by }, NEVER)),
    resume: (pipeline) => inLine(() => partOf(pipeline).errand({ do: "resume", pipeline }, NEVER)),
    samples: async (pipeline) => partOf(pipeline).errand({ do: "samples", pipeline }, NEVER),
    replay: async (pipeline, letter, signal) => partOf(pipeline).errand({ do: "replay", pipeline, letter }, signal),
    tap: async (pipeline, request, show) => partOf(pipeline).tap(pipeline, request, show),
    ended: allEnded().then(async () => {
      clearTimeout(abortTimer);
      clearTimeout(sayTimer);
      clearTimeout(killTimer);
      options.signal.removeEventListener("abort", drain);
      options.abortSignal?.removeEventListener("abort", abort);
      return { isCutShort, pipelines: await report(), seconds: process.uptime() - startedAt };
    }),
  };
}

/** Runs until the pipelines have ended or `signal` has made them. */
export function runAgent(plan: AgentPlan, options: AgentOptions): Promise<AgentSummary> {
  return startAgent(plan, options).ended;
}

/** What each thread has to change; a new pipeline goes where the fewest are. */
function sharesOf({ changed, added, removed }: PlanDifference, parts: readonly Part[]): Map<Part, { put: string[]; remove: string[] }> {
  const shares = new Map<Part, { put: string[]; remove: string[] }>();
  const shareOf = (part: Part): { put: string[]; remove: string[] } => {
    const share = shares.get(part) ?? { put: [], remove: [] };
    shares.set(part, share);
    return share;
  };
  for (const part of parts) {
    for (const name of part.names) {
      if (removed.includes(name)) shareOf(part).remove.push(name);
      if (changed.includes(name)) shareOf(part).put.push(name);
    }
  }
  const load = new Map(parts.map((part) => [part, part.names.length]));
  for (const name of added) {
    const [least] = [...load].sort(([, one], [, other]) => one - other);
    if (least === undefined) continue;
    shareOf(least[0]).put.push(name);
    load.set(least[0], least[1] + 1);
  }
  return shares;
}

/** With nobody in it there is nothing else that keeps the agent: who listens does not. */
async function stayed(signal: AbortSignal): Promise<void> {
  const awake = setInterval(() => {}, 2 ** 30);
  await signalled(signal);
  clearInterval(awake);
}

/** Spreads the pipelines over the threads; one stays on its thread. */
function shares(names: readonly string[], threads: number): string[][] {
  const count = Math.min(threads, names.length);
  return Array.from({ length: count }, (_, thread) => names.filter((_name, index) => index % count === thread));
}
