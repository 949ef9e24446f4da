// Options that make a step work as it stands, from a plugin's own example: what is written for somebody who has not chosen yet.
import { parse } from "yaml";
import { optionSchema, propertiesOf } from "#kernel/option-schema.ts";
import type { OptionSchema } from "#kernel/option-schema.ts";
import type { Plugin } from "#sdk/plugin.ts";

export type Options = Readonly<Record<string, unknown>>;

/** What the plugin's example says, and a value for whatever else is required. */
export function exampleOptions(plugin: Plugin): Options {
  const schema = optionSchema(plugin.options);
  const options = { ...writtenExample(plugin) };
  const properties = propertiesOf(schema);
  for (const name of schema.required ?? []) options[name] ??= exampleValue(properties[name] ?? {});
  return options;
}

function writtenExample({ example, shorthand }: Plugin): Options {
  if (example === undefined) return {};
  const parsed: unknown = parse(example);
  const step: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  const value = isMap(step) ? Object.values(step)[0] : undefined;
  if (isMap(value)) return value;
  return value === undefined || value === null || shorthand === undefined ? {} : { [shorthand]: value };
}

/** A value of the right type; only plugins of the user's own, without an example, come to this. */
function exampleValue(schema: OptionSchema): unknown {
  const { default: usual, enum: choices, const: only, unit, items } = schema;
  if (usual !== undefined) return usual;
  if (only !== undefined) return only;
  if (choices !== undefined) return choices[0];
  if (unit !== undefined) return unit === "duration" ? "1s" : "1MB";
  const [first] = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (first !== undefined) return exampleValue(first);
  const type = typeof schema.type === "string" ? schema.type : schema.type?.[0];
  if (type === "integer" || type === "number") return typeof schema["minimum"] === "number" ? schema["minimum"] : 1;
  if (type === "boolean") return true;
  if (type === "array") return [exampleValue(items ?? {})];
  return type === "object" ? {} : "text";
}

export function isMap(value: unknown): value is Options {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
