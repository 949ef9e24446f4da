// Drafts to plans: each step's plugin is looked up and its options are checked. A step that is wrong leaves a problem and no plan,
// and the next one is checked all the same.
import { parseDurationMs } from "#base/quantities.ts";
import { composed } from "#base/text.ts";
import type { Plugin } from "#sdk/plugin.ts";
import { optionSchema, propertiesOf } from "../option-schema.ts";
import type { OptionSchema } from "../option-schema.ts";
import type { Registry } from "../registry.ts";
import { branchOptions, failoverOptions, sleepOptions } from "./agent.ts";
import { checkOptions } from "./options.ts";
import type { Owner } from "./option-issues.ts";
import type { BranchPlan, StepPlan } from "./plan.ts";
import type { Problems } from "./problem.ts";
import { wordsAt } from "./process-words.ts";
import type { Word } from "./process-words.ts";
import { shownOptions } from "./shown-options.ts";
import type { StepDraft } from "./steps.ts";
import { roleOf, roleOfName } from "./topology.ts";
import type { Placed, PlacedBranch } from "./topology.ts";
import { isNull, spanOf } from "./tree.ts";
import { resolvePlugin } from "./resolve-plugin.ts";

export interface CheckedStep {
  readonly placed: Placed;
  /** undefined when something is wrong with it. */
  readonly plan: StepPlan | undefined;
  /** Set for a step that is a plugin's. */
  readonly plugin?: Plugin;
  /** The processes that its options name. */
  readonly processWords?: readonly Word[];
  /** Of a failover: its outputs, then its last. Of a route: the steps of all its branches. */
  readonly inner: readonly CheckedStep[];
}

/** The step and all that stand in it. */
export function withInner(step: CheckedStep): CheckedStep[] {
  return [step, ...step.inner.flatMap(withInner)];
}

export async function checkStep(draft: StepDraft | undefined, registry: Registry, problems: Problems): Promise<CheckedStep> {
  if (draft === undefined) return { placed: { role: "unknown", name: "", span: { start: 0, end: 0 } }, plan: undefined, inner: [] };
  if (draft.type === "sleep") return { placed: { role: "sleep", name: draft.name, span: draft.nameSpan }, plan: await sleepPlan(draft, problems), inner: [] };
  if (draft.type === "route") return checkRouteStep(draft, registry, problems);
  return draft.type === "failover" ? checkFailoverStep(draft, registry, problems) : checkPluginStep(draft, registry, problems);
}

async function checkPluginStep(draft: StepDraft, registry: Registry, problems: Problems): Promise<CheckedStep> {
  const { id, name, nameSpan } = draft;
  const found = await resolvePlugin(name, nameSpan, registry, problems);
  if (found === undefined) return { placed: { role: roleOfName(name), name, span: nameSpan }, plan: undefined, inner: [] };
  const { plugin, fullName } = found;
  const owner: Owner = {
    name: fullName,
    nameSpan,
    schema: plugin.options,
    shorthand: plugin.shorthand,
    elsewhere: (option) => pluginsWithOption(option, plugin, registry),
  };
  const options = await checkOptions(draft.options, owner, problems);
  const place = problems.source.place(nameSpan.start);
  const code = registry.codeOf(fullName);
  const shown = options === undefined ? undefined : shownOptions(options, draft.options, { schema: schemaOrSecret(plugin), shorthand: plugin.shorthand }, problems.source);
  const more = {
    ...(shown === undefined ? {} : { shown }),
    ...(plugin.shorthand === undefined ? {} : { shorthand: plugin.shorthand }),
    ...(plugin.kind === "out" && "isTransform" in plugin ? { isStream: true as const } : {}),
    ...(code === undefined ? {} : { code }),
  };
  return {
    placed: { role: roleOf(plugin), name: fullName, span: nameSpan },
    plan: options === undefined ? undefined : { type: "plugin", id, plugin: fullName, options, ...more, place },
    plugin,
    ...(options === undefined ? {} : { processWords: processWords(draft, plugin) }),
    inner: [],
  };
}

function processWords({ options, nameSpan }: StepDraft, plugin: Plugin): Word[] {
  const properties = Object.entries(schemaOrSecret(plugin).properties ?? {});
  return properties.flatMap(([option, { names }]) => {
    if (names !== "process") return [];
    return options.type === "scalar" && option === plugin.shorthand ? [{ name: composed(String(options.value).trim()), span: spanOf(options, nameSpan) }] : wordsAt(options, option, nameSpan);
  });
}

/** A plugin of the user's own may have a schema that cannot be written down: then any of its options may be secret. */
function schemaOrSecret({ options }: Plugin): OptionSchema {
  try {
    return optionSchema(options);
  } catch {
    return { secret: true };
  }
}

/** Full names of other plugins that have an option of this name, those of the same kind first. */
async function pluginsWithOption(option: string, plugin: Plugin, registry: Registry): Promise<readonly string[]> {
  const having = (await registry.list()).filter((other) => other.plugin !== plugin && Object.hasOwn(propertiesOf(optionSchema(other.plugin.options)), option));
  return [...having.filter((other) => other.plugin.kind === plugin.kind), ...having.filter((other) => other.plugin.kind !== plugin.kind)].map(
    (other) => other.fullName,
  );
}

async function checkFailoverStep(draft: StepDraft, registry: Registry, problems: Problems): Promise<CheckedStep> {
  const { id, name, nameSpan } = draft;
  const outputs: CheckedStep[] = [];
  for (const output of draft.outputs) outputs.push(await checkStep(output, registry, problems));
  const last = draft.last === undefined ? undefined : await checkStep(draft.last, registry, problems);
  const inner = [...outputs, ...(last === undefined ? [] : [last])];
  const placed: Placed = { role: "output", name, span: nameSpan, outputs: inner.map((step) => step.placed) };
  const options = (await checkOptions(draft.options, { name, nameSpan, schema: failoverOptions }, problems)) as
    | { start_by: "ip" | "tag" | "random" | "ordered"; recheck: number }
    | undefined;
  const plans = outputs.flatMap((output) => output.plan ?? []);
  if (options === undefined || plans.length < outputs.length || (last !== undefined && last.plan === undefined)) return { placed, plan: undefined, inner };
  const place = problems.source.place(nameSpan.start);
  return {
    placed,
    plan: {
      type: "failover",
      id,
      outputs: plans,
      ...(last?.plan === undefined ? {} : { last: last.plan }),
      startBy: options.start_by,
      recheckMs: options.recheck,
      place,
    },
    inner,
  };
}

async function checkRouteStep({ id, name, nameSpan, branches = [] }: StepDraft, registry: Registry, problems: Problems): Promise<CheckedStep> {
  const inner: CheckedStep[] = [];
  const places: PlacedBranch[] = [];
  const plans: BranchPlan[] = [];
  let isWhole = 0 < branches.length;
  for (const { span, options: written, steps } of branches) {
    const checked: CheckedStep[] = [];
    for (const step of steps) checked.push(await checkStep(step, registry, problems));
    inner.push(...checked);
    const options = (await checkOptions(written, { name, nameSpan: span, schema: branchOptions }, problems)) as { when?: string; continue: boolean } | undefined;
    const takesAll = options !== undefined && options.when === undefined && !options.continue;
    places.push({ span, takesAll, steps: checked.map((step) => step.placed) });
    const stepPlans = checked.flatMap((step) => step.plan ?? []);
    if (options === undefined || stepPlans.length < checked.length) isWhole = false;
    else plans.push({ ...(options.when === undefined ? {} : { when: options.when }), isContinued: options.continue, steps: stepPlans });
  }
  // With a branch that takes all, nothing is left for a next step; where one is wrong, nobody knows.
  const role = places.some(({ takesAll }) => takesAll) ? "output" : plans.length < places.length || places.length === 0 ? "unknown" : "transform";
  const place = problems.source.place(nameSpan.start);
  return { placed: { role, name, span: nameSpan, branches: places }, plan: isWhole ? { type: "route", id, branches: plans, place } : undefined, inner };
}

async function sleepPlan({ id, name, nameSpan, options }: StepDraft, problems: Problems): Promise<StepPlan | undefined> {
  const place = problems.source.place(nameSpan.start);
  if (options.type === "scalar" && !isNull(options)) {
    const ms = typeof options.value === "boolean" ? undefined : parseDurationMs(options.value ?? "");
    if (ms !== undefined && Number.isFinite(ms)) return { type: "sleep", id, ms, place };
    problems.add("DURE205", options, {
      text: { en: "'sleep' takes a duration with its unit", ko: "'sleep'에는 단위를 붙인 시간을 씁니다" },
      help: { en: "write it as in `sleep: 1s`", ko: "`sleep: 1s`처럼 쓰세요" },
    });
    return undefined;
  }
  const checked = (await checkOptions(options, { name, nameSpan, schema: sleepOptions }, problems)) as { seconds: number } | undefined;
  return checked === undefined ? undefined : { type: "sleep", id, ms: checked.seconds * 1000, place };
}
