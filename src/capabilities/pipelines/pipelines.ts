// Runs the pipelines of one data-plane thread: opens them side by side, starts a broken one again, ends them together.
import type { Clock } from "#base/clock.ts";
import { backoffMs } from "#base/backoff.ts";
import { UsageError, toError } from "#base/errors.ts";
import { join } from "node:path";
import type { ChunkMemory } from "#dataplane/memory.ts";
import type { AgentPlan, PipelinePlan } from "#kernel/config/plan.ts";
import { openDeadLetters } from "#kernel/dead-letters.ts";
import { openPositionStore } from "#kernel/position-store.ts";
import type { Log, Plugin } from "#sdk/plugin.ts";
import { dataDirOf, openPipeline } from "./open-pipeline.ts";
import { newStats } from "./stats.ts";
import type { PipelineStats } from "./stats.ts";
import { Taps } from "./taps.ts";
import type { Sample, TapRequest } from "./taps.ts";

/** starting → running → ended | failed; `restarting` between two tries of one that broke. */
export type PipelineState = "starting" | "running" | "restarting" | "ended" | "failed";

export interface PipelineReport {
  readonly name: string;
  readonly state: PipelineState;
  readonly stats: PipelineStats;
  /** Why it failed, or why it is being started again. */
  readonly error?: string;
}

export interface PipelinesParts {
  readonly plan: AgentPlan;
  readonly names: readonly string[];
  readonly memory: ChunkMemory;
  readonly plugin: (name: string) => Promise<Plugin>;
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
  /** Sets a tap on a step; what comes back takes it away. Rejects with UsageError where there is no such pipeline or step. */
  tap(pipeline: string, request: TapRequest, show: (sample: Sample) => void): Promise<() => void>;
}

export function startPipelines(parts: PipelinesParts, signals: { drain: AbortSignal; abort: AbortSignal }): Pipelines {
  const plans = parts.plan.pipelines.filter((plan) => parts.names.includes(plan.name));
  // Each has its own share of the thread's memory: one that is stuck starves nobody.
  const shareBytes = Math.floor(parts.memory.bytesMax / Math.max(1, plans.length));
  const running = plans.map((plan) => new Supervised(plan, shareBytes, parts));
  return {
    ended: Promise.all(running.map((pipeline) => pipeline.run(signals))).then(() => undefined),
    report: () => running.map((pipeline) => pipeline.report()),
    async tap(name, request, show) {
      const pipeline = running.find((each) => each.name === name);
      if (pipeline === undefined) throw new UsageError(`there is no pipeline \`${name}\` here`, { hint: `There are ${running.map((each) => each.name).join(", ")}.` });
      return pipeline.taps.add(request, show);
    },
  };
}

/** Keeps one pipeline running. */
class Supervised {
  readonly #plan: PipelinePlan;
  readonly #shareBytes: number;
  readonly #parts: PipelinesParts;
  readonly #stats = newStats();
  readonly #log: Log;
  readonly taps: Taps;
  #state: PipelineState = "starting";
  #error: string | undefined;

  constructor(plan: PipelinePlan, shareBytes: number, parts: PipelinesParts) {
    this.#plan = plan;
    this.#shareBytes = shareBytes;
    this.#parts = parts;
    this.taps = new Taps(() => parts.clock.now());
    const { log } = parts;
    const pipeline = plan.name;
    this.#log = {
      debug: (message, fields) => log.debug(message, { pipeline, ...fields }),
      info: (message, fields) => log.info(message, { pipeline, ...fields }),
      warn: (message, fields) => log.warn(message, { pipeline, ...fields }),
      error: (message, fields) => log.error(message, { pipeline, ...fields }),
    };
  }

  get name(): string {
    return this.#plan.name;
  }

  report(): PipelineReport {
    return { name: this.#plan.name, state: this.#state, stats: this.#stats, ...(this.#error === undefined ? {} : { error: this.#error }) };
  }

  async run(signals: { drain: AbortSignal; abort: AbortSignal }): Promise<void> {
    const { clock, mode } = this.#parts;
    for (let failures = 0; ; ) {
      const startedAt = clock.now();
      try {
        await this.#once(signals);
        return this.#enter("ended");
      } catch (thrown) {
        const error = toError(thrown);
        const hint = "hint" in error && typeof error.hint === "string" ? ` ${error.hint}` : "";
        this.#error = `${error.message}${hint}`;
        // What the user gave cannot work: only a new config helps. In a test the user looks on: nothing is tried twice.
        if (error instanceof UsageError || mode === "test") {
          this.#log.error("pipeline failed", { error });
          return this.#enter("failed");
        }
        failures = 60_000 < clock.now() - startedAt ? 1 : failures + 1;
        const waitMs = backoffMs(failures);
        this.#log.error("pipeline broke; starting it again", { error, waitMs });
        this.#enter("restarting");
        await clock.pause(waitMs, signals.drain);
        if (signals.drain.aborted) return this.#enter("failed");
      }
    }
  }

  async #once(signals: { drain: AbortSignal; abort: AbortSignal }): Promise<void> {
    const { plan, memory, plugin, clock, mode } = this.#parts;
    const dataDir = dataDirOf(plan.dataDir, this.#plan.name);
    const store = openPositionStore({ dir: this.#plan.positionsDir ?? join(plan.dataDir, "positions"), name: this.#plan.name, log: this.#log });
    try {
      const deadLetters = openDeadLetters(join(plan.dataDir, "dead-letters"));
      const pipeline = await openPipeline({
        plan: this.#plan,
        plugin,
        pool: memory.pool(this.#shareBytes),
        store,
        deadLetter: async (batch, step, reason) => void (await deadLetters.put(batch, { pipeline: this.#plan.name, step, reason: reason.message })),
        clock,
        log: this.#log,
        stats: this.#stats,
        taps: this.taps,
        configDir: plan.configDir,
        dataDir,
        mode,
      });
      try {
        this.#error = undefined;
        this.#enter("running");
        await pipeline.run(signals);
      } finally {
        await pipeline.close();
      }
    } finally {
      await store.close();
    }
  }

  #enter(state: PipelineState): void {
    this.#state = state;
    this.#parts.onState(this.report());
  }
}
