// ${env:NAME}, ${env:NAME:-default}, ${file:/run/secrets/x} and ${var:NAME} in values. Done on the tree, in scalars only: what
// comes from outside can never become structure. What it was is never shown in a problem.
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { systemCode } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import { particle } from "./korean.ts";
import type { Problems, Report } from "./problem.ts";
import { closest } from "#base/similar.ts";
import type { MapNode, ScalarNode, TreeNode } from "./tree.ts";
import { entryOf } from "./tree.ts";

const SECRET_BYTES_MAX = 64 * 1024;
const SOURCES = ["env", "file", "var"];
// `${a:-b}` and its kin belong to the shell and are left alone unless the word is one of ours.
const REFERENCE = /\$?\$\{([A-Za-z]+):([^}]*)\}/g;

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configDir: string;
  /** Files that are named here are added to it, absolute, whether they can be read or not. */
  readonly filesRead: Set<string>;
}

/** Replaces the references in every scalar below `root`. `vars:` of the root map may use `env` and `file`; `known` are those of another map, filled already. */
export function interpolate(root: TreeNode, surroundings: Surroundings, problems: Problems, known?: MapNode): void {
  const vars = root.type === "map" ? entryOf(root, "vars")?.value : undefined;
  const seen = new Set<TreeNode>();
  const visit = (node: TreeNode, usable: MapNode | undefined): void => {
    if (seen.has(node)) return; // An anchor's value, met again through an alias.
    seen.add(node);
    if (node.type === "scalar") fill(node, usable, surroundings, problems);
    else if (node.type === "list") for (const item of node.items) visit(item, usable);
    else for (const entry of node.entries) visit(entry.value, usable);
  };
  if (vars !== undefined) visit(vars, undefined);
  visit(root, vars?.type === "map" ? vars : known);
}

function fill(node: ScalarNode, vars: MapNode | undefined, surroundings: Surroundings, problems: Problems): void {
  if (typeof node.value !== "string" || !node.value.includes("${")) return;
  let searchedUpTo = node.start;
  node.value = node.value.replace(REFERENCE, (reference: string, word: string, rest: string) => {
    const at = problems.source.text.indexOf(reference, searchedUpTo);
    const isInText = at !== -1 && at < node.end; // Escapes and folded lines can hide it: then the value is pointed at.
    if (isInText) searchedUpTo = at + reference.length;
    const complain = (report: Report) => {
      node.isUnresolved = true;
      if (isInText) problems.add("DURE110", { start: at, end: at + reference.length }, report);
      else problems.add("DURE110", node, { ...report, suggestion: undefined });
      return reference;
    };
    if (reference.startsWith("$$")) return SOURCES.includes(word) ? reference.slice(1) : reference;
    if (!SOURCES.includes(word)) {
      const meant = /^[-=?+]/.test(rest) ? undefined : closest(word, SOURCES);
      if (meant === undefined) return reference;
      return complain({ text: { en: `there is no \${${word}:…}`, ko: `\${${word}:…} 같은 참조는 없습니다` }, suggestion: `\${${meant}:${rest}}` });
    }
    const found = word === "env" ? fromEnvironment(rest, surroundings) : word === "file" ? fromFile(rest, surroundings) : fromVars(rest, vars);
    if (typeof found !== "string") return complain(found);
    node.isInterpolated = true;
    return found;
  });
}

function fromEnvironment(rest: string, { env }: Surroundings): string | Report {
  const [, name = rest, fallback] = /^(.*?):-(.*)$/s.exec(rest) ?? [];
  const value = env[name];
  if (fallback !== undefined) return value === undefined || value === "" ? fallback : value;
  if (value !== undefined) return value;
  return {
    text: { en: `the environment variable ${name} is not set`, ko: `환경 변수 ${name}${particle(name, "이/가")} 없습니다` },
    help: { en: `set it, or give a default: \${env:${name}:-…}`, ko: `값을 정하거나 기본값을 주세요: \${env:${name}:-…}` },
  };
}

function fromFile(path: string, { configDir, filesRead }: Surroundings): string | Report {
  const file = resolve(configDir, path);
  filesRead.add(file);
  try {
    if (SECRET_BYTES_MAX < statSync(file).size) return { text: { en: `${path} is larger than 64 kB`, ko: `${path} 파일이 64 kB보다 큽니다` } };
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    const code = systemCode(error) ?? "error";
    return { text: { en: `the file ${path} cannot be read (${code})`, ko: `${path} 파일을 읽을 수 없습니다 (${code})` } };
  }
}

function fromVars(name: string, vars: MapNode | undefined): string | Report {
  const value = vars === undefined ? undefined : entryOf(vars, name)?.value;
  if (value?.type === "scalar" && value.value !== null) return String(value.value);
  const text: Text = { en: `\`vars:\` has no value ${name}`, ko: `\`vars:\`에 ${name} 값이 없습니다` };
  const meant = closest(name, vars?.entries.map((entry) => entry.key) ?? []);
  return { text, suggestion: meant === undefined ? undefined : `\${var:${meant}}` };
}

/** The scalar as the number or boolean it spells, for options that want one; undefined when it spells none. */
export function spelledValue(text: string): number | boolean | undefined {
  if (text === "true" || text === "false") return text === "true";
  return /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
