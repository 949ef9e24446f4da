// Keeps one pipeline running: opens it, and opens it again when it breaks. Another one that takes its place goes on with its counts and taps,
// and, when everything it had read is written, with its positions, its memory and those of its nodes that are the same there.
import { join } from "node:path";
import { backoffMs } from "#base/backoff.ts";
import { UsageError, toError } from "#base/errors.ts";
import type { PipelinePlan } from "#kernel/config/plan.ts";
import { openDeadLetters } from "#kernel/dead-letters.ts";
import type { DeadLetters } from "#kernel/dead-letters.ts";
import { openPositionStore } from "#kernel/position-store.ts";
import { releasePrograms } from "#dataplane/emit.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { GivenRecord, Log } from "#sdk/plugin.ts";
import { MetricBoard } from "./metric-board.ts";
import { closeNode, stepKeys } from "./hand-over.ts";
import type { Kept } from "./hand-over.ts";
import { dataDirOf, openPipeline } from "./open-pipeline.ts";
import type { OpenPipeline } from "./open-pipeline.ts";
import { notRunning } from "./pipeline-failures.ts";
import type { Paused, PipelineReport, PipelineState, PipelinesParts } from "./pipelines.ts";
import { replayLetter } from "./replay-letter.ts";
import type { Replayed } from "./replay-letter.ts";
import { newStats } from "./stats.ts";
import type { PipelineStats } from "./stats.ts";
import { Taps } from "./taps.ts";

export class Supervised {
  readonly #plan: PipelinePlan;
  readonly #shareBytes: number;
  readonly #parts: PipelinesParts;
  readonly #stats: PipelineStats;
  readonly #log: Log;
  readonly taps: Taps;
  readonly metrics: MetricBoard;
  readonly #first = Promise.withResolvers<PipelineReport>();
  #state: PipelineState = "starting";
  #error: string | undefined;
  #open: { readonly pipeline: OpenPipeline; readonly pool: ChunkPool; readonly deadLetters: DeadLetters } | undefined;
  #pool: ChunkPool | undefined;
  /** From the pipeline before until this one is open, and for the next one when this one has ended. */
  #kept: Kept | undefined;
  /** The plan that takes this one's place, once there is one. */
  #next: PipelinePlan | undefined;
  #paused: Paused | undefined;

  constructor(plan: PipelinePlan, shareBytes: number, parts: PipelinesParts, before?: Supervised) {
    this.#plan = plan;
    this.#shareBytes = shareBytes;
    this.#parts = parts;
    this.#stats = before === undefined ? newStats() : before.#stats;
    this.taps = before?.taps ?? new Taps(() => parts.clock.now());
    this.metrics = before?.metrics ?? new MetricBoard();
    if (before !== undefined) [this.#kept, before.#kept] = [before.#kept, undefined];
    const { log } = parts;
    const pipeline = plan.name;
    this.#log = {
      debug: (message, fields) => log.debug(message, { pipeline, ...fields }),
      info: (message, fields) => log.info(message, { pipeline, ...fields }),
      warn: (message, fields) => log.warn(message, { pipeline, ...fields }),
      error: (message, fields) => log.error(message, { pipeline, ...fields }),
    };
  }

  /** It is paused, or about to be. */
  get paused(): Paused | undefined {
    return this.#paused;
  }

  /** To be said before it is drained. */
  pauseBy(by: string): void {
    this.#paused = { by, sinceMs: this.#parts.clock.now() };
  }

  /** Takes the place of a paused one, and does not run either. */
  stayPaused({ by, sinceMs }: Paused): void {
    this.#paused = { by, sinceMs };
    this.#enter("paused");
  }

  /** How its start went. */
  get firstState(): Promise<PipelineReport> {
    return this.#first.promise;
  }

  report(): PipelineReport {
    const memory = { usedBytes: this.#pool?.usedBytes ?? 0, limitBytes: this.#shareBytes };
    return { name: this.#plan.name, state: this.#state, stats: this.#stats, memory, buffers: this.#open?.pipeline.held() ?? [], ...(this.#error === undefined ? {} : { error: this.#error }), ...(this.#state === "paused" && this.#paused !== undefined ? { paused: this.#paused } : {}) };
  }

  /** The last records that its input gave on, where that keeps some. */
  samples(): readonly GivenRecord[] {
    if (this.#open === undefined) throw notRunning(this.#plan.name, this.#state);
    return this.#open.pipeline.samples();
  }

  /** Sends a dead letter of this pipeline again, in turn with what it reads. */
  async replay(letter: string, leaveOff: AbortSignal): Promise<Replayed> {
    if (this.#open === undefined) throw notRunning(this.#plan.name, this.#state);
    return replayLetter(letter, { ...this.#open, name: this.#plan.name, clock: this.#parts.clock, leaveOff });
  }

  /** To be said before it is drained: `run` leaves open then what that one can go on with, for the pipeline made with this one as `before`. */
  makeWayFor(next: PipelinePlan): void {
    this.#next = next;
  }

  /** Closes what was left open: nobody goes on with it. */
  async letGo(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept === undefined) return;
    for (const node of kept.nodes.values()) await closeNode(node, this.#log);
    releasePrograms(kept.pool);
    await kept.store.close();
  }

  async run(signals: { drain: AbortSignal; abort: AbortSignal }): Promise<void> {
    await this.#untilEnd(signals);
    if (this.#next !== undefined) await this.#keepFor(this.#next);
    else if (this.#state !== "failed" || signals.drain.aborted) await this.letGo(); // One that failed may yet give it back.
  }

  async #untilEnd(signals: { drain: AbortSignal; abort: AbortSignal }): Promise<void> {
    const { clock, mode } = this.#parts;
    for (let failures = 0; ; ) {
      const startedAt = clock.now();
      try {
        await this.#once(signals);
        return this.#enter("ended");
      } catch (thrown) {
        const error = toError(thrown);
        const hint = "hint" in error && typeof error.hint === "string" ? `${/[.!?]$/.test(error.message) ? "" : "."} ${error.hint}` : "";
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
    const before = this.#kept;
    const store = before?.store ?? openPositionStore({ dir: this.#plan.positionsDir ?? join(plan.dataDir, "positions"), name: this.#plan.name, log: this.#log });
    try {
      const pool = (this.#pool = before?.pool ?? memory.pool(this.#shareBytes));
      const deadLetters = openDeadLetters(join(plan.dataDir, "dead-letters"));
      const pipeline = await openPipeline({
        plan: this.#plan,
        plugin,
        pool,
        store,
        before: before?.nodes,
        deadLetter: async (batch, step, reason) => void (await deadLetters.put(batch, { pipeline: this.#plan.name, step, reason: reason.message })),
        clock,
        log: this.#log,
        stats: this.#stats,
        taps: this.taps,
        metrics: this.metrics,
        processes: this.#parts.processes,
        configDir: plan.configDir,
        dataDir,
        mode,
      });
      this.#kept = undefined;
      try {
        this.#error = undefined;
        this.#open = { pipeline, pool, deadLetters };
        this.#enter("running");
        const nodes = await pipeline.run(signals, () => this.#next);
        if (nodes !== undefined) this.#kept = { store, pool, nodes };
      } finally {
        this.#open = undefined;
        await pipeline.close();
      }
    } finally {
      // What was kept stays so while this one could not be opened.
      if (this.#kept === undefined) await store.close();
    }
  }

  /** It may have been kept for another plan than the one that comes now. */
  async #keepFor(next: PipelinePlan): Promise<void> {
    if (this.#kept === undefined) return;
    if (next.positionsDir !== this.#plan.positionsDir) return this.letGo();
    const keys = new Set(stepKeys(next).values());
    const nodes = new Map(this.#kept.nodes);
    for (const [key, node] of this.#kept.nodes) {
      if (keys.has(key)) continue;
      nodes.delete(key);
      await closeNode(node, this.#log);
    }
    this.#kept = { ...this.#kept, nodes };
  }

  #enter(state: PipelineState): void {
    this.#state = this.#paused !== undefined && (state === "ended" || state === "failed") ? "paused" : state;
    this.#first.resolve(this.report());
    this.#parts.onState(this.report());
  }
}
