// What is wrong with a config, where, and how to put it right. A check collects every problem; nothing stops at the first.
import type { Text } from "#base/lang.ts";
import { codes } from "./codes.ts";
import type { Code } from "./codes.ts";
import type { Place } from "./plan.ts";
import type { Source, Span } from "./source.ts";

export const levels = ["syntax", "schema", "topology", "environment"] as const;
/** Without a look at this machine. */
export const offlineLevels: readonly Level[] = ["syntax", "schema", "topology"];
/** `lint` is not among `levels`: what it finds is right as it is, and said to who asks. */
export type Level = (typeof levels)[number] | "lint";

export interface Problem {
  readonly severity: "error" | "warning";
  /** `DURE101`; explained in codes.ts. */
  readonly code: Code;
  readonly level: Level;
  readonly text: Text;
  readonly place: Place;
  /** Column behind the last underlined character; always on the line of `place`. */
  readonly endColumn: number;
  /** What to do, as one sentence. */
  readonly help?: Text;
  /** What should stand between `place` and `endColumn` instead. */
  readonly suggestion?: string;
}

export interface Report {
  readonly text: Text;
  readonly help?: Text | undefined;
  readonly suggestion?: string | undefined;
  readonly severity?: "error" | "warning";
}

/** The problems of one file, in the order of their places. */
export class Problems {
  readonly source: Source;
  readonly #found: Problem[] = [];
  readonly #said = new Set<string>();
  #misreadFromLine = Number.POSITIVE_INFINITY;

  constructor(source: Source) {
    this.source = source;
  }

  add(code: Code, span: Span, { text, help, suggestion, severity }: Report): void {
    this.addForeign({
      severity: severity ?? codes[code].severity,
      code,
      level: codes[code].level,
      text,
      ...this.source.underline(span),
      ...(help === undefined ? {} : { help }),
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }

  /** A problem that stands in another file: a plugin of the user's own. */
  addForeign(problem: Problem): void {
    // What an anchor names is checked wherever it is used, and would be said as often.
    const key = `${problem.code} ${problem.place.file}:${problem.place.line}:${problem.place.column} ${problem.text.en}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#found.push(problem);
  }

  get hasErrors(): boolean {
    return this.#found.some(isError);
  }

  /** What stands here was understood otherwise than it was meant, for an error that stands further down. */
  misreadFrom(offset: number): void {
    this.#misreadFromLine = Math.min(this.#misreadFromLine, this.source.place(offset).line);
  }

  /** Errors of the level syntax that may have changed how the rest of the file was understood: the first one's line. A key that stands twice changes nothing. */
  firstSyntaxErrorLine(): number {
    return Math.min(
      ...this.#found.filter((problem) => problem.level === "syntax" && problem.code !== "DURE013" && isError(problem)).map((problem) => problem.place.line),
      this.#misreadFromLine,
    );
  }

  /** Keeps the problems for which `keep` says so. */
  keep(keep: (problem: Problem) => boolean): void {
    this.#found.splice(0, this.#found.length, ...this.#found.filter(keep));
  }

  sorted(): Problem[] {
    const isOwn = (problem: Problem) => (problem.place.file === this.source.file ? 0 : 1);
    return this.#found.toSorted(
      (a, b) =>
        isOwn(a) - isOwn(b) || compare(a.place.file, b.place.file) || a.place.line - b.place.line || a.place.column - b.place.column || compare(a.code, b.code),
    );
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function isError(problem: Problem): boolean {
  return problem.severity === "error";
}

/** 0 when a plan exists, 69 when only this machine or a peer is not ready, 78 when the config itself is wrong. */
export function exitCodeOf(problems: readonly Problem[]): 0 | 69 | 78 {
  const errors = problems.filter(isError);
  if (errors.length === 0) return 0;
  return errors.every((problem) => problem.level === "environment") ? 69 : 78;
}
