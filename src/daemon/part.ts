// The pipelines of one data-plane thread as the main thread sees them: in a worker, or in this thread where somebody wants breakpoints.
import { Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type { Clock } from "#base/clock.ts";
import { UsageError, toError } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";
import { lang } from "#base/lang.ts";
import type { Errand, ErrandAnswer, PipelineReport, PipelinesChange } from "#capabilities/pipelines/pipelines.ts";
import type { Sample, TapRequest } from "#capabilities/pipelines/taps.ts";
import { afterNews } from "#capabilities/pipelines/told-reports.ts";
import { newStats } from "#capabilities/pipelines/stats.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log } from "#sdk/plugin.ts";
import { THIS_RUN } from "./this-run.ts";
import type { FromThread, ThreadData, ToThread } from "./thread.ts";

const ENDED: Told = { message: "the pipeline has ended", ko: { message: "파이프라인이 끝났습니다" } };

export interface Part {
  /** The pipelines it runs. */
  names: readonly string[];
  replace(change: PipelinesChange): Promise<string | undefined>;
  tap(pipeline: string, request: TapRequest, show: (sample: Sample) => void): Promise<() => void>;
  /** Has one pipeline do something beside its work; aborting the signal asks it to leave off. Rejects with CommandFailure. */
  errand<Wanted extends Errand>(errand: Wanted, signal: AbortSignal): Promise<ErrandAnswer<Wanted>>;
  metrics(): Promise<readonly MetricSnapshot[]>;
  readonly ended: Promise<void>;
  report(): Promise<readonly PipelineReport[]>;
  /** There are processes now: its pipelines reach them over the port. */
  join(port: MessagePort): void;
  drain(): void;
  abort(): void;
  /** Ends it, whatever it is doing. */
  kill(): void;
}

export interface PartParts {
  readonly plan: AgentPlan;
  readonly names: readonly string[];
  readonly mode: "run" | "test";
  readonly log: Log;
  readonly clock: Clock | undefined;
  readonly onState: (report: PipelineReport) => void;
}

export function inline(parts: PartParts): Part {
  const draining = new AbortController();
  const aborting = new AbortController();
  const killed = Promise.withResolvers<void>();
  // Loaded only here: with worker threads the main thread needs no data plane.
  const started = import("./data-plane.ts").then(({ startDataPlane }) => startDataPlane(parts, { drain: draining.signal, abort: aborting.signal }));
  return {
    names: parts.names,
    tap: async (...given) => (await started).tap(...given),
    replace: async (change) => (await started).replace(change),
    errand: async (errand, signal) => (await started).errand(errand, signal),
    ended: Promise.race([started.then((pipelines) => pipelines.ended), killed.promise]),
    report: async () => (await started).report(),
    metrics: async () => (await started).metrics(),
    join: () => {}, // Under `dure test` no process runs.
    drain: () => draining.abort(),
    abort: () => {
      draining.abort();
      aborting.abort();
    },
    kill: () => killed.resolve(),
  };
}

export function inThread({ plan, names, mode, log, onState }: PartParts): Part {
  const data: ThreadData = { plan, names, mode, lang: lang(), run: THIS_RUN };
  // A small young generation: the data path makes next to no garbage, and memory is promised to stay low.
  const worker = new Worker(new URL("./thread-start.ts", import.meta.url), { workerData: data, resourceLimits: { maxYoungGenerationSizeMb: 4 } });
  const tell = (message: ToThread): void => worker.postMessage(message);
  let last: readonly PipelineReport[] = names.map((name) => ({ name, state: "starting", stats: newStats(), memory: { usedBytes: 0, limitBytes: 0 }, buffers: [] }));
  let lastMetrics: readonly MetricSnapshot[] = [];
  let isRunning = true;
  const asking: ((reports: readonly PipelineReport[]) => void)[] = [];
  const askingMetrics: ((metrics: readonly MetricSnapshot[]) => void)[] = [];
  const taps = new Map<number, { show(sample: Sample): void; answer(error: Told | undefined): void }>();
  const replacing = new Map<number, (problem: string | undefined) => void>();
  const errands = new Map<number, { done(answer: unknown): void; failed(error: unknown): void }>();
  let asked = 0;
  worker.on("message", (message: FromThread) => {
    if (message.type === "log") log[message.level](message.message, message.fields);
    else if (message.type === "state") onState(message.report);
    else if (message.type === "sample") taps.get(message.id)?.show(message.sample);
    else if (message.type === "replaced") replacing.get(message.id)?.(message.problem);
    else if (message.type === "done") errands.get(message.id)?.done(message.answer);
    else if (message.type === "not done") errands.get(message.id)?.failed(new CommandFailure(message.failure.code, message.failure));
    else if (message.type === "metrics") {
      lastMetrics = message.metrics;
      for (const answer of askingMetrics.splice(0)) answer(lastMetrics);
    } else if (message.type === "tapped") taps.get(message.id)?.answer(message.error);
    else {
      last = afterNews(last, message.news);
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
    for (const { failed } of errands.values()) failed(hasEnded());
    resolve();
  });
  return {
    names,
    tap: async (pipeline, request, show) => {
      if (!isRunning) throw hasEnded();
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
    errand: async <Wanted extends Errand>(errand: Wanted, signal: AbortSignal) => {
      if (!isRunning) throw hasEnded();
      const id = (asked += 1);
      const { promise, resolve: done, reject: failed } = Promise.withResolvers<unknown>();
      const leaveOff = (): void => tell({ type: "leave off", id });
      errands.set(id, { done, failed });
      tell({ type: "errand", id, errand });
      if (signal.aborted) leaveOff();
      else signal.addEventListener("abort", leaveOff, { once: true });
      try {
        return (await promise) as ErrandAnswer<Wanted>;
      } finally {
        signal.removeEventListener("abort", leaveOff);
        errands.delete(id);
      }
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
    join: (port) => isRunning && worker.postMessage({ type: "join", port } satisfies ToThread, [port]),
    drain: () => tell({ type: "drain" }),
    abort: () => tell({ type: "abort" }),
    kill: () => void worker.terminate(),
  };
}

function hasEnded(): CommandFailure {
  return new CommandFailure("CONFLICT", ENDED);
}
