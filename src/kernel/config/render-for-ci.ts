// Problems as the services that run a CI show them beside the lines of a change: GitHub's workflow commands, and SARIF 2.1.0, which
// GitHub, GitLab, Azure and editors read.
import { relative, resolve, sep } from "node:path";
import type { Lang } from "#base/lang.ts";
import { codes } from "./codes.ts";
import type { Problem } from "./problem.ts";

/** One line a problem: https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
export function problemsForGithub(problems: readonly Problem[], lang: Lang): string[] {
  return problems.map((problem) => {
    const { severity, code, place, endColumn } = problem;
    const at = { file: pathInProject(place.file), line: place.line, col: place.column, endColumn, title: code };
    const properties = Object.entries(at).map(([name, value]) => `${name}=${escaped(String(value)).replaceAll(":", "%3A").replaceAll(",", "%2C")}`);
    return `::${severity} ${properties.join(",")}::${escaped(messageOf(problem, lang))}`;
  });
}

export function problemsAsSarif(problems: readonly Problem[], lang: Lang): string {
  const used = [...new Set(problems.map(({ code }) => code))];
  const rules = used.map((id) => ({ id, shortDescription: { text: codes[id].title[lang] }, fullDescription: { text: codes[id].explanation[lang] } }));
  const results = problems.map((problem) => ({
    ruleId: problem.code,
    ruleIndex: used.indexOf(problem.code),
    level: problem.severity,
    message: { text: messageOf(problem, lang) },
    locations: [{ physicalLocation: { artifactLocation: { uri: encodeURI(pathInProject(problem.place.file)) }, region: { startLine: problem.place.line, startColumn: problem.place.column, endColumn: problem.endColumn } } }],
  }));
  const run = { tool: { driver: { name: "dure", rules } }, columnKind: "utf16CodeUnits", results };
  return JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }, null, 2);
}

function messageOf({ text, help, suggestion }: Problem, lang: Lang): string {
  const meant = suggestion === undefined || suggestion === "" ? "" : lang === "ko" ? ` → ${suggestion}` : `; did you mean ${suggestion}?`;
  return `${text[lang]}${meant}${help === undefined ? "" : ` (${help[lang]})`}`;
}

/** Services know files by their way from the folder the command runs in. */
function pathInProject(file: string): string {
  return relative(process.cwd(), resolve(file)).split(sep).join("/");
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
