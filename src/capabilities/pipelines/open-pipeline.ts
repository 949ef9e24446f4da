// Makes a running pipeline out of its plan: opens every step, and cuts the chain into segments at its buffers and at steps that hold records back.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import assert from "node:assert/strict";
import type { Clock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import { eitherOf } from "#base/signals.ts";
import type { Batch } from "#dataplane/batch.ts";
import { releasePrograms } from "#dataplane/emit.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { PipelinePlan, StepPlan } from "#kernel/config/plan.ts";
import { placesOf } from "#kernel/config/step-places.ts";
import type { PositionStore } from "#kernel/position-store.ts";
import type { Input, Log, OpenBuffer, Output, Plugin, PluginContext } from "#sdk/plugin.ts";
import { deliverer } from "./deliver.ts";
import { Door } from "./door.ts";
import { failover } from "./failover.ts";
import { sayLeftBuffers } from "./left-buffers.ts";
import { runSegment } from "./segment.ts";
import type { Branch, Node, SegmentParts } from "./segment.ts";
import type { MetricBoard } from "./metric-board.ts";
import { countStep } from "./stats.ts";
import type { BufferHeld, PipelineStats } from "./stats.ts";
import type { Taps } from "./taps.ts";
import { Turn } from "./turn.ts";

export interface PipelineParts {
  readonly plan: PipelinePlan;
  readonly plugin: (name: string) => Promise<Plugin>;
  readonly pool: ChunkPool;
  readonly store: PositionStore;
  readonly deadLetter: (batch: Batch, step: string, reason: Error) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: PipelineStats;
  readonly taps: Taps;
  readonly metrics: MetricBoard;
  readonly configDir: string;
  /** The pipeline's own folder below the agent's data folder. */
  readonly dataDir: string;
  readonly mode: "run" | "test";
}

export interface OpenPipeline {
  /** Moves batches until the input ends or `drain` asks to stop; rejects when a step is broken. */
  run(signals: { drain: AbortSignal; abort: AbortSignal }): Promise<void>;
  /** What its buffers hold, and steps that hold records back. */
  held(): readonly BufferHeld[];
  close(): Promise<void>;
}

/** How many batches of one segment may be under way, unless an output wants more: enough to overlap reading, transforming and writing. */
const IN_FLIGHT_MAX = 3;
/** What a batch of 1 MiB may need on its way: itself, and its wire bytes in a chunk of twice their size. */
const IN_FLIGHT_BYTES = 4 << 20;
/** A stop waits so long for writes of what a disk buffer holds: enough for an output that works, so that little comes twice. */
const GIVE_UP_MS = 1000;

interface OpenSegment extends SegmentParts {
  /** A stop ends it at once: what its input still has can wait for the next start. Behind a memory buffer it ends when nothing is left there. */
  readonly drainsAtOnce: boolean;
  /** What it works on is held on disk by a buffer before it. */
  readonly isHeldOnDisk: boolean;
}

type PluginStep = Extract<StepPlan, { type: "plugin" }>;
type RouteStep = Extract<StepPlan, { type: "route" }>;

export async function openPipeline(parts: PipelineParts): Promise<OpenPipeline> {
  const { plan, clock, log, stats, mode } = parts;
  await mkdir(parts.dataDir, { recursive: true });
  parts.metrics.begin();
  const places = placesOf(plan.steps);
  sayLeftBuffers(parts.dataDir, [...places.keys()].filter((id) => places.get(id)?.kind === "buffer").length, log);
  const closers: (() => Promise<void>)[] = [];
  const holders: { step: string; buffer: OpenBuffer }[] = [];
  const sleepMs = plan.steps.find((step) => step.type === "sleep")?.ms;
  const steps = plan.steps.filter((step) => step.type !== "sleep");
  const [first, ...rest] = steps;
  assert(first?.type === "plugin", "a checked pipeline begins with an input");

  // A small share bears fewer: outputs take memory on top of what the input was let to read, and a stuck pipeline keeps all of it.
  const inFlightBearable = Math.max(1, Math.floor(parts.pool.limitBytes / IN_FLIGHT_BYTES));

  try {
    const segments: OpenSegment[] = [];
    const input = await openInput(first);
    const restart = sleepMs !== undefined && mode === "run" ? { sleepMs, reopen: (handedOn: ReadonlyMap<string, JsonValue>) => openInput(first, handedOn) } : {};
    const { inFlightMax, ...chain } = await openChain(rest, segments);
    segments.unshift(segmentOf({ input, ...chain, ...restart, isFirst: true, drainsAtOnce: true, isHeldOnDisk: false, inputStep: nameOf(first) }, inFlightMax));
    parts.taps.setSteps(namesOf(steps));
    parts.metrics.settle();
    return {
      async run(signals) {
        await runTogether(segments, signals, clock);
      },
      held: () => holders.map(({ step, buffer }) => ({ step, ...buffer.held() })),
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }

  async function closeAll(): Promise<void> {
    for (const close of closers.splice(0).reverse()) await close().catch((error: unknown) => log.warn("a step did not close cleanly", { error }));
    releasePrograms(parts.pool);
  }

  /** Opens steps up to their end or to a buffer; what is behind the buffer becomes a segment of its own. */
  async function openChain(chain: readonly StepPlan[], segments: OpenSegment[], isHeldOnDisk = false): Promise<{ nodes: Node[]; buffer: OpenBuffer | undefined; inFlightMax: number }> {
    const nodes: Node[] = [];
    let inFlightMax = IN_FLIGHT_MAX;
    const widen = (node: Node): void => {
      if (node.type === "output") inFlightMax = Math.max(inFlightMax, node.turn.width);
      if (node.type === "route") for (const branch of node.branches) branch.nodes.forEach(widen);
    };
    for (const [index, step] of chain.entries()) {
      const opened = step.type === "route" ? await openRoute(step, segments, isHeldOnDisk) : await openStep(step);
      if (!("append" in opened)) {
        nodes.push(opened);
        widen(opened);
        continue;
      }
      holders.push({ step: nameOf(step), buffer: opened });
      const isHeld = isHeldOnDisk || opened.isDurable;
      const { inFlightMax: most, ...behind } = await openChain(chain.slice(index + 1), segments, isHeld);
      segments.unshift(segmentOf({ input: opened, ...behind, isFirst: false, drainsAtOnce: opened.isDurable, isHeldOnDisk: isHeld }, most));
      return { nodes, buffer: opened, inFlightMax };
    }
    return { nodes, buffer: undefined, inFlightMax };
  }

  async function openRoute(step: RouteStep, segments: OpenSegment[], isHeldOnDisk: boolean): Promise<Node> {
    const branches: Branch[] = [];
    for (const branch of step.branches) {
      const { nodes, buffer } = await openChain(branch.steps, segments, isHeldOnDisk);
      branches.push({ nodes, buffer, door: new Door() });
    }
    const { splitter } = await import("./route.ts"); // Expressions bring their parser along: only where there are some.
    return { type: "route", step: nameOf(step), split: splitter(step.branches, { log: logOf(step), stats, step: nameOf(step) }), branches };
  }

  function segmentOf(given: Pick<OpenSegment, "input" | "nodes" | "buffer" | "isFirst" | "drainsAtOnce" | "isHeldOnDisk" | "inputStep" | "reopen" | "sleepMs">, inFlightMax: number): OpenSegment {
    return { ...given, store: parts.store, clock, log, stats, taps: parts.taps, inFlightMax: Math.min(inFlightMax, inFlightBearable) };
  }

  /** The runtime closes an input itself, where it ends. `handedOn`: positions further on than those committed. */
  async function openInput(step: PluginStep, handedOn: ReadonlyMap<string, JsonValue> = new Map()): Promise<Input> {
    const plugin = await parts.plugin(step.plugin);
    assert(plugin.kind === "in");
    const { committed, committedKeys, ...rest } = context(step);
    return plugin.open(step.options, {
      ...rest,
      committed: (key) => (handedOn.has(key) ? (handedOn.get(key) ?? undefined) : committed(key)),
      committedKeys: (prefix) => [...new Set([...committedKeys(prefix), ...[...handedOn.keys()].filter((key) => key.startsWith(prefix))])],
    });
  }

  async function openStep(step: Exclude<StepPlan, RouteStep>): Promise<Node | OpenBuffer> {
    if (step.type === "plugin") {
      const plugin = await parts.plugin(step.plugin);
      if (plugin.kind === "buffer" || "isGathering" in plugin) return plugin.open(step.options, context(step));
      if ("isTransform" in plugin) {
        const transform = await plugin.open(step.options, context(step));
        if (transform.close !== undefined) closers.push(async () => transform.close?.());
        return { type: "transform", step: nameOf(step), transform, turn: new Turn(1) };
      }
    }
    const output = await openOutput(step);
    closers.push(() => output.close());
    const write = deliverer({ step: nameOf(step), output, retry: plan.retry, clock, log, stats, deadLetter: parts.deadLetter });
    return { type: "output", step: nameOf(step), write, turn: new Turn(output.concurrency ?? 1), committed: output.committed?.bind(output) };
  }

  async function openOutput(step: StepPlan): Promise<Output> {
    assert(step.type !== "sleep" && step.type !== "route");
    if (step.type === "failover") {
      const outputs = [];
      for (const nested of step.outputs) outputs.push({ name: nameOf(nested), output: await openOutput(nested) });
      const last = step.last === undefined ? undefined : { name: nameOf(step.last), output: await openOutput(step.last) };
      return failover({ outputs, last, startBy: step.startBy, recheckMs: step.recheckMs, clock, log });
    }
    const plugin = await parts.plugin(step.plugin);
    assert(plugin.kind === "out" && !("isTransform" in plugin));
    return plugin.open(step.options, context(step));
  }

  function logOf(step: StepPlan): Log {
    return {
      debug: (message, fields) => log.debug(message, { step: nameOf(step), ...fields }),
      info: (message, fields) => log.info(message, { step: nameOf(step), ...fields }),
      warn: (message, fields) => log.warn(message, { step: nameOf(step), ...fields }),
      error: (message, fields) => log.error(message, { step: nameOf(step), ...fields }),
    };
  }

  function context(step: PluginStep): PluginContext {
    return {
      pipeline: plan.name,
      step: step.id,
      nth: places.get(step.id)?.nth ?? 1,
      pool: parts.pool,
      clock,
      log: logOf(step),
      dataDir: parts.dataDir,
      configDir: parts.configDir,
      mode,
      committed: (key) => parts.store.get(key),
      committedKeys: (prefix) => parts.store.keys(prefix),
      count: (metric, by = 1) => countStep(stats, nameOf(step), metric, by),
      metric: (definition) => parts.metrics.family(definition),
    };
  }
}

/** Runs the segments side by side; when one breaks the others are stopped, and its error is the pipeline's. */
async function runTogether(segments: readonly OpenSegment[], { drain, abort }: { drain: AbortSignal; abort: AbortSignal }, clock: Clock): Promise<void> {
  const broken = new AbortController();
  using aborting = eitherOf(abort, broken.signal);
  using draining = eitherOf(drain);
  const late = new AbortController();
  using givingUp = eitherOf(aborting.signal, late.signal);
  const ended = new AbortController();
  const giveUpLater = (): void => void clock.pause(GIVE_UP_MS, ended.signal).then(() => late.abort());
  if (draining.signal.aborted) giveUpLater();
  else draining.signal.addEventListener("abort", giveUpLater);
  const ends = segments.map((segment) => {
    const giveUp = segment.isHeldOnDisk ? givingUp.signal : aborting.signal;
    return runSegment(segment, { drain: segment.drainsAtOnce ? drain : giveUp, abort: aborting.signal, giveUp }).catch((error: unknown) => {
      broken.abort();
      throw error;
    });
  });
  void Promise.allSettled(ends).then(() => ended.abort());
  const failed = (await Promise.allSettled(ends)).find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  // Buffers in memory are read out now; if all of it was written, so are the positions behind it.
  const whole = await Promise.all(ends);
  if (aborting.signal.aborted || !whole.every(({ isWhole }) => isWhole)) return;
  for (const { commitRest } of whole) await commitRest();
}

function nameOf(step: StepPlan): string {
  return step.type === "plugin" ? `${step.id}:${step.plugin}` : `${step.id}:${step.type}`;
}

/** Of all steps records pass, those in branches too. */
function namesOf(steps: readonly StepPlan[]): string[] {
  return steps.flatMap((step) => (step.type === "route" ? step.branches.flatMap((branch) => namesOf(branch.steps)) : step.type === "sleep" ? [] : [nameOf(step)]));
}

export function dataDirOf(agentDataDir: string, pipeline: string): string {
  return join(agentDataDir, "pipelines", encodeURIComponent(pipeline));
}
