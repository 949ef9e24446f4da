// `dure graph`: the pipelines of a config as a drawing. Nothing is started, and an agent is asked with `--live` only.
import type { StepPlan } from "#kernel/config/plan.ts";
import type { Registry } from "#kernel/registry.ts";
import { roleOf } from "#kernel/config/topology.ts";
import type { Command } from "../command.ts";
import { NOT_LOOKED, planOf, pluginRegistry } from "../config-file.ts";
import { configFileOf } from "../config-path.ts";
import { exitCode } from "../exit-codes.ts";
import { graphDot, graphFacts, graphMermaid } from "../graph/documents.ts";
import { pipelineGraph } from "../graph/graph.ts";
import type { PluginFacts } from "../graph/graph.ts";
import { graphSvg } from "../graph/svg.ts";
import { graphText } from "../graph/text.ts";
import { noSuchPipeline, pipelineWords } from "../pipeline-words.ts";

export const graph: Command = async (asked) => {
  const { call, names } = pipelineWords(asked);
  const { options, globals, terminal, answer } = call;
  const file = configFileOf(call, undefined);
  const plan = await planOf(call, undefined, NOT_LOOKED);
  const unknown = names.find((wanted) => !plan.pipelines.some(({ name }) => name === wanted));
  if (unknown !== undefined) throw noSuchPipeline(unknown, plan.pipelines.map(({ name }) => name));
  const facts = await factsOf(await pluginRegistry({ globals: { ...globals, config: [file] } }), plan.pipelines.flatMap(({ steps }) => steps));
  const graphs = plan.pipelines.filter(({ name }) => names.length === 0 || names.includes(name)).map((pipeline) => pipelineGraph(pipeline, facts));
  if (options["live"] === true) return (await import("./graph-live.ts")).graphLive(call, graphs);
  const format = globals.isJson ? "json" : options["format"];
  if (format === "mermaid") terminal.print(graphMermaid(graphs));
  else if (format === "dot") terminal.print(graphDot(graphs));
  else if (format === "svg") terminal.print(graphSvg(graphs));
  else if (format === "json") answer(graphFacts(graphs));
  else terminal.print(graphText(graphs, terminal.hasUnicode));
  return exitCode.done;
};

async function factsOf(registry: Registry, steps: readonly StepPlan[]): Promise<PluginFacts> {
  const ends = new Set<string>();
  const shorthands = new Map<string, string>();
  for (const name of new Set(pluginsOf(steps))) {
    const found = await registry.find(name);
    if (found === undefined) continue;
    if (roleOf(found.plugin) === "output") ends.add(name);
    if (found.plugin.shorthand !== undefined) shorthands.set(name, found.plugin.shorthand);
  }
  return { isEnd: (name) => ends.has(name), shorthandOf: (name) => shorthands.get(name) };
}

function pluginsOf(steps: readonly StepPlan[]): string[] {
  return steps.flatMap((step) => {
    if (step.type === "plugin") return [step.plugin];
    if (step.type === "failover") return pluginsOf([...step.outputs, ...(step.last === undefined ? [] : [step.last])]);
    return step.type === "route" ? step.branches.flatMap((branch) => pluginsOf(branch.steps)) : [];
  });
}
