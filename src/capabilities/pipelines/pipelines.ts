// Runs the pipelines of one data-plane thread: starts them side by side, replaces some while the others go on, ends them together.
import type { Clock } from "#base/clock.ts";
import { UsageError } from "#base/errors.ts";
import { eitherOf } from "#base/signals.ts";
import type { ChunkMemory } from "#dataplane/memory.ts";
import type { AgentPlan, PipelinePlan } from "#kernel/config/plan.ts";
import { mergeMetrics } from "#sdk/metric-family.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log, Plugin } from "#sdk/plugin.ts";
import type { BufferHeld, PipelineStats } from "./stats.ts";
import { Supervised } from "./supervised.ts";
import type { Sample, TapRequest } from "./taps.ts";

/** starting → running → ended | failed; `restarting` between two tries of one that broke. */
export type PipelineState = "starting" | "running" | "restarting" | "ended" | "failed";

export interface PipelineReport {
  readonly name: string;
  readonly state: PipelineState;
  readonly stats: PipelineStats;
  /** Chunk memory it holds, and its share. */
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number };
  readonly buffers: readonly BufferHeld[];
  /** Why it failed, or why it is being started again. */
  readonly error?: string;
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
}

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

  /** Ends when nothing runs, and nothing is about to. */
  look(): void {
    if (!this.#isReplacing && [...this.#members.values()].every(({ isDone }) => isDone)) this.#end.resolve();
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
    const started = plans.map((plan) => this.start(plan, before.find((member) => member.plan.name === plan.name)?.pipeline));
    return Promise.all(started.map((pipeline) => pipeline.firstState));
  }

  /** What is in hand is written first; what takes too long comes again. */
  async #stop({ pipeline, drain, abort, done }: Member, next: PipelinePlan | undefined): Promise<void> {
    if (next !== undefined) pipeline.makeWayFor(next);
    drain.abort();
    const timer = setTimeout(() => abort.abort(), this.#parts.plan.drainMs);
    await done;
    clearTimeout(timer);
  }
}
