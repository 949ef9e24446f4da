// YAML of processes: what a form will write, what stands in the config, and what somebody has typed. It brings a parser: loaded when one is needed.
import { isMap, isScalar, parseDocument } from "yaml";
import type { JsonValue } from "#base/json.ts";
import { behindKey } from "#kernel/config/edit/written-value.ts";

/** As the agent is going to write it: by the same hand. */
export function processYaml(name: string, definition: JsonValue): string {
  return `processes:\n  ${name}:${behindKey(definition, ["processes", name], "    ", "\n")}`;
}

/** The lines under `processes: NAME:` as they stand in the file, comments and all; undefined: they do not. */
export function definitionIn(text: string, name: string): string | undefined {
  const place = placeIn(text, name);
  return place === undefined ? undefined : undented(text.slice(place.from, place.to)).trimEnd();
}

/** The file with other lines under that name; all else stays as it is, secrets that are shown as hidden too. */
export function withDefinition(text: string, name: string, definition: string): string {
  const place = placeIn(text, name);
  if (place === undefined) return text;
  const { keyEnd, from, to, isBlock, indent } = place;
  const written = definition.trim();
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const isInline = written.startsWith("{");
  const head = isInline ? ": " : isBlock ? text.slice(keyEnd, from) : `:${end}`; // What stands behind the name stays there.
  const lines = definition.trimEnd().split(/\r?\n/).map((line) => (line.trim() === "" ? "" : `${indent}${line}`));
  const rest = text.slice(from, to);
  return `${text.slice(0, keyEnd)}${head}${isInline ? written : lines.join(end)}${rest.slice(rest.trimEnd().length)}${text.slice(to)}`;
}

interface PlaceInText {
  readonly keyEnd: number;
  readonly from: number;
  readonly to: number;
  /** On lines of its own, and not in brackets behind the name. */
  readonly isBlock: boolean;
  /** Of its lines. */
  readonly indent: string;
}

function placeIn(text: string, name: string): PlaceInText | undefined {
  const all = parseDocument(text).get("processes", true);
  const pair = isMap(all) ? all.items.find(({ key }) => isScalar(key) && String(key.value).normalize("NFC") === name.normalize("NFC")) : undefined;
  if (pair === undefined || !isScalar(pair.key) || !isMap(pair.value) || !pair.key.range || !pair.value.range) return undefined;
  const [keyFrom, keyEnd] = pair.key.range;
  const [valueFrom, , to] = pair.value.range;
  const start = text.lastIndexOf("\n", valueFrom - 1) + 1;
  const isBlock = keyEnd < start && text.slice(start, valueFrom).trim() === "";
  const keyIndent = /^[ ]*/.exec(text.slice(text.lastIndexOf("\n", keyFrom - 1) + 1, keyFrom))?.[0] ?? "";
  return { keyEnd, from: isBlock ? start : valueFrom, to, isBlock, indent: isBlock ? text.slice(start, valueFrom) : `${keyIndent}  ` };
}

function undented(text: string): string {
  const lines = text.split("\n");
  const depth = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(Math.min(depth, line.length - line.trimStart().length))).join("\n");
}
