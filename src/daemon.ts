// The only place that wires the parts together: starts the data-plane threads, stops them, says what moved.
import { Worker } from "node:worker_threads";
import type { Clock } from "#base/clock.ts";
import { UsageError, toError } from "#base/errors.ts";
import { lang } from "#base/lang.ts";
import type { PipelineReport } from "#capabilities/pipelines/pipelines.ts";
import type { Sample, TapRequest } from "#capabilities/pipelines/taps.ts";
import { newStats } from "#capabilities/pipelines/stats.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
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
  /** Shows what passes a step of a pipeline; what comes back takes the tap away. Rejects with UsageError where there is no such step. */
  tap(pipeline: string, request: TapRequest, show: (sample: Sample) => void): Promise<() => void>;
}

interface Part extends Pick<RunningAgent, "tap"> {
  readonly names: readonly string[];
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

export function startAgent(plan: AgentPlan, options: RunOptions): RunningAgent {
  const startedAt = performance.now();
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
  return {
    report,
    async tap(pipeline, request, show) {
      const part = parts.find((each) => each.names.includes(pipeline));
      if (part === undefined) throw new UsageError(`there is no pipeline \`${pipeline}\``, { hint: `There are ${names.join(", ")}.` });
      return part.tap(pipeline, request, show);
    },
    ended: Promise.all(parts.map((part) => part.ended)).then(async () => {
      clearTimeout(abortTimer);
      clearTimeout(sayTimer);
      clearTimeout(killTimer);
      options.signal.removeEventListener("abort", drain);
      options.abortSignal?.removeEventListener("abort", abort);
      return { isCutShort, pipelines: await report(), seconds: (performance.now() - startedAt) / 1000 };
    }),
  };
}

/** Runs until the pipelines have ended or `signal` has made them. */
export function runAgent(plan: AgentPlan, options: RunOptions): Promise<RunSummary> {
  return startAgent(plan, options).ended;
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
    ended: Promise.race([started.then((pipelines) => pipelines.ended), killed.promise]),
    report: async () => (await started).report(),
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
  let last: readonly PipelineReport[] = names.map((name) => ({ name, state: "starting", stats: newStats() }));
  let isRunning = true;
  const asking: ((reports: readonly PipelineReport[]) => void)[] = [];
  const taps = new Map<number, { show(sample: Sample): void; answer(error: { message: string; hint: string | undefined } | undefined): void }>();
  let tapsEver = 0;
  worker.on("message", (message: FromThread) => {
    if (message.type === "log") log[message.level](message.message, message.fields);
    else if (message.type === "state") onState(message.report);
    else if (message.type === "sample") taps.get(message.id)?.show(message.sample);
    else if (message.type === "tapped") taps.get(message.id)?.answer(message.error);
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
    for (const { answer } of taps.values()) answer({ message: "the pipeline has ended", hint: undefined });
    resolve();
  });
  return {
    names,
    tap: async (pipeline, request, show) => {
      if (!isRunning) throw new UsageError("the pipeline has ended");
      const id = (tapsEver += 1);
      const { promise: isSet, resolve: set, reject } = Promise.withResolvers<void>();
      const answer = (error: { message: string; hint: string | undefined } | undefined): void => (error === undefined ? set() : reject(new UsageError(error.message, error.hint === undefined ? {} : { hint: error.hint })));
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
    ended,
    report: () =>
      new Promise((answer) => {
        if (!isRunning) return answer(last);
        asking.push(answer);
        tell({ type: "report" });
      }),
    drain: () => tell({ type: "drain" }),
    abort: () => tell({ type: "abort" }),
    kill: () => void worker.terminate(),
  };
}
