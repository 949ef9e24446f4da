// `dure lint`: what is valid and probably not meant. Each rule has an id in lint-codes.ts. A finding is left out where a comment on its line, or
// on a line of its own above, says `# dure-ignore: DURE606`, and everywhere when `agent.lint.ignore` names it.
import type { lintCodes } from "../lint-codes.ts";
import type { Problem, Problems, Report } from "../problem.ts";
import type { Source, Span } from "../source.ts";
import type { TreeNode } from "../tree.ts";
import { deliveryRules } from "./delivery-rules.ts";
import { exposureRules } from "./exposure-rules.ts";
import { fieldRules } from "./field-rules.ts";
import { fileRules } from "./file-rules.ts";
import type { LintStep } from "./lint-step.ts";

export interface LintFacts {
  /** Of all pipelines. */
  readonly steps: readonly LintStep[];
  readonly roots: readonly TreeNode[];
  readonly source: Source;
  readonly configDir: string;
  /** Of the agent itself. */
  readonly logFiles: readonly string[];
  say(code: keyof typeof lintCodes, span: Span, report: Report): void;
}

/** Gives the text of the config as it may be shown: without its secrets. */
export function lint(facts: Omit<LintFacts, "say" | "source">, ignored: readonly string[], problems: Problems): string {
  const { source } = problems;
  const said: LintFacts = { ...facts, source, say: (code, span, report) => problems.add(code, span, report) };
  deliveryRules(said);
  fieldRules(said);
  fileRules(said);
  const secrets = exposureRules(said);
  const lines = source.text.split("\n");
  problems.keep((problem) => problem.level !== "lint" || !(ignored.includes(problem.code) || isIgnoredAt(problem, lines)));
  let shown = source.text;
  for (const { start, end } of secrets) shown = shown.slice(0, start) + shown.slice(start, end).replaceAll(/[^\s]/g, "*") + shown.slice(end);
  return shown;
}

function isIgnoredAt({ code, place }: Problem, lines: readonly string[]): boolean {
  const above = lines[place.line - 2] ?? "";
  const comments = [lines[place.line - 1] ?? "", ...(/^\s*#/.test(above) ? [above] : [])];
  return comments.some((text) => /#\s*dure-ignore:?\s*([\w\s,]+)/.exec(text)?.[1]?.split(/[\s,]+/).includes(code) === true);
}
