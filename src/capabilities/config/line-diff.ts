// What differs between two texts, line by line, with some lines around it.
import { diff } from "node:util";

export interface DiffLine {
  readonly is: "same" | "added" | "removed";
  readonly text: string;
}

export interface DiffHunk {
  /** Numbers of its first line in both texts, from 1. */
  readonly fromLine: number;
  readonly toLine: number;
  readonly lines: readonly DiffLine[];
}

export interface LineDiff {
  readonly added: number;
  readonly removed: number;
  readonly hunks: readonly DiffHunk[];
}

const CONTEXT_LINES = 3;
/** Comparing takes memory with the square of what differs: beyond this it is one block for another. */
const COMPARED_LINES_MAX = 4000;

export function lineDiff(from: string, to: string): LineDiff {
  const lines = allLines(linesOf(from), linesOf(to));
  const hunks: DiffHunk[] = [];
  const isNear = (at: number): boolean => lines.slice(Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES + 1).some(({ is }) => is !== "same");
  let [fromLine, toLine] = [1, 1];
  let open: { fromLine: number; toLine: number; lines: DiffLine[] } | undefined;
  for (const [at, line] of lines.entries()) {
    if (!isNear(at)) open = undefined;
    else {
      if (open === undefined) hunks.push((open = { fromLine, toLine, lines: [] }));
      open.lines.push(line);
    }
    if (line.is !== "added") fromLine += 1;
    if (line.is !== "removed") toLine += 1;
  }
  return { added: lines.filter(({ is }) => is === "added").length, removed: lines.filter(({ is }) => is === "removed").length, hunks };
}

/** As `diff -u` would write it, for logs and the audit; no longer than so many characters. */
export function diffText({ hunks }: LineDiff, lengthMax = 4000): string {
  const marks = { same: " ", added: "+", removed: "-" } as const;
  const text = hunks.map(({ fromLine, toLine, lines }) => [`@@ -${fromLine} +${toLine} @@`, ...lines.map((line) => `${marks[line.is]}${line.text}`)].join("\n")).join("\n");
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}\n…`;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}

function allLines(from: readonly string[], to: readonly string[]): DiffLine[] {
  const shorter = Math.min(from.length, to.length);
  let first = 0;
  while (first < shorter && from[first] === to[first]) first += 1;
  let last = 0;
  while (last < shorter - first && from.at(-1 - last) === to.at(-1 - last)) last += 1;
  const were = from.slice(first, from.length - last);
  const are = to.slice(first, to.length - last);
  const as = (is: DiffLine["is"]) => (text: string): DiffLine => ({ is, text });
  const differing =
    were.length === 0 || are.length === 0 || COMPARED_LINES_MAX < were.length + are.length
      ? [...were.map(as("removed")), ...are.map(as("added"))]
      : diff(were, are).map(([kind, text]): DiffLine => ({ is: kind === 0 ? "same" : kind === -1 ? "added" : "removed", text }));
  return [...from.slice(0, first).map(as("same")), ...differing, ...from.slice(from.length - last).map(as("same"))];
}
