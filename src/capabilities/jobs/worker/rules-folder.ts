// What the rules folder lets anybody call: a table of exact names, made once by importing its files. A name that comes with a job is looked up in it and in nothing else,
// so no path, prototype or module behind the folder can be reached.
import { realpathSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { types } from "node:util";
import { toError } from "#base/errors.ts";
import { RULE_FOLDERS_DEPTH_MAX, isLeftOut } from "#kernel/rule-folders.ts";
import type { RuleContext, RuleDefinition } from "#sdk/rule.ts";
import { RULE } from "#sdk/rule.ts";
import type { RuleFacts, RuleProblem } from "../worker-protocol.ts";
import { programRules } from "./program-rules.ts";
import { definedFacts } from "./rule-facts.ts";
import { chosenFiles, moduleOf } from "./rule-files.ts";

export interface LoadedRule {
  readonly facts: RuleFacts;
  /** What its arguments have to fit. */
  readonly schema: RuleDefinition["args"];
  call(args: unknown, context: RuleContext): unknown;
}

export interface RulesFolder {
  readonly rules: ReadonlyMap<string, LoadedRule>;
  readonly problems: readonly RuleProblem[];
}

const SCRIPT = /^(?!_)(?!.*\.(?:test|spec|d)\.[cm]?[jt]s$)[\p{L}\p{M}\p{N}_-]+\.(?:[cm]?[jt]s|py)$/u;
/** Another worker imports these; here they are known for their names. */
const PYTHON = /\.py$/u;
const FOLDER = /^[\p{L}\p{M}\p{N}_-]+$/u;
/** As they may stand in a name of a rule. */
const WORD = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/** `loading` is told before each file. Those of `unloadable` are left out, for the reason that stands there. */
export async function loadRulesFolder(dir: string, { loading = () => {}, unloadable = new Map() }: { readonly loading?: (file: string) => void; readonly unloadable?: ReadonlyMap<string, string> } = {}): Promise<RulesFolder> {
  const rules = new Map<string, LoadedRule>();
  const problems: RuleProblem[] = [];
  const root = realpathSync(dir);
  const pathOf = (file: string): string => relative(root, file).split(sep).join("/");
  const files = await scriptsIn(root);
  const { chosen, problems: doubles } = chosenFiles(files.map(pathOf));
  problems.push(...doubles);
  for (const file of files) {
    const path = pathOf(file);
    if (PYTHON.test(path) || !chosen.has(path)) continue;
    const why = unloadable.get(path);
    if (why !== undefined) {
      problems.push({ file: path, message: why });
      continue;
    }
    loading(path);
    try {
      const exports = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
      for (const rule of rulesOf(exports, path)) rules.set(rule.facts.name, rule);
    } catch (thrown) {
      problems.push(problemOf(thrown, file, path));
    }
  }
  const programs = await programRules(dir);
  problems.push(...programs.problems);
  for (const rule of programs.rules) {
    const first = rules.get(rule.facts.name);
    if (first === undefined) rules.set(rule.facts.name, rule);
    else problems.push({ file: rule.facts.file, message: `it is left out: ${first.facts.file} beside it has the same name ${rule.facts.name}, and is taken` });
  }
  return { rules, problems };
}

/** Files of the folder itself: a link that leads out of it is none. */
async function scriptsIn(dir: string): Promise<readonly string[]> {
  const found: string[] = [];
  const look = async (folder: string, depth: number): Promise<void> => {
    for (const entry of (await readdir(folder, { withFileTypes: true })).toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !isLeftOut(entry.name) && FOLDER.test(entry.name) && depth < RULE_FOLDERS_DEPTH_MAX) await look(path, depth + 1);
      else if (SCRIPT.test(entry.name) && (entry.isFile() || (entry.isSymbolicLink() && isWithin(path, dir)))) found.push(path);
    }
  };
  await look(dir, 0);
  return found;
}

function isWithin(path: string, dir: string): boolean {
  try {
    return realpathSync(path).startsWith(`${dir}${sep}`);
  } catch {
    return false;
  }
}

function rulesOf(exports: Record<string, unknown>, file: string): readonly LoadedRule[] {
  const module = moduleOf(file);
  const found: LoadedRule[] = [];
  const add = (value: unknown, functionName: string, className: string | undefined, self: unknown): void => {
    if (!WORD.test(functionName)) return;
    const name = className === undefined ? `${module}:${functionName}` : `${module}:${className}.${functionName}`;
    const facts = { name, module, ...(className === undefined ? {} : { class: className }), function: functionName, file, runtime: "node" as const };
    if (isDefinition(value)) found.push({ facts: { ...facts, ...definedFacts(value) }, schema: value.args, call: (args, context) => value.run(args as never, context) });
    else if (typeof value === "function" && !isClass(value)) found.push({ facts, schema: undefined, call: (args, context) => Reflect.apply(value, self, [args, context]) });
  };
  // What CommonJS exports as a whole comes as `default`.
  const whole = exports["default"];
  const named = "module.exports" in exports && isPlainMap(whole) ? whole : exports;
  const isSystems = functionsOfTheSystem();
  for (const name of Object.keys(named)) {
    const { value } = Object.getOwnPropertyDescriptor(named, name) ?? {}; // A getter is the author's code, and nobody has called it.
    // What a file only passes on of Node's own was not meant to be called from outside: `export { execSync } from …`.
    if (name === "module.exports" || isSystems.has(value)) continue;
    add(value, name === "default" ? "run" : name, undefined, undefined);
    if (typeof value !== "function" || !isClass(value) || !WORD.test(name)) continue;
    // Its own static methods; what it inherits is another class's.
    for (const [method, { value: own }] of Object.entries(Object.getOwnPropertyDescriptors(value))) if (method !== "prototype" && !isSystems.has(own)) add(own, method, name, value);
  }
  return found;
}

/** Functions of Node's modules, as far as they are loaded, and of the language. */
function functionsOfTheSystem(): ReadonlySet<unknown> {
  const found = new Set<unknown>();
  const addAll = (from: object): void => {
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(from))) if (typeof value === "function") found.add(value);
  };
  addAll(globalThis);
  const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] };
  for (const entry of moduleLoadList) {
    const module: unknown = entry.startsWith("NativeModule ") ? process.getBuiltinModule(entry.slice("NativeModule ".length)) : undefined;
    if (module === undefined || module === null) continue;
    found.add(module);
    addAll(module);
    // `fs.promises`, `path.posix`.
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(module))) if (isPlainMap(value)) addAll(value);
  }
  return found;
}

function isDefinition(value: unknown): value is RuleDefinition {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[RULE] === true && typeof (value as { run?: unknown }).run === "function";
}

function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/u.test(Function.prototype.toString.call(value));
}

function isPlainMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !types.isProxy(value) && !isDefinition(value);
}

function problemOf(thrown: unknown, path: string, file: string): RuleProblem {
  const error = toError(thrown);
  // `file:line` stands in the first line of a syntax error's stack, `file:line:column` in the others'.
  const [, line, column] = new RegExp(`(?:${RegExp.escape(pathToFileURL(path).href)}|${RegExp.escape(path)}):(\\d+)(?::(\\d+))?`, "u").exec(error.stack ?? "") ?? [];
  return { file, message: error.message, ...(line === undefined ? {} : { line: Number(line) }), ...(column === undefined ? {} : { column: Number(column) }) };
}
