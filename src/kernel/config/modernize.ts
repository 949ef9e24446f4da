// Old spellings put right in the text of a config: old plugin names, a comma behind a value, options at the plugin's own indent, and a
// list of tasks instead of `pipelines:`. The plan is the same before and after, or nothing is changed.
import { isDeepStrictEqual } from "node:util";
import { Pair, Scalar, YAMLMap, isMap, isScalar, isSeq } from "yaml";
import type { Document, YAMLSeq } from "yaml";
import type { Registry } from "../registry.ts";
import { checkConfig } from "./check.ts";
import { formatText } from "./format.ts";
import type { Formatted } from "./format.ts";
import type { AgentPlan } from "./plan.ts";
import { jobsDone, processesDone } from "./plan-difference.ts";
import type { Problem } from "./problem.ts";
import { doneBy } from "./step-changes.ts";
import { isStepName } from "./steps.ts";

/** Warnings whose suggestion can stand in the place of what they underline. */
const REPLACED: ReadonlySet<string> = new Set(["DURE402", "DURE403", "DURE404"]);

/** The text with its old spellings put right, and formatted. `has errors`: what it means is not known, so nothing is put right. */
export async function modernText(file: string, text: string, registry: Registry): Promise<Formatted | { readonly refused: "has errors" }> {
  const before = await checkConfig({ file, text, registry });
  if (before.plan === undefined) return { refused: "has errors" };
  const named = replaced(text, before.problems.filter(({ code, place }) => REPLACED.has(code) && place.file === file));
  const written = formatText(named, (documents) => {
    for (const document of documents) withoutOldForms(document, documents.length === 1);
  });
  if ("refused" in written) return written;
  const after = await checkConfig({ file, text: written.text, registry });
  return after.plan !== undefined && isDeepStrictEqual(withoutPlaces(before.plan), withoutPlaces(after.plan)) ? written : { refused: "would change" };
}

/** What a plan does, wherever it is written. */
export function withoutPlaces(plan: AgentPlan): unknown {
  return { ...plan, pipelines: plan.pipelines.map(doneBy), processes: processesDone(plan.processes), jobs: jobsDone(plan.jobs) };
}

function replaced(text: string, problems: readonly Problem[]): string {
  const lines = text.split("\n");
  // From the end, so that the places before stay what they are.
  for (const { place, endColumn, suggestion } of problems.toReversed()) {
    const line = lines[place.line - 1];
    if (line !== undefined && suggestion !== undefined) lines[place.line - 1] = `${line.slice(0, place.column - 1)}${suggestion}${line.slice(endColumn - 1)}`;
  }
  return lines.join("\n");
}

function withoutOldForms(document: Document, isAlone: boolean): void {
  const root = document.contents;
  if (isSeq(root)) {
    for (const task of root.items) if (isMap(task)) stepsIn(task.get("task", true));
    if (isAlone) document.contents = (asPipelines(root) ?? root) as typeof document.contents;
  }
  if (!isMap(root)) return;
  const pipelines = root.get("pipelines", true);
  if (!isMap(pipelines)) return;
  for (const { value } of pipelines.items) stepsIn(isMap(value) ? value.get("steps", true) : value);
}

/** `- task:` lists have names already, by their place: those become keys, so that what an agent remembers of them stays theirs. */
function asPipelines(tasks: YAMLSeq): YAMLMap | undefined {
  const pipelines = new YAMLMap();
  for (const [index, task] of tasks.items.entries()) {
    if (!isMap(task) || task.items.length !== 1 || task.anchor !== undefined) return undefined;
    const [only] = task.items;
    if (!isScalar(only?.key) || only.key.value !== "task" || !isSeq(only.value)) return undefined;
    const name = new Scalar(`task-${index + 1}`);
    name.commentBefore = [task.commentBefore, only.key.commentBefore].filter((text) => typeof text === "string").join("\n") || null;
    name.spaceBefore = index > 0;
    if (task.comment !== undefined && task.comment !== null) only.value.comment = [only.value.comment, task.comment].filter((text) => typeof text === "string").join("\n");
    pipelines.items.push(new Pair(name, only.value));
  }
  const root = new YAMLMap();
  root.items.push(new Pair(new Scalar("pipelines"), pipelines));
  root.commentBefore = tasks.commentBefore ?? null;
  const first = pipelines.items[0]?.key;
  if (isScalar(first)) ofTheFile(first, root);
  root.comment = tasks.comment ?? null;
  return root;
}

/** What stands above a blank line, and what is for editors, is about the file and not about its first task. */
function ofTheFile(first: Scalar, root: YAMLMap): void {
  const lines = (first.commentBefore ?? "").split("\n");
  const count = Math.max(lines.lastIndexOf("") + 1, lines.findLastIndex((line) => /^ *(?:yaml-language-server|\$schema):/.test(line)) + 1);
  if (count === 0) return;
  const key = root.items[0]?.key;
  if (isScalar(key)) key.commentBefore = lines.slice(0, count).join("\n").trimEnd();
  first.commentBefore = lines.slice(count).join("\n") || null;
}

function stepsIn(list: unknown): void {
  if (isSeq(list)) for (const step of list.items) stepIn(step);
}

function stepIn(step: unknown): void {
  if (!isMap(step)) return;
  optionsUnderneath(step);
  for (const { key, value } of step.items) {
    const name = isScalar(key) ? key.value : undefined;
    if (name === "failover" && isMap(value)) {
      stepsIn(value.get("outputs", true));
      stepIn(value.get("last", true));
    }
    if (name === "route" && isSeq(value)) for (const branch of value.items) if (isMap(branch)) stepsIn(branch.get("steps", true));
  }
}

/** Options beside the name of their step become its own. */
function optionsUnderneath(step: YAMLMap): void {
  const head = step.items.find(({ key }) => isScalar(key) && isStepName(String(key.value)));
  const beside = step.items.filter((item) => item !== head);
  const isEmpty = head !== undefined && (head.value === null || (isScalar(head.value) && head.value.value === null));
  if (head === undefined || beside.length === 0 || !isEmpty) return;
  const options = new YAMLMap();
  options.items.push(...beside);
  const remark = isScalar(head.value) ? [head.value.commentBefore, head.value.comment].filter((text) => typeof text === "string").join("\n") : "";
  if (remark !== "") options.commentBefore = remark;
  step.items.splice(0, step.items.length, head);
  (head as Pair).value = options;
}
