// The pipelines of a config and their steps by name, without looking at options or plugins: quick, and whatever else is wrong.
import { parseYaml } from "./parse-yaml.ts";
import { Problems } from "./problem.ts";
import { Source } from "./source.ts";
import { everyStep, isPipeForm, readConfig } from "./steps.ts";

export interface PipelineOutline {
  readonly name: string;
  readonly steps: readonly { readonly id: string; readonly plugin: string }[];
}

export function outline(file: string, text: string): readonly PipelineOutline[] {
  const problems = new Problems(new Source(file, text));
  const roots = parseYaml(problems.source, problems).filter((root) => !isPipeForm(root));
  return readConfig(roots, problems).pipelines.map(({ name, steps }) => ({ name, steps: everyStep(steps).map((step) => ({ id: step.id, plugin: step.name })) }));
}
