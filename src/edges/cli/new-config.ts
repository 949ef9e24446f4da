// A first config from a few answers: an input, perhaps a parser, an output. What was not answered and must be there is taken from the
// plugin's example, and named, so that nobody takes it for their own.
import { SCHEMA_MODELINE } from "#kernel/config/editor-schema.ts";
import { optionSchema, propertiesOf } from "#kernel/option-schema.ts";
import type { Found, Registry } from "#kernel/registry.ts";
import { pluginNamed } from "./commands/create.ts";
import { flow } from "./commented-config.ts";
import { exampleOptions } from "./example-options.ts";
import type { Options } from "./example-options.ts";
import { wrongUse } from "./failure.ts";

export interface Answers {
  readonly input: string;
  readonly path?: string | undefined;
  readonly encoding?: string | undefined;
  /** A parser, a format of parse.Regex, or `none`. */
  readonly parse: string;
  readonly output: string;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

export interface NewConfig {
  readonly text: string;
  /** Options that hold the plugin's example: `out.MySQL: db, table`. */
  readonly assumed: readonly string[];
}

export async function newConfig(answers: Answers, registry: Registry): Promise<NewConfig> {
  const input = await stepOf(answers.input, "in", { path: answers.path, encoding: answers.encoding }, registry);
  const parser = await parserOf(answers.parse, registry);
  const output = await stepOf(answers.output, "out", { host: answers.host, port: answers.port === undefined ? undefined : portOf(answers.port) }, registry);
  const steps = [input, ...(parser === undefined ? [] : [parser]), output];
  return {
    text: [SCHEMA_MODELINE, "pipelines:", "  main:", ...steps.flatMap(stepLines), ""].join("\n"),
    assumed: steps.flatMap(({ name, assumed }) => (assumed.length === 0 ? [] : `${name}: ${assumed.join(", ")}`)),
  };
}

/** Which of the asked options the plugin has: `host` is asked for out.Fluentd, not for out.Stdout. */
export function hasOption({ plugin }: Found, name: string): boolean {
  return name in propertiesOf(optionSchema(plugin.options));
}

interface Step {
  readonly name: string;
  readonly options: Options;
  readonly assumed: readonly string[];
}

async function stepOf(name: string, kind: "in" | "out", given: Options, registry: Registry): Promise<Step> {
  const found = await pluginNamed(name, registry);
  const { plugin, fullName } = found;
  if (plugin.kind !== kind) throw wrongUse({ en: `${fullName} cannot stand behind --${kind}`, ko: `${fullName}: --${kind} 뒤에 쓸 수 없는 종류입니다` }, { en: `see \`dure list ${kind}\``, ko: `\`dure list ${kind}\` 참고` });
  const chosen = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  for (const key of Object.keys(chosen)) {
    if (!hasOption(found, key)) throw wrongUse({ en: `${fullName} has no option \`${key}\``, ko: `${fullName}에는 \`${key}\` 옵션이 없습니다` }, { en: `see \`dure desc ${fullName}\``, ko: `\`dure desc ${fullName}\` 참고` });
  }
  if (isComplete(found, chosen)) return { name: fullName, options: chosen, assumed: [] };
  const example = exampleOptions(plugin);
  const required = optionSchema(plugin.options).required ?? [];
  const wanted = Object.fromEntries(Object.entries(example).filter(([key]) => required.includes(key)));
  // Where what is required alone does not do (a host or an address), the whole example does.
  const base = isComplete(found, { ...wanted, ...chosen }) ? wanted : example;
  const options = { ...base, ...chosen };
  return { name: fullName, options, assumed: Object.keys(options).filter((key) => !(key in chosen)) };
}

function isComplete({ plugin }: Found, options: Options): boolean {
  return plugin.options.safeParse(options).success;
}

async function parserOf(written: string, registry: Registry): Promise<Step | undefined> {
  if (written === "" || written === "none") return undefined;
  const regex = await registry.find("parse.Regex");
  if (regex !== undefined && isComplete(regex, { format: written })) return { name: regex.fullName, options: { format: written }, assumed: [] };
  const found = await pluginNamed(written.includes(".") ? written : `parse.${written}`, registry);
  if (found.plugin.kind !== "parse") throw wrongUse({ en: `${found.fullName} is no parser`, ko: `${found.fullName}: 파서가 아닙니다` }, { en: "see `dure list parse`", ko: "`dure list parse` 참고" });
  if (isComplete(found, {})) return { name: found.fullName, options: {}, assumed: [] };
  const options = exampleOptions(found.plugin);
  return { name: found.fullName, options, assumed: Object.keys(options) };
}

function portOf(written: string): number {
  const port = Number(written);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw wrongUse({ en: `\`--port ${written}\`: write a number from 1 to 65535`, ko: `\`--port ${written}\`: 1에서 65535 사이의 수를 쓰세요` });
}

function stepLines({ name, options }: Step): string[] {
  const lines = Object.entries(options).map(([key, value]) => `        ${key}: ${flow(value)}`);
  return [`    - ${name}${lines.length === 0 ? "" : ":"}`, ...lines];
}
