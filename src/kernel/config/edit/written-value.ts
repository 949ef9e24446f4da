// A value as it is written into a config: short, on as few lines as people would take.
import { stringify } from "yaml";
import type { JsonValue } from "#base/json.ts";
import { isJsonList } from "./plain-edit.ts";

/** On one line. */
export function flowText(value: JsonValue): string {
  if (value === null || typeof value !== "object") return scalarText(value);
  if (isJsonList(value)) return `[${value.map(flowText).join(", ")}]`;
  const entries = Object.entries(value);
  return entries.length === 0 ? "{}" : `{ ${entries.map(([key, item]) => `${scalarText(key)}: ${flowText(item)}`).join(", ")} }`;
}

/** In quotes where it needs them, also inside of brackets; in those that stood there where it has some. */
export function scalarText(value: string | number | boolean | null, quote: '"' | "'" | "" = ""): string {
  if (typeof value !== "string") return value === null ? "null" : String(value);
  if (!/^\P{C}*$/u.test(value) || /[\u2028\u2029]/.test(value)) return escaped(value); // Line ends and what nobody sees.
  if (quote === "'") return `'${value.replaceAll("'", "''")}'`;
  if (quote === '"' || value === "<<") return JSON.stringify(value);
  return stringify([value], { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }).trim().slice(1, -1);
}

function escaped(value: string): string {
  return JSON.stringify(value).replaceAll(/[\p{C}\u2028\u2029]/gu, (character) => (0xffff < (character.codePointAt(0) ?? 0) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`));
}

/** Where in a config a value stands: sections, and the definitions of processes, have their entries on lines of their own. */
export function isOpenAt(path: readonly (string | number)[], value: JsonValue | undefined): boolean {
  if (value === null || typeof value !== "object" || (isJsonList(value) ? value : Object.keys(value)).length === 0) return false;
  return path.length === 1 || (path.length === 2 && path[0] === "processes" && !isJsonList(value)) || (path.length === 2 && (path[1] === "old_api" || path[1] === "announcer"));
}

/** What stands behind `key:`: ` value`, or lines below it, the first with its line end before. */
export function behindKey(value: JsonValue, path: readonly (string | number)[], indent: string, end: string): string {
  if (!isOpenAt(path, value) || value === null || typeof value !== "object") return ` ${flowText(value)}`;
  if (isJsonList(value)) return value.map((item) => `${end}${indent}- ${flowText(item)}`).join("");
  return Object.entries(value).map(([key, item]) => `${end}${indent}${scalarText(key)}:${behindKey(item, [...path, key], `${indent}  `, end)}`).join("");
}
