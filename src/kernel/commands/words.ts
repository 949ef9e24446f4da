// Parameters that came as text, from a URL or a command line, as the values that the command's schema takes in their place. What it
// does not take stays the text it is: then the schema says what is wrong with it.
import type { z } from "zod";
import { optionSchema, propertiesOf } from "../option-schema.ts";
import type { OptionSchema } from "../option-schema.ts";

/** Several texts of one name are a list. */
export type Words = Readonly<Record<string, string | readonly string[]>>;

export function valuesOf(params: z.ZodType, words: Words): Record<string, unknown> {
  const schemas = propertiesOf(optionSchema(params));
  return Object.fromEntries(Object.entries(words).map(([name, given]) => [name, valueOf(Object.hasOwn(schemas, name) ? schemas[name] : undefined, given)]));
}

function valueOf(schema: OptionSchema | undefined, given: string | readonly string[]): unknown {
  if (schema === undefined) return given;
  const { items } = schema;
  if (items !== undefined) {
    if (typeof given === "string" && given.trimStart().startsWith("[")) return parsed(given);
    return [given].flat().map((text) => valueOf(items, text));
  }
  return typeof given === "string" ? single(schema, given) : given;
}

function single(schema: OptionSchema, text: string): unknown {
  const { anyOf, oneOf, enum: choices, const: only } = schema;
  const alternatives = anyOf ?? oneOf;
  if (alternatives !== undefined) {
    // A free text takes whatever is written.
    if (alternatives.some(isFreeText)) return text;
    const values = alternatives.map((each) => valueOf(each, text)).filter((value) => value !== text);
    return values.length === 0 ? text : values[0];
  }
  const fixed = choices ?? (only === undefined ? undefined : [only]);
  if (fixed !== undefined) return fixed.find((choice) => String(choice) === text) ?? text;
  const types = [schema.type ?? []].flat();
  if (types.includes("string")) return text;
  if ((types.includes("number") || types.includes("integer")) && /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text)) return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.includes("null") && text === "null") return null;
  // A map, or anything at all: JSON where it is JSON.
  return types.length === 0 || types.includes("object") ? parsed(text) : text;
}

function isFreeText({ type, enum: choices, const: only }: OptionSchema): boolean {
  return type === "string" && choices === undefined && only === undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
