// Answers the agent's questions about configs, in a process of its own: it reads YAML, checks options against their schemas, and is the only
// one to see secrets and placeholders side by side.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemCode } from "#base/errors.ts";
import { checkConfig } from "#kernel/config/check.ts";
import { pipelineGraph } from "#kernel/config/graph.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { levels, offlineLevels } from "#kernel/config/problem.ts";
import type { Level, Problem } from "#kernel/config/problem.ts";
import { configKey } from "#kernel/config/secrets/config-key.ts";
import type { ConfigKey } from "#kernel/config/secrets/config-key.ts";
import { findSecrets, secretNames } from "#kernel/config/secrets/find-secrets.ts";
import { mask, reportPlaceholders, shownAt, TELLING_LENGTH, unmask, WHOLE_PLACEHOLDER, withoutSecrets } from "#kernel/config/secrets/masked-text.ts";
import type { Hidden, MaskedText, UnmaskedText } from "#kernel/config/secrets/masked-text.ts";
import { Source } from "#kernel/config/source.ts";
import { createRegistry } from "#kernel/registry.ts";
import type { Registry } from "#kernel/registry.ts";
import { builtInPlugins, builtInProcessTypes } from "#plugins/all.ts";
import type { Answers, ChangeAnswer, CheckAnswer, Draft, EditAnswer, EditQuestion, FormatAnswer, Kept, PlanAnswer, PlanQuestion, Question, ReadQuestion } from "./config-questions.ts";
import { lineDiff } from "./line-diff.ts";

export async function answerTo(question: Question): Promise<Answers[keyof Answers]> {
  switch (question.type) {
    case "plan":
      return planned(question);
    case "read":
      return read(question);
    case "check":
      return checked(await opened(question.draft), [...offlineLevels, ...(question.hasEnvironment ? [levels[3]] : []), ...(question.hasLint ? ["lint" as const] : [])]);
    case "change":
      return changed(await opened(question.draft));
    case "edit":
      return edited(question);
    case "format":
      return formatted(await opened(question.draft));
    case "schema":
      return (await import("#kernel/config/editor-schema.ts")).jsonSchema(await registryOf(question.file), question.lang);
    case "compare":
      return lineDiff(question.from, question.to);
  }
}

/** Made anew for each question: plugin files may have changed, and those that have not are not loaded again. */
async function registryOf(file: string): Promise<Registry> {
  const registry = createRegistry(builtInPlugins, builtInProcessTypes);
  await registry.addFolder(join(dirname(file), "plugins"));
  return registry;
}

const PLANNED_MAX = 2;
const plannedLately: { readonly bytes: Uint8Array; readonly hash: string }[] = [];

/** Also what `dure start` asks, before there is an agent. */
export async function planned({ file, dataDir, look }: PlanQuestion): Promise<PlanAnswer> {
  const bytes = bytesOf(file);
  const text = bytes === undefined ? undefined : utf8(bytes);
  const { plan, problems, sources, filesRead } = await checkConfig({ file, registry: createRegistry(builtInPlugins, builtInProcessTypes), ...(text === undefined ? {} : { text }) });
  const shown = look === undefined || problems.length === 0 ? undefined : (await import("#kernel/config/render.ts")).renderProblems(problems, sources, look).trimEnd();
  const keyDir = dataDir ?? plan?.dataDir;
  const hash = bytes === undefined || keyDir === undefined ? undefined : keyOrNothing(keyDir)?.hashOf(bytes);
  if (bytes !== undefined && hash !== undefined) plannedLately.unshift({ bytes, hash });
  plannedLately.splice(PLANNED_MAX);
  // What goes to others than the one who started the agent.
  const said = dataDir === undefined || bytes === undefined || problems.length === 0 ? problems : problemsWithout(problems, (await keptOnce(bytes, file, configKey(dataDir))).hidden);
  return { problems: said, filesRead, ...(plan === undefined ? {} : { plan }), ...(shown === undefined ? {} : { shown }), ...(hash === undefined ? {} : { hash }), ...(look === undefined || bytes === undefined || plan === undefined ? {} : { bytes: Buffer.from(bytes).toString("base64") }) };
}

/** An agent that cannot write its data folder says so itself. */
function keyOrNothing(dataDir: string): ConfigKey | undefined {
  try {
    return configKey(dataDir);
  } catch {
    return undefined;
  }
}

async function read({ file, dataDir, hash, bytes: given }: ReadQuestion): Promise<Kept | { readonly errorCode: string }> {
  try {
    const bytes = given === undefined ? (plannedLately.find((each) => each.hash === hash)?.bytes ?? readFileSync(file)) : Buffer.from(given, "base64");
    return (await keptOnce(bytes, file, configKey(dataDir))).kept;
  } catch (error) {
    const errorCode = systemCode(error);
    if (errorCode === undefined) throw error;
    return { errorCode };
  }
}

async function kept(bytes: Uint8Array, file: string, key: ConfigKey, known: readonly string[] = []): Promise<{ readonly kept: Kept; readonly hidden: readonly Hidden[] }> {
  const { text, hidden } = await masked(await shownText(bytes), file, key, known);
  return { kept: { hash: key.hashOf(bytes), masked: text, sealed: key.seal(JSON.stringify(hidden)) }, hidden };
}

let last: { readonly bytes: Uint8Array; readonly file: string; readonly kept: ReturnType<typeof kept> } | undefined;

/** Who edits asks about the same file at each pause. */
function keptOnce(bytes: Uint8Array, file: string, key: ConfigKey): ReturnType<typeof kept> {
  if (last === undefined || last.file !== file || Buffer.compare(last.bytes, bytes) !== 0) last = { bytes, file, kept: kept(bytes, file, key) };
  return last.kept;
}

async function masked(text: string, file: string, key: ConfigKey, known: readonly string[]): Promise<MaskedText> {
  const registry = await registryOf(file);
  const secrets = await findSecrets({ text, registry, configDir: dirname(file), names: await secretNames(registry), known });
  return mask(text, secrets, key.placeholderOf);
}

// --- drafts ---------------------------------------------------------------------------------------------------------------

interface Opened extends UnmaskedText {
  readonly draft: Draft;
  readonly key: ConfigKey;
  /** Of the file; undefined when it cannot be read. */
  readonly bytes: Uint8Array | undefined;
  readonly current: Kept | undefined;
  /** What stands in the draft or in the file and is secret. */
  readonly known: readonly Hidden[];
}

async function opened(draft: Draft): Promise<Opened> {
  const { file, dataDir, text, sealed, isKept = false } = draft;
  const key = configKey(dataDir);
  const bytes = bytesOf(file);
  const now = bytes === undefined ? undefined : await keptOnce(bytes, file, key);
  const before = sealed.map((each) => JSON.parse(key.unseal(each) ?? "[]") as Hidden[]);
  const [first = [], ...others] = isKept ? [before[0] ?? [], now?.hidden ?? [], ...before.slice(1)] : [now?.hidden ?? [], ...before];
  const known = [...first, ...others.flat()];
  const real = unmask(text.replace(/^\uFEFF/, ""), known);
  const used = new Set(real.patches.map(({ id }) => id));
  return { ...real, draft, key, bytes, current: now?.kept, known: [...(now?.hidden ?? []), ...known.filter(({ id }) => used.has(id))] };
}

async function checked({ draft, text, patches, unknown, known }: Opened, wanted: readonly Level[]): Promise<CheckAnswer & { readonly plan?: AgentPlan }> {
  const { file } = draft;
  const real = new Source(file, text);
  const shown = new Source(file, draft.text.replace(/^\uFEFF/, ""));
  // Those that look as ours do are found by every check.
  const odd = unknown.filter(({ start, end }) => !new RegExp(`^${WHOLE_PLACEHOLDER.source}$`).test(shown.text.slice(start, end)));
  const report = (problems: Parameters<typeof reportPlaceholders>[1]): void => reportPlaceholders(odd.map((span) => ({ start: realAt(span.start, patches), end: realAt(span.end, patches) })), problems);
  const { problems, plan, sketch = [] } = await checkConfig({ file, text, registry: createRegistry(builtInPlugins, builtInProcessTypes), levels: wanted, report });
  const moved = problemsWithout(problems, known).map((problem) => (problem.place.file === file ? { ...problem, ...shownPlace(real, shown, problem, patches) } : problem));
  const pipelines = sketch.map(pipelineGraph).map((graph) => ({ ...graph, nodes: graph.nodes.map((node) => ({ ...node, place: shownPlace(real, shown, { place: node.place, endColumn: node.place.column + 1 }, patches).place })) }));
  return { problems: moved, pipelines: eachText(pipelines, (said) => withoutSecrets(said, known)) as CheckAnswer["pipelines"], unknown: unknown.length, ...(plan === undefined ? {} : { plan }) };
}

function problemsWithout(problems: readonly Problem[], hidden: readonly Hidden[]): Problem[] {
  const say = (said: string): string => withoutSecrets(said, hidden);
  return problems.map(({ text: { en, ko }, help, suggestion, ...more }) => ({ ...more, text: { en: say(en), ko: say(ko) }, ...(help === undefined ? {} : { help: { en: say(help.en), ko: say(help.ko) } }), ...(suggestion === undefined ? {} : { suggestion: say(suggestion) }) }));
}

function eachText(value: unknown, say: (said: string) => string): unknown {
  if (typeof value === "string") return say(value);
  if (Array.isArray(value)) return value.map((item) => eachText(item, say));
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, eachText(item, say)])) : value;
}

function shownPlace(real: Source, shown: Source, { place, endColumn }: Pick<Problem, "place" | "endColumn">, patches: UnmaskedText["patches"]): Pick<Problem, "place" | "endColumn"> {
  const start = real.offset(place);
  const from = shownAt(start, patches);
  const inside = patches.find((patch) => patch.real.start <= start && start < patch.real.end);
  const end = inside === undefined ? shownAt(start + Math.max(1, endColumn - place.column), patches) : inside.shown.end;
  return shown.underline({ start: from, end });
}

function realAt(offset: number, patches: UnmaskedText["patches"]): number {
  let moved = 0;
  for (const { shown, real } of patches) if (shown.end <= offset) moved = real.end - shown.end;
  return offset + moved;
}

async function changed(draft: Opened): Promise<ChangeAnswer> {
  const answer = await checked(draft, offlineLevels);
  const text = asInFile(draft.text, draft.bytes);
  const next = await kept(Buffer.from(text), draft.draft.file, draft.key, draft.known.map(({ value }) => value));
  const isGarbled = draft.bytes !== undefined && utf8(draft.bytes) === undefined && draft.current?.masked.includes("\uFFFD") === true;
  return { ...answer, text, isGarbled, current: draft.current, next: next.kept, diff: lineDiff(draft.current?.masked ?? "", next.kept.masked) };
}

/** The text that others may not see is changed as it is: no placeholders are in it. */
async function edited({ file, dataDir, changes }: EditQuestion): Promise<EditAnswer> {
  const bytes = bytesOf(file);
  if (bytes === undefined || utf8(bytes) === undefined) return { refused: "unreadable" };
  const key = configKey(dataDir);
  const { kept: current, hidden } = await keptOnce(bytes, file, key);
  const { editText } = await import("#kernel/config/edit/edit-text.ts");
  const text = editText(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), changes);
  if (text === undefined) return { refused: "by hand only", current };
  const { problems, plan } = await checkConfig({ file, text: text.replace(/^\uFEFF/, ""), registry: createRegistry(builtInPlugins, builtInProcessTypes) });
  const next = await kept(Buffer.from(text), file, key, hidden.map(({ value }) => value));
  return { current, problems: problemsWithout(problems, [...hidden, ...next.hidden]), text, next: next.kept, diff: lineDiff(current.masked, next.kept.masked), ...(plan === undefined ? {} : { plan }) };
}

/** With the line ends and the mark that the file has: an editor in a browser knows neither. */
function asInFile(text: string, bytes: Uint8Array | undefined): string {
  const before = bytes === undefined ? "" : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const windowsEnds = before.split("\r\n").length - 1;
  const hasWindowsEnds = 0 < windowsEnds && before.split("\n").length - 1 < 2 * windowsEnds;
  const ended = hasWindowsEnds ? text.replaceAll(/\r?\n/g, "\r\n") : text;
  return before.startsWith("\uFEFF") ? `\uFEFF${ended}` : ended;
}

async function formatted({ draft, text, unknown, patches, known, key }: Opened): Promise<FormatAnswer> {
  const { formatText } = await import("#kernel/config/format.ts");
  const outcome = formatText(text);
  if ("refused" in outcome) return { ...outcome, unknown: unknown.length };
  // What the caller wrote himself he may see again; what was hidden from him stays hidden.
  const came = new Set(patches.map(({ id }) => id));
  const values = known.filter(({ id }) => came.has(id)).map(({ value }) => value);
  const registry = await registryOf(draft.file);
  const secrets = await findSecrets({ text: outcome.text, registry, configDir: dirname(draft.file), names: await secretNames(registry), known: values });
  const shown = mask(outcome.text, secrets.filter(({ value }) => came.has(key.placeholderOf(value))), key.placeholderOf).text;
  const isClean = values.every((value) => value.length < TELLING_LENGTH || !shown.includes(value) || draft.text.includes(value));
  return isClean ? { text: shown, unknown: unknown.length } : { refused: "would change", unknown: unknown.length };
}

function bytesOf(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined; // Whoever needs it says so.
  }
}

/** What an editor on Korean Windows has saved as CP949 is shown as it was meant, and is UTF-8 once it is applied. */
async function shownText(bytes: Uint8Array): Promise<string> {
  const text = utf8(bytes);
  if (text !== undefined) return text;
  const lossy = new TextDecoder().decode(bytes);
  if (/[가-힣]/.test(lossy)) return lossy; // Some of it is UTF-8.
  const { default: iconv } = await import("iconv-lite");
  const korean = iconv.decode(Buffer.from(bytes), "cp949");
  return korean.includes("\uFFFD") ? lossy : korean;
}

/** undefined: it is none, which a check says with its place. */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
