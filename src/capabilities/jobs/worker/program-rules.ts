// A program as a rule: an executable file of the rules folder, named after the file without its ending. It reads the job's data as JSON from its standard input and writes what it
// gives, JSON or text, to its standard output; another exit code than 0 is a failure, with the end of its standard error. A file beside it (`NAME.rule.yml`) may say more of it.
import { readdirSync, realpathSync } from "node:fs";
import type { Dirent } from "node:fs";
import { join, relative, sep } from "node:path";
import type { RuleContext } from "#sdk/rule.ts";
import type { RuleProblem } from "../worker-protocol.ts";
import { isProgram, programCommand } from "./program-command.ts";
import { runProgram } from "./program-run.ts";
import type { Sidecar } from "./rule-sidecar.ts";
import type { LoadedRule } from "./rules-folder.ts";

/** What others read as rules or as data. */
const OTHERS = /\.(?:[cm]?[jt]s|py|json|ya?ml|md|txt)$/iu;
const SIDECAR = /\.rule\.(?:json|ya?ml)$/iu;
const NAME = /^[\p{L}\p{M}_][\p{L}\p{M}\p{N}_-]*(?:\.\w+)?$/u;

interface Program {
  readonly file: string;
  /** Relative to the rules folder. */
  readonly path: string;
  readonly module: string;
}

export async function programRules(dir: string): Promise<{ readonly rules: readonly LoadedRule[]; readonly problems: readonly RuleProblem[] }> {
  const root = realpathSync(dir);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).toSorted((one, other) => (join(one.parentPath, one.name) < join(other.parentPath, other.name) ? -1 : 1));
  const sidecars = new Map(entries.filter((entry) => entry.isFile() && SIDECAR.test(entry.name)).map((entry) => [sidecarModule(root, entry), join(entry.parentPath, entry.name)]));
  const rules = new Map<string, LoadedRule>();
  const problems: RuleProblem[] = [];
  const described = new Set<string>();
  for (const program of entries.flatMap((entry) => programOf(root, entry))) {
    const { path, module } = program;
    const file = sidecars.get(module);
    described.add(module);
    let sidecar: Sidecar | undefined;
    if (file !== undefined) {
      // Few folders have one: what reads it is not loaded for the others.
      const { readSidecar } = await import("./rule-sidecar.ts");
      const read = readSidecar(file, pathIn(root, file));
      if ("problems" in read) {
        problems.push(...read.problems);
        continue;
      }
      ({ sidecar } = read);
    }
    for (const name of sidecar?.names ?? ["run"]) {
      const rule = programRule(program, name, root, sidecar);
      const first = rules.get(rule.facts.name);
      if (first === undefined) rules.set(rule.facts.name, rule);
      else problems.push({ file: path, message: `it is left out: ${first.facts.file} beside it has the same name ${rule.facts.name}, and is taken` });
    }
  }
  for (const [module, file] of sidecars) if (!described.has(module) && isOurs(pathIn(root, file))) problems.push({ file: pathIn(root, file), message: `there is no program ${module.replaceAll(".", "/")} beside it that may be executed`, line: 1, column: 1 });
  return { rules: [...rules.values()], problems };
}

function programOf(root: string, entry: Dirent): readonly Program[] {
  const file = join(entry.parentPath, entry.name);
  const path = pathIn(root, file);
  if (!entry.isFile() || OTHERS.test(entry.name) || !isOurs(path) || !path.split("/").every((part) => NAME.test(part)) || !isProgram(file)) return [];
  return [{ file, path, module: path.normalize().replace(/\.\w+$/u, "").replaceAll("/", ".") }];
}

function isOurs(path: string): boolean {
  return !path.split("/").includes("node_modules");
}

function pathIn(root: string, file: string): string {
  return relative(root, file).split(sep).join("/");
}

function sidecarModule(root: string, { parentPath, name }: Dirent): string {
  return pathIn(root, join(parentPath, name)).normalize().replace(SIDECAR, "").replaceAll("/", ".");
}

function programRule({ file, path, module }: Program, name: string, root: string, sidecar: Sidecar | undefined): LoadedRule {
  const facts = { name: `${module}:${name}`, module, function: name, file: path, runtime: "program" as const, ...sidecar?.facts };
  // One that has names is told which of them is wanted; one that has none is called as it always was.
  const command = programCommand(file, sidecar?.names === undefined ? [] : [name]);
  return { facts, schema: sidecar?.args, call: (args: unknown, context: RuleContext) => runProgram(command, root, args, context) };
}
