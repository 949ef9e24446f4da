// One change of a config's text, made where it belongs and nowhere else. What comes out is read again by who asked: where a text is written in a
// way that is not foreseen here, it does not say what it should, and is not used.
import { isAlias, isCollection, isMap, isScalar, isSeq } from "yaml";
import type { Document, Pair, YAMLMap, YAMLSeq } from "yaml";
import { composed } from "#base/text.ts";
import type { JsonValue } from "#base/json.ts";
import { keyIn, plainEdit } from "./plain-edit.ts";
import { behindKey, flowText, isOpenAt, scalarText } from "./written-value.ts";

type Path = readonly (string | number)[];

export interface Patient {
  readonly text: string;
  readonly document: Document;
  /** What it says. */
  readonly plain: JsonValue;
  /** The file's line end. */
  readonly end: string;
  /** The document goes to the end of the text. */
  readonly isLast: boolean;
}

/** undefined: not where this path leads. */
export function operate(patient: Patient, path: Path, value: JsonValue | undefined): string | undefined {
  let holder: unknown = patient.document.contents;
  let plain: JsonValue | undefined = patient.plain;
  for (const [index, step] of path.entries()) {
    const [at, rest] = [path.slice(0, index), path.slice(index + 1)];
    if (isMap(holder)) {
      const pair = pairOf(holder, String(step));
      if (pair === undefined) return value === undefined ? undefined : addPair(patient, holder, at, String(step), plainEdit(undefined, rest, value) ?? null);
      plain = plain !== null && typeof plain === "object" ? (plain as Readonly<Record<string, JsonValue>>)[keyIn(plain as Readonly<Record<string, JsonValue>>, String(step))] : undefined;
      const isInside = (isMap(pair.value) || isSeq(pair.value)) && rest.length > 0;
      if (isInside) {
        holder = pair.value;
        continue;
      }
      const next = rest.length === 0 ? value : plainEdit(plain, rest, value, path.slice(0, index + 1));
      return next === undefined ? removePair(patient, holder, pair, at) : setPair(patient, holder, pair, path.slice(0, index + 1), next);
    }
    if (!isSeq(holder)) return undefined;
    const item: unknown = step === "-" ? undefined : holder.items[Number(step)];
    if (item === undefined) return value === undefined ? undefined : append(patient, holder, at, plainEdit(undefined, rest, value) ?? null);
    plain = (plain as readonly JsonValue[] | undefined)?.[Number(step)];
    if ((isMap(item) || isSeq(item)) && rest.length > 0) {
      holder = item;
      continue;
    }
    const next = rest.length === 0 ? value : plainEdit(plain, rest, value, path.slice(0, index + 1));
    return next === undefined ? removeItem(patient, holder, Number(step), at) : replaced(patient.text, startOf(item), endOf(item, patient.text), isScalar(item) && isPlainValue(next) ? scalarText(next, quoteOf(item)) : flowText(next));
  }
  return undefined;
}

// --- maps -----------------------------------------------------------------------------------------------------------------

function pairOf(map: YAMLMap, step: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && composed(String(key.value).trim()) === composed(step));
}

function addPair({ text, end, isLast }: Patient, map: YAMLMap, at: Path, key: string, value: JsonValue): string | undefined {
  const { items: pairs } = map;
  const [first, last] = [pairs[0], pairs.at(-1)];
  if (map.flow === true) {
    const entry = `${scalarText(key)}: ${flowText(value)}`;
    if (last === undefined) return isOpenAt(at, { [key]: value }) && at.length === 1 ? opened(text, map, behindKey({ [key]: value }, at, "  ", end)) : replaced(text, startOf(map), endOf(map, text), `{ ${entry} }`);
    return replaced(text, pairEnd(last, text), pairEnd(last, text), `, ${entry}`);
  }
  if (first === undefined || last === undefined) return undefined;
  const indent = indentAt(text, startOf(first.key));
  const lines = `${indent}${scalarText(key)}:${behindKey(value, [...at, key], `${indent}  `, end)}`;
  if (at.length === 0 && isLast) {
    // A section goes to the end: comments that stand there belong to what is above them.
    const before = text.endsWith("\n") || text === "" ? text : `${text}${end}`;
    const gap = isOpenAt([key], value) && /\n\r?\n/.test(text.trimEnd()) && !/\n\r?\n$/.test(before) ? end : "";
    return `${before}${gap}${lines}${end}`;
  }
  const place = lineEnd(text, pairEnd(last, text));
  return replaced(text, place, place, `${end}${lines}`);
}

function setPair({ text, end }: Patient, map: YAMLMap, pair: Pair, path: Path, value: JsonValue): string {
  const { key, value: old } = pair;
  if (map.flow === true) return isWritten(old) ? replaced(text, startOf(old), endOf(old, text), flowText(value)) : replaced(text, colonEnd(key, text), colonEnd(key, text), ` ${flowText(value)}`);
  const colon = colonEnd(key, text);
  const written = isScalar(old) && isPlainValue(value) ? ` ${scalarText(value, quoteOf(old))}` : behindKey(value, path, `${indentAt(text, startOf(key))}  `, end);
  const stop = isWritten(old) ? endOf(old, text) : colon;
  if (!isOpenAt(path, value)) return isWritten(old) && !isBlock(old) ? replaced(text, startOf(old), stop, written.slice(1)) : replaced(text, colon, stop, written);
  // What stands behind the old value, as a comment, stays on the line of the key.
  const line = isBlock(old) ? stop : lineEnd(text, stop);
  return replaced(text, colon, line, `${isBlock(old) ? "" : text.slice(stop, line)}${written}`);
}

function removePair({ text }: Patient, map: YAMLMap, pair: Pair, _at: Path): string | undefined {
  const { items: pairs } = map;
  const index = pairs.indexOf(pair);
  const [before, behind] = [pairs[index - 1], pairs[index + 1]];
  if (map.flow === true) {
    if (before !== undefined) return replaced(text, pairEnd(before, text), pairEnd(pair, text), "");
    if (behind !== undefined) return replaced(text, startOf(pair.key), startOf(behind.key), "");
    return replaced(text, startOf(map), endOf(map, text), "{}");
  }
  const start = startOf(pair.key);
  const line = lineStart(text, start);
  if (text.slice(line, start).trim() !== "") return undefined; // Behind the dash of a list.
  const cut = replaced(text, line, nextLine(text, pairEnd(pair, text)), "");
  return pairs.length === 1 ? emptied(cut, line, "{}") : cut;
}

// --- lists ----------------------------------------------------------------------------------------------------------------

function append({ text, end }: Patient, list: YAMLSeq, at: Path, value: JsonValue): string | undefined {
  const [first, last] = [list.items[0], list.items.at(-1)];
  if (list.flow === true) {
    if (last !== undefined) return replaced(text, endOf(last, text), endOf(last, text), `, ${flowText(value)}`);
    return isOpenAt(at, [value]) ? opened(text, list, `${end}  - ${flowText(value)}`) : replaced(text, startOf(list), endOf(list, text), `[${flowText(value)}]`);
  }
  if (first === undefined) return undefined;
  const dash = text.lastIndexOf("-", startOf(first) - 1);
  const place = lineEnd(text, endOf(last, text));
  return replaced(text, place, place, `${end}${indentAt(text, dash)}- ${flowText(value)}`);
}

function removeItem({ text }: Patient, list: YAMLSeq, index: number, _at: Path): string | undefined {
  const [before, item, behind] = [list.items[index - 1], list.items[index], list.items[index + 1]];
  if (list.flow === true) {
    if (before !== undefined) return replaced(text, endOf(before, text), endOf(item, text), "");
    if (behind !== undefined) return replaced(text, startOf(item), startOf(behind), "");
    return replaced(text, startOf(list), endOf(list, text), "[]");
  }
  const dash = text.lastIndexOf("-", startOf(item) - 1);
  const line = lineStart(text, dash);
  if (text.slice(line, dash).trim() !== "") return undefined;
  const cut = replaced(text, line, nextLine(text, endOf(item, text)), "");
  return list.items.length === 1 ? emptied(cut, line, "[]") : cut;
}

/** A section with empty brackets gets lines of its own; a comment behind the brackets stays where it is. */
function opened(text: string, brackets: unknown, lines: string): string {
  const line = lineEnd(text, endOf(brackets, text));
  return `${text.slice(0, startOf(brackets)).trimEnd()}${text.slice(endOf(brackets, text), line).trimEnd()}${lines}${text.slice(line)}`;
}

/** Behind the key of what has lost its last entry, which stands above `line`; comments between stay. */
function emptied(text: string, line: number, brackets: string): string | undefined {
  const lines = text.slice(0, line).split("\n");
  for (let index = lines.length - 1; 0 <= index; index -= 1) {
    const [, key, comment = ""] = /^(.*?:)([ \t]*(?:#.*)?\r?)$/.exec(lines[index] ?? "") ?? [];
    if (/^\s*(?:#.*)?\r?$/.test(lines[index] ?? "")) continue;
    if (key === undefined) return undefined;
    lines[index] = `${key} ${brackets}${comment}`;
    return lines.join("\n") + text.slice(line);
  }
  return undefined;
}

// --- places ---------------------------------------------------------------------------------------------------------------

function replaced(text: string, from: number, to: number, by: string): string {
  return `${text.slice(0, from)}${by}${text.slice(to)}`;
}

function rangeOf(node: unknown): readonly [number, number, number] {
  const range = (node as { readonly range?: [number, number, number] | null } | null)?.range;
  return range ?? [0, 0, 0];
}

function startOf(node: unknown): number {
  return rangeOf(node)[0];
}

/** Of its last word: a collection's own range takes in comments behind it. */
function endOf(node: unknown, text: string): number {
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (last !== undefined) return isMap(node) ? pairEnd(last as Pair, text) : endOf(last, text);
  }
  const [start, end] = rangeOf(node);
  return start + text.slice(start, end).trimEnd().length;
}

function pairEnd({ key, value }: Pair, text: string): number {
  return isWritten(value) ? endOf(value, text) : colonEnd(key, text);
}

function isWritten(node: unknown): boolean {
  const [start, end] = rangeOf(node);
  return isAlias(node) || start < end;
}

function colonEnd(key: unknown, text: string): number {
  return text.indexOf(":", rangeOf(key)[1]) + 1;
}

/** On lines of its own. */
function isBlock(node: unknown): boolean {
  if (isCollection(node)) return node.flow !== true;
  return isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED");
}

function isPlainValue(value: JsonValue): value is string | number | boolean | null {
  return value === null || typeof value !== "object";
}

function quoteOf(node: unknown): '"' | "'" | "" {
  return isScalar(node) ? (node.type === "QUOTE_DOUBLE" ? '"' : node.type === "QUOTE_SINGLE" ? "'" : "") : "";
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** Before the line end. */
function lineEnd(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  const end = newline === -1 ? text.length : newline;
  return text[end - 1] === "\r" && at < end ? end - 1 : end;
}

function nextLine(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline === -1 ? text.length : newline + 1;
}

/** The column as blanks: behind the dash of a list stands no indent. */
function indentAt(text: string, at: number): string {
  return text.slice(lineStart(text, at), at).replaceAll(/[^ ]/g, " ");
}
