// What a command of the table answers, for eyes: made from the result's schema. One thing is names and values below each other, many things are a
// table, an event is a line. Times and sizes are written as people write them; programs ask for --json.
import type { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { say } from "#base/lang.ts";
import { cellsOf, printable } from "#kernel/config/cells.ts";
import { propertiesOf, resultSchema } from "#kernel/option-schema.ts";
import type { OptionSchema } from "#kernel/option-schema.ts";
import { tableLines } from "../terminal.ts";
import type { Style } from "../terminal.ts";
import { countText } from "../units.ts";
import { diffLines, isDiff } from "./diff-lines.ts";
import { columnName } from "./column-names.ts";
import { saidEvent } from "./value-words.ts";
import { isList, isMap, isNumber, isSaid, valueText } from "./value-text.ts";

type JsonMap = { readonly [key: string]: JsonValue };

/** A column is no wider; programs that want it whole ask for --json. */
const CELL_MAX = 72;

export function resultLines(result: JsonValue, schema: z.ZodType, style: Style): string[] {
  return linesOf(result, resultSchema(schema), style);
}

/** `2026-11-22 17:00:03  pipeline.failed  pipeline=web  reason=…`: what has a time begins with it. */
export function eventLine(event: JsonValue, style: Style): string {
  if (!isMap(event)) return printable(valueText("", event));
  const flat: readonly (readonly [string, JsonValue])[] = Object.entries(event).flatMap(([key, value]) => (isMap(value) ? Object.entries(value) : [[key, value] as [string, JsonValue]]));
  const time = flat.find(([key, value]) => /^(?:at|time|since|started)(?:Ms)?$/.test(key) && typeof value === "number");
  const rest = flat.filter((each) => each !== time && each[1] !== null);
  const words = rest.map(([key, value]) => (key === "name" && typeof value === "string" ? printable(saidEvent(value)) : ["level", "message", "step", "tag"].includes(key) ? printable(valueText(key, value)) : `${style.dim(`${key}=`)}${printable(factText(key, value))}`));
  return [...(time === undefined ? [] : [style.dim(valueText("atMs", time[1]))]), ...words].join("  ");
}

function linesOf(result: JsonValue, schema: OptionSchema, style: Style): string[] {
  if (result === null) return [`${style.mark.ok} ${say({ en: "done", ko: "했습니다" })}`];
  if (isList(result)) return listLines(result, schema.items ?? {}, style);
  if (isMap(result)) return isDiff(result) ? diffLines(result, style) : mapLines(result, schema, style);
  return String(result).split("\n").map((line) => printable(line));
}

function mapLines(result: JsonMap, schema: OptionSchema, style: Style): string[] {
  const properties = propertiesOf(schema);
  const keys = inOrder(Object.keys(result), Object.keys(properties)).filter((key) => result[key] !== undefined && !isPageWord(key, result));
  const [only] = keys;
  const alone = keys.length === 1 && only !== undefined ? result[only] : undefined;
  if (only !== undefined && alone !== undefined && isList(alone)) return listLines(alone, properties[only]?.items ?? {}, style);
  const plain = keys.filter((key) => !isLong(result[key] ?? null));
  const pairs = tableLines(plain.map((key) => [style.dim(columnName(key)), printable(valueText(key, result[key] ?? null))]));
  const parts = keys.filter((key) => !plain.includes(key)).map((key) => {
    const own = linesOf(result[key] ?? null, properties[key] ?? {}, style);
    // The only thing in it needs no heading: a text is printed as it is.
    if (own.length === 0) return []; // An empty map: its heading alone would say nothing.
    return keys.length === 1 ? own : [style.bold(columnName(key)), ...own.map((line) => `  ${line}`.trimEnd())];
  });
  return [pairs, ...parts].filter((part) => 0 < part.length).flatMap((part, index) => (index === 0 ? part : ["", ...part]));
}

function listLines(items: readonly JsonValue[], schema: OptionSchema, style: Style): string[] {
  if (items.length === 0) return [style.dim(say({ en: "none", ko: "없음" }))];
  if (!items.every(isMap)) return items.map((item) => printable(valueText("", item)));
  const present = new Set(items.flatMap((item) => Object.entries(item).flatMap(([key, value]) => (value === null ? [] : [key]))));
  const columns = inOrder([...present], Object.keys(propertiesOf(schema)));
  const rows = items.map((item) => columns.map((key) => (item[key] === undefined || item[key] === null ? style.mark.skip : printable(cellText(key, item[key])))));
  const right = columns.flatMap((key, index) => (items.every((item) => item[key] === undefined || item[key] === null || isNumber(key, item[key]) || isCounted(item[key])) ? [index] : []));
  return tableLines([columns.map((key) => style.bold(columnName(key))), ...rows], right);
}

/** Of a page only what it lacks is worth a word: that there is more, or that something is missing. */
function isPageWord(key: string, result: JsonMap): boolean {
  return "hasMore" in result && ((key === "hasMore" && result[key] === false) || (key === "isWhole" && result[key] === true));
}

/** In a line that may be searched, numbers stay as they are. */
function factText(key: string, value: JsonValue): string {
  return typeof value === "number" && !/(?:Ms|[bB]ytes)$/.test(key) ? String(value) : valueText(key, value);
}

/** What has no room in a table is counted. */
function cellText(key: string, value: JsonValue): string {
  if (isList(value) && 0 < value.length && isLong(value)) return countText(value.length);
  const text = valueText(key, value).replaceAll("\n", " ⏎ ");
  // Of a checksum the first digits tell it apart.
  return /^[0-9a-f]{40,}$/.test(text) ? text.slice(0, 12) : shortened(text);
}

function shortened(text: string): string {
  if (cellsOf(text) <= CELL_MAX) return text;
  let shown = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (CELL_MAX < cellsOf(shown) + cellsOf(segment) + 1) break;
    shown += segment;
  }
  return `${shown}…`;
}

/** As the schema has them, then what it does not name. */
function inOrder(keys: readonly string[], known: readonly string[]): string[] {
  return [...known.filter((key) => keys.includes(key)), ...keys.filter((key) => !known.includes(key))];
}

/** What does not fit behind its name. */
function isLong(value: JsonValue): boolean {
  if (isList(value)) return value.some((item) => typeof item === "object" && item !== null);
  return (isMap(value) && !isSaid(value)) || (typeof value === "string" && value.includes("\n"));
}

function isCounted(value: JsonValue | undefined): boolean {
  return value !== undefined && isList(value) && (value.length === 0 || isLong(value));
}
