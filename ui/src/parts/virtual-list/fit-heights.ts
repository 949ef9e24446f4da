// Rows come at either end and go from either end: the heights of those that stay are kept, and so is the place of what is read.
import type { RowHeights } from "./row-heights.ts";

/** Rows stand in the order of their numbers. */
export type NumberOf<Row> = (row: Row) => number;

export interface Moved {
  /** By how many pixels the rows that stayed have moved down. */
  readonly pixels: number;
  /** By how many rows; undefined: none stayed. */
  readonly rows: number | undefined;
}

export function fitHeights<Row>(heights: RowHeights, before: readonly Row[], now: readonly Row[], rowPixels: number, numberOf: NumberOf<Row>): Moved {
  const fresh = (count: number): Float64Array => new Float64Array(count).fill(rowPixels);
  const firstKept = now[0] === undefined ? -1 : indexOfNumber(before, numberOf(now[0]), numberOf);
  const oldFirst = before[0] === undefined ? -1 : indexOfNumber(now, numberOf(before[0]), numberOf);
  if (firstKept < 0 && oldFirst < 0) {
    heights.reset(fresh(now.length));
    return { pixels: 0, rows: undefined };
  }
  let moved: Moved = { pixels: 0, rows: 0 };
  if (0 < oldFirst) {
    heights.prepend(fresh(oldFirst));
    moved = { pixels: oldFirst * rowPixels, rows: oldFirst };
  } else if (0 < firstKept) {
    moved = { pixels: -heights.offset(firstKept), rows: -firstKept };
    heights.keep(firstKept, heights.count);
  }
  if (heights.count < now.length) heights.append(fresh(now.length - heights.count));
  else if (now.length < heights.count) heights.keep(0, now.length);
  return moved;
}

/** -1 when it is not among them. */
export function indexOfNumber<Row>(rows: readonly Row[], wanted: number, numberOf: NumberOf<Row>): number {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    const found = row === undefined ? NaN : numberOf(row);
    if (found === wanted) return middle;
    if (found < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
