// YAML of processes: what a form will write, what stands in the config, and what somebody has typed. It brings a parser: loaded when one is needed.
import { parse, parseDocument } from "yaml";
import type { JsonValue } from "#base/json.ts";
import { behindKey } from "#kernel/config/edit/written-value.ts";

/** As the agent is going to write it: by the same hand. */
export function processYaml(name: string, definition: JsonValue): string {
  return `processes:\n  ${name}:${behindKey(definition, ["processes", name], "    ", "\n")}`;
}

/** The lines under `processes: NAME:` as they stand in the file, comments and all; undefined: they do not. */
export function definitionIn(text: string, name: string): string | undefined {
  const node = parseDocument(text).getIn(["processes", name], true);
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const [from, , to] = node.range as [number, number, number];
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const isBlock = text.slice(start, from).trim() === "";
  return undented(isBlock ? text.slice(start, to) : text.slice(from, to)).trimEnd();
}

/** Throws where it is no YAML. */
export function valueOf(text: string): unknown {
  return parse(text);
}

function undented(text: string): string {
  const lines = text.split("\n");
  const depth = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(Math.min(depth, line.length - line.trimStart().length))).join("\n");
}
