// What a plugin's options look like from outside, as JSON Schema made from the zod schema: for editors, for `dure desc`, and for
// suggestions when an option is unknown.
import { z } from "zod";

export interface OptionSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  /** The Korean description. */
  readonly ko?: string;
  /** What a text stands for: set by duration() and size(). */
  readonly unit?: "duration" | "size";
  /** What is no plain value but steps of a pipeline. */
  readonly holds?: "steps" | "outputs" | "output";
  /** What its text is the name of: it has to be there. */
  readonly names?: "process";
  /** The short option for it on a command line: `-n`. */
  readonly flag?: string;
  /** What it may be taken for: names that no option has, and that mean this one. */
  readonly meant?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, OptionSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | OptionSchema;
  readonly items?: OptionSchema;
  readonly anyOf?: readonly OptionSchema[];
  readonly oneOf?: readonly OptionSchema[];
  readonly allOf?: readonly OptionSchema[];
  readonly [more: string]: unknown;
}

const made = new WeakMap<z.ZodType, OptionSchema>();

export function optionSchema(options: z.ZodType): OptionSchema {
  let schema = made.get(options);
  if (schema === undefined) {
    // Draft 7 is what editors' YAML language servers support. References would point out of a fragment, so there are none.
    const { $schema, definitions, ...rest } = z.toJSONSchema(options, {
      target: "draft-7",
      io: "input",
      unrepresentable: "any",
      reused: "inline",
      cycles: "ref",
    }) as OptionSchema;
    schema = definitions === undefined && !holdsReference(rest) ? rest : withoutReferences(rest);
    made.set(options, schema);
  }
  return schema;
}

/** What comes out of a schema, such as the result of a command. */
export function resultSchema(result: z.ZodType): OptionSchema {
  return z.toJSONSchema(result, { target: "draft-7", io: "output", unrepresentable: "any", reused: "inline", cycles: "ref" }) as OptionSchema;
}

function holdsReference(schema: OptionSchema): boolean {
  return JSON.stringify(schema).includes('"$ref":');
}

/** What contains itself, such as any JSON, may be anything from there on. */
function withoutReferences(schema: OptionSchema): OptionSchema {
  return JSON.parse(JSON.stringify(schema, (_, value: unknown) => (typeof value === "object" && value !== null && "$ref" in value ? {} : value))) as OptionSchema;
}

/** The options by name; of alternatives, all of them together. */
export function propertiesOf(schema: OptionSchema): Readonly<Record<string, OptionSchema>> {
  const properties: Record<string, OptionSchema> = {};
  for (const part of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]) Object.assign(properties, propertiesOf(part));
  return { ...properties, ...schema.properties };
}

/** The schema at a path of keys and indexes, as far as it is fixed. */
export function schemaAt(schema: OptionSchema, path: readonly PropertyKey[]): OptionSchema | undefined {
  let current: OptionSchema | undefined = schema;
  for (const step of path) {
    if (current === undefined) return undefined;
    const parts: readonly OptionSchema[] = [current, ...(current.anyOf ?? []), ...(current.oneOf ?? [])];
    const additionalProperties: OptionSchema["additionalProperties"] = current.additionalProperties;
    current =
      typeof step === "number"
        ? parts.find((part) => part.items !== undefined)?.items
        : (propertiesOf(current)[String(step)] ?? (typeof additionalProperties === "object" ? additionalProperties : undefined));
  }
  return current;
}
