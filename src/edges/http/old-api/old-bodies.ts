// What clients of EventFlow's HTTP API send: keys in upper case, lists under the name of what they hold, filters in a body even of a GET, or in the query.
import { CommandFailure } from "#kernel/commands/failure.ts";
import { readNames } from "../../console/old-grammar.ts";
import type { OldFilter } from "../../console/old-lists.ts";
import type { OldRequest } from "./old-routes.ts";

export type Given = Readonly<Record<string, unknown>>;

const ITEMS_MAX = 1000;
/** A time of cron has commas of its own. */
const WHOLE = new Set(["TIME_FORMAT", "KEY"]);

/** `{"TASKS": [{…}]}`; one object instead of a list is a list of one. */
export function itemsOf(body: unknown, list: string): readonly Given[] {
  const inner: unknown = isMap(body) && Object.hasOwn(body, list) ? body[list] : undefined;
  const items: readonly unknown[] = Array.isArray(inner) ? inner : isMap(inner) ? [inner] : [];
  if (items.length === 0 || ITEMS_MAX < items.length || !items.every(isMap)) throw new CommandFailure("INVALID", { message: `the body is {"${list}": [{…}]}, with at most ${ITEMS_MAX} of them`, ko: { message: `본문은 {"${list}": [{…}]} 형식이고 ${ITEMS_MAX}개까지입니다` } });
  return items as readonly Given[];
}

export function textOf(item: Given, key: string): string {
  const value = Object.hasOwn(item, key) ? item[key] : undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new CommandFailure("INVALID", { message: value === undefined ? `${key} is missing` : `${key} must be a text`, ko: { message: value === undefined ? `${key} 항목이 없습니다` : `${key}에는 글자를 쓰세요` } });
}

/** `"a,b"`, `"a|b"` or `["a", "b"]`; in a list a name may have commas. */
export function manyOf(item: Given, key: string): readonly string[] {
  const value = item[key];
  if (Array.isArray(value) && value.every((each) => typeof each === "string") && 0 < value.length) return value as readonly string[];
  const names = textOf(item, key).split(/[,|]/).map((name) => name.trim()).filter((name) => name !== "");
  if (names.length === 0) throw new CommandFailure("INVALID", { message: `${key} is empty`, ko: { message: `${key} 항목이 비어 있습니다` } });
  return names;
}

/** `keys`: as the client calls them, and as the rows do. What it calls otherwise is refused: a filter that is overlooked shows too much. */
export function filterOf({ query, body }: OldRequest, keys: Readonly<Record<string, string>>): OldFilter {
  const filter: Record<string, string[]> = {};
  const add = (given: string, values: readonly string[]): void => {
    const key = given.toUpperCase();
    const column = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (column === undefined) throw new CommandFailure("INVALID", { message: `there is no filter \`${given.slice(0, 40)}\``, hint: `There are ${Object.keys(keys).join(", ")}.`, ko: { message: `\`${given.slice(0, 40)}\` 조건은 없습니다`, hint: `쓸 수 있는 것: ${Object.keys(keys).join(", ")}` } });
    filter[column] = [...(filter[column] ?? []), ...values];
  };
  const inBody = isMap(body) ? body : {};
  for (const [key, value] of [...query.entries(), ...Object.entries(inBody)]) {
    if (value === null || value === "") continue;
    if (Array.isArray(value)) add(key, value.map(String));
    else if (WHOLE.has(key.toUpperCase())) add(key, [String(value)]);
    else add(key, readNames(textOf({ [key]: value }, key)));
  }
  return filter;
}

function isMap(value: unknown): value is Given {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
