// The running agent goes over to another plan, and says how that went. It is loaded into every agent: nothing that reads configs belongs here.
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { Reloaded } from "#kernel/config/plan-difference.ts";
import type { Log } from "#sdk/plugin.ts";
import type { ShownMetrics } from "../metrics/shown-metrics.ts";
import type { RunningAgent } from "./agent-port.ts";

interface Reloadable {
  readonly agent: RunningAgent;
  readonly shown: ShownMetrics;
  readonly log: Log;
}

export async function reloadAgent({ agent, shown, log }: Reloadable, plan: AgentPlan): Promise<Reloaded> {
  const move = await shown.move(plan.metrics);
  const reloaded = await agent.reload(plan).catch(async (error: unknown) => {
    await move.undo();
    throw error;
  });
  const { problem, changed, added, removed, same } = reloaded;
  await (problem === undefined ? move.keep() : move.undo());
  if (problem === undefined) log.info("reloaded", { changed, added, removed, same: same.length });
  else log.error("a reload failed; the config before runs on", { error: problem });
  return reloaded;
}
