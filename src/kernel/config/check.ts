// One config, checked whole: text, options, how the steps fit together, and whether this machine is ready. Every problem of every
// level is found in one run, and there is a plan only when there is no error.
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { z } from "zod";
import { systemCode } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import type { MetricShape } from "#sdk/metric-family.ts";
import { readerName } from "#sdk/process-link.ts";
import type { Registry } from "../registry.ts";
import { agentOptions, agentPlan, pipelineOptions, retryPlan } from "./agent.ts";
import { checkStep, withInner } from "./check-steps.ts";
import type { CheckedStep } from "./check-steps.ts";
import { checkEnvironment } from "./environment.ts";
import type { EnvironmentCheck } from "./environment.ts";
import { checkHttp } from "./http-section.ts";
import { interpolate } from "./interpolate.ts";
import { checkMetricNames } from "./metric-names.ts";
import { checkOptions } from "./options.ts";
import { checkPorts } from "./check-ports.ts";
import { checkProcesses } from "./check-processes.ts";
import type { CheckedProcesses } from "./check-processes.ts";
import { parseYaml } from "./parse-yaml.ts";
import type { AgentPlan, PipelinePlan, StepPlan } from "./plan.ts";
import { reportPluginFiles } from "./plugin-files.ts";
import { isError, offlineLevels, Problems } from "./problem.ts";
import type { Level, Problem } from "./problem.ts";
import type { ReaderPlan } from "./process-plan.ts";
import { reportPlaceholders, WHOLE_PLACEHOLDER } from "./secrets/masked-text.ts";
import { Source } from "./source.ts";
import { checkStore, storePlan } from "./store-section.ts";
import { everyStep, isPipeForm, readConfig } from "./steps.ts";
import type { ConfigDraft, PipelineDraft } from "./steps.ts";
import type { TestPlan } from "./tests.ts";
import { checkSharing, checkTopology, pathOption } from "./topology.ts";
import { entryOf } from "./tree.ts";
import type { TreeNode } from "./tree.ts";

export interface CheckRequest {
  /** As the user named it: problems name it the same way. */
  readonly file: string;
  /** Instead of the file's own text. */
  readonly text?: string;
  readonly registry: Registry;
  /** Default: all but the environment. */
  readonly levels?: readonly Level[];
  /** What is wrong with the text besides. */
  readonly report?: (problems: Problems) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Checked {
  readonly problems: readonly Problem[];
  readonly plan?: AgentPlan;
  /** The pipelines as far as they can be understood, also where there is no plan: what is wrong in them has no options. For drawings. */
  readonly sketch?: readonly PipelinePlan[];
  readonly tests?: readonly TestPlan[];
  /** The texts that problems point into, by file: the config and plugin files. */
  readonly sources: ReadonlyMap<string, string>;
  /** What was read beside the config, or should have been, absolute: files that it names by `${file:…}`, plugin files and what they import. */
  readonly filesRead: readonly string[];
}

export async function checkConfig({ file, text, registry, levels = offlineLevels, report, env = process.env }: CheckRequest): Promise<Checked> {
  const read = text === undefined ? await readText(file) : { text };
  const source = new Source(file, read.text);
  const problems = new Problems(source);
  const sources = new Map([[file, source.text]]);
  const configFile = resolve(file);
  const configDir = dirname(configFile);
  if (read.complain !== undefined) read.complain(problems);
  const roots = read.complain === undefined ? parse(source, problems) : [];
  reportPlaceholders([...source.text.matchAll(WHOLE_PLACEHOLDER)].map(({ index, 0: { length } }) => ({ start: index, end: index + length })), problems);
  report?.(problems);
  if (read.complain !== undefined || roots.length === 0 || !levels.includes("schema")) return { problems: problems.sorted(), sources, filesRead: [] };

  await registry.addFolder(join(configDir, "plugins"));
  const named = new Set<string>();
  const ownForm = roots.filter((root) => !isPipeForm(root));
  for (const root of ownForm) interpolate(root, { env, configDir, filesRead: named }, problems);
  const config = readConfig(ownForm, problems);
  for (const root of roots) {
    if (!isPipeForm(root)) continue;
    const { readPipeForm } = await import("./pipe-form.ts"); // Few configs need it.
    await readPipeForm(root, config, { registry, problems, env, configDir, filesRead: named });
  }
  const pipelines: CheckedPipeline[] = [];
  await loadAhead(config, registry);
  for (const pipeline of config.pipelines) pipelines.push(await checkPipeline(pipeline, registry, problems));
  for (const step of config.apart) await checkStep(step, registry, problems);
  const agent = await checkAgent(config, problems);
  const http = await checkHttp(config.http, configDir, problems);
  const store = await checkStore(config.store, configDir, problems);
  const base = agent === undefined ? undefined : agentPlan(agent, configFile, configDir, pipelines.length);
  const processes = await checkProcesses(config.processes, { dataDir: base?.dataDir ?? configDir, configDir, types: registry.processTypes }, problems);
  const jobs = config.jobs === undefined ? undefined : await (await import("./jobs-section.ts")).checkJobs(config.jobs, configDir, problems); // Few configs need it.
  const notifiers = config.notifiers === undefined ? [] : await (await import("./notifiers-section.ts")).checkNotifiers(config.notifiers, configDir, problems);
  if (processes.plan.settings.announcer.isOn) pipelines.push(...(await checkCollectors(config, processes, registry, problems)));
  const tests = await checkTests(config, problems);
  await reportPluginFiles(file, registry, namesIn(config), problems, sources);
  dropGuesses(problems);

  if (levels.includes("topology")) {
    checkAllTopology(pipelines, config, configDir, problems);
    // Behind a syntax error the names of processes may not have been read.
    const words = pipelines.flatMap(({ steps }) => steps.flatMap(withInner).flatMap(({ processWords = [] }) => processWords));
    if ((processes.read !== undefined || 0 < words.length) && problems.firstSyntaxErrorLine() === Number.POSITIVE_INFINITY) (await import("./process-links.ts")).checkProcessLinks(processes.read ?? { processes: [], flows: [], groups: [], schedules: [] }, processes.plan, words, problems); // Few configs need it.
    if (config.jobs === undefined && processes.read !== undefined && problems.firstSyntaxErrorLine() === Number.POSITIVE_INFINITY) (await import("./job-schedules.ts")).refuseJobSchedules(processes.read.schedules, problems);
    const { agent: agentEntry } = config;
    checkPorts({ sections: config.processes, plan: processes.plan, http: { entry: config.http, plan: http }, metrics: { entry: agentEntry, plan: base?.metrics }, jobs: { entry: config.jobs, plan: jobs } }, problems);
  }
  if (levels.includes("environment")) {
    const dataDir = base === undefined ? undefined : { path: base.dataDir, span: config.agent?.keySpan ?? { start: 0, end: 1 } };
    await checkEnvironment(
      pipelines.flatMap(({ steps }) => steps.flatMap((step) => environmentChecks(step, false))),
      dataDir,
      http?.tls === undefined ? undefined : { files: [http.tls.certFile, http.tls.keyFile], span: config.http?.keySpan ?? { start: 0, end: 1 } },
      configDir,
      problems,
    );
    if (processes.read !== undefined) await (await import("./process-environment.ts")).checkProcessEnvironment(processes.read, processes.plan, problems);
    if (config.jobs !== undefined && jobs !== undefined) await (await import("./jobs-environment.ts")).checkJobsEnvironment(config.jobs, jobs, problems);
  }
  if (levels.includes("lint") && base !== undefined && !problems.hasErrors) {
    const { lint } = await import("./lint/lint.ts"); // Who runs a config need not wait for it.
    const { lintSteps } = await import("./lint/lint-step.ts");
    const steps = pipelines.flatMap((pipeline) => lintSteps(pipeline.draft.name, pipeline.draft.steps, pipeline.steps));
    const logFiles = [base.log.file ?? join(base.dataDir, "dure.log")];
    sources.set(file, lint({ steps, roots, configDir, logFiles }, agent?.lint.ignore ?? [], problems));
  }
  const sorted = problems.sorted();
  const filesRead = [...new Set([...named, ...registry.sourceFiles()])];
  const sketch = pipelines.map((pipeline) => ({ ...pipelinePlan(pipeline, configDir, problems), steps: sketched(pipeline, problems) }));
  if (base === undefined || http === undefined || store === undefined || !levels.includes("topology") || sorted.some(isError)) return { problems: sorted, sketch, sources, filesRead };
  const plan: AgentPlan = {
    ...base,
    http,
    store: storePlan(store, base.dataDir, configDir),
    pipelines: pipelines.map((pipeline) => pipelinePlan(pipeline, configDir, problems)),
    processes: { ...processes.plan, readers: pipelines.flatMap(readersOf) },
    ...(jobs === undefined && notifiers.length === 0 ? {} : { jobs: (await import("./jobs-section.ts")).wholeJobsPlan(jobs, { notifiers, schedules: processes.read?.schedules ?? [] }, configDir, problems.source) }),
    pluginFiles: usedFiles(pipelines, registry),
    filesRead,
  };
  return { problems: sorted, plan, sketch, tests, sources, filesRead };
}

/** Few configs have tests, so what knows of them is only loaded then. */
async function checkTests(config: ConfigDraft, problems: Problems): Promise<readonly TestPlan[]> {
  if (config.tests === undefined) return [];
  const { readTests } = await import("./tests.ts");
  return readTests(config.tests, config.pipelines.map(({ name }) => name), problems);
}

// --- reading --------------------------------------------------------------------------------------------------------------

interface ReadText {
  readonly text: string;
  readonly complain?: (problems: Problems) => void;
}

async function readText(file: string): Promise<ReadText> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    return { text: "", complain: (problems) => problems.add("DURE001", { start: 0, end: 0 }, unreadable(systemCode(error) ?? "error")) };
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
    const start = text.indexOf("\uFFFD");
    return {
      text,
      complain: (problems) =>
        problems.add(
          "DURE002",
          { start, end: start + 1 },
          {
            text: { en: "the file is not UTF-8 from here on", ko: "여기부터 UTF-8이 아닙니다" },
            help: { en: "save it as UTF-8 (it may be CP949 now)", ko: "UTF-8로 다시 저장하세요 (지금은 CP949일 수 있습니다)" },
          },
        ),
    };
  }
}

function parse(source: Source, problems: Problems): TreeNode[] {
  let roots: TreeNode[] = [];
  try {
    roots = parseYaml(source, problems);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // Brackets nested so deep that the parser runs out of stack.
    problems.add("DURE016", { start: 0, end: 1 }, { text: { en: "values are nested too deep", ko: "값이 너무 깊이 겹쳐 있습니다" } });
  }
  if (roots.length === 0 && !problems.hasErrors)
    problems.add(
      "DURE003",
      { start: 0, end: 1 },
      {
        text: { en: "the config is empty", ko: "설정이 비어 있습니다" },
        help: { en: "write `pipelines:` with a name and a list of steps, `processes:` with a name and a command, or `jobs: ./rules`", ko: "`pipelines:` 아래에 이름과 단계 목록을, `processes:` 아래에 이름과 명령을, 또는 `jobs: ./rules`를 쓰세요" },
      },
    );
  return roots;
}

/** What is said because of something that is not there, which may stand behind the error. */
const DEPENDS_ON_MORE: ReadonlySet<string> = new Set(["DURE104", "DURE120", "DURE124", "DURE125", "DURE204", "DURE330"]);

/** Behind a syntax error the text may have been understood wrongly: what is said of it there would be a guess. */
function dropGuesses(problems: Problems): void {
  const line = problems.firstSyntaxErrorLine();
  if (line === Number.POSITIVE_INFINITY) return;
  problems.keep(
    (problem) =>
      problem.level === "syntax" || problem.code.startsWith("DURE5") || (problem.place.line < line && !DEPENDS_ON_MORE.has(problem.code)),
  );
}

// --- pipelines ------------------------------------------------------------------------------------------------------------

interface CheckedPipeline {
  readonly draft: PipelineDraft;
  readonly steps: readonly CheckedStep[];
  readonly options: z.output<typeof pipelineOptions> | undefined;
}

async function checkPipeline(draft: PipelineDraft, registry: Registry, problems: Problems): Promise<CheckedPipeline> {
  const steps: CheckedStep[] = [];
  for (const step of draft.steps) steps.push(await checkStep(step, registry, problems));
  const { nameSpan, name } = draft;
  const settings: TreeNode =
    draft.settings === undefined
      ? { type: "map", ...nameSpan, entries: [] }
      : { ...draft.settings, entries: draft.settings.entries.filter(({ key }) => key !== "steps") };
  const options = (await checkOptions(settings, { name, nameSpan, schema: pipelineOptions }, problems)) as CheckedPipeline["options"];
  return { draft, steps, options };
}

/** Few configs have an announcer, so what knows of it is only loaded then. */
async function checkCollectors({ pipelines, processes: { process_settings: entry } }: ConfigDraft, { plan }: CheckedProcesses, registry: Registry, problems: Problems): Promise<CheckedPipeline[]> {
  const { checkCollectorNames, collectorDrafts } = await import("./collectors.ts");
  checkCollectorNames(pipelines, plan.settings, problems);
  const announcer = entry?.value.type === "map" ? entryOf(entry.value, "announcer") : undefined;
  return Promise.all(collectorDrafts(plan.settings, announcer?.keySpan ?? { start: 0, end: 1 }).map((draft) => checkPipeline(draft, registry, problems)));
}

async function checkAgent(config: ConfigDraft, problems: Problems): Promise<z.output<typeof agentOptions> | undefined> {
  const nameSpan = config.agent?.keySpan ?? { start: 0, end: 1 };
  const node: TreeNode = config.agent?.value ?? { type: "map", ...nameSpan, entries: [] };
  return (await checkOptions(node, { name: "agent", nameSpan, schema: agentOptions }, problems)) as z.output<typeof agentOptions> | undefined;
}

function checkAllTopology(pipelines: readonly CheckedPipeline[], config: ConfigDraft, configDir: string, problems: Problems): void {
  if (problems.firstSyntaxErrorLine() !== Number.POSITIVE_INFINITY) return;
  // Without processes yet: they may be added from the console or the dashboard.
  if (config.pipelines.length === 0 && config.jobs === undefined && config.notifiers === undefined && Object.keys(config.processes).length === 0 && !problems.hasErrors) {
    problems.add(
      "DURE305",
      { start: 0, end: 1 },
      {
        text: { en: "there is no pipeline", ko: "파이프라인이 없습니다" },
        help: { en: "write `pipelines:` with a name and a list of steps, `processes:` with a name and a command, or `jobs: ./rules`", ko: "`pipelines:` 아래에 이름과 단계 목록을, `processes:` 아래에 이름과 명령을, 또는 `jobs: ./rules`를 쓰세요" },
      },
    );
  }
  for (const { draft, steps } of pipelines) checkTopology({ name: draft.name, span: draft.nameSpan, steps: steps.map((step) => step.placed) }, problems);
  const written = pipelines.flatMap(({ draft, steps }) =>
    steps.flatMap(withInner).flatMap(({ plan, placed }) => (plan === undefined ? [] : { pipeline: draft.name, plan, span: placed.span })),
  );
  checkSharing(written, configDir, problems);
  checkMetricNames(
    pipelines.flatMap(({ draft, steps }) => steps.flatMap(withInner).flatMap((step) => metricsOf(step).map((shape) => ({ pipeline: draft.name, span: step.placed.span, shape })))),
    problems,
  );
}

function metricsOf({ plan, plugin }: CheckedStep): readonly MetricShape[] {
  return plan?.type === "plugin" && plugin !== undefined && "metrics" in plugin ? (plugin.metrics?.(plan.options) ?? []) : [];
}

function environmentChecks({ plan, plugin, placed, inner }: CheckedStep, isReplaceable: boolean): EnvironmentCheck[] {
  const own = plan?.type === "plugin" && plugin !== undefined ? [{ plugin, name: placed.name, options: plan.options, span: placed.span, isReplaceable }] : [];
  return [...own, ...inner.flatMap((step) => environmentChecks(step, placed.outputs !== undefined && 1 < inner.length))];
}

function pipelinePlan({ draft, steps, options }: CheckedPipeline, configDir: string, problems: Problems): PipelinePlan {
  const plans = steps.flatMap((step) => step.plan ?? []);
  const positionsDir = pathOption(plans[0], "pos_dir", configDir);
  const retry = retryPlan((options ?? pipelineOptions.parse({})).retry);
  return { name: draft.name, steps: plans, ...(positionsDir === undefined ? {} : { positionsDir }), retry, place: problems.source.place(draft.nameSpan.start) };
}

/** Inputs that read what a process prints. */
function readersOf({ draft, steps }: CheckedPipeline): ReaderPlan[] {
  return steps.flatMap(({ plan, plugin, processWords = [] }) => (plan === undefined || plugin?.kind !== "in" ? [] : processWords.map(({ name }) => ({ process: name, consumer: readerName(draft.name, plan.id) }))));
}

function sketched({ draft, steps }: CheckedPipeline, problems: Problems): StepPlan[] {
  return steps.flatMap(({ plan }, index) => {
    const written = draft.steps[index];
    if (plan !== undefined || written === undefined) return plan ?? [];
    return { type: "plugin", id: written.id, plugin: written.name, options: null, place: problems.source.place(written.nameSpan.start) };
  });
}

// --- plugins --------------------------------------------------------------------------------------------------------------

/** Every plugin name in the config. */
function namesIn(config: ConfigDraft): Set<string> {
  const steps = [...config.pipelines.flatMap((pipeline) => pipeline.steps), ...config.apart];
  return new Set(everyStep(steps).flatMap((step) => (step.type === "plugin" ? step.name : [])));
}

/** Imports what the config uses all at once, so that the steps do not wait for one another. */
async function loadAhead(config: ConfigDraft, registry: Registry): Promise<void> {
  await Promise.all([...namesIn(config)].map((name) => registry.find(name)));
}

function usedFiles(pipelines: readonly CheckedPipeline[], registry: Registry): string[] {
  const steps = pipelines.flatMap(({ steps: own }) => own.flatMap(withInner));
  const files = steps.flatMap(({ plan }) => (plan?.type === "plugin" ? (registry.fileOf(plan.plugin) ?? []) : []));
  return [...new Set(files)].sort();
}

function unreadable(code: string): { readonly text: Text; readonly help: Text } {
  if (code === "ENOENT") return { text: { en: "there is no such file", ko: "그런 파일이 없습니다" }, help: { en: "check how it is written, and from which folder; `dure new` makes a config", ko: "경로를 확인하세요. 상대 경로는 현재 폴더에서 시작합니다. `dure new`가 설정을 만들어 줍니다" } };
  return { text: { en: `the config file cannot be read (${code})`, ko: `설정 파일을 읽을 수 없습니다 (${code})` }, help: { en: "check the path and the permissions", ko: "경로와 권한을 확인하세요" } };
}
