// What is wrong with an edited config, as comments at its top: an editor fills the screen, and what was printed before is gone. They are taken
// out again when the text comes back.
import { lang, say } from "#base/lang.ts";
import { printable } from "#kernel/config/cells.ts";
import type { Problem } from "#kernel/config/problem.ts";

/** No config begins a line so. */
const MARK = "#! dure: ";
const NOTES_MAX = 20;

/** The places are those that the lines have below the notes. */
export function withProblems(text: string, problems: readonly Problem[], file: string): string {
  const shown = problems.slice(0, NOTES_MAX);
  const head = say({ en: `not applied; these lines are taken out again (problems: ${problems.length})`, ko: `적용하지 않았습니다. 이 줄들은 저절로 지워집니다 (문제 ${problems.length}개)` });
  const above = shown.length + 1;
  const lines = shown.map(({ place, code, text: words, help, suggestion }) => {
    const where = place.file === file ? `${place.line + above}:${place.column}` : `${place.file}:${place.line}:${place.column}`;
    const way = help === undefined ? (suggestion === undefined || suggestion === "" ? "" : ` -> ${suggestion}`) : ` (${help[lang()]})`;
    return `${where} ${code} ${words[lang()]}${way}`;
  });
  return withNotes(text, [head, ...lines]);
}

/** Of a failure that has no place. */
export function withNotes(text: string, notes: readonly string[]): string {
  return [...notes.map((note) => `${MARK}${printable(note).replaceAll(/\s+/g, " ")}`), text].join("\n");
}

export function withoutNotes(text: string): string {
  return text.replace(/^(?:#! dure: .*(?:\r?\n|$))+/, "");
}
