// Makes a running pipeline out of its plan: opens every step, and cuts the chain into segments at its buffers and at steps that hold records back.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "#base/assert.ts";
import type { Clock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import { releasePrograms } from "#dataplane/emit.ts";
import type { ChunkPool } from "#dataplane/memory.ts";
import type { PipelinePlan, StepPlan } from "#kernel/config/plan.ts";
import { placesOf } from "#kernel/config/step-places.ts";
import type { PositionStore } from "#kernel/position-store.ts";
import type { GivenRecord, Input, Log, OpenBuffer, Output, Plugin, PluginContext } from "#sdk/plugin.ts";
import type { ProcessLink } from "#sdk/process-link.ts";
import type { Brought } from "./brought.ts";
import { AbortedError, deliverer } from "./deliver.ts";
import type { Delivered } from "./deliver.ts";
import { Door } from "./door.ts";
import { failover } from "./failover.ts";
import { closeNode, stepKeys } from "./hand-over.ts";
import type { OpenNode, OpenNodes } from "./hand-over.ts";
import { sayLeftBuffers } from "./left-buffers.ts";
import type { MetricBoard } from "./metric-board.ts";
import { runTogether } from "./run-together.ts";
import type { OpenSegment } from "./run-together.ts";
import { withBranches } from "./way.ts";
import type { Branch, Node } from "./way.ts";
import { countStep } from "./stats.ts";
import type { BufferHeld, PipelineStats } from "./stats.ts";
import type { Taps } from "./taps.ts";
import { Turn } from "./turn.ts";

export interface PipelineParts {
  readonly plan: PipelinePlan;
  readonly plugin: (name: string, code: string | undefined) => Promise<Plugin>;
  readonly pool: ChunkPool;
  readonly store: PositionStore;
  readonly deadLetter: (batch: Batch, step: string, reason: Error) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: PipelineStats;
  readonly taps: Taps;
  readonly metrics: MetricBoard;
  readonly processes?: ProcessLink | undefined;
  readonly configDir: string;
  /** The pipeline's own folder below the agent's data folder. */
  readonly dataDir: string;
  readonly mode: "run" | "test";
  /** Open nodes of the pipeline before it; those whose steps are here go on, once all is open. Nobody else has them then. */
  readonly before?: OpenNodes | undefined;
}

export interface OpenPipeline {
  /**
   * Moves batches until the input ends or `drain` asks to stop; rejects when a step is broken. `next`, asked when it stops: the plan that
   * takes this one's place. What that may go on with is given back open, if everything that was read is written; `close` leaves it.
   */
  run(signals: { drain: AbortSignal; abort: AbortSignal }, next?: () => PipelinePlan | undefined): Promise<OpenNodes | undefined>;
  /** The last records that its input gave on, where that keeps some. */
  samples(): readonly GivenRecord[];
  /** What its buffers hold, and steps that hold records back. */
  held(): readonly BufferHeld[];
  /**
   * Where the output of a step takes what somebody else brings; of a step that is none (any more), the pipeline's last. undefined: there
   * is none. Rejects with AbortedError when the pipeline is about to end.
   */
  outputFor(step: string): ((brought: Omit<Brought, "node">) => Promise<Delivered>) | undefined;
  close(): Promise<void>;
}

/** How many batches of one segment may be under way, unless an output wants more: enough to overlap reading, transforming and writing. */
const IN_FLIGHT_MAX = 3;
/** On the way to a file one is worked on while one is written; what a third would bring is memory. */
const IN_FLIGHT_TO_DISK_MAX = 2;
/** What a batch of 1 MiB may need on its way: itself, and its wire bytes in a chunk of twice their size. */
const IN_FLIGHT_BYTES = 4 << 20;
/** Nodes up to the end of a segment. */
type Chain = Pick<OpenSegment, "nodes" | "buffer" | "bufferStep" | "outputKeys">;
type PluginStep = Extract<StepPlan, { type: "plugin" }>;
type RouteStep = Extract<StepPlan, { type: "route" }>;

export async function openPipeline(parts: PipelineParts): Promise<OpenPipeline> {
  const { plan, clock, log, stats, mode } = parts;
  await mkdir(parts.dataDir, { recursive: true });
  parts.metrics.begin();
  const places = placesOf(plan.steps);
  sayLeftBuffers(parts.dataDir, [...places.keys()].filter((id) => places.get(id)?.kind === "buffer").length, log);
  const holders: { readonly step: string; readonly buffer: OpenBuffer; readonly bytesMax: number | undefined }[] = [];
  const keys = stepKeys(plan);
  const keyOf = (step: StepPlan): string => keys.get(step.id) ?? step.id;
  /** By key: opened here, and taken over. The runtime closes inputs and buffers where they end, so these are only closed here while they did not run. */
  const opened = new Map<string, OpenNode>();
  const taken = new Map<string, OpenNode>();
  let handedOver: OpenNodes | undefined;
  const sleepMs = plan.steps.find((step) => step.type === "sleep")?.ms;
  const steps = plan.steps.filter((step) => step.type !== "sleep");
  const [first, ...rest] = steps;
  assert(first?.type === "plugin", "a checked pipeline begins with an input");

  // A small share bears fewer: outputs take memory on top of what the input was let to read, and a stuck pipeline keeps all of it.
  const inFlightBearable = Math.max(1, Math.floor(parts.pool.limitBytes / IN_FLIGHT_BYTES));

  try {
    const segments: OpenSegment[] = [];
    const { input, front }: Extract<OpenNode, { type: "input" }> = takeOver(first, "input") ?? keep(first, { type: "input", input: await openInput(first) });
    const restart = sleepMs !== undefined && mode === "run" ? { sleepMs, reopen: (handedOn: ReadonlyMap<string, JsonValue>) => openInput(first, handedOn) } : {};
    const { inFlightMax, ...chain } = await openChain(rest, segments);
    segments.unshift(segmentOf({ key: keyOf(first), input, front, ...chain, ...restart, isFirst: true, drainsAtOnce: true, isHeldOnDisk: false, inputStep: nameOf(first) }, inFlightMax));
    const names = namesOf(steps);
    parts.taps.setSteps(names);
    countFrom(stats, namesOf(steps, true));
    parts.metrics.settle();
    return {
      async run(signals, next = () => undefined) {
        const fronts = await runTogether(segments, signals, () => {
          const plan = next();
          return plan === undefined ? undefined : new Set(stepKeys(plan).values());
        });
        if (fronts === undefined) return undefined;
        const lasting = [...taken, ...opened].filter(([key, { type }]) => (type === "transform" || type === "output") && fronts.wanted.has(key));
        const inputs = segments.flatMap(({ key, input }): [string, OpenNode][] => {
          const front = fronts.fronts.get(input);
          if (front === undefined) return [];
          return [[key, "append" in input ? { type: "buffer", input: input as OpenBuffer, front } : { type: "input", input: front.input, front }]];
        });
        return (handedOver = new Map([...inputs, ...lasting]));
      },
      samples: () => input.samples?.() ?? [],
      held: () => holders.map(({ step, buffer, bytesMax }) => ({ step, ...buffer.held(), ...(bytesMax === undefined ? {} : { bytesMax }) })),
      outputFor(step) {
        const last = plan.steps.findLast(({ type }) => type !== "sleep");
        for (const id of [step.split(":")[0], last?.id]) {
          for (const { nodes, buffer, hatch } of segments) {
            const node = withBranches(nodes).find((each) => each.type === "output" && each.step.split(":")[0] === id);
            if (node?.type !== "output") continue;
            // What it asks to have committed would go on with what the buffer holds.
            if (buffer !== undefined && node.committed !== undefined) return undefined;
            return async (brought) => {
              if (hatch?.take !== undefined) return hatch.take({ ...brought, node });
              brought.batch.release();
              throw new AbortedError("the pipeline is about to end");
            };
          }
        }
        return undefined;
      },
      close: () => closeAll((key, { type }) => (type === "transform" || type === "output") && handedOver?.has(key) !== true, [...taken, ...opened]),
    };
  } catch (error) {
    await closeAll(() => true, [...opened]);
    throw error;
  }

  async function closeAll(isMeant: (key: string, node: OpenNode) => boolean, nodes: readonly (readonly [string, OpenNode])[]): Promise<void> {
    taken.clear();
    opened.clear();
    for (const [key, node] of nodes.toReversed()) if (isMeant(key, node)) await closeNode(node, log);
    if (parts.before === undefined && handedOver === undefined) releasePrograms(parts.pool); // Else the pool goes on.
  }

  /** The node of the same step of the pipeline before; from then on it is this one's, unless this one cannot be opened. */
  function takeOver<Type extends OpenNode["type"]>(step: StepPlan, type: Type): Extract<OpenNode, { type: Type }> | undefined {
    const node = parts.before?.get(keyOf(step));
    if (node?.type !== type) return undefined;
    taken.set(keyOf(step), node);
    return node as Extract<OpenNode, { type: Type }>;
  }

  /** Opens steps up to their end or to a buffer; what is behind the buffer becomes a segment of its own. */
  async function openChain(chain: readonly StepPlan[], segments: OpenSegment[], isHeldOnDisk = false): Promise<Chain & { inFlightMax: number }> {
    const nodes: Node[] = [];
    const outputKeys: string[] = [];
    let inFlightMax = IN_FLIGHT_MAX;
    const widen = (node: Node): void => {
      if (node.type === "output") inFlightMax = Math.max(inFlightMax, node.turn.width);
      if (node.type === "route") for (const branch of node.branches) branch.nodes.forEach(widen);
    };
    for (const [index, step] of chain.entries()) {
      const node = step.type === "route" ? await openRoute(step, segments, outputKeys, isHeldOnDisk) : await openStep(step);
      if (node.type === "output") outputKeys.push(keyOf(step));
      if (node.type !== "buffer") {
        nodes.push(node);
        widen(node);
        continue;
      }
      holders.push({ step: nameOf(step), buffer: node.input, bytesMax: bytesMaxOf(step) });
      const isHeld = isHeldOnDisk || node.input.isDurable;
      const { inFlightMax: most, ...behind } = await openChain(chain.slice(index + 1), segments, isHeld);
      segments.unshift(segmentOf({ key: keyOf(step), input: node.input, front: node.front, ...behind, isFirst: false, drainsAtOnce: node.input.isDurable, isHeldOnDisk: isHeld }, most));
      return { nodes, buffer: node.input, bufferStep: nameOf(step), outputKeys, inFlightMax: node.input.isDurable ? Math.min(IN_FLIGHT_TO_DISK_MAX, inFlightMax) : inFlightMax };
    }
    return { nodes, buffer: undefined, outputKeys, inFlightMax };
  }

  async function openRoute(step: RouteStep, segments: OpenSegment[], outputKeysAround: string[], isHeldOnDisk: boolean): Promise<Node> {
    const branches: Branch[] = [];
    for (const branch of step.branches) {
      const { nodes, buffer, bufferStep, outputKeys } = await openChain(branch.steps, segments, isHeldOnDisk);
      outputKeysAround.push(...outputKeys);
      branches.push({ nodes, buffer, bufferStep, door: new Door() });
    }
    const { splitter } = await import("./route.ts"); // Expressions bring their parser along: only where there are some.
    return { type: "route", step: nameOf(step), split: splitter(step.branches, { log: logOf(step), stats, step: nameOf(step) }), branches };
  }

  function segmentOf(given: Chain & Pick<OpenSegment, "key" | "input" | "front" | "isFirst" | "drainsAtOnce" | "isHeldOnDisk" | "inputStep" | "reopen" | "sleepMs">, inFlightMax: number): OpenSegment {
    return { ...given, hatch: {}, store: parts.store, clock, log, stats, taps: parts.taps, inFlightMax: Math.min(inFlightMax, inFlightBearable) };
  }

  /** The runtime closes an input itself, where it ends. `handedOn`: positions further on than those committed. */
  async function openInput(step: PluginStep, handedOn: ReadonlyMap<string, JsonValue> = new Map()): Promise<Input> {
    const plugin = await parts.plugin(step.plugin, step.code);
    assert(plugin.kind === "in");
    const { committed, committedKeys, ...rest } = context(step);
    return plugin.open(step.options, {
      ...rest,
      committed: (key) => (handedOn.has(key) ? (handedOn.get(key) ?? undefined) : committed(key)),
      committedKeys: (prefix) => [...new Set([...committedKeys(prefix), ...[...handedOn.keys()].filter((key) => key.startsWith(prefix))])],
    });
  }

  async function openStep(step: Exclude<StepPlan, RouteStep>): Promise<Node | Extract<OpenNode, { type: "buffer" }>> {
    if (step.type === "plugin") {
      const plugin = await parts.plugin(step.plugin, step.code);
      if (plugin.kind === "buffer" || "isGathering" in plugin) {
        return takeOver(step, "buffer") ?? keep(step, { type: "buffer", input: await plugin.open(step.options, context(step)) });
      }
      if ("isTransform" in plugin) {
        const { transform } = takeOver(step, "transform") ?? keep(step, { type: "transform", transform: await plugin.open(step.options, context(step)) });
        return { type: "transform", step: nameOf(step), transform, turn: new Turn(1) };
      }
    }
    const { output } = takeOver(step, "output") ?? keep(step, { type: "output", output: await openOutput(step) });
    const write = deliverer({ step: nameOf(step), output, retry: plan.retry, clock, log, stats, deadLetter: parts.deadLetter });
    return { type: "output", step: nameOf(step), write, turn: new Turn(output.concurrency ?? 1), committed: output.committed?.bind(output) };
  }

  function keep<Opened extends OpenNode>(step: StepPlan, node: Opened): Opened {
    opened.set(keyOf(step), node);
    return node;
  }

  async function openOutput(step: StepPlan): Promise<Output> {
    assert(step.type !== "sleep" && step.type !== "route");
    if (step.type === "failover") {
      const outputs: { readonly name: string; readonly output: Output }[] = [];
      try {
        for (const nested of step.last === undefined ? step.outputs : [...step.outputs, step.last]) outputs.push({ name: nameOf(nested), output: await openOutput(nested) });
      } catch (error) {
        for (const { output } of outputs) await closeNode({ type: "output", output }, log);
        throw error;
      }
      const last = step.last === undefined ? undefined : outputs.pop();
      return failover({ outputs, last, startBy: step.startBy, recheckMs: step.recheckMs, clock, log, stats });
    }
    const plugin = await parts.plugin(step.plugin, step.code);
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
      ...(parts.processes === undefined ? {} : { processes: parts.processes }),
    };
  }
}

function nameOf(step: StepPlan): string {
  return step.type === "plugin" ? `${step.id}:${step.plugin}` : `${step.id}:${step.type}`;
}

/** Counts go on over a new start; those of steps that are no more go. */
function countFrom({ steps }: PipelineStats, names: readonly string[]): void {
  const before = { ...steps };
  for (const name of Object.keys(steps)) delete steps[name];
  for (const name of names) steps[name] = before[name] ?? 0;
}

function bytesMaxOf(step: StepPlan): number | undefined {
  const options = step.type === "plugin" ? step.options : null;
  const most = typeof options === "object" && options !== null && !Array.isArray(options) ? (options as Readonly<Record<string, JsonValue>>)["max_bytes"] : undefined;
  return typeof most === "number" ? most : undefined;
}

/** Of all steps records pass, those in branches too. */
/** With the outputs of a failover each is counted; without, it is as a tap sees it: one step. */
function namesOf(steps: readonly StepPlan[], hasFailoverOutputs = false): string[] {
  return steps.flatMap((step) => {
    if (step.type === "sleep") return [];
    if (step.type === "route") return step.branches.flatMap((branch) => namesOf(branch.steps, hasFailoverOutputs));
    const inner = step.type === "failover" && hasFailoverOutputs ? [...step.outputs, ...(step.last === undefined ? [] : [step.last])] : [];
    return [nameOf(step), ...namesOf(inner, true)];
  });
}

export function dataDirOf(agentDataDir: string, pipeline: string): string {
  return join(agentDataDir, "pipelines", encodeURIComponent(pipeline));
}
