// Runs the pipelines of one data-plane thread: starts them side by side, replaces or pauses some while the others go on, ends them together.
import type { Clock } from "#base/clock.ts";
import { UsageError } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import { eitherOf } from "#base/signals.ts";
import type { ChunkMemory } from "#dataplane/memory.ts";
import type { AgentPlan, PipelinePlan } from "#kernel/config/plan.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { mergeMetrics } from "#sdk/metric-family.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { GivenRecord, Log, Plugin } from "#sdk/plugin.ts";
import type { ProcessLink } from "#sdk/process-link.ts";
import type { BufferHeld, PipelineStats } from "./stats.ts";
import { noPipeline, notRunning } from "./pipeline-failures.ts";
import type { Replayed } from "./replay-letter.ts";
import { Supervised } from "./supervised.ts";
import type { Sample, TapRequest } from "./taps.ts";

/** starting → running → ended | failed; `restarting` between two tries of one that broke; `paused` until it is resumed, which is a start. */
export type PipelineState = "starting" | "running" | "restarting" | "paused" | "ended" | "failed";

/** Who has paused a pipeline, and when. */
export interface Paused {
  readonly by: string;
  readonly sinceMs: number;
}

export interface PipelineReport {
  readonly name: string;
  readonly state: PipelineState;
  readonly stats: PipelineStats;
  /** Chunk memory it holds, and its share. */
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number };
  readonly buffers: readonly BufferHeld[];
  /** Why it failed, or why it is being started again. */
  readonly error?: string;
  readonly paused?: Paused;
}

export interface PipelinesParts {
  readonly plan: AgentPlan;
  readonly names: readonly string[];
  readonly memory: ChunkMemory;
  /** `code`: of a plugin of the user's own, what its file is to hold (StepPlan). */
  readonly plugin: (name: string, code: string | undefined) => Promise<Plugin>;
  readonly clock: Clock;
  readonly log: Log;
  readonly mode: "run" | "test";
  /** The processes that the agent keeps alive beside the pipelines. */
  readonly processes?: ProcessLink | undefined;
  /** Told each time a pipeline's state changes. */
  readonly onState: (report: PipelineReport) => void;
}

export interface Pipelines {
  /** Resolves when every pipeline has ended or failed; never rejects. */
  readonly ended: Promise<void>;
  report(): PipelineReport[];
  /** The metrics that its steps have made of records. */
  metrics(): MetricSnapshot[];
  /** Sets a tap on a step; what comes back takes it away. Rejects with UsageError where there is no such pipeline or step. */
  tap(pipeline: string, request: TapRequest, show: (sample: Sample) => void): Promise<() => void>;
  /** Replaces pipelines while the others go on; all or none. Gives why not, or nothing when it is done. */
  replace(change: PipelinesChange): Promise<string | undefined>;
  /** Has a pipeline do something beside its work; aborting the signal asks it to leave off. Rejects with CommandFailure where that cannot be. */
  errand<Wanted extends Errand>(errand: Wanted, signal: AbortSignal): Promise<ErrandAnswer<Wanted>>;
}

/** Plain data: it comes from the main thread. Neither a pause nor a resume is asked for while another change is made. */
export type Errand =
  /** Drains it and closes it. */
  | { readonly do: "pause"; readonly pipeline: string; readonly by: string }
  /** Starts it again where it was; answered once it runs or has failed. */
  | { readonly do: "resume"; readonly pipeline: string }
  /** Sends one of its dead letters again. */
  | { readonly do: "replay"; readonly pipeline: string; readonly letter: string }
  /** Gives the last records that its input keeps. */
  | { readonly do: "samples"; readonly pipeline: string };
export type ErrandAnswer<Wanted extends Errand> = Wanted extends { readonly do: "replay" } ? Replayed : Wanted extends { readonly do: "samples" } ? readonly GivenRecord[] : PipelineReport;

export interface PipelinesChange {
  readonly plan: AgentPlan;
  /** Pipelines of this thread to be there afterwards as the plan has them: new ones, and changed ones. */
  readonly put: readonly string[];
  /** To be gone. */
  readonly remove: readonly string[];
}

export function startPipelines(parts: PipelinesParts, signals: { drain: AbortSignal; abort: AbortSignal }): Pipelines {
  const fleet = new Fleet(parts, signals);
  for (const plan of parts.plan.pipelines) if (parts.names.includes(plan.name)) fleet.start(plan);
  fleet.look();
  return fleet;
}

const ENDING: Text = { en: "the agent is ending", ko: "에이전트가 끝나는 중입니다" };

interface Member {
  readonly pipeline: Supervised;
  readonly plan: PipelinePlan;
  readonly drain: AbortController;
  readonly abort: AbortController;
  readonly done: Promise<void>;
  isDone: boolean;
}

/** The pipelines of one thread. */
class Fleet implements Pipelines {
  #parts: PipelinesParts;
  readonly #signals: { drain: AbortSignal; abort: AbortSignal };
  readonly #members = new Map<string, Member>();
  readonly #shareBytes: number;
  readonly #end = Promise.withResolvers<void>();
  #isReplacing = false;

  constructor(parts: PipelinesParts, signals: { drain: AbortSignal; abort: AbortSignal }) {
    this.#parts = parts;
    this.#signals = signals;
    // Each has its own share of the thread's memory: one that is stuck starves nobody.
    this.#shareBytes = Math.floor(parts.memory.bytesMax / Math.max(1, parts.names.length));
    // What is paused ends with the others.
    signals.drain.addEventListener("abort", () => this.look(), { once: true });
  }

  get ended(): Promise<void> {
    return this.#end.promise;
  }

  report(): PipelineReport[] {
    return [...this.#members.values()].map(({ pipeline }) => pipeline.report());
  }

  metrics(): MetricSnapshot[] {
    const nowMs = this.#parts.clock.now();
    return mergeMetrics([...this.#members.values()].map(({ pipeline }) => pipeline.metrics.snapshot(nowMs)));
  }

  async tap(name: string, request: TapRequest, show: (sample: Sample) => void): Promise<() => void> {
    const member = this.#members.get(name);
    if (member === undefined) throw new UsageError(`there is no pipeline \`${name}\` here`, { hint: `There are ${[...this.#members.keys()].join(", ")}.`, ko: { message: `\`${name}\` 파이프라인이 없습니다`, hint: `있는 것: ${[...this.#members.keys()].join(", ")}` } });
    return member.pipeline.taps.add(request, show);
  }

  async replace({ plan, put, remove }: PipelinesChange): Promise<string | undefined> {
    this.#isReplacing = true;
    const before = this.#parts;
    const was = this.#named([...put, ...remove]);
    const wanted = plan.pipelines.filter(({ name }) => put.includes(name));
    try {
      await this.#stopAll(was, wanted);
      for (const name of remove) this.#members.delete(name);
      this.#parts = { ...this.#parts, plan };
      const outcomes = await this.#startAll(wanted, was);
      const failed = outcomes.find((report) => report.state === "failed" || report.state === "restarting");
      if (failed === undefined) return undefined;
      // Back to what was: what is open goes back too, and positions are where they were left, so each goes on there.
      const tried = this.#named(put);
      await this.#stopAll(tried, was.map((member) => member.plan));
      for (const name of put) this.#members.delete(name);
      this.#parts = before;
      await this.#startAll(was.map((member) => member.plan), [...tried, ...was]);
      return `${failed.name}: ${failed.error ?? failed.state}`;
    } finally {
      this.#isReplacing = false;
      for (const { isDone, pipeline } of this.#members.values()) if (isDone) await pipeline.letGo();
      this.look();
    }
  }

  async errand<Wanted extends Errand>(errand: Wanted, signal: AbortSignal): Promise<ErrandAnswer<Wanted>> {
    return (await this.#run(errand, signal)) as ErrandAnswer<Wanted>;
  }

  async #run(errand: Errand, signal: AbortSignal): Promise<PipelineReport | Replayed | readonly GivenRecord[]> {
    const { pipeline: name } = errand;
    if (errand.do === "pause") return this.#pause(name, errand.by);
    if (errand.do === "resume") return this.#resume(name);
    const { pipeline } = this.#known(name);
    return errand.do === "samples" ? pipeline.samples() : pipeline.replay(errand.letter, signal);
  }

  async #pause(name: string, by: string): Promise<PipelineReport> {
    const member = this.#known(name);
    const { pipeline } = member;
    if (pipeline.paused !== undefined) throw conflict({ en: `${name} is paused already`, ko: `${name} 파이프라인은 이미 일시정지 상태입니다` });
    if (this.#signals.drain.aborted) throw conflict(ENDING);
    if (member.isDone) throw notRunning(name, pipeline.report().state);
    pipeline.pauseBy(by);
    await this.#stop(member, undefined);
    return pipeline.report();
  }

  async #resume(name: string): Promise<PipelineReport> {
    const { pipeline, plan, isDone } = this.#known(name);
    if (pipeline.paused === undefined || !isDone) throw conflict({ en: `${name} is not paused`, ko: `${name} 파이프라인은 일시정지 상태가 아닙니다` });
    if (this.#signals.drain.aborted) throw conflict(ENDING);
    return this.start(plan, pipeline).firstState;
  }

  /** `before`: whose counts and taps go on. */
  start(plan: PipelinePlan, before?: Supervised): Supervised {
    const pipeline = new Supervised(plan, this.#shareBytes, this.#parts, before);
    const [drain, abort] = [new AbortController(), new AbortController()];
    const draining = eitherOf(this.#signals.drain, drain.signal);
    const aborting = eitherOf(this.#signals.abort, abort.signal);
    const done = pipeline.run({ drain: draining.signal, abort: aborting.signal }).then(async () => {
      if (!this.#isReplacing) await pipeline.letGo();
      member.isDone = true;
      draining[Symbol.dispose]();
      aborting[Symbol.dispose]();
      this.look();
    });
    const member: Member = { pipeline, plan, drain, abort, done, isDone: false };
    this.#members.set(plan.name, member);
    return pipeline;
  }

  /** Ends when nothing runs, and nothing is about to or can be resumed. */
  look(): void {
    const isEnding = this.#signals.drain.aborted;
    if (!this.#isReplacing && [...this.#members.values()].every(({ isDone, pipeline }) => isDone && (isEnding || pipeline.paused === undefined))) this.#end.resolve();
  }

  #known(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw noPipeline(name, [...this.#members.keys()]);
    return member;
  }

  /** What is paused stays so, as it now is in the config. */
  #hold(plan: PipelinePlan, before: Supervised, paused: Paused): Supervised {
    const pipeline = new Supervised(plan, this.#shareBytes, this.#parts, before);
    pipeline.stayPaused(paused);
    this.#members.set(plan.name, { pipeline, plan, drain: new AbortController(), abort: new AbortController(), done: Promise.resolve(), isDone: true });
    return pipeline;
  }

  #named(names: readonly string[]): Member[] {
    return names.flatMap((name) => this.#members.get(name) ?? []);
  }

  /** `next`: the plans that take their places, where there are any. */
  async #stopAll(members: readonly Member[], next: readonly PipelinePlan[]): Promise<void> {
    await Promise.all(members.map((member) => this.#stop(member, next.find(({ name }) => name === member.plan.name))));
  }

  /** Resolves with how each start went. `before`: whose places they take; the first of a name is the one. */
  async #startAll(plans: readonly PipelinePlan[], before: readonly Member[]): Promise<PipelineReport[]> {
    const started = plans.map((plan) => {
      const last = before.find((member) => member.plan.name === plan.name)?.pipeline;
      return last?.paused !== undefined ? this.#hold(plan, last, last.paused) : this.start(plan, last);
    });
    return Promise.all(started.map((pipeline) => pipeline.firstState));
  }

  /** What is in hand is written first; what takes too long comes again. */
  async #stop({ pipeline, plan, drain, abort, done }: Member, next: PipelinePlan | undefined): Promise<void> {
    const { log, plan: { drainMs } } = this.#parts;
    if (next !== undefined) pipeline.makeWayFor(next);
    drain.abort();
    const timer = setTimeout(() => {
      log.warn("the drain of a pipeline took too long; what is not written yet comes again", { pipeline: plan.name, drainMs });
      abort.abort();
    }, drainMs);
    await done;
    clearTimeout(timer);
  }
}

function conflict({ en, ko }: Text): CommandFailure {
  return new CommandFailure("CONFLICT", { message: en, ko: { message: ko } });
}
