// Changes of a config's text that leave all the rest as it stands: comments, order, quotes, line ends. Each is made at its place, and the text
// read again: it says what it said before, and the change, or it is not given out.
import { isDeepStrictEqual } from "node:util";
import { isMap } from "yaml";
import type { Document } from "yaml";
import type { JsonValue } from "#base/json.ts";
import { TreeBuilder } from "../build-tree.ts";
import type { ConfigChange } from "../config-change.ts";
import { parseTolerantly } from "../parse-yaml.ts";
import { Problems } from "../problem.ts";
import { Source } from "../source.ts";
import { plain } from "../tree.ts";
import { isJsonList, keyIn, plainEdit } from "./plain-edit.ts";
import { operate } from "./surgery.ts";
import { behindKey, scalarText } from "./written-value.ts";

type Path = ConfigChange["path"];

/** undefined: it cannot be done in this text. */
export function editText(text: string, changes: readonly ConfigChange[]): string | undefined {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  let edited: string | undefined = text.slice(mark.length);
  const windowsEnds = edited.split("\r\n").length - 1;
  const end = 0 < windowsEnds && edited.split("\n").length - 1 < 2 * windowsEnds ? "\r\n" : "\n";
  for (const { path, value } of changes) {
    // As JSON says it, whoever made it.
    edited = edited === undefined ? undefined : changed(edited, path, value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as JsonValue), end);
    if (edited === undefined) return undefined;
  }
  return `${mark}${edited}`;
}

interface Read {
  readonly documents: readonly Document[];
  /** What each says. */
  readonly plains: readonly JsonValue[];
}

function changed(text: string, path: Path, value: JsonValue | undefined, end: string): string | undefined {
  const read = readText(text);
  if (read === undefined) return undefined;
  const place = documentOf(read, String(path[0]));
  if (place === -1) return value === undefined ? text : inNewDocument(text, read, path, value, end);
  const expected = read.plains.map((each, index) => (index === place ? (plainEdit(each, path, value) ?? null) : each));
  if (isDeepStrictEqual(expected, read.plains)) return text;
  const says = (candidate: string | undefined): candidate is string => candidate !== undefined && isDeepStrictEqual(readText(Buffer.from(candidate).toString())?.plains, expected);

  const apart = inParts(text, path, valueAt(read.plains[place], path), value, end);
  if (says(apart)) return apart;
  const [document, said] = [read.documents[place], read.plains[place]];
  if (document === undefined || said === undefined) return undefined;
  const isLast = place === read.documents.length - 1;
  const patient = { text, document, plain: said, end, isLast };
  // Where it cannot be done at its own place, what is around it is written anew.
  for (let depth = path.length; 0 < depth; depth -= 1) {
    const around = path.slice(0, depth);
    const wanted = depth === path.length ? value : valueAt(expected[place], around);
    const candidate = operate(patient, around, wanted);
    if (says(candidate)) return candidate;
    const inside = isLast ? operate({ ...patient, isLast: false }, around, wanted) : undefined;
    if (says(inside)) return inside;
  }
  return undefined;
}

/** Another map, or a list that has lost or won items, is changed entry by entry, so that what stays keeps its comments. */
function inParts(text: string, path: Path, was: JsonValue | undefined, value: JsonValue | undefined, end: string): string | undefined {
  const changes = partsOf(was, value);
  if (changes === undefined) return undefined;
  let edited: string | undefined = text;
  for (const part of changes) edited = edited === undefined ? undefined : changed(edited, [...path, ...part.path], part.value, end);
  return edited;
}

function partsOf(was: JsonValue | undefined, value: JsonValue | undefined): ConfigChange[] | undefined {
  if (was === null || value === null || typeof was !== "object" || typeof value !== "object") return undefined;
  if (isJsonList(was) || isJsonList(value)) {
    if (!isJsonList(was) || !isJsonList(value) || was.length === 0 || value.length === 0) return undefined;
    if (was.every((item, index) => isDeepStrictEqual(item, value[index]))) return value.slice(was.length).map((item) => ({ path: ["-"], value: item }));
    const left = [...value];
    const gone = was.flatMap((item, index) => (isDeepStrictEqual(item, left[0]) ? (left.shift(), []) : [index]));
    return left.length === 0 ? gone.reverse().map((index) => ({ path: [index] })) : undefined;
  }
  const [before, after] = [Object.keys(was), Object.keys(value)];
  if (before.length === 0 || after.length === 0 || !before.some((key) => after.includes(key))) return undefined;
  return [...before.filter((key) => !after.includes(key)).map((key): ConfigChange => ({ path: [key] })), ...after.map((key): ConfigChange => ({ path: [key], value: (value as Readonly<Record<string, JsonValue>>)[key] }))];
}

/** The document that has the section, or may get it: of the first maps. -1: there is none. */
function documentOf({ documents, plains }: Read, section: string): number {
  const has = plains.findIndex((each) => each !== null && typeof each === "object" && !isJsonList(each) && Object.hasOwn(each, section));
  return has === -1 ? documents.findIndex(({ contents }) => isMap(contents)) : has;
}

/** A list of tasks, the oldest form, has no place for a section. */
function inNewDocument(text: string, read: Read, path: Path, value: JsonValue, end: string): string | undefined {
  const root = plainEdit(undefined, path, value) as Readonly<Record<string, JsonValue>>;
  const lines = Object.entries(root).map(([key, item]) => `${scalarText(key)}:${behindKey(item, [key], "  ", end)}${end}`).join("");
  const edited = `${text}${text.endsWith("\n") ? "" : end}---${end}${lines}`;
  return isDeepStrictEqual(readText(edited)?.plains, [...read.plains, root]) ? edited : undefined;
}

function valueAt(value: JsonValue | undefined, path: Path): JsonValue | undefined {
  let found = value;
  for (const step of path) {
    if (found === null || typeof found !== "object") return undefined;
    found = isJsonList(found) ? found[Number(step)] : (found as Readonly<Record<string, JsonValue>>)[keyIn(found as Readonly<Record<string, JsonValue>>, String(step))];
  }
  return found;
}

/** undefined: it is not YAML. */
function readText(text: string): Read | undefined {
  const source = new Source("", text);
  const problems = new Problems(source);
  try {
    const documents = parseTolerantly(text).documents.filter(({ contents }) => contents !== null);
    if (documents.some(({ errors }) => errors.length > 0)) return undefined;
    const plains = documents.map((document) => {
      const tree = new TreeBuilder(source, problems, true).build(document);
      return tree === undefined ? null : (plain(tree) as JsonValue);
    });
    return problems.hasErrors ? undefined : { documents, plains };
  } catch (error) {
    if (error instanceof RangeError) return undefined; // Nested deeper than can be followed, or unfolded without end.
    throw error;
  }
}
