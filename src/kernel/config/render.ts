// Problems as people read them: the line, a caret under the spot, what was probably meant. And as JSON for programs.
import type { Lang, Text } from "#base/lang.ts";
import { cellsOf, printable } from "./cells.ts";
import { particle } from "./korean.ts";
import type { Problem } from "./problem.ts";
import { isError } from "./problem.ts";

export interface Look {
  readonly color: boolean;
  readonly lang: Lang;
  /** For consoles that cannot print box characters (CP949). */
  readonly ascii: boolean;
}

const CELLS_MAX = 160;
const TEXT_MAX = 600;

/** One problem; `text` is that of the file it stands in. Ends without a newline. */
export function renderProblem(problem: Problem, text: string, look: Look): string {
  const { severity, code, place, endColumn } = problem;
  const paint = painter(look.color);
  const bar = paint("dim", look.ascii ? "|" : "│");
  const corner = paint("dim", look.ascii ? "+-" : "┌─");
  const number = String(place.line);
  const margin = " ".repeat(number.length);
  const line = withoutPasswords((text.split("\n", place.line)[place.line - 1] ?? "").replace(/\r$/, ""));
  const shown = window(line, place.column - 1, endColumn - 1);
  const tone = severity === "error" ? "red" : "yellow";
  const label = labelOf(problem);
  const rows = [`${paint(tone, `${severity}[${code}]`)}: ${paint("bold", said(problem.text, look.lang))}`, `${margin} ${corner} ${place.file}:${place.line}:${place.column}`];
  if (text !== "")
    rows.push(
      `${paint("dim", number)} ${bar} ${shown.line}`,
      `${margin} ${bar} ${" ".repeat(shown.caretStart)}${paint(tone, `${"^".repeat(shown.caretLength)}${label === undefined ? "" : ` ${said(label, look.lang)}`}`)}`,
    );
  if (problem.help !== undefined) rows.push(`${margin} ${paint("dim", "=")} ${said(problem.help, look.lang)}`);
  return rows.map((row) => row.trimEnd()).join("\n");
}

/** Addresses are shown without their passwords, each letter a star: the places stay what they are. */
function withoutPasswords(line: string): string {
  return line.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'`]*:)(?!\$\{[^}]*\}@)([^\s"'`]+)(?=@)/gi, (_, head: string, password: string) => head + "*".repeat(password.length));
}

/** All problems, each followed by an empty line. */
export function renderProblems(problems: readonly Problem[], sources: ReadonlyMap<string, string>, look: Look): string {
  return problems.map((problem) => `${renderProblem(problem, sources.get(problem.place.file) ?? "", look)}\n\n`).join("");
}

/** "1 error, 1 warning — 1 file, 18 ms" */
export function renderSummary(problems: readonly Problem[], { files, ms }: { files: number; ms: number }, { lang, ascii }: Look): string {
  const errors = problems.filter(isError).length;
  const warnings = problems.length - errors;
  const dash = ascii ? "-" : "—";
  if (lang === "ko") return `오류 ${errors}개, 경고 ${warnings}개 ${dash} 파일 ${files}개, ${Math.round(ms)} ms`;
  return `${counted(errors, "error")}, ${counted(warnings, "warning")} ${dash} ${counted(files, "file")}, ${Math.round(ms)} ms`;
}

/** A problem for programs. */
export interface ProblemFacts extends Pick<Problem, "severity" | "code" | "level" | "endColumn" | "suggestion"> {
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly help?: string;
}

export function problemFacts({ severity, code, level, text, place, endColumn, help, suggestion }: Problem, lang: Lang): ProblemFacts {
  return {
    severity,
    code,
    level,
    message: text[lang],
    file: place.file,
    line: place.line,
    column: place.column,
    endColumn,
    ...(help === undefined ? {} : { help: help[lang] }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** What a check of configs found, for programs. */
export function checkFacts(problems: readonly Problem[], { files, ms }: { files: number; ms: number }, lang: Lang): object {
  const errors = problems.filter(isError).length;
  return { errors, warnings: problems.length - errors, files, ms: Math.round(ms), problems: problems.map((problem) => problemFacts(problem, lang)) };
}

/** A text with what the file itself brought into it: that may be long, or try to steer the terminal. */
function said(text: Text, lang: Lang): string {
  const shown = printable(text[lang]);
  return shown.length <= TEXT_MAX ? shown : `${shown.slice(0, TEXT_MAX)}…`;
}

/** What stands beside the caret. */
function labelOf({ suggestion, severity }: Problem): Text | undefined {
  if (suggestion === undefined) return undefined;
  if (suggestion === "") return { en: "remove this", ko: "지우세요" };
  if (severity === "warning") return { en: `write ${suggestion}`, ko: `${suggestion}${particle(suggestion, "으로/로")} 쓰세요` };
  return { en: `did you mean ${suggestion}?`, ko: `혹시 ${suggestion}인가요?` };
}

/** The part of a line around the spot, where the line is longer than a terminal is wide, and the caret's cells in it. */
function window(line: string, start: number, end: number): { line: string; caretStart: number; caretLength: number } {
  let before = printable(line.slice(0, start));
  let spot = printable(line.slice(start, end), cellsOf(before));
  if (CELLS_MAX < cellsOf(before) + 40) before = `…${[...before].slice(-40).join("")}`;
  if (CELLS_MAX < cellsOf(spot)) spot = `${[...spot].slice(0, 60).join("")}…`;
  const after = printable(line.slice(end, end + CELLS_MAX), cellsOf(before) + cellsOf(spot));
  const room = Math.max(0, CELLS_MAX - cellsOf(before) - cellsOf(spot));
  const shown = [...after].slice(0, room).join("");
  return { line: `${before}${spot}${shown}`, caretStart: cellsOf(before), caretLength: Math.max(1, cellsOf(spot)) };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

type Paint = "red" | "yellow" | "bold" | "dim";
const CODES: Readonly<Record<Paint, number>> = { red: 31, yellow: 33, bold: 1, dim: 2 };

function painter(isColored: boolean): (paint: Paint, text: string) => string {
  return (paint, text) => (isColored ? `\u001b[${CODES[paint]}m${text}\u001b[0m` : text);
}
