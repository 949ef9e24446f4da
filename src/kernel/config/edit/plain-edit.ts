// What changes of a config mean, on plain values: what the text has to say afterwards.
import { composed } from "#base/text.ts";
import type { JsonValue } from "#base/json.ts";
import type { ConfigChange } from "../config-change.ts";

type Path = ConfigChange["path"];

/** A new value; undefined where the change takes away something that is not there, or cannot be made. */
export function plainEdit(value: JsonValue | undefined, path: Path, change: JsonValue | undefined, at: Path = []): JsonValue | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return change;
  if (isJsonList(value)) {
    const index = step === "-" ? value.length : Number(step);
    if (!Number.isInteger(index) || index < 0 || value.length < index) return value;
    const item = plainEdit(value[index], rest, change, [...at, index]);
    return item === undefined ? value.filter((_, place) => place !== index) : [...value.slice(0, index), item, ...value.slice(index + 1)];
  }
  const map = asMap(value, at);
  if (step === "-") return change === undefined ? value : [plainEdit(undefined, rest, change) ?? null];
  const key = keyIn(map, String(step));
  if (change === undefined && !Object.hasOwn(map, key)) return value;
  const item = plainEdit(map[key], rest, change, [...at, key]);
  if (item === undefined) return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
  return { ...map, [key]: item };
}

/** The key as the map has it: a name typed on a Mac may come apart into jamo. */
export function keyIn(map: Readonly<Record<string, JsonValue>>, step: string): string {
  return Object.keys(map).find((key) => composed(key.trim()) === composed(step)) ?? step;
}

/** What a short form stands for: `etl: "python3 etl.py"` is `etl: { command: "python3 etl.py" }`. */
export function asMap(value: JsonValue | undefined, at: Path): Readonly<Record<string, JsonValue>> {
  if (value !== null && typeof value === "object" && !isJsonList(value)) return value;
  const shorthand = at[0] === "processes" && at.length === 2 ? "command" : at[0] === "console" && at.length === 1 && typeof value !== "boolean" ? "port" : undefined;
  return shorthand === undefined || value === undefined || value === null ? {} : { [shorthand]: value };
}

export function isJsonList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
