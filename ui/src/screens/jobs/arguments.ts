// What a rule takes, as its JSON Schema says: for people who fill in its input. The agent checks; this only helps.

/** `arg1: string`, `size?: integer`. */
export function argumentsOf(schema: unknown): readonly string[] {
  const { properties, required } = objectOf(schema);
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(objectOf(properties)).map(([name, each]) => `${name}${needed.includes(name) ? "" : "?"}: ${typeOf(each)}`);
}

/** An input to begin with: what is required, empty. */
export function firstInput(schema: unknown): string {
  const { properties, required } = objectOf(schema);
  const known = objectOf(properties);
  const names = Array.isArray(required) ? required.filter((name): name is string => typeof name === "string") : [];
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, emptyOf(known[name])])), undefined, 2);
}

function typeOf(schema: unknown): string {
  const { type, enum: values } = objectOf(schema);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  return Array.isArray(type) ? type.join(" | ") : typeof type === "string" ? type : "…";
}

function emptyOf(schema: unknown): unknown {
  const { type, default: usual, enum: values } = objectOf(schema);
  if (usual !== undefined) return usual;
  if (Array.isArray(values)) return values[0];
  return { string: "", number: 0, integer: 0, boolean: false, array: [], object: {} }[String(type)] ?? null;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}
