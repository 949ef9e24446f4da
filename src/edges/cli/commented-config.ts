// A config that shows everything some plugins can do: what makes them work is set, every other option stands behind a `#` with its
// default, and above each is what it means, in the language of the reader.
import { stringify } from "yaml";
import { lang, say } from "#base/lang.ts";
import { wrapped } from "#kernel/config/cells.ts";
import { SCHEMA_MODELINE } from "#kernel/config/editor-schema.ts";
import { describePlugin } from "#kernel/describe.ts";
import type { OptionDescription } from "#kernel/describe.ts";
import { optionSchema, schemaAt } from "#kernel/option-schema.ts";
import type { Found } from "#kernel/registry.ts";
import type { Plugin } from "#sdk/plugin.ts";
import { exampleOptions, isMap } from "./example-options.ts";
import type { Options } from "./example-options.ts";

const COLUMNS = 110;
const STEP = 4;
const OPTION = 8;

export function commentedConfig(steps: readonly Found[]): string {
  return [
    SCHEMA_MODELINE,
    ...comment(say({ en: "What is set makes each step work: put your own values. What stands behind # is optional, with its default.", ko: "설정된 값은 단계가 동작하는 데 필요한 예입니다. 여러분의 값으로 바꾸세요. # 뒤의 옵션은 선택이며 기본값을 적었습니다." }), 0),
    "pipelines:",
    "  main:",
    ...steps.flatMap(({ plugin, fullName }, index) => [...(index === 0 ? [] : [""]), ...stepLines(plugin, fullName)]),
    ...processLines(steps.flatMap(({ plugin }) => processesNamed(plugin))),
  ].join("\n");
}

/** The processes that the steps name, or the config would have a fault. */
function processLines(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return ["", ...comment(say({ en: "The programs that the steps name: put your own commands.", ko: "단계에 쓴 이름의 프로그램입니다. 여러분의 명령으로 바꾸세요." }), 0), "processes:", ...[...new Set(names)].map((name) => `  ${flow(name)}: cat`)];
}

function processesNamed(plugin: Plugin): string[] {
  const properties = optionSchema(plugin.options).properties ?? {};
  return Object.entries(exampleOptions(plugin)).flatMap(([option, value]) => (properties[option]?.names === "process" && typeof value === "string" ? [value] : []));
}

function stepLines(plugin: Plugin, fullName: string): string[] {
  const set = exampleOptions(plugin);
  const lines = optionLines(plugin, describePlugin(plugin, lang()).options, set, { prefix: "", indent: OPTION, isSet: true });
  return [...comment(plugin.summary[lang()], STEP), `${" ".repeat(STEP)}- ${fullName}${lines.length === 0 ? "" : ":"}`, ...lines];
}

interface Level {
  /** `tls.` inside of an option. */
  readonly prefix: string;
  readonly indent: number;
  /** Whether the lines around it are in force. */
  readonly isSet: boolean;
}

function optionLines(plugin: Plugin, all: readonly OptionDescription[], set: Options, level: Level): string[] {
  const { prefix, indent } = level;
  const own = all.filter(({ name }) => name.startsWith(prefix) && !name.slice(prefix.length).includes("."));
  const ordered = [...own.filter(({ name }) => name.slice(prefix.length) in set), ...own.filter(({ name }) => !(name.slice(prefix.length) in set))];
  return ordered.flatMap((option) => {
    const key = option.name.slice(prefix.length);
    const isSet = level.isSet && key in set;
    const value = isSet ? set[key] : schemaAt(optionSchema(plugin.options), option.name.split("."))?.default;
    const head = comment(`${option.description} (${option.type})`.trim(), indent);
    const plain = value === undefined ? `${key}:` : `${key}: ${flow(value)}`;
    if (!all.some(({ name }) => name.startsWith(`${option.name}.`))) return [...head, isSet ? on(plain, indent) : off(plain, indent)];
    const isInside = isSet && isMap(value) && Object.keys(value).length > 0;
    const inner = optionLines(plugin, all, isInside ? value : {}, { prefix: `${option.name}.`, indent: indent + 2, isSet: isInside });
    if (isInside) return [...head, on(`${key}:`, indent), ...inner];
    // What is inside of something switched off is switched off with it: the same `# ` before each line, so that an editor takes it away.
    const inside = [off(`${key}:`, indent), ...inner.map((line) => off(`  ${line.slice(indent + 2).replace(/^# (?=\w+:(?: |$))/, "")}`, indent))];
    // `tls: false` or a map: both can be written.
    const isPlainToo = isSet || (value !== undefined && !isMap(value));
    return [...head, ...(isPlainToo ? [isSet ? on(plain, indent) : off(plain, indent), ...comment(say({ en: "or:", ko: "또는:" }), indent)] : []), ...inside];
  });
}

function on(text: string, indent: number): string {
  return `${" ".repeat(indent)}${text}`;
}

function off(text: string, indent: number): string {
  return on(`# ${text}`, indent);
}

function comment(text: string, indent: number): string[] {
  return wrapped(text, COLUMNS - indent - 2).map((line) => `${" ".repeat(indent)}# ${line}`);
}

/** On one line, and what YAML reads as the same value again. */
export function flow(value: unknown): string {
  const written = stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
  return written.includes("\n") ? JSON.stringify(value) : written; // JSON is YAML too, and needs no second line.
}
