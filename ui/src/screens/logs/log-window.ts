// The log lines a tab holds, in the order of their ids: older ones come at the front, newer ones at the end, and at the bound the far end goes.
import type { LogLine } from "./log-line.ts";

export interface LogRow {
  readonly line: LogLine;
  /** Not found itself: it stands around one that was. */
  readonly isAround: boolean;
  /** Between this and the row before, lines were left out. */
  readonly isAfterGap: boolean;
}

export const LINES_MAX = 100_000;

/** Puts lines before and after those there are; which were there already stay once. `keep`: the end that stays whole at the bound. */
export function joined(rows: readonly LogRow[], more: readonly LogRow[], keep: "older" | "newer", linesMax = LINES_MAX): readonly LogRow[] {
  const first = rows[0]?.line.id;
  const last = rows.at(-1)?.line.id;
  // What comes live lies behind all there is: many times a second, and only copied.
  const isBehind = last === undefined || last < (more[0]?.line.id ?? Infinity);
  const all = first === undefined || last === undefined ? more : isBehind ? rows.concat(more) : [...more.filter(({ line }) => line.id < first), ...rows, ...more.filter(({ line }) => last < line.id)];
  if (all.length <= linesMax) return all;
  return keep === "newer" ? all.slice(all.length - linesMax) : all.slice(0, linesMax);
}

/** Lines that were found, with those that stand around them: each once, in order, and with a mark where some are left out. */
export function rowsAround(found: readonly LogLine[], around: readonly (readonly LogLine[])[]): readonly LogRow[] {
  const foundIds = new Set(found.map(({ id }) => id));
  const byId = new Map([...around.flat(), ...found].map((line) => [line.id, line]));
  const startsPart = new Set(around.map((lines) => lines[0]?.id));
  const coveredTo = partEnds(around);
  return [...byId.values()]
    .sort((one, other) => one.id - other.id)
    .map((line, at) => ({ line, isAround: !foundIds.has(line.id), isAfterGap: 0 < at && startsPart.has(line.id) && !coveredTo.some(([from, to]) => from < line.id && line.id <= to) }));
}

/** From where to where each part goes; parts that overlap have no gap between them. */
function partEnds(around: readonly (readonly LogLine[])[]): readonly (readonly [number, number])[] {
  return around.filter((lines) => 0 < lines.length).map((lines) => [lines[0]?.id ?? 0, lines.at(-1)?.id ?? 0]);
}

export function rowsOf(lines: readonly LogLine[]): readonly LogRow[] {
  return lines.map((line) => ({ line, isAround: false, isAfterGap: false }));
}
