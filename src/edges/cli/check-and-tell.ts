// Checks all the configs that the words name and tells what was found: for `dure validate` and `dure lint`.
import { lang } from "#base/lang.ts";
import { checkConfig } from "#kernel/config/check.ts";
import { exitCodeOf, isError } from "#kernel/config/problem.ts";
import type { Level, Problem } from "#kernel/config/problem.ts";
import { checkFacts, renderSummary } from "#kernel/config/render.ts";
import { isSentElsewhere } from "./ask-agent.ts";
import type { Call } from "./command.ts";
import { openRegistry, showProblems } from "./config-file.ts";
import { configFilesIn } from "./config-folder.ts";
import { configFileOf } from "./config-path.ts";
import type { ExitCode } from "./exit-codes.ts";

export async function checkAndTell(call: Call, levels: readonly Level[]): Promise<{ readonly code: ExitCode; readonly warnings: number }> {
  const { options, globals, terminal, style, answer } = call;
  const startedAt = performance.now();
  const { problems, sources, files } = isSentElsewhere(call) ? await foundThere(call, levels) : await foundHere(call, levels);
  const facts = { files, ms: performance.now() - startedAt };
  if (globals.isJson) answer(checkFacts(problems, facts, lang()));
  else if (options["format"] === "github" || options["format"] === "sarif") {
    const { problemsAsSarif, problemsForGithub } = await import("#kernel/config/render-for-ci.ts");
    if (options["format"] === "sarif") terminal.print(problemsAsSarif(problems, lang()));
    else for (const line of problemsForGithub(problems, lang())) terminal.print(line);
  } else {
    showProblems(call, { problems, sources });
    const { ok, bad, warn } = style.mark;
    const mark = problems.some(isError) ? bad : problems.length > 0 ? warn : ok;
    terminal.talk(`${problems.length > 0 ? "\n" : ""}${mark} ${renderSummary(problems, facts, { color: terminal.hasColor, lang: lang(), ascii: !terminal.hasUnicode })}`);
  }
  return { code: exitCodeOf(problems), warnings: problems.filter((problem) => !isError(problem)).length };
}

interface Found {
  readonly problems: readonly Problem[];
  readonly sources: ReadonlyMap<string, string>;
  readonly files: number;
}

async function foundHere(call: Call, levels: readonly Level[]): Promise<Found> {
  const named = [...call.args, ...call.globals.config];
  const files = named.length === 0 ? [configFileOf(call, undefined)] : configFilesIn(named);
  const problems: Problem[] = [];
  const sources = new Map<string, string>();
  for (const file of files) {
    const checked = await checkConfig({ file, registry: openRegistry(), levels });
    problems.push(...checked.problems);
    for (const [name, text] of checked.sources) sources.set(name, text);
  }
  return { problems, sources, files: files.length };
}

async function foundThere(call: Call, levels: readonly Level[]): Promise<Found> {
  const { configsThere } = await import("./config-elsewhere.ts"); // It knows of HTTP.
  const { texts, check } = await configsThere(call);
  const problems: Problem[] = [];
  for (const text of texts) problems.push(...(await check(text, levels)));
  return { problems, sources: new Map(texts.map(({ file, text }) => [file, text.replace(/^\uFEFF/, "")])), files: texts.length };
}
