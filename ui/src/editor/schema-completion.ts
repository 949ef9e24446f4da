// What may stand at a place of a config: made from the JSON Schema that `dure schema` gives to editors, so that all know the same words.
import type { YamlPlace } from "./yaml-place.ts";

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly "x-ko"?: string;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
}

export interface Completion {
  readonly label: string;
  /** What goes into the text; the cursor comes to its end. */
  readonly insert: string;
  /** Type or default, in a word. */
  readonly detail: string;
  readonly about: string;
  readonly isRequired: boolean;
  readonly kind: "key" | "value";
}

const DEPTH_MAX = 12;

export function completionsAt(schema: JsonSchema, place: YamlPlace, lang: "en" | "ko"): readonly Completion[] {
  const found = new Map<string, Completion>();
  const add = (completion: Completion): void => {
    if (!found.has(completion.label)) found.set(completion.label, completion);
  };
  for (const here of schemasAt(schema, place)) {
    if (place.wants === "key") for (const completion of keysOf(schema, here, place, lang)) add(completion);
    if (place.wants === "value" || place.isItem) for (const completion of valuesOf(here, lang)) add(completion);
  }
  return [...found.values()];
}

function schemasAt(root: JsonSchema, { path, siblings, wants }: YamlPlace): readonly JsonSchema[] {
  let now = plainForms(root, root);
  for (const step of path) now = now.flatMap((one) => below(root, one, step)).flatMap((one) => plainForms(root, one));
  if (wants === "value" || siblings.size === 0) return now;
  // Of several forms, those that know all the keys that stand there already.
  const fitting = now.filter((one) => one.properties === undefined || [...siblings].every((name) => 0 < below(root, one, name).length));
  return fitting.some(({ properties }) => properties !== undefined) ? fitting : now;
}

/** Without references and alternatives. What an alternative says of itself is said by what it stands in, too. */
function plainForms(root: JsonSchema, schema: JsonSchema, depth = 0): readonly JsonSchema[] {
  if (DEPTH_MAX < depth) return [];
  const { $ref, anyOf, oneOf, allOf, ...own } = schema;
  const parts = [...($ref === undefined ? [] : [definitionOf(root, $ref)]), ...(anyOf ?? []), ...(oneOf ?? []), ...(allOf ?? [])];
  const forms = parts.flatMap((part) => plainForms(root, part, depth + 1));
  return 0 < Object.keys(own).length ? [own, ...forms] : forms;
}

function definitionOf(root: JsonSchema, reference: string): JsonSchema {
  return root.definitions?.[decodeURIComponent(reference.replace(/^#\/(?:definitions|\$defs)\//, ""))] ?? {};
}

function below(root: JsonSchema, schema: JsonSchema, step: string): readonly JsonSchema[] {
  const own = schema.properties?.[step];
  if (own !== undefined) return [own];
  if (schema.items !== undefined) return Array.isArray(schema.items) ? (schema.items as readonly JsonSchema[]) : [schema.items as JsonSchema];
  const byPattern = Object.entries(schema.patternProperties ?? {}).find(([pattern]) => new RegExp(pattern, "u").test(step));
  if (byPattern !== undefined) return [byPattern[1]];
  return typeof schema.additionalProperties === "object" ? [schema.additionalProperties] : [];
}

function keysOf(root: JsonSchema, schema: JsonSchema, place: YamlPlace, lang: "en" | "ko"): Completion[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !place.siblings.has(name))
    .map(([name, property]) => {
      const forms = plainForms(root, property);
      return { label: name, insert: keyText(name, forms, place.column), detail: detailOf(forms), about: aboutOf([property, ...forms], lang), isRequired: required.has(name), kind: "key" };
    });
}

/** A map goes on in the next line, with what it must have; a list with its first dash. */
function keyText(name: string, forms: readonly JsonSchema[], column: number): string {
  const deeper = `\n${" ".repeat(column + 2)}`;
  const isPlain = forms.some(({ type, enum: words, const: word }) => words !== undefined || word !== undefined || (type !== undefined && type !== "object" && type !== "array" && type !== "null"));
  const map = forms.find(({ type, properties }) => type === "object" && properties !== undefined);
  const first = map?.required?.[0];
  if (map !== undefined && first !== undefined) return `${name}:${deeper}${first}: `;
  if (map !== undefined && !isPlain) return `${name}:${deeper}`;
  if (forms.some(({ type }) => type === "array") && !isPlain) return `${name}:${deeper}- `;
  if (forms.some(({ type }) => type === "object") && !isPlain) return `${name}:${deeper}`;
  return `${name}: `;
}

function valuesOf(schema: JsonSchema, lang: "en" | "ko"): Completion[] {
  const words = [...(schema.enum ?? []), ...("const" in schema ? [schema.const] : []), ...(schema.type === "boolean" ? [true, false] : []), ...(isPlainValue(schema.default) ? [schema.default] : [])];
  return words.filter(isPlainValue).map((word) => ({ label: yamlWord(word), insert: yamlWord(word), detail: word === schema.default ? "default" : "", about: aboutOf([schema], lang), isRequired: false, kind: "value" }));
}

function isPlainValue(value: unknown): value is string | number | boolean {
  return typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value !== "");
}

/** Quoted where YAML would read something else. */
function yamlWord(value: string | number | boolean): string {
  if (typeof value !== "string") return String(value);
  return /^[\p{L}_.][\p{L}\p{N}_./ -]*$/u.test(value) && !/^(?:true|false|null|yes|no|on|off)$/i.test(value) ? value : JSON.stringify(value);
}

function detailOf(forms: readonly JsonSchema[]): string {
  const preset = forms.find((form) => isPlainValue(form.default))?.default;
  if (preset !== undefined) return String(preset);
  return [...new Set(forms.map(({ type }) => type).filter((type) => type !== undefined && type !== "null"))].slice(0, 2).join(" | ");
}

function aboutOf(forms: readonly JsonSchema[], lang: "en" | "ko"): string {
  const said = forms.find(({ description }) => description !== undefined);
  return (lang === "ko" ? (said?.["x-ko"] ?? said?.description) : said?.description) ?? "";
}
