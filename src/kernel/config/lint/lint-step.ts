// A checked step with the way that leads to it and the place of each of its options: what the rules of `dure lint` look at. They go by the
// names of options and not of plugins, so that they hold for a plugin of the user's own, too.
import type { JsonValue } from "#base/json.ts";
import type { PluginKind } from "#sdk/plugin.ts";
import { optionSchema, propertiesOf } from "../../option-schema.ts";
import type { OptionSchema } from "../../option-schema.ts";
import type { CheckedStep } from "../check-steps.ts";
import type { Span } from "../source.ts";
import type { StepDraft } from "../steps.ts";
import { entryOf, spanOf } from "../tree.ts";
import type { TreeNode } from "../tree.ts";

export interface LintStep {
  readonly pipeline: string;
  /** As registered: out.File. */
  readonly name: string;
  readonly kind: PluginKind;
  /** After the schema. */
  readonly options: Readonly<Record<string, JsonValue>>;
  readonly schema: OptionSchema;
  /** What stands under the name. */
  readonly written: TreeNode;
  readonly nameSpan: Span;
  /** In a failover that has another. */
  readonly isReplaceable: boolean;
  /** What a record passes before it comes here, the input first. */
  readonly before: readonly LintStep[];
  readonly shorthand: string | undefined;
}

export function lintSteps(pipeline: string, drafts: readonly (StepDraft | undefined)[], checked: readonly CheckedStep[], start: readonly LintStep[] = []): LintStep[] {
  const all: LintStep[] = [];
  let before = start;
  for (const [index, draft] of drafts.entries()) {
    const step = checked[index];
    if (draft === undefined || step === undefined) continue;
    if (draft.type === "failover") {
      const outputs = [...draft.outputs, ...(draft.last === undefined ? [] : [draft.last])];
      for (const [at, output] of outputs.entries()) all.push(...stepOf(pipeline, output, step.inner[at], before, 1 < outputs.length));
    } else if (draft.type === "route") {
      let from = 0;
      for (const { steps } of draft.branches ?? []) {
        all.push(...lintSteps(pipeline, steps, step.inner.slice(from, from + steps.length), before));
        from += steps.length;
      }
    } else {
      const own = stepOf(pipeline, draft, step, before, false);
      all.push(...own);
      before = [...before, ...own];
    }
  }
  return all;
}

function stepOf(pipeline: string, draft: StepDraft | undefined, step: CheckedStep | undefined, before: readonly LintStep[], isReplaceable: boolean): LintStep[] {
  if (draft === undefined || step?.plan?.type !== "plugin" || step.plugin === undefined) return [];
  const { options, plugin: name } = step.plan;
  const isMap = typeof options === "object" && options !== null && !Array.isArray(options);
  const { kind, shorthand } = step.plugin;
  return [{ pipeline, name, kind, options: isMap ? (options as LintStep["options"]) : {}, schema: optionSchema(step.plugin.options), written: draft.options, nameSpan: draft.nameSpan, isReplaceable, before, shorthand }];
}

/** Whether the plugin has one of these options. */
export function knows({ schema }: LintStep, ...options: readonly string[]): boolean {
  const properties = propertiesOf(schema);
  return options.some((option) => Object.hasOwn(properties, option));
}

/** The option's value as it is written, or undefined where it is not. */
export function valueOf({ written, shorthand }: LintStep, option: string): TreeNode | undefined {
  if (written.type === "map") return entryOf(written, option)?.value;
  return option === shorthand && written.start < written.end ? written : undefined;
}

/** Where to point for an option: its value, else the step. */
export function placeOfOption(step: LintStep, option: string): Span {
  const value = valueOf(step, option);
  return value === undefined ? step.nameSpan : spanOf(value, step.nameSpan);
}

/** The texts of an option that is one or a list of them. */
export function textsOf(value: JsonValue | undefined): string[] {
  return (Array.isArray(value) ? value : [value]).filter((text) => typeof text === "string");
}
