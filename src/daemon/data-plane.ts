// Wires the data plane of one thread: its plugins, its chunk memory, its pipelines.
import { UsageError } from "#base/errors.ts";
import { systemClock } from "#base/clock.ts";
import type { Clock } from "#base/clock.ts";
import { startPipelines } from "#capabilities/pipelines/pipelines.ts";
import type { PipelineReport, Pipelines } from "#capabilities/pipelines/pipelines.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins } from "#plugins/all.ts";
import type { Log, Plugin } from "#sdk/plugin.ts";
import type { ProcessLink } from "#sdk/process-link.ts";

export interface DataPlaneParts {
  readonly plan: AgentPlan;
  /** The pipelines of this thread. */
  readonly names: readonly string[];
  readonly log: Log;
  readonly mode: "run" | "test";
  readonly clock?: Clock | undefined;
  readonly processes?: ProcessLink | undefined;
  readonly onState: (report: PipelineReport) => void;
}

export async function startDataPlane({ plan, names, log, mode, clock = systemClock, processes, onState }: DataPlaneParts, signals: { drain: AbortSignal; abort: AbortSignal }): Promise<Pipelines> {
  const registry = createRegistry(builtInPlugins);
  await registry.addFiles(plan.pluginFiles);
  const memory = new ChunkMemory({ bytesMax: memoryBytes(plan.memoryBytesMax, names.length) });
  const plugin = async (name: string, code: string | undefined): Promise<Plugin> => {
    const found = await registry.getOfCode(name, code);
    if (found === undefined) throw new UsageError(`the plugin ${name} cannot be loaded`, { hint: registry.brokenFor(name)?.message ?? "Its file was there when the config was checked." });
    return found;
  };
  const pipelines = startPipelines({ plan, names, memory, plugin, clock, log, mode, onState, processes }, signals);
  return {
    ended: pipelines.ended,
    report: () => pipelines.report(),
    metrics: () => pipelines.metrics(),
    tap: (...given) => pipelines.tap(...given),
    errand: (errand, signal) => pipelines.errand(errand, signal),
    async replace(change) {
      await registry.refreshFiles(change.plan.pluginFiles);
      return pipelines.replace(change);
    },
  };
}

/** Below this a pipeline could not move a batch of 1 MiB without the memory of others. */
const SHARE_BYTES_MIN = 6 << 20;
const MEMORY_BYTES_MOST = 2 ** 31;

/** Many pipelines get more than was set, but touch it only when many of them are stuck at once. */
function memoryBytes(setBytes: number, pipelines: number): number {
  const needed = 2 ** Math.ceil(Math.log2(SHARE_BYTES_MIN * Math.max(1, pipelines)));
  return Math.max(setBytes, Math.min(MEMORY_BYTES_MOST, needed));
}
