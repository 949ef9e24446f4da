// A JSON Schema of the whole config, for completion and checks while typing. It knows the user's own plugins too, so it is
// written beside the config rather than shipped.
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lang } from "#base/lang.ts";
import { optionSchema } from "../option-schema.ts";
import type { OptionSchema } from "../option-schema.ts";
import type { Installed, Registry } from "../registry.ts";
import { testOptions } from "./tests.ts";
import { agentOptions, branchOptions, failoverOptions, pipelineOptions, sleepOptions } from "./agent.ts";
import { flowOptions, groupOptions, scheduleOptions } from "./flow-options.ts";
import { httpOptions } from "./http-section.ts";
import { jobsOptions } from "./jobs-options.ts";
import { notifierOptions } from "./notifier-options.ts";
import { processOptions } from "./process-options.ts";
import { consoleOptions, processSettingsOptions } from "./process-settings.ts";
import { storeOptions } from "./store-section.ts";

type Json = Record<string, unknown>;

/** The first line of a config that tells editors where the schema lies. */
export const SCHEMA_MODELINE = "# yaml-language-server: $schema=./.dure/schema.json";
const DURATION_PATTERN = String.raw`^\d+(\.\d+)?\s*(ms|s|m|h|d)?$`;
const SIZE_PATTERN = String.raw`^\d+(\.\d+)?\s*[kmgtKMGT]?([iI]?[bB])?$`;
const ref = (name: string): Json => ({ $ref: `#/definitions/${name}` });

const PROCESS_PROPERTIES: Json = {
  processes: { type: "object", additionalProperties: ref("process") },
  flows: { type: "array", items: ref("flow") },
  groups: { type: "object", additionalProperties: ref("group") },
  schedules: { type: "array", items: ref("schedule") },
  console: ref("console"),
  jobs: ref("jobs"),
  notifiers: { type: "object", additionalProperties: ref("notifier") },
  process_settings: ref("process_settings"),
};

/** Draft 7: what editors' YAML support understands. Descriptions are in `lang`, and Korean ones always in `x-ko` as well. */
export async function jsonSchema(registry: Registry, lang: Lang = "en"): Promise<Json> {
  const plugins = await registry.list();
  const definitions: Json = {
    reference: { type: "string", pattern: String.raw`\$\{(env|file|var):[^}]*\}` },
    retry: editorForm(optionSchema(pipelineOptions).properties?.["retry"] ?? {}, lang),
    agent: editorForm(optionSchema(agentOptions), lang),
    http: { anyOf: [editorForm(optionSchema(httpOptions), lang), { type: "integer" }, { type: "boolean" }, ref("reference")] },
    store: { anyOf: [editorForm(optionSchema(storeOptions), lang), { type: "string", enum: ["sqlite"] }, ref("reference")] },
    sleep: { anyOf: [editorForm(optionSchema(sleepOptions), lang), { type: "string", pattern: DURATION_PATTERN }, { type: "number" }] },
    failover: withProperties(
      editorForm(optionSchema(failoverOptions), lang),
      { outputs: { type: "array", minItems: 1, items: ref("step") }, last: ref("step") },
      ["outputs"],
    ),
    route: { type: "array", minItems: 1, items: withProperties(editorForm(optionSchema(branchOptions), lang), { steps: ref("steps") }, ["steps"]) },
    step: stepSchema(plugins, lang),
    steps: { type: "array", items: ref("step") },
    process: { anyOf: [editorForm(optionSchema(processOptions), lang), { type: "string" }, editorForm(optionSchema(processOptions).properties?.["command"]?.anyOf?.[1] ?? {}, lang)] },
    flow: editorForm(optionSchema(flowOptions), lang),
    group: { anyOf: [editorForm(optionSchema(groupOptions), lang), { type: "string" }, { type: "array", items: { type: "string" } }] },
    schedule: editorForm(optionSchema(scheduleOptions), lang),
    jobs: { anyOf: [editorForm(optionSchema(jobsOptions), lang), { type: "string" }, { type: "boolean" }] },
    notifier: editorForm(optionSchema(notifierOptions), lang),
    console: { anyOf: [editorForm(optionSchema(consoleOptions), lang), { type: "integer" }, { type: "boolean" }, ref("reference")] },
    process_settings: editorForm(optionSchema(processSettingsOptions), lang),
    test: editorForm(optionSchema(testOptions), lang),
    pipeline: {
      anyOf: [ref("steps"), { type: "object", properties: { steps: ref("steps"), retry: ref("retry") }, required: ["steps"], additionalProperties: false }],
    },
  };
  for (const { plugin, fullName } of plugins) definitions[fullName] = editorForm(optionSchema(plugin.options), lang);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Dure",
    definitions,
    anyOf: [
      {
        type: "object",
        properties: { agent: ref("agent"), http: ref("http"), store: ref("store"), vars: { type: "object" }, pipelines: { type: "object", additionalProperties: ref("pipeline") }, tests: { type: "array", items: ref("test") }, ...PROCESS_PROPERTIES },
        patternProperties: { "^x-": {} },
        additionalProperties: false,
      },
      {
        type: "object",
        properties: {
          sources: { type: "array", minItems: 1, items: { type: "string" } },
          matches: { type: "object", additionalProperties: { type: "string" } },
          svc_name: { type: "string" },
          svc_dname: { type: "string" },
          debug: { type: "boolean" },
          logger: { type: "object" },
          agent: ref("agent"),
          http: ref("http"),
          store: ref("store"),
          vars: { type: "object" },
          ...PROCESS_PROPERTIES,
        },
        required: ["sources"],
        patternProperties: { "^x-": {} },
        additionalProperties: false,
      },
      // The oldest form is only told apart from mistakes; its options at any indent are for `dure validate`.
      { type: "array", items: { type: "object", properties: { task: { type: "array" } }, required: ["task"] } },
    ],
  };
}

/** Writes `.dure/schema.json` into the folder of a config; gives the path. */
export async function writeSchema(schema: object, dir: string): Promise<string> {
  const folder = join(dir, ".dure");
  const file = join(folder, "schema.json");
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(schema, null, 2)}\n`);
  await rename(`${file}.new`, file); // An editor that watches the file never sees half of it.
  return file;
}

function stepSchema(plugins: readonly Installed[], lang: Lang): Json {
  const properties: Json = { failover: ref("failover"), route: ref("route"), sleep: ref("sleep") };
  const bare: string[] = [];
  for (const { plugin, fullName } of plugins) {
    const schema = optionSchema(plugin.options);
    const isBare = (schema.required ?? []).length === 0;
    const names = [fullName, ...(plugin.otherNames ?? [])];
    if (isBare) bare.push(...names);
    const forms = [
      ref(fullName),
      ...(isBare ? [{ type: "null" }] : []),
      ...(plugin.shorthand === undefined ? [] : [editorForm(schema.properties?.[plugin.shorthand] ?? {}, lang)]),
    ];
    for (const name of names) properties[name] = { description: plugin.summary[lang], "x-ko": plugin.summary.ko, anyOf: forms };
  }
  return {
    anyOf: [
      { type: "string", enum: bare },
      { type: "object", properties, additionalProperties: false, minProperties: 1, maxProperties: 1 },
    ],
  };
}

function withProperties(schema: Json, properties: Json, required: readonly string[]): Json {
  return { ...schema, properties: { ...(schema["properties"] as Json), ...properties }, required };
}

/** The schema of options in the words of an editor: units as patterns, `${…}` wherever a plain value may stand. */
function editorForm({ ko, unit, flag: _flag, properties, items, anyOf, oneOf, allOf, additionalProperties, description, ...rest }: OptionSchema, lang: Lang): Json {
  const form = (schema: OptionSchema): Json => editorForm(schema, lang);
  const schema: Json = {
    ...rest,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.entries(properties).map(([name, option]) => [name, form(option)])) }),
    ...(items === undefined ? {} : { items: form(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(form) }),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map(form) }),
    ...(allOf === undefined ? {} : { allOf: allOf.map(form) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: typeof additionalProperties === "boolean" ? additionalProperties : form(additionalProperties) }),
  };
  const words = {
    ...(description === undefined ? {} : { description: lang === "ko" ? (ko ?? description) : description }),
    ...(ko === undefined ? {} : { "x-ko": ko }),
  };
  if (unit !== undefined) {
    const { type: _, ...more } = schema;
    return {
      ...more,
      ...words,
      anyOf: [{ type: "string", pattern: unit === "duration" ? DURATION_PATTERN : SIZE_PATTERN }, { type: "number" }, ref("reference")],
    };
  }
  const isPlainValue =
    schema["enum"] !== undefined || schema["const"] !== undefined || ["number", "integer", "boolean"].includes(String(schema["type"])) || "pattern" in schema;
  if (!isPlainValue) return { ...schema, ...words };
  const { default: standard, ...more } = schema;
  return { ...words, ...(standard === undefined ? {} : { default: standard }), anyOf: [more, ref("reference")] };
}
