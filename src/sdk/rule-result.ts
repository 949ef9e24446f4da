// What a rule gives back, as JSON and as the old operator would say it.
export interface Given {
  /** JSON in one line. */
  readonly result: string;
  /** As `msg` of the old reply has it; undefined: the JSON says it. */
  readonly text?: string;
}

/** Throws TypeError for what JSON cannot say: a cycle. */
export function givenBy(value: unknown): Given {
  if (value === undefined || value === null) return { result: "null", text: "" };
  if (typeof value === "string") return { result: JSON.stringify(value), text: value };
  return { result: JSON.stringify(value, plain) ?? "null" };
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (value instanceof Error) return { name: value.name, message: value.message };
  return value;
}
