// Where in a config's text its secrets stand: options that their plugin's schema calls secret, values under keys that say so, passwords in
// addresses, variables that go into any of these, and wherever else the same value is written. Also in a text that cannot be read.
import { optionSchema, propertiesOf, schemaAt } from "../../option-schema.ts";
import type { OptionSchema } from "../../option-schema.ts";
import { isSecret } from "../../redact.ts";
import type { Registry } from "../../registry.ts";
import { configSections } from "../config-sections.ts";
import { parseYaml } from "../parse-yaml.ts";
import { Problems } from "../problem.ts";
import { Source } from "../source.ts";
import { everyStep, isPipeForm, isStepName } from "../steps.ts";
import type { ConfigDraft } from "../steps.ts";
import { entryOf, written } from "../tree.ts";
import type { MapEntry, MapNode, ScalarNode, TreeNode } from "../tree.ts";
import { PLACEHOLDER } from "./masked-text.ts";
import type { Secret } from "./masked-text.ts";
import { isHarmless, secretsInLines, secretsInWords } from "./secret-words.ts";

export interface Searched {
  readonly text: string;
  readonly registry: Registry;
  readonly configDir: string;
  /** What options are called that hold secrets, in any plugin: see `secretNames`. */
  readonly names: ReadonlySet<string>;
  /** Values that are secret wherever they stand: of the text that this one was made from. */
  readonly known?: readonly string[];
}

const VARIABLE = /\$\{var:([^}]*)\}/g;
/** Shorter ones stand in other words by chance. */
const SWEPT_LENGTH_MIN = 6;
const UNLIKELY_LENGTH = 8;
/** Who has such a password wants his keys to stay what they are. */
const PLAIN_WORD = /^[a-z_]+$/;
/** The options of a plugin that nobody knows. */
const UNKNOWN: OptionSchema = {};

/** In their order, none inside of another. */
export async function findSecrets({ text, registry, configDir, names, known = [] }: Searched): Promise<Secret[]> {
  const problems = new Problems(new Source("", text));
  const search = new Search(problems.source, registry, names);
  const roots = rootsOf(problems);
  for (const root of roots) {
    await search.visit(root, undefined);
    if (isPipeForm(root)) await search.steps(await pipeSteps(root, registry, configDir, problems.source));
  }
  const isWhole = roots.length > 0 && problems.firstSyntaxErrorLine() === Number.POSITIVE_INFINITY;
  const found = [...search.found, ...(isWhole ? secretsInWords(text) : secretsInLines(text, names)), ...placeholders(text)];
  for (const root of roots) found.push(...variablesIn(root, found, problems.source));
  const secrets = found.filter(({ start, end }) => !isHarmless(text.slice(start, end)));
  // Of a secret with several lines, each of them.
  const values = new Set([...known, ...secrets.map(({ value }) => value)].flatMap((value) => value.split("\n").map((line) => line.trim())).filter((value) => SWEPT_LENGTH_MIN <= value.length));
  return apart([...secrets, ...elsewhere(text, values, search.keys)], text);
}

/** Of all plugins that the registry has, without those of the user's own that nobody has asked for. */
export async function secretNames(registry: Registry): Promise<Set<string>> {
  const names = new Set<string>();
  const visit = (schema: OptionSchema): void => {
    for (const [name, option] of Object.entries(propertiesOf(schema))) {
      if (option["secret"] === true) names.add(name);
      visit(option);
      if (option.items !== undefined) visit(option.items);
    }
  };
  for (const { plugin } of await registry.list()) visit(schemaOf(plugin.options));
  for (const { options } of configSections) visit(optionSchema(options));
  return names;
}

class Search {
  readonly found: Secret[] = [];
  /** Offsets where keys begin: they are no values, whatever they look like. */
  readonly keys = new Set<number>();
  readonly #source: Source;
  readonly #registry: Registry;
  readonly #names: ReadonlySet<string>;
  readonly #seen = new Map<TreeNode, Set<OptionSchema | undefined>>();

  constructor(source: Source, registry: Registry, names: ReadonlySet<string>) {
    this.#source = source;
    this.#registry = registry;
    this.#names = names;
  }

  /** `schema`: of the options that the node is a part of. */
  async visit(node: TreeNode, schema: OptionSchema | undefined): Promise<void> {
    // An anchor's value is met as often as it is used, and by what it is used for it may be a secret.
    const met = this.#seen.get(node) ?? new Set();
    if (met.has(schema)) return;
    this.#seen.set(node, met.add(schema));
    if (schema?.["secret"] === true) return this.#hide(node);
    if (node.type === "list") for (const item of node.items) await this.visit(item, schema === undefined ? undefined : schemaAt(schema, [0]));
    if (node.type !== "map") return;
    const step = node.entries.find(({ key }) => isStepName(key.trim()));
    const beside = step === undefined ? undefined : await this.#optionsOf(step.key);
    for (const entry of node.entries) await this.#entry(entry, schema, entry === step ? undefined : beside);
  }

  async #entry({ key, keySpan, value }: MapEntry, schema: OptionSchema | undefined, beside: OptionSchema | undefined): Promise<void> {
    this.keys.add(keySpan.start).add(keySpan.start + 1); // It may stand in quotes.
    const known = schema ?? beside;
    const own = known === undefined ? undefined : schemaAt(known, [key]);
    // An unknown option may be a secret one, misspelled.
    if (isSecret(key) || (own === undefined && known !== undefined && this.#names.has(key))) return this.#hide(value);
    if (own !== undefined) return this.visit(value, own);
    const section = configSections.find(({ name }) => name === key);
    if (section !== undefined && value.type === "map") return this.visit(value, optionSchema(section.options));
    await this.#options(key, value);
  }

  /** Of a step by its name, as a map or as the one value that it stands for. */
  async #options(name: string, options: TreeNode): Promise<void> {
    const schema = await this.#optionsOf(name);
    const shorthand = schema === undefined || options.type === "map" ? undefined : (await this.#registry.get(name.trim()))?.shorthand;
    if (schema === undefined) return this.visit(options, isStepName(name) ? UNKNOWN : undefined);
    await this.visit(options, shorthand === undefined ? schema : schemaAt(schema, [shorthand]));
  }

  async steps(steps: ReturnType<typeof everyStep>): Promise<void> {
    for (const { name, options } of steps) await this.#options(name, options);
  }

  async #optionsOf(name: string): Promise<OptionSchema | undefined> {
    const plugin = name.includes(".") ? await this.#registry.get(name.trim()) : undefined;
    return plugin === undefined ? undefined : schemaOf(plugin.options);
  }

  #hide(node: TreeNode): void {
    if (node.type === "scalar") this.#hideScalar(node);
    else if (node.type === "list") for (const item of node.items) this.#hide(item);
    else for (const { value } of node.entries) this.#hide(value);
  }

  #hideScalar(node: ScalarNode): void {
    const text = written(this.#source, node).trimEnd();
    if (node.value === null || typeof node.value === "boolean") return;
    this.found.push({ start: node.start, end: node.start + text.length, value: node.isInterpolated ? text : String(node.value) });
  }
}

function rootsOf(problems: Problems): TreeNode[] {
  try {
    return parseYaml(problems.source, problems);
  } catch (error) {
    if (error instanceof RangeError) return []; // Nested deeper than the parser can follow.
    throw error;
  }
}

/** The schema of a plugin of the user's own may be none: then all of its options may be secret. */
function schemaOf(options: Parameters<typeof optionSchema>[0]): OptionSchema {
  try {
    return optionSchema(options);
  } catch {
    return { secret: true };
  }
}

/** The steps of pipe strings, each word of them at its place. */
async function pipeSteps(root: MapNode, registry: Registry, configDir: string, source: Source): Promise<ReturnType<typeof everyStep>> {
  const { readPipeForm } = await import("../pipe-form.ts");
  const config: ConfigDraft = { processes: {}, pipelines: [], apart: [] };
  await readPipeForm(root, config, { registry, problems: new Problems(source), env: {}, configDir, filesRead: new Set() });
  return everyStep([...config.pipelines.flatMap(({ steps }) => steps), ...config.apart]);
}

/** What somebody wrote who wanted a placeholder of his own must not be taken for one of ours. */
function placeholders(text: string): Secret[] {
  return [...text.matchAll(PLACEHOLDER)].map(({ index, 0: value }) => ({ start: index, end: index + value.length, value }));
}

/** Variables that secrets are made of. */
function variablesIn(root: TreeNode, secrets: readonly Secret[], source: Source): Secret[] {
  const vars = root.type === "map" ? entryOf(root, "vars")?.value : undefined;
  if (vars?.type !== "map") return [];
  const used = new Set(secrets.flatMap(({ start, end }) => [...source.text.slice(start, end).matchAll(VARIABLE)].map(([, name]) => name)));
  return vars.entries.flatMap(({ key, value }) => {
    if (!used.has(key) || value.type !== "scalar" || value.value === null || typeof value.value === "boolean") return [];
    const text = written(source, value).trimEnd();
    return [{ start: value.start, end: value.start + text.length, value: value.isInterpolated ? text : String(value.value) }];
  });
}

/** The same values in comments, in other options, in the middle of a command. */
function elsewhere(text: string, values: ReadonlySet<string>, keys: ReadonlySet<number>): Secret[] {
  const found: Secret[] = [];
  for (const value of values) {
    const isWord = PLAIN_WORD.test(value);
    for (let start = text.indexOf(value); start !== -1; start = text.indexOf(value, start + value.length)) {
      const end = start + value.length;
      const isPartOfWord = /^[\p{L}\p{N}_]{2}$/u.test(text.slice(start - 1, start + 1)) || /^[\p{L}\p{N}_]{2}$/u.test(text.slice(end - 1, end + 1));
      if (!((isWord || value.length < UNLIKELY_LENGTH) && isPartOfWord) && !(isWord && keys.has(start))) found.push({ start, end, value });
    }
  }
  return found;
}

/** What overlaps becomes one. */
function apart(secrets: Secret[], text: string): Secret[] {
  const kept: Secret[] = [];
  for (const secret of secrets.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = kept.at(-1);
    if (last === undefined || last.end <= secret.start) kept.push(secret);
    else if (last.end < secret.end) kept[kept.length - 1] = { start: last.start, end: secret.end, value: text.slice(last.start, secret.end) };
  }
  return kept;
}
