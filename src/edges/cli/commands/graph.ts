// `dure graph`: the pipelines of a config as a drawing. Nothing is started, and an agent is asked with `--live` only; of one elsewhere it is the
// config that runs there.
import { pipelineGraph } from "#kernel/config/graph.ts";
import type { PipelineGraph as StepsAndLinks } from "#kernel/config/graph.ts";
import { agentOf, isElsewhere } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { NOT_LOOKED, planOf } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import { graphDot, graphFacts, graphMermaid } from "../graph/documents.ts";
import { treeOf } from "../graph/graph.ts";
import { graphSvg } from "../graph/svg.ts";
import { graphText } from "../graph/text.ts";
import { noSuchPipeline, pipelineWords } from "../pipeline-words.ts";

export const graph: Command = async (asked) => {
  const { call, names } = pipelineWords(asked);
  const { options, globals, terminal, answer } = call;
  const graphs = (isElsewhere(call) ? await graphsThere(call, names) : await graphsHere(call, names)).map(treeOf);
  if (options["live"] === true) return (await import("./graph-live.ts")).graphLive(call, graphs);
  const format = globals.isJson ? "json" : options["format"];
  if (format === "mermaid") terminal.print(graphMermaid(graphs));
  else if (format === "dot") terminal.print(graphDot(graphs));
  else if (format === "svg") terminal.print(graphSvg(graphs));
  else if (format === "json") answer(graphFacts(graphs));
  else terminal.print(graphText(graphs, terminal.hasUnicode));
  return exitCode.done;
};

async function graphsHere(call: Call, names: readonly string[]): Promise<StepsAndLinks[]> {
  const { pipelines } = await planOf(call, undefined, NOT_LOOKED);
  return chosen(pipelines.map(({ name }) => name), names).flatMap((name) => pipelines.filter((pipeline) => pipeline.name === name).map(pipelineGraph));
}

async function graphsThere(call: Call, names: readonly string[]): Promise<StepsAndLinks[]> {
  const ask = await agentOf(call);
  const { pipelines } = await ask("pipelines.list");
  const graphs: StepsAndLinks[] = [];
  for (const name of chosen(pipelines.map((pipeline) => pipeline.name), names)) graphs.push((await ask("pipelines.show", { name })).graph);
  return graphs;
}

function chosen(all: readonly string[], names: readonly string[]): readonly string[] {
  const unknown = names.find((wanted) => !all.includes(wanted));
  if (unknown !== undefined) throw noSuchPipeline(unknown, all);
  return all.filter((name) => names.length === 0 || names.includes(name));
}
