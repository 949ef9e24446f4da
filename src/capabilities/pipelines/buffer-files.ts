// The disk buffers of a plan as they lie in their folders, beside a running agent or without one.
import { join } from "node:path";
import { systemClock } from "#base/clock.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { AgentPlan, StepPlan } from "#kernel/config/plan.ts";
import { placesOf } from "#kernel/config/step-places.ts";
import { readCommitted } from "#kernel/position-store.ts";
import type { BufferFiles, BufferFilesContext, BufferLook, Plugin } from "#sdk/plugin.ts";
import { dataDirOf } from "./open-pipeline.ts";

export interface KeptBuffer {
  readonly pipeline: string;
  /** `2:buffer.Time`. */
  readonly step: string;
  readonly files: BufferFiles;
  readonly context: BufferFilesContext;
}
export type LookedBuffer = BufferLook & Pick<KeptBuffer, "pipeline" | "step"> & { readonly dir: string };

/** Every buffer of the plan that keeps files, those in branches too. */
export async function keptBuffers(plan: AgentPlan, load: (plugin: string) => Promise<Plugin>): Promise<KeptBuffer[]> {
  const pool = new ChunkMemory({ bytesMax: plan.memoryBytesMax }).pool();
  const kept: KeptBuffer[] = [];
  for (const { name, steps, positionsDir } of plan.pipelines) {
    const positions = { dir: positionsDir ?? join(plan.dataDir, "positions"), name };
    const places = placesOf(steps);
    for (const { id, plugin: fullName, options } of stepsWithPlugins(steps)) {
      if (!fullName.startsWith("buffer.")) continue;
      const plugin = await load(fullName);
      const nth = places.get(id)?.nth ?? 1;
      const files = plugin.kind === "buffer" ? await plugin.files?.(options, { dataDir: dataDirOf(plan.dataDir, name), configDir: plan.configDir, nth }) : undefined;
      if (files !== undefined) kept.push({ pipeline: name, step: `${id}:${fullName}`, files, context: { nth, pool, clock: systemClock, committed: (key) => readCommitted(positions).get(key) } });
    }
  }
  return kept;
}

/** `isInUse`: an agent writes to them now; only what is settled is looked at. `isDeep`: every checksum. */
export async function lookAt(kept: readonly KeptBuffer[], how: { readonly isDeep: boolean; readonly isInUse: boolean }): Promise<LookedBuffer[]> {
  const looks: LookedBuffer[] = [];
  for (const { files, context, pipeline, step } of kept) looks.push({ pipeline, step, dir: files.dir, ...(await files.look(context, how)) });
  return looks;
}

function stepsWithPlugins(steps: readonly StepPlan[]): (StepPlan & { type: "plugin" })[] {
  return steps.flatMap((step) => (step.type === "plugin" ? [step] : step.type === "route" ? step.branches.flatMap((branch) => stepsWithPlugins(branch.steps)) : []));
}
