// Which of the lines held have what is searched for: found once a line, however often lines come before and behind.
import { isFoundIn } from "../../parts/text/found-in.ts";
import type { Wanted } from "../../parts/text/found-in.ts";
import { searchedText } from "./log-line.ts";
import type { LogRow } from "./log-window.ts";

/** Asked again and again with the rows as they are now; gives the ids of those that match, in order. */
export function matchFinder(wanted: Wanted): (rows: readonly LogRow[]) => readonly number[] {
  let found: readonly number[] = [];
  let first = Infinity;
  let last = -Infinity;
  return (rows) => {
    const from = rows[0]?.line.id ?? Infinity;
    const to = rows.at(-1)?.line.id ?? -Infinity;
    // Nothing in common with what was asked before: another place of the log.
    if (last < from || to < first) [found, first, last] = [[], Infinity, -Infinity];
    const before = firstRowFrom(rows, first);
    const behind = firstRowFrom(rows, last + 1);
    const isKnown = first <= last;
    const idsOf = (part: readonly LogRow[]): number[] => part.filter(({ line }) => isFoundIn(searchedText(line), wanted)).map(({ line }) => line.id);
    const next = isKnown ? [...idsOf(rows.slice(0, before)), ...found, ...idsOf(rows.slice(behind))] : idsOf(rows);
    if (isKnown && before === 0 && behind === rows.length && first === from && last === to) return found;
    [first, last] = [from, to];
    found = next.filter((id) => from <= id && id <= to);
    return found;
  };
}

/** The first row whose id is not below. */
function firstRowFrom(rows: readonly LogRow[], id: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.line.id ?? Infinity) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
