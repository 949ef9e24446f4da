// The only place that wires the parts together: starts the data-plane threads, stops them, says what moved.
import { Worker } from "node:worker_threads";
import type { Clock } from "#base/clock.ts";
import { UsageError, toError } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";
import { lang } from "#base/lang.ts";
import type { PipelineReport, PipelinesChange } from "#capabilities/pipelines/pipelines.ts";
import type { Sample, TapRequest } from "#capabilities/pipelines/taps.ts";
import { newStats } from "#capabilities/pipelines/stats.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { planDifference } from "#kernel/config/plan-difference.ts";
import type { PlanDifference, Reloaded } from "#kernel/config/plan-difference.ts";
import { mergeMetrics, toldMetrics } from "#sdk/metric-family.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log } from "#sdk/plugin.ts";
import type { FromThread, ThreadData, ToThread } from "./daemon-thread.ts";

export interface RunSummary {
  /** The drain took too long: what was in hand then was not written. */
  readonly isCutShort: boolean;
  readonly pipelines: readonly PipelineReport[];
  readonly seconds: number;
}

export interface RunOptions {
  /** Aborting it drains: nothing new is read, what is in hand is written. */
  readonly signal: AbortSignal;
  /** Aborting it drops what is in hand; it comes again after a restart. */
  readonly abortSignal?: AbortSignal;
  readonly log: Log;
  /** `test`: inputs end when they have read what is there, and nothing that breaks is started again. */
  readonly mode: "run" | "test";
  /** Run in this thread, so that breakpoints work. */
  readonly isInline?: boolean;
  /** Another clock than the system's; only inline. */
  readonly clock?: Clock;
  /** Names of the pipelines to run; all without it. */
  readonly only?: readonly string[];
  /** Told once every pipeline runs or has failed. */
  readonly onReady?: (reports: readonly PipelineReport[]) => void;
}

/** What is running, as far as a caller may look at it. */
export interface RunningAgent {
  readonly ended: Promise<RunSummary>;
  report(): Promise<readonly PipelineReport[]>;
  /** What `out.Metrics` has made of records so far, of all threads together. */
  metrics(): Promise<readonly MetricSnapshot[]>;
  /** Shows what passes a step of a pipeline; what comes back takes the tap away. Rejects with UsageError where there is no such step. */
  tap(pipeline: string, request: TapRequest, show: (sample: Sample) => void): Promise<() => void>;
  /** Goes over to another plan: pipelines that are the same are not touched; when one of the others does not start, all is as before. */
  reload(plan: AgentPlan): Promise<Reloaded>;
  /** What `reload` would do. */
  compare(plan: AgentPlan): PlanDifference;
}

interface Part extends Pick<RunningAgent, "tap" | "metrics"> {
  /** The pipelines it runs. */
  names: readonly string[];
  replace(change: PipelinesChange): Promise<string | undefined>;
  readonly ended: Promise<void>;
  report(): Promise<readonly PipelineReport[]>;
  drain(): void;
  abort(): void;
  /** Ends it, whatever it is doing. */
  kill(): void;
}

/** Whoever asked for a stop learns by then what it waits for. */
const SAY_AFTER_MS = 2000;
/** What was told to drop everything has so long to do it. */
const KILL_AFTER_MS = 5000;
const ENDED: Told = { message: "the pipeline has ended", ko: { message: "파이프라인이 끝났습니다" } };

export function startAgent(plan: AgentPlan, options: RunOptions): RunningAgent {
  const startedAt = process.uptime();
  const names = plan.pipelines.map((pipeline) => pipeline.name).filter((name) => options.only === undefined || options.only.includes(name));
  const settled = new Map<string, PipelineReport>();
  let isReady = false;
  const onState = (report: PipelineReport): void => {
    if (report.state === "starting" || isReady) return;
    settled.set(report.name, report);
    if (settled.size < names.length) return;
    isReady = true;
    options.onReady?.([...settled.values()]);
  };

  const parts: Part[] = [];
  const start = options.isInline === true ? inline : inThread;
  for (const share of shares(names, options.isInline === true ? 1 : plan.threads)) parts.push(start({ plan, names: share, mode: options.mode, log: options.log, clock: options.clock, onState }));

  let abortTimer: NodeJS.Timeout | undefined;
  let sayTimer: NodeJS.Timeout | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  let isCutShort = false;
  const again = options.mode === "run" ? "comes again after the next start" : "is given up";
  const abort = (): void => {
    for (const part of parts) part.abort();
    killTimer ??= setTimeout(() => {
      options.log.error("a data-plane thread does not end; it is ended by force", { waitedMs: KILL_AFTER_MS, hint: "A step hangs in a call that never returns; the log says which pipelines had not ended." });
      for (const part of parts) part.kill();
      // A thread that hangs outside of JavaScript cannot be ended, nor can its process in good order. Nothing is lost by it.
      killTimer = setTimeout(() => process.kill(process.pid, "SIGKILL"), KILL_AFTER_MS / 5);
    }, KILL_AFTER_MS);
  };
  const drain = (): void => {
    for (const part of parts) part.drain();
    sayTimer ??= setTimeout(() => options.log.info(`still writing what is in hand; what is not written in time ${again}`, { waitMs: plan.drainMs }), SAY_AFTER_MS);
    abortTimer ??= setTimeout(() => {
      isCutShort = true;
      options.log.warn(`the drain took too long; what is not written yet ${again}`, { drainMs: plan.drainMs });
      abort();
    }, plan.drainMs);
  };
  if (options.signal.aborted) drain();
  else options.signal.addEventListener("abort", drain, { once: true });
  options.abortSignal?.addEventListener("abort", abort, { once: true });

  const report = async (): Promise<readonly PipelineReport[]> => (await Promise.all(parts.map((part) => part.report()))).flat();
  let current = plan;
  let reloading: Promise<unknown> = Promise.resolve();
  const reload = async (next: AgentPlan): Promise<Reloaded> => {
    const difference = planDifference(current, next);
    if (options.signal.aborted) return { ...difference, problem: "the agent is ending" };
    // What only a start can change stays as it is.
    const wanted: AgentPlan = { ...current, pipelines: next.pipelines, pluginFiles: next.pluginFiles, metrics: next.metrics };
    const done: { part: Part; before: readonly string[] }[] = [];
    const apply = async (part: Part, before: readonly string[], change: PipelinesChange): Promise<string | undefined> => {
      const problem = await part.replace(change);
      if (problem === undefined) part.names = [...before.filter((name) => !change.remove.includes(name) && !change.put.includes(name)), ...change.put];
      return problem;
    };
    for (const [part, { put, remove }] of sharesOf(difference, parts)) {
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
    current = wanted;
    return difference;
  };
  return {
    report,
    metrics: async () => toldMetrics(mergeMetrics(await Promise.all(parts.map((part) => part.metrics())))),
    compare: (next) => planDifference(current, next),
    reload(next) {
      const mine = reloading.then(() => reload(next));
      reloading = mine.catch(() => {});
      return mine;
    },
    async tap(pipeline, request, show) {
      const part = parts.find((each) => each.names.includes(pipeline));
      if (part === undefined) {
        const names = parts.flatMap((each) => each.names).join(", ");
        throw new UsageError(`there is no pipeline \`${pipeline}\``, { hint: `There are ${names}.`, ko: { message: `\`${pipeline}\` 파이프라인이 없습니다`, hint: `있는 것: ${names}` } });
      }
      return part.tap(pipeline, request, show);
    },
    ended: Promise.all(parts.map((part) => part.ended)).then(async () => {
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
export function runAgent(plan: AgentPlan, options: RunOptions): Promise<RunSummary> {
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

/** Spreads the pipelines over the threads; one stays on its thread. */
function shares(names: readonly string[], threads: number): string[][] {
  const count = Math.min(threads, names.length);
  return Array.from({ length: count }, (_, thread) => names.filter((_name, index) => index % count === thread));
}

interface PartParts {
  readonly plan: AgentPlan;
  readonly names: readonly string[];
  readonly mode: "run" | "test";
  readonly log: Log;
  readonly clock: Clock | undefined;
  readonly onState: (report: PipelineReport) => void;
}

function inline(parts: PartParts): Part {
  const draining = new AbortController();
  const aborting = new AbortController();
  const killed = Promise.withResolvers<void>();
  // Loaded only here: with worker threads the main thread needs no data plane.
  const started = import("./data-plane.ts").then(({ startDataPlane }) => startDataPlane(parts, { drain: draining.signal, abort: aborting.signal }));
  return {
    names: parts.names,
    tap: async (...given) => (await started).tap(...given),
    replace: async (change) => (await started).replace(change),
    ended: Promise.race([started.then((pipelines) => pipelines.ended), killed.promise]),
    report: async () => (await started).report(),
    metrics: async () => (await started).metrics(),
    drain: () => draining.abort(),
    abort: () => {
      draining.abort();
      aborting.abort();
    },
    kill: () => killed.resolve(),
  };
}

function inThread({ plan, names, mode, log, onState }: PartParts): Part {
  const data: ThreadData = { plan, names, mode, lang: lang() };
  // A small young generation: the data path makes next to no garbage, and memory is promised to stay low.
  const worker = new Worker(new URL("./daemon-thread.ts", import.meta.url), { workerData: data, resourceLimits: { maxYoungGenerationSizeMb: 4 } });
  const tell = (message: ToThread): void => worker.postMessage(message);
  let last: readonly PipelineReport[] = names.map((name) => ({ name, state: "starting", stats: newStats(), memory: { usedBytes: 0, limitBytes: 0 }, buffers: [] }));
  let lastMetrics: readonly MetricSnapshot[] = [];
  let isRunning = true;
  const asking: ((reports: readonly PipelineReport[]) => void)[] = [];
  const askingMetrics: ((metrics: readonly MetricSnapshot[]) => void)[] = [];
  const taps = new Map<number, { show(sample: Sample): void; answer(error: Told | undefined): void }>();
  const replacing = new Map<number, (problem: string | undefined) => void>();
  let asked = 0;
  worker.on("message", (message: FromThread) => {
    if (message.type === "log") log[message.level](message.message, message.fields);
    else if (message.type === "state") onState(message.report);
    else if (message.type === "sample") taps.get(message.id)?.show(message.sample);
    else if (message.type === "replaced") replacing.get(message.id)?.(message.problem);
    else if (message.type === "metrics") {
      lastMetrics = message.metrics;
      for (const answer of askingMetrics.splice(0)) answer(lastMetrics);
    } else if (message.type === "tapped") taps.get(message.id)?.answer(message.error);
    else {
      last = message.reports;
      for (const answer of asking.splice(0)) answer(last);
    }
  });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  worker.on("error", (thrown) => {
    const error = toError(thrown);
    log.error("a data-plane thread broke", { error });
    last = last.map((report) => ({ ...report, state: "failed", error: error.message }));
    for (const report of last) onState(report);
  });
  worker.on("exit", () => {
    isRunning = false;
    for (const answer of asking.splice(0)) answer(last);
    for (const answer of askingMetrics.splice(0)) answer(lastMetrics);
    for (const { answer } of taps.values()) answer(ENDED);
    for (const answer of replacing.values()) answer("the thread has ended");
    resolve();
  });
  return {
    names,
    tap: async (pipeline, request, show) => {
      if (!isRunning) throw new UsageError(ENDED.message, ENDED);
      const id = (asked += 1);
      const { promise: isSet, resolve: set, reject } = Promise.withResolvers<void>();
      const answer = (error: Told | undefined): void => (error === undefined ? set() : reject(new UsageError(error.message, error)));
      taps.set(id, { show, answer });
      tell({ type: "tap", id, pipeline, request });
      const away = (): void => {
        if (taps.delete(id) && isRunning) tell({ type: "untap", id });
      };
      await isSet.catch((error: unknown) => {
        away();
        throw error;
      });
      return away;
    },
    replace: async (change) => {
      if (!isRunning) return "the thread has ended";
      const id = (asked += 1);
      const { promise, resolve: answer } = Promise.withResolvers<string | undefined>();
      replacing.set(id, answer);
      tell({ type: "replace", id, change });
      const problem = await promise;
      replacing.delete(id);
      return problem;
    },
    ended,
    report: () =>
      new Promise((answer) => {
        if (!isRunning) return answer(last);
        asking.push(answer);
        tell({ type: "report" });
      }),
    metrics: () =>
      new Promise((answer) => {
        if (!isRunning) return answer(lastMetrics);
        askingMetrics.push(answer);
        tell({ type: "metrics" });
      }),
    drain: () => tell({ type: "drain" }),
    abort: () => tell({ type: "abort" }),
    kill: () => void worker.terminate(),
  };
}
