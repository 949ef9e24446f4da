// What a command of the table answers, for eyes: made from the result's schema. One thing is names and values below each other, many things are a
// table, an event is a line. Times and sizes are written as people write them; programs ask for --json.
import type { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { say } from "#base/lang.ts";
import { localTime } from "#base/local-time.ts";
import { cellsOf, printable } from "#kernel/config/cells.ts";
import { propertiesOf, resultSchema } from "#kernel/option-schema.ts";
import type { OptionSchema } from "#kernel/option-schema.ts";
import { columnWidths, plain, tableLines, tableWidth } from "../terminal.ts";
import type { Style } from "../terminal.ts";
import { countText } from "../units.ts";
import { diffLines, isDiff } from "./diff-lines.ts";
import { columnName } from "./column-names.ts";
import { saidEvent } from "./value-words.ts";
import { isList, isMap, isNumber, isSaid, valueText } from "./value-text.ts";

type JsonMap = { readonly [key: string]: JsonValue };

/** A column is no wider; programs that want it whole ask for --json. */
const CELL_MAX = 72;
/** A column is not made narrower, however little room there is. */
const CELL_MIN = 10;
const INDENT = "  ";
const DATE = "2026-11-24 ";
const TIME = /^(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d$/;

/** What it is shown on. */
interface Sheet {
  readonly style: Style;
  readonly cellsMax: number;
}

/** `schema` names the columns in their order; without it they come as the answer has them. `cellsMax`: of a terminal, whose lines a table is not to break. */
export function resultLines(result: JsonValue, schema: z.ZodType | undefined, style: Style, cellsMax = Infinity): string[] {
  return linesOf(result, schema === undefined ? {} : resultSchema(schema), { style, cellsMax });
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

function linesOf(result: JsonValue, schema: OptionSchema, sheet: Sheet): string[] {
  const { style } = sheet;
  if (result === null) return [`${style.mark.ok} ${say({ en: "done", ko: "했습니다" })}`];
  if (isList(result)) return listLines(result, schema.items ?? {}, sheet);
  if (isMap(result)) return isDiff(result) ? diffLines(result, style) : mapLines(result, schema, sheet);
  return String(result).replace(/\n$/, "").split("\n").map((line) => printable(line));
}

function mapLines(result: JsonMap, schema: OptionSchema, sheet: Sheet): string[] {
  const { style } = sheet;
  const properties = propertiesOf(schema);
  const keys = inOrder(Object.keys(result), Object.keys(properties)).filter((key) => result[key] !== undefined && !isPageWord(key, result));
  const [only] = keys;
  const alone = keys.length === 1 && only !== undefined ? result[only] : undefined;
  if (only !== undefined && alone !== undefined && isList(alone)) return listLines(alone, properties[only]?.items ?? {}, sheet);
  const plain = keys.filter((key) => !isLong(result[key] ?? null));
  const pairs = tableLines(plain.map((key) => [style.dim(columnName(key)), printable(valueText(key, result[key] ?? null))]));
  const parts = keys.filter((key) => !plain.includes(key)).map((key) => {
    const own = linesOf(result[key] ?? null, properties[key] ?? {}, keys.length === 1 ? sheet : { ...sheet, cellsMax: sheet.cellsMax - INDENT.length });
    // The only thing in it needs no heading: a text is printed as it is.
    if (own.length === 0) return []; // An empty map: its heading alone would say nothing.
    return keys.length === 1 ? own : [style.bold(columnName(key)), ...own.map((line) => `${INDENT}${line}`.trimEnd())];
  });
  return [pairs, ...parts].filter((part) => 0 < part.length).flatMap((part, index) => (index === 0 ? part : ["", ...part]));
}

function listLines(items: readonly JsonValue[], schema: OptionSchema, { style, cellsMax }: Sheet): string[] {
  if (items.length === 0) return [style.dim(say({ en: "none", ko: "없음" }))];
  if (!items.every(isMap)) return items.map((item) => printable(valueText("", item)));
  const present = [...new Set(items.flatMap((item) => Object.keys(item)))].filter((key) => items.some((item) => item[key] !== undefined && item[key] !== null));
  const columns = inOrder(present, Object.keys(propertiesOf(schema)));
  const rows = items.map((item) => columns.map((key) => (item[key] === undefined || item[key] === null ? style.mark.skip : printable(cellText(key, item[key])))));
  const right = columns.flatMap((key, index) => (items.every((item) => item[key] === undefined || item[key] === null || isNumber(key, item[key]) || isCounted(item[key])) ? [index] : []));
  const head = columns.map(columnName);
  const fitting = fitted([head, ...rows], right, cellsMax);
  return tableLines([head.map((name) => style.bold(name)), ...fitting.slice(1)], right);
}

/**
 * Where a table is too wide, what stands in its widest columns is cut, and a time of today is one without the date; what names a row (the first column), times
 * and numbers are not cut.
 */
function fitted(rows: readonly (readonly string[])[], right: readonly number[], cellsMax: number): readonly (readonly string[])[] {
  if (cellsMax === Infinity || tableWidth(columnWidths(rows)) <= cellsMax) return rows;
  const today = localTime(Date.now()).slice(0, DATE.length);
  const short = rows.map((row) => row.map((cell) => (TIME.test(cell) && cell.startsWith(today) ? cell.slice(DATE.length) : cell)));
  const [head = [], ...body] = short;
  const widths = columnWidths(short);
  const isKept = (column: number): boolean => column === 0 || right.includes(column) || body.some((row) => TIME.test(row[column] ?? ""));
  const least = head.map((name, column) => (isKept(column) ? Infinity : Math.max(CELL_MIN, cellsOf(name))));
  for (let over = tableWidth(widths) - cellsMax; 0 < over; over -= 1) {
    const [column = -1] = widths.keys().filter((each) => (least[each] ?? 0) < (widths[each] ?? 0)).toArray().sort((one, other) => (widths[other] ?? 0) - (widths[one] ?? 0));
    if (column === -1) break; // It stays too wide.
    widths[column] = (widths[column] ?? 0) - 1;
  }
  return short.map((row) => row.map((cell, column) => shortened(cell, widths[column])));
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

function shortened(text: string, cellsMax = CELL_MAX): string {
  if (cellsOf(plain(text)) <= cellsMax) return text;
  let shown = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (cellsMax < cellsOf(shown) + cellsOf(segment) + 1) break;
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
