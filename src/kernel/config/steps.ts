// From the tree to pipelines and steps, in our own form and in the old one, still without asking which plugins there are.
// What an old config writes differently is understood and said once, at its place.
import type { Text } from "#base/lang.ts";
import { composed } from "#base/text.ts";
import { particle } from "./korean.ts";
import type { Problems } from "./problem.ts";
import { isProcessSection, PROCESS_SECTIONS } from "./process-sections.ts";
import type { ProcessSections } from "./process-sections.ts";
import { closest } from "#base/similar.ts";
import type { Span } from "./source.ts";
import { entryOf, isNull, spanOf } from "./tree.ts";
import type { MapEntry, MapNode, TreeNode } from "./tree.ts";

export interface StepDraft {
  readonly type: "plugin" | "failover" | "route" | "sleep";
  readonly id: string;
  /** As written. */
  readonly name: string;
  readonly nameSpan: Span;
  /** What stands under the name; an empty scalar for none. */
  readonly options: TreeNode;
  /** Of a failover. */
  readonly outputs: readonly (StepDraft | undefined)[];
  readonly last?: StepDraft | undefined;
  /** Of a route. */
  readonly branches?: readonly BranchDraft[];
}

export interface BranchDraft {
  readonly span: Span;
  /** All but its steps. */
  readonly options: TreeNode;
  readonly steps: readonly (StepDraft | undefined)[];
}

export interface PipelineDraft {
  readonly name: string;
  readonly nameSpan: Span;
  /** undefined: something stands there that is not a step, which has been said. */
  readonly steps: readonly (StepDraft | undefined)[];
  /** The map around `steps:`, when it is written that way. */
  readonly settings?: MapNode;
}

export interface ConfigDraft {
  agent?: MapEntry;
  http?: MapEntry;
  store?: MapEntry;
  jobs?: MapEntry;
  notifiers?: MapEntry;
  tests?: MapEntry;
  /** `processes:`, `flows:`, … */
  readonly processes: ProcessSections;
  readonly pipelines: PipelineDraft[];
  /** Steps that belong to no pipeline and are checked all the same. */
  readonly apart: StepDraft[];
}

export const ROOT_KEYS = ["agent", "http", "jobs", "notifiers", "pipelines", "store", "tests", "vars", ...PROCESS_SECTIONS];
/** What these are called elsewhere. */
const MEANT: Readonly<Record<string, string>> = { tasks: "processes", task: "processes", programs: "processes", services: "processes", job: "jobs", rules: "jobs", operator: "jobs", queue: "jobs", workers: "jobs", crons: "schedules", cron: "schedules", notify: "notifiers", notifications: "notifiers", webhooks: "notifiers", mail: "notifiers", alerts: "notifiers", settings: "process_settings" };
const BUILD_FILE: Text = { en: "this looks like a build file; a config has `pipelines:`", ko: "빌드 파일로 보입니다. 설정에는 `pipelines:`가 있습니다" };
const KINDS = /^(?:in|parse|filter|buffer|out)\./;

/** The form of `sources:` and `matches:`, which has a reader of its own. */
export function isPipeForm(root: TreeNode): root is MapNode {
  return root.type === "map" && entryOf(root, "pipelines") === undefined && root.entries.some(({ key }) => ["sources", "matches", "svc_name"].includes(key));
}

export function readConfig(roots: readonly TreeNode[], problems: Problems): ConfigDraft {
  const config: ConfigDraft = { processes: {}, pipelines: [], apart: [] };
  for (const root of roots) {
    if (root.type === "list") readTasks(root.items, config, problems);
    else if (root.type === "map") readRoot(root, config, problems);
    else notAConfig(root, problems);
  }
  return config;
}

function notAConfig(
  span: Span,
  problems: Problems,
  help: Text = { en: "write `pipelines:` with a name and a list of steps", ko: "`pipelines:` 아래에 이름과 단계 목록을 쓰세요" },
): void {
  problems.add("DURE102", span, { text: { en: "this is not a config", ko: "설정이 아닙니다" }, help });
}

function readRoot(root: MapNode, config: ConfigDraft, problems: Problems): void {
  if (!root.entries.some((entry) => ROOT_KEYS.includes(entry.key)) && root.entries.length !== 0) {
    const old = root.entries.find(({ key }) => ["streams", "tags", "task"].includes(key));
    if (root.entries.some(({ key }) => /^-?plugins$/.test(key))) return notAConfig(root.entries[0]?.keySpan ?? root, problems, BUILD_FILE);
    if (old !== undefined)
      return notAConfig(old.keySpan, problems, {
        en: `\`${old.key}:\` is another program's form; write \`pipelines:\` with a name and a list of steps`,
        ko: `\`${old.key}:\`${particle(old.key, "은/는")} 다른 형식의 설정입니다. \`pipelines:\` 아래에 이름과 단계 목록을 쓰세요`,
      });
  }
  for (const [index, entry] of root.entries.entries()) {
    const { key, keySpan, value } = entry;
    if (root.entries.findIndex((other) => other.key === key) < index) continue; // A key that stands twice has been said.
    if (key === "agent" || key === "http" || key === "store" || key === "jobs" || key === "notifiers") {
      if (config[key] === undefined) config[key] = entry;
      else twoDocuments(entry, problems);
    } else if (isProcessSection(key)) {
      if (config.processes[key] === undefined) config.processes[key] = entry;
      else twoDocuments(entry, problems);
    } else if (key === "tests") config.tests ??= entry;
    else if (key === "pipelines") readPipelines(value, keySpan, config, problems);
    else if (key === "vars") {
      if (value.type !== "map" && !isNull(value))
        problems.add("DURE201", spanOf(value, keySpan), { text: { en: "`vars:` is a map of names and values", ko: "`vars:`는 이름과 값의 맵입니다" } });
    } else if (!key.startsWith("x-")) {
      problems.add("DURE103", keySpan, {
        text: { en: `unknown key '${key}'`, ko: `'${key}'${particle(key, "은/는")} 알 수 없는 키입니다` },
        help: { en: `known here: ${ROOT_KEYS.join(", ")}, and x-… for your own anchors`, ko: `쓸 수 있는 키: ${ROOT_KEYS.join(", ")}, 앵커를 모아 두는 x-…` },
        suggestion: closest(key, ROOT_KEYS) ?? MEANT[key.toLowerCase()],
      });
    }
  }
}

function twoDocuments({ key, keySpan }: MapEntry, problems: Problems): void {
  problems.add("DURE013", keySpan, { text: { en: `\`${key}:\` stands in two documents of this file`, ko: `이 파일의 두 문서에 \`${key}:\` 항목이 있습니다` } });
}

function readPipelines(node: TreeNode, span: Span, config: ConfigDraft, problems: Problems): void {
  if (node.type === "map") {
    for (const [index, { key, keySpan, value }] of node.entries.entries()) {
      const isAgain = node.entries.findIndex((other) => other.key === key) < index; // Which has been said.
      addPipeline(key, keySpan, value, config, problems, isAgain);
    }
  } else if (!isNull(node))
    problems.add("DURE104", spanOf(node, span), {
      text: { en: "`pipelines:` is a map of names and lists of steps", ko: "`pipelines:`는 이름과 단계 목록의 맵입니다" },
      help: { en: "give each pipeline a name: `pipelines: { web: [ … ] }`", ko: "파이프라인마다 이름을 주세요: `pipelines: { web: [ … ] }`" },
    });
}

/** The old form: a list of `- task:`. Tasks are called task-1, task-2, … */
function readTasks(items: readonly TreeNode[], config: ConfigDraft, problems: Problems): void {
  for (const item of items) {
    const task = item.type === "map" ? entryOf(item, "task") : undefined;
    if (item.type !== "map" || task === undefined) {
      const isBuildFile = item.type === "map" && item.entries.some(({ key }) => key === "plugins" || key === "name");
      if (isBuildFile) return notAConfig(item, problems, BUILD_FILE);
      notAConfig(item, problems, { en: "each item of this list must be `- task:`", ko: "이 목록의 항목은 모두 `- task:`여야 합니다" });
      continue;
    }
    for (const { key, keySpan } of item.entries) {
      if (key === "task") continue;
      problems.add("DURE103", keySpan, {
        text: { en: `unknown key '${key}' beside \`task:\``, ko: `\`task:\` 옆의 '${key}'${particle(key, "은/는")} 알 수 없는 키입니다` },
        help: { en: "begin each step with `- ` below `task:`", ko: "단계는 `task:` 아래에 `- `로 시작하세요" },
      });
    }
    const count = config.pipelines.filter(({ name }) => name.startsWith("task-")).length;
    addPipeline(`task-${count + 1}`, task.keySpan, task.value, config, problems);
  }
}

function addPipeline(name: string, nameSpan: Span, node: TreeNode, config: ConfigDraft, problems: Problems, isAgain = false): void {
  const normal = composed(name); // A name typed on a Mac may come apart into jamo.
  if (!isPipelineName(normal)) {
    problems.add("DURE109", nameSpan, {
      text: { en: "this cannot be a pipeline's name", ko: "파이프라인 이름으로 쓸 수 없습니다" },
      help: { en: "use letters, digits, blanks, `.`, `_` and `-`", ko: "글자, 숫자, 빈칸, `.`, `_`, `-`를 쓰세요" },
    });
  }
  // Names become folders, and some systems do not tell upper from lower case.
  const other = config.pipelines.find((pipeline) => pipeline.name.toLowerCase() === normal.toLowerCase());
  if (other !== undefined && !isAgain) {
    const { line } = problems.source.place(other.nameSpan.start);
    problems.add("DURE108", nameSpan, {
      text: {
        en: `the pipeline '${normal}' exists already, on line ${line}`,
        ko: `파이프라인 '${normal}'${particle(normal, "이/가")} ${line}행에 이미 있습니다`,
      },
    });
  }
  config.pipelines.push({ name: normal, nameSpan, ...readPipeline(node, nameSpan, problems) });
}

function isPipelineName(name: string): boolean {
  if (100 < name.length || /[ .]$/.test(name)) return false;
  // The second pattern takes V8 many milliseconds to compile: most names do without.
  return /^[A-Za-z0-9][\w .-]*$/.test(name) || /^[\p{L}\p{N}][\p{L}\p{N}\p{M} ._-]*$/u.test(name);
}

function readPipeline(node: TreeNode, span: Span, problems: Problems): Pick<PipelineDraft, "steps" | "settings"> {
  if (node.type === "list") return { steps: readSteps(node.items, "", problems) };
  if (isNull(node)) return { steps: [] };
  if (node.type === "map") {
    const steps = entryOf(node, "steps");
    if (steps?.value.type === "list") return { steps: readSteps(steps.value.items, "", problems), settings: node };
    if (steps !== undefined && isNull(steps.value)) return { steps: [], settings: node };
    const isDashGlued = node.entries.some(({ key }) => /^-\S/.test(key));
    if (steps === undefined && !isDashGlued && !node.entries.some(({ key }) => isStepName(key))) {
      const retry = closest(node.entries[0]?.key ?? "", ["steps"]);
      problems.add("DURE104", node.entries[0]?.keySpan ?? spanOf(node, span), {
        text: { en: "a pipeline has a list of steps", ko: "파이프라인에는 단계 목록이 있어야 합니다" },
        help: { en: "write the steps under `steps:`, or directly under the pipeline's name", ko: "단계를 `steps:` 아래나 파이프라인 이름 바로 아래에 쓰세요" },
        suggestion: retry,
      });
      return { steps: [undefined] };
    }
    const at = steps?.value ?? node.entries[0]?.keySpan ?? span;
    problems.add("DURE104", spanOf(at as TreeNode, span), {
      text: { en: "a pipeline is a list of steps", ko: "파이프라인은 단계의 목록입니다" },
      help: isDashGlued
        ? { en: "put a blank behind each dash: `- in.…`", ko: "- 뒤에 빈칸을 넣으세요: `- in.…`" }
        : { en: "begin each step with `- `", ko: "단계마다 `- `로 시작하세요" },
    });
    return { steps: [undefined] };
  }
  problems.add("DURE104", spanOf(node, span), {
    text: { en: "a pipeline is a list of steps", ko: "파이프라인은 단계의 목록입니다" },
    help: { en: "begin each step with `- `", ko: "단계마다 `- `로 시작하세요" },
  });
  return { steps: [undefined] };
}

/** What a step stands in. */
type Inside = "pipeline" | "branch" | "failover";

function readSteps(items: readonly TreeNode[], prefix: string, problems: Problems, inside: Inside = "pipeline"): (StepDraft | undefined)[] {
  return items.map((item, index) => readStep(item, `${prefix}${index + 1}`, problems, inside));
}

/** The steps and all that stand in them. */
export function everyStep(steps: readonly (StepDraft | undefined)[]): StepDraft[] {
  return steps.flatMap((step) => (step === undefined ? [] : [step, ...everyStep(step.outputs), ...everyStep([step.last]), ...(step.branches ?? []).flatMap((branch) => everyStep(branch.steps))]));
}

export function isStepName(key: string): boolean {
  return key === "failover" || key === "route" || key === "sleep" || KINDS.test(key);
}

function readStep(node: TreeNode, id: string, problems: Problems, inside: Inside): StepDraft | undefined {
  if (node.type === "scalar" && typeof node.value === "string" && node.value.trim() !== "") return readBareStep(node.value.trim(), node, id, problems, inside);
  if (node.type !== "map" || node.entries.length === 0) {
    const text: Text = isNull(node)
      ? { en: "nothing stands behind this dash", ko: "- 뒤에 아무것도 없습니다" }
      : { en: "this is not a step", ko: "단계가 아닙니다" };
    problems.add("DURE105", node, { text, help: { en: "write a plugin's name, such as `- out.Stdout`", ko: "`- out.Stdout`처럼 플러그인 이름을 쓰세요" } });
    return undefined;
  }
  const head = node.entries.find(({ key }) => isStepName(key)) ?? node.entries[0];
  if (head === undefined) return undefined;
  const beside = node.entries.filter((entry) => entry !== head);
  const name = head.key.trim();
  const second = beside.find(({ key }) => isStepName(key));
  if (second !== undefined) {
    problems.add("DURE106", second.keySpan, {
      text: {
        en: `'${second.key}' stands in the same step as '${name}'`,
        ko: `'${second.key}'${particle(second.key, "이/가")} '${name}'${particle(name, "와/과")} 같은 단계에 있습니다`,
      },
      help: { en: "begin it with `- ` as a step of its own", ko: "`- `로 시작하는 새 단계로 쓰세요" },
    });
    return undefined;
  }
  if (beside.length === 0) return draft(id, name, head.keySpan, head.value, problems, inside);
  const misplaced = beside.map(({ key }) => `\`${key}\``).join(", ");
  const place = beside[0]?.keySpan ?? head.keySpan;
  const help: Text = {
    en: `indent ${misplaced} further than \`${name}:\``,
    ko: `${misplaced}${particle(beside.at(-1)?.key ?? "", "을/를")} \`${name}:\`보다 더 들여 쓰세요`,
  };
  if (!isNull(head.value)) {
    problems.add("DURE106", place, { text: { en: `this stands beside '${name}', not under it`, ko: `'${name}' 아래가 아니라 옆에 있습니다` }, help });
    return undefined;
  }
  problems.add("DURE401", place, { text: { en: `the options of '${name}' stand at its own indent`, ko: `'${name}'의 옵션이 같은 깊이에 있습니다` }, help });
  return draft(id, name, head.keySpan, { type: "map", start: beside[0]?.keySpan.start ?? node.start, end: node.end, entries: beside }, problems, inside);
}

function readBareStep(name: string, span: Span, id: string, problems: Problems, inside: Inside): StepDraft | undefined {
  const dash = / - /.test(name) ? problems.source.text.indexOf("- ", span.start) : -1;
  if (span.start < dash && dash < span.end) {
    // YAML takes a dash that is indented further as more of the same text.
    problems.add(
      "DURE015",
      { start: dash, end: dash + 1 },
      {
        text: { en: "this dash is indented further than that of the step before it", ko: "앞 단계보다 더 들여 쓴 -입니다" },
        help: { en: "begin all steps in the same column", ko: "단계는 모두 같은 열에서 시작하세요" },
      },
    );
    return undefined;
  }
  const [, head = "", value = ""] = /^(\S+)\s+(.+)$/s.exec(name) ?? [];
  if (isStepName(head)) {
    problems.add("DURE105", span, {
      text: { en: `a \`:\` is missing behind '${head}'`, ko: `'${head}' 뒤에 \`:\`이 없습니다` },
      suggestion: value.includes("\n") ? undefined : `${head}: ${value}`,
    });
    return undefined;
  }
  return draft(id, name, span, emptyOptions(span.end), problems, inside);
}

function emptyOptions(at: number): TreeNode {
  return { type: "scalar", start: at, end: at, value: null, isQuoted: false, isInterpolated: false };
}

function draft(id: string, name: string, nameSpan: Span, options: TreeNode, problems: Problems, inside: Inside): StepDraft {
  if (name === "sleep") return { type: "sleep", id, name, nameSpan, options, outputs: [] };
  if (name !== "failover" && name !== "route") return { type: "plugin", id, name, nameSpan, options, outputs: [] };
  // One inside of another is refused later; looking into it would let aliases unfold without end.
  if (inside === "failover" || (inside === "branch" && name === "route")) return { type: name, id, name, nameSpan, options: emptyOptions(options.start), outputs: [] };
  if (name === "route") return { type: "route", id, name, nameSpan, options: emptyOptions(options.start), outputs: [], branches: readBranches(options, id, nameSpan, problems) };
  const outputs = options.type === "map" ? entryOf(options, "outputs") : undefined;
  const last = options.type === "map" ? entryOf(options, "last") : undefined;
  const own = options.type === "map" ? { ...options, entries: options.entries.filter(({ key }) => key !== "outputs" && key !== "last") } : options;
  return {
    type: "failover",
    id,
    name,
    nameSpan,
    options: own,
    outputs: readOutputs(outputs, id, nameSpan, problems),
    last: last === undefined ? undefined : readStep(last.value, `${id}.last`, problems, "failover"),
  };
}

/** `route:` is a list of maps, each with `steps:`. */
function readBranches(node: TreeNode, id: string, nameSpan: Span, problems: Problems): BranchDraft[] {
  const help: Text = { en: 'write `- when: "r.status >= 500"` and below it `steps:` with a list of steps', ko: '`- when: "r.status >= 500"` 아래에 `steps:`와 단계 목록을 쓰세요' };
  if (node.type !== "list" || node.items.length === 0) {
    problems.add("DURE201", spanOf(node, nameSpan), { text: { en: "'route' takes a list of branches", ko: "'route'에는 갈래의 목록을 씁니다" }, help });
    return [];
  }
  return node.items.flatMap((item, index) => {
    const steps = item.type === "map" ? entryOf(item, "steps") : undefined;
    if (item.type !== "map" || steps?.value.type !== "list" || steps.value.items.length === 0) {
      const misspelled = item.type === "map" && steps === undefined ? item.entries.find(({ key }) => key !== "when" && closest(key, ["steps"]) !== undefined) : undefined;
      if (misspelled === undefined) problems.add("DURE204", spanOf(item, nameSpan), { text: { en: "a branch needs a list of `steps`", ko: "갈래에는 `steps` 목록이 있어야 합니다" }, help });
      else problems.add("DURE207", misspelled.keySpan, { text: { en: `unknown option '${misspelled.key}' (route)`, ko: `'${misspelled.key}' 옵션을 알 수 없습니다 (route)` }, suggestion: "steps" });
      return [];
    }
    const options: TreeNode = { ...item, entries: item.entries.filter(({ key }) => key !== "steps") };
    return [{ span: item.entries[0]?.keySpan ?? item, options, steps: readSteps(steps.value.items, `${id}.${index + 1}.`, problems, "branch") }];
  });
}

function readOutputs(entry: MapEntry | undefined, id: string, nameSpan: Span, problems: Problems): readonly (StepDraft | undefined)[] {
  const help: Text = { en: "list at least one output under `outputs:`", ko: "`outputs:` 아래에 출력을 하나 이상 쓰세요" };
  if (entry?.value.type === "list" && 0 < entry.value.items.length) return readSteps(entry.value.items, `${id}.`, problems, "failover");
  if (entry === undefined)
    problems.add("DURE204", nameSpan, { text: { en: "'failover' needs the option 'outputs'", ko: "'failover'에는 'outputs' 옵션이 있어야 합니다" }, help });
  else
    problems.add("DURE201", spanOf(entry.value, entry.keySpan), { text: { en: "'outputs' is a list of outputs", ko: "'outputs'는 출력의 목록입니다" }, help });
  return [undefined];
}
