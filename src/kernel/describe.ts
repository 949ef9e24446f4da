// A plugin's reference, for `dure desc`: made from its schema, so it cannot be out of date.
import type { Lang, Text } from "#base/lang.ts";
import type { Plugin } from "#sdk/plugin.ts";
import type { ConfigSection } from "./config/config-sections.ts";
import { cellsOf, wrapped } from "./config/cells.ts";
import { optionSchema, propertiesOf } from "./option-schema.ts";
import type { OptionSchema } from "./option-schema.ts";

export interface OptionDescription {
  /** Options of an option follow it: `log`, `log.level`; of each in a list: `metrics`, `metrics[].name`. */
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  /** As it would be written; undefined for none. */
  readonly default?: string;
  readonly description: string;
}

export interface PluginDescription {
  readonly fullName: string;
  readonly summary: string;
  readonly options: readonly OptionDescription[];
  /** The option a bare value stands for. */
  readonly shorthand?: string;
  readonly aliases: readonly string[];
  /** Names that are as good. */
  readonly otherNames?: readonly string[];
  /** What its records hold, a line for each kind of them. */
  readonly records?: readonly string[];
  /** A step as it stands in a list of steps. */
  readonly example?: string;
}

export function describePlugin(plugin: Plugin, lang: Lang): PluginDescription {
  return {
    fullName: `${plugin.kind}.${plugin.name}`,
    summary: plugin.summary[lang],
    options: describeOptions(optionSchema(plugin.options), lang, ""),
    ...(plugin.shorthand === undefined ? {} : { shorthand: plugin.shorthand }),
    aliases: plugin.aliases ?? [],
    ...(plugin.otherNames === undefined ? {} : { otherNames: plugin.otherNames }),
    ...(plugin.records === undefined ? {} : { records: plugin.records[lang].split("\n") }),
    ...(plugin.example === undefined ? {} : { example: asStep(plugin.example.trim()) }),
  };
}

/** A part of a config that belongs to no plugin, as a plugin would be described. */
export function describeSection({ name, summary, options, example }: ConfigSection, lang: Lang): PluginDescription {
  return { fullName: name, summary: summary[lang], options: describeOptions(optionSchema(options), lang, ""), aliases: [], example };
}

function asStep(example: string): string {
  return example.startsWith("- ") ? example : `- ${example.replaceAll("\n", "\n  ")}`;
}

function describeOptions(schema: OptionSchema, lang: Lang, prefix: string): OptionDescription[] {
  const required = new Set(requiredOf(schema));
  return Object.entries(propertiesOf(schema)).flatMap(([key, option]) => {
    const name = `${prefix}${key}`;
    const description = (lang === "ko" ? option.ko : undefined) ?? option.description ?? "";
    const own: OptionDescription = {
      name,
      type: typeName(option, lang),
      isRequired: required.has(key),
      ...(option.default === undefined ? {} : { default: asWritten(option.default) }),
      description,
    };
    const ofItems = option.items === undefined ? [] : describeOptions(option.items, lang, `${name}[].`);
    return [own, ...describeOptions(option, lang, `${name}.`), ...ofItems];
  });
}

/** What every alternative requires. */
function requiredOf(schema: OptionSchema): readonly string[] {
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const [first = [], ...others] = alternatives.map(requiredOf);
  return [...(schema.required ?? []), ...first.filter((name) => others.every((other) => other.includes(name)))];
}

const TYPES: Readonly<Record<string, Text>> = {
  string: { en: "text", ko: "글자" },
  number: { en: "number", ko: "숫자" },
  integer: { en: "whole number", ko: "정수" },
  boolean: { en: "true or false", ko: "true 또는 false" },
  object: { en: "map", ko: "맵" },
  array: { en: "list", ko: "목록" },
  null: { en: "nothing", ko: "빈 값" },
  duration: { en: "duration", ko: "시간" },
  size: { en: "size", ko: "크기" },
  steps: { en: "list of steps", ko: "단계 목록" },
  outputs: { en: "list of outputs", ko: "출력 목록" },
  output: { en: "output", ko: "출력" },
};

function typeName(schema: OptionSchema, lang: Lang): string {
  const or = lang === "ko" ? " 또는 " : " or ";
  const named = schema.unit ?? schema.holds;
  if (named !== undefined) return TYPES[named]?.[lang] ?? named;
  if (schema.const !== undefined) return asWritten(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(asWritten).join(" | ");
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts !== undefined) return [...new Set(parts.map((part) => typeName(part, lang)))].join(or);
  // A list whose first values have a meaning each; draft-07 writes these as a list of schemas.
  const places: unknown = schema.items;
  if (Array.isArray(places)) return schema["additionalItems"] === false ? (lang === "ko" ? "쌍" : "pair") : typeName({ type: "array", items: places[0] as OptionSchema }, lang);
  if (schema.items !== undefined) return lang === "ko" ? `${typeName(schema.items, lang)} 목록` : `list of ${typeName(schema.items, lang)}`;
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  if (types.length === 0) return lang === "ko" ? "아무 값" : "any value";
  return types.map((type) => TYPES[type]?.[lang] ?? type).join(or);
}

function asWritten(value: unknown): string {
  return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}

const WORDS = {
  options: { en: "Options", ko: "옵션" },
  noOptions: { en: "No options.", ko: "옵션이 없습니다." },
  required: { en: "required", ko: "필수" },
  default: { en: "default", ko: "기본값" },
  otherNames: { en: "Other names", ko: "다른 이름" },
  records: { en: "Records", ko: "레코드" },
  example: { en: "Example", ko: "예" },
  aliases: { en: "Old names", ko: "옛 이름" },
  shorthand: { en: "A bare value stands for", ko: "값만 쓰면 이 옵션으로 봅니다" },
} as const satisfies Record<string, Text>;

/** The description as text for a terminal. */
export function renderDescription({ fullName, summary, options, shorthand, aliases, otherNames = [], records, example }: PluginDescription, lang: Lang, width = 100): string {
  const say = (word: keyof typeof WORDS): string => WORDS[word][lang];
  const nameCells = Math.max(0, ...options.map(({ name }) => cellsOf(name)));
  const rows = options.flatMap((option) => {
    const more = option.isRequired ? ` (${say("required")})` : option.default === undefined ? "" : ` (${say("default")} ${option.default})`;
    const head = `  ${option.name}${" ".repeat(nameCells - cellsOf(option.name))}  ${option.type}${more}`;
    return option.description === ""
      ? [head]
      : [head, ...wrapped(option.description, Math.max(30, width - nameCells - 4)).map((line) => `  ${" ".repeat(nameCells)}  ${line}`)];
  });
  return [
    `${fullName} — ${summary}`,
    "",
    ...(options.length === 0 ? [say("noOptions")] : [`${say("options")}:`, ...rows]),
    ...(shorthand === undefined ? [] : ["", `${say("shorthand")}: ${shorthand}`]),
    ...(aliases.length === 0 ? [] : ["", `${say("aliases")}: ${aliases.join(", ")}`]),
    ...(otherNames.length === 0 ? [] : ["", `${say("otherNames")}: ${otherNames.join(", ")}`]),
    ...(records === undefined ? [] : ["", `${say("records")}:`, ...records.flatMap((line) => wrapped(line, width - 4).map((part, index) => `${index === 0 ? "  " : "    "}${part}`))]),
    ...(example === undefined ? [] : ["", `${say("example")}:`, ...example.split("\n").map((line) => `  ${line}`)]),
  ].join("\n");
}
