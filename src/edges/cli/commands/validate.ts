// `dure validate`: everything wrong with one or many configs, in one run. The exit code tells a wrong config (78) from a machine
// that is not ready for it (69).
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { lang } from "#base/lang.ts";
import { checkConfig } from "#kernel/config/check.ts";
import { levels } from "#kernel/config/problem.ts";
import type { Problem } from "#kernel/config/problem.ts";
import { exitCodeOf, isError } from "#kernel/config/problem.ts";
import { problemsAsJson, renderSummary } from "#kernel/config/render.ts";
import type { Command } from "../command.ts";
import { openRegistry, showProblems } from "../config-file.ts";
import { configFileOf } from "../config-path.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";

export const validate: Command = async (call) => {
  const { args, options, globals, terminal, style } = call;
  const startedAt = performance.now();
  const chosen = options["environment"] === false ? levels.filter((level) => level !== "environment") : levels;
  const files = filesOf([...args, ...globals.config]) ?? [configFileOf(call, undefined)];
  const problems: Problem[] = [];
  const sources = new Map<string, string>();
  for (const file of files) {
    const checked = await checkConfig({ file, registry: openRegistry(), levels: chosen });
    problems.push(...checked.problems);
    for (const [name, text] of checked.sources) sources.set(name, text);
  }
  const facts = { files: files.length, ms: performance.now() - startedAt };
  if (globals.isJson || options["format"] === "json") terminal.print(problemsAsJson(problems, facts, lang()));
  else {
    showProblems(call, { problems, sources });
    const { ok, bad, warn } = style.mark;
    const mark = problems.some(isError) ? bad : problems.length > 0 ? warn : ok;
    terminal.talk(`${problems.length > 0 ? "\n" : ""}${mark} ${renderSummary(problems, facts, { color: terminal.hasColor, lang: lang(), ascii: !terminal.hasUnicode })}`);
  }
  const code = exitCodeOf(problems);
  return code === exitCode.done && options["denyWarnings"] === true && problems.length > 0 ? exitCode.configInvalid : code;
};

/** A folder stands for the configs in it and below; undefined when nothing is named. */
function filesOf(named: readonly string[]): string[] | undefined {
  if (named.length === 0) return undefined;
  return named.flatMap((path) => {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
    const found = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => /\.ya?ml$/.test(name) && !/(^|[\\/])(\.|node_modules[\\/])/.test(name));
    if (found.length === 0) throw wrongUse({ en: `there is no .yml file in ${path}`, ko: `${path} 에 .yml 파일이 없습니다` });
    return found.sort().map((name) => join(path, name));
  });
}
