// Two people changed one text: what each did to it, put together where they touched other lines, and side by side where they touched the same.
import { lineDifference, linesOf } from "./line-difference.ts";

export interface Merged {
  /** The whole text; where both changed the same lines, mine stand in it. */
  readonly text: string;
  /** Where they clash; the line is that of `text`, counted from 1. */
  readonly clashes: readonly { readonly line: number; readonly mine: readonly string[]; readonly theirs: readonly string[] }[];
}

/** A part of the base that one side replaced: `from` up to but without `to`. */
interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

export function mergedTexts(base: string, mine: string, theirs: string): Merged {
  const baseLines = linesOf(base);
  const hunks = { mine: hunksOf(baseLines, linesOf(mine)), theirs: hunksOf(baseLines, linesOf(theirs)) };
  const lines: string[] = [];
  const clashes: Merged["clashes"][number][] = [];
  let at = 0;
  while (0 < hunks.mine.length + hunks.theirs.length) {
    const from = Math.min(hunks.mine[0]?.from ?? Infinity, hunks.theirs[0]?.from ?? Infinity);
    const taken = { mine: [] as Hunk[], theirs: [] as Hunk[] };
    let to = from;
    // All that touches, of either side, is one part. The first of them does, being where the part begins.
    for (;;) {
      const side = (["mine", "theirs"] as const).find((one) => touches(hunks[one][0], from, to));
      if (side === undefined) break;
      const hunk = hunks[side].shift() as Hunk;
      taken[side].push(hunk);
      to = Math.max(to, hunk.to);
    }
    lines.push(...baseLines.slice(at, from));
    const replaced = { mine: applied(baseLines, from, to, taken.mine), theirs: applied(baseLines, from, to, taken.theirs) };
    const isSame = replaced.mine.join("\n") === replaced.theirs.join("\n");
    if (!isSame && 0 < taken.mine.length && 0 < taken.theirs.length) clashes.push({ line: lines.length + 1, ...replaced });
    lines.push(...(taken.mine.length === 0 ? replaced.theirs : replaced.mine));
    at = to;
  }
  lines.push(...baseLines.slice(at));
  return { text: lines.length === 0 ? "" : `${lines.join("\n")}\n`, clashes };
}

/** They replace a line in common; or lines are put in where the other replaces some: before or behind those, nobody knows. */
function touches(hunk: Hunk | undefined, from: number, to: number): boolean {
  if (hunk === undefined) return false;
  const isBetween = hunk.from === hunk.to || from === to;
  return isBetween ? hunk.from <= to && from <= hunk.to : hunk.from < to && from < hunk.to;
}

function hunksOf(base: readonly string[], changed: readonly string[]): Hunk[] {
  const hunks: { from: number; to: number; lines: string[] }[] = [];
  let at = 0;
  let open: { from: number; to: number; lines: string[] } | undefined;
  for (const { change, text } of lineDifference(base, changed)) {
    if (change === "same") open = undefined;
    else if (open === undefined) hunks.push((open = { from: at, to: at, lines: [] }));
    if (change === "in") open?.lines.push(text);
    if (change !== "in") at += 1;
    if (change === "out" && open !== undefined) open.to = at;
  }
  return hunks;
}

/** The base from `from` to `to` with the hunks in it. */
function applied(base: readonly string[], from: number, to: number, hunks: readonly Hunk[]): string[] {
  const lines: string[] = [];
  let at = from;
  for (const hunk of hunks) {
    lines.push(...base.slice(at, hunk.from), ...hunk.lines);
    at = hunk.to;
  }
  return [...lines, ...base.slice(at, to)];
}
