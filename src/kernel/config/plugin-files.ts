// What is wrong with the plugin files next to a config. A file that the config needs is an error, any other a warning: it must not
// keep the agent from starting.
import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { Registry } from "../registry.ts";
import type { Code } from "./codes.ts";
import { particle } from "./korean.ts";
import type { Problem, Problems, Report } from "./problem.ts";
import { Source } from "./source.ts";

/** Adds the problems and the texts of the files they stand in. `names`: all plugins that the config names. */
export async function reportPluginFiles(
  configFile: string,
  registry: Registry,
  names: ReadonlySet<string>,
  problems: Problems,
  sources: Map<string, string>,
): Promise<void> {
  const dir = dirname(configFile);
  const isHere = (file: string) => !relative(resolve(dir), file).startsWith("..");
  const add = async (file: string, code: Code, { line, column }: { line: number; column: number }, report: Report & { severity: Problem["severity"] }) => {
    const shown = isHere(file) ? join(dir, relative(resolve(dir), file)) : file; // A linked package may lie anywhere.
    const source = new Source(shown, await readFile(file, "utf8").catch(() => ""));
    sources.set(shown, source.text);
    problems.addForeign({
      code,
      level: "schema",
      severity: report.severity,
      text: report.text,
      ...source.underline(tokenAt(source, line, column)),
      ...(report.help === undefined ? {} : { help: report.help }),
    });
  };
  const wanted = new Set([...names].map((name) => registry.brokenFor(name)?.file));
  for (const broken of registry.broken.filter(({ file }) => isHere(file) || wanted.has(file))) {
    const severity = wanted.has(broken.file) ? "error" : "warning";
    const { message } = broken;
    if (broken.reason === "empty") {
      await add(broken.file, "DURE502", broken, {
        severity,
        text: { en: "this file holds no plugin", ko: "플러그인이 들어 있지 않은 파일입니다" },
        help: {
          en: "export `function parse(line)`, `function filter(record)`, or a plugin as the default",
          ko: "`function parse(line)`이나 `function filter(record)`, 또는 기본값으로 플러그인을 내보내세요",
        },
      });
    } else
      await add(broken.file, "DURE501", broken, {
        severity,
        text: { en: `this plugin cannot be loaded: ${message}`, ko: `플러그인을 읽어 들일 수 없습니다: ${message}` },
      });
  }
  for (const { fullName, file } of registry.hiding.filter((hiding) => isHere(hiding.file))) {
    await add(
      file,
      "DURE503",
      { line: 1, column: 1 },
      {
        severity: "warning",
        text: {
          en: `this '${fullName}' is used instead of another of the same name`,
          ko: `이 '${fullName}'${particle(fullName, "이/가")} 같은 이름의 다른 플러그인 대신 쓰입니다`,
        },
      },
    );
  }
}

/** The word, or the character, at a place. */
function tokenAt(source: Source, line: number, column: number): { start: number; end: number } {
  const lines = source.text.split("\n");
  const before = lines.slice(0, Math.max(0, line - 1)).reduce((length, text) => length + text.length + 1, 0);
  const start = before + column - 1;
  const word = /^[\p{L}\p{N}_$]+/u.exec(source.text.slice(start, start + 200))?.[0] ?? " ";
  return { start, end: start + word.length };
}
